//! What the directory knows of persons and groups: the attributes of RFC 7643 that are of use here, and no more.
//!
//! Whatever else a provider sends is left aside and not kept: no telephone numbers, addresses, photographs or passwords.

use serde_json::{Map, Value, json};

/// The schema of a person.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a group.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// What enterprises say of a person besides.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The schemas of what is discovered.
pub(super) const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
pub(super) const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
pub(super) const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// What kind of value an attribute has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Flag,
    Number,
    Date,
    Reference,
    Complex,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Flag => "boolean",
            Self::Number => "integer",
            Self::Date => "dateTime",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

/// An attribute, as RFC 7643, section 7, describes one.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the characteristics of RFC 7643, one by one")]
pub(super) struct Attribute {
    pub name: &'static str,
    pub kind: Kind,
    pub what: &'static str,
    pub many: bool,
    pub required: bool,
    /// Whether capitals matter when it is compared.
    pub exact: bool,
    pub read_only: bool,
    pub unique: bool,
    /// What it may be, where that is fixed; of a reference, what it refers to.
    pub values: &'static [&'static str],
    pub parts: &'static [Self],
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind, what: &'static str) -> Self {
        Self {
            name,
            kind,
            what,
            many: false,
            required: false,
            exact: false,
            read_only: false,
            unique: false,
            values: &[],
            parts: &[],
        }
    }

    const fn text(name: &'static str, what: &'static str) -> Self {
        Self::new(name, Kind::Text, what)
    }

    const fn flag(name: &'static str, what: &'static str) -> Self {
        Self::new(name, Kind::Flag, what)
    }

    const fn complex(name: &'static str, parts: &'static [Self], what: &'static str) -> Self {
        Self { parts, ..Self::new(name, Kind::Complex, what) }
    }

    const fn reference(name: &'static str, values: &'static [&'static str], what: &'static str) -> Self {
        Self { values, exact: true, ..Self::new(name, Kind::Reference, what) }
    }

    const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }

    const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    const fn values(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    /// The part with this name, however it is capitalised.
    pub(super) fn part(&self, name: &str) -> Option<&'static Self> {
        find(self.parts, name)
    }

    /// The attribute as a schema shows it.
    fn shown(&self) -> Value {
        let mutability = if self.read_only { "readOnly" } else { "readWrite" };
        let mut shown = members(json!({
            "name": self.name, "type": self.kind.as_str(), "multiValued": self.many, "description": self.what,
            "required": self.required, "mutability": mutability, "returned": "default",
            "uniqueness": if self.unique { "server" } else { "none" },
        }));
        let mut say = |name: &str, value: Value| shown.insert(name.to_owned(), value);
        if self.kind == Kind::Reference {
            say("referenceTypes", json!(self.values));
        } else if !self.values.is_empty() {
            say("canonicalValues", json!(self.values));
        }
        if matches!(self.kind, Kind::Text | Kind::Reference) {
            say("caseExact", json!(self.exact));
        }
        if self.kind == Kind::Complex {
            say("subAttributes", self.parts.iter().map(Self::shown).collect());
        }
        Value::Object(shown)
    }
}

/// The attribute with this name, however it is capitalised.
pub(super) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

/// The schema of a kind of resource, or of what is said of one besides.
#[derive(Debug)]
pub(super) struct Schema {
    pub id: &'static str,
    pub name: &'static str,
    pub what: &'static str,
    pub attributes: &'static [Attribute],
}

use Attribute as A;

/// The name that providers give a resource of theirs, which all of them have.
pub(super) const EXTERNAL_ID: Attribute =
    A::text("externalId", "The name that the provider gives it. Nothing is done with it here.").exact();

/// What is said about each resource.
pub(super) const META: Attribute = A::complex(
    "meta",
    &[
        A::text("resourceType", "What it is.").exact().read_only(),
        A::new("created", Kind::Date, "When it was made.").read_only(),
        A::new("lastModified", Kind::Date, "When it was last changed.").read_only(),
        A::reference("location", &["uri"], "Where it is.").read_only(),
        A::text("version", "Its version, for If-Match.").exact().read_only(),
    ],
    "What is said about it.",
)
.read_only();

/// The id of each resource.
pub(super) const ID: Attribute = A::text("id", "Its name here, which never changes.").exact().read_only();

const PERSON: Schema = Schema {
    id: USER,
    name: "User",
    what: "A person of the organisation.",
    attributes: &[
        A::text(
            "userName",
            "The name of the person, which the account has: 'bob', or 'bob@' and the organisation's domain.",
        )
        .required()
        .unique(),
        A::complex(
            "name",
            &[
                A::text("formatted", "The whole name."),
                A::text("familyName", "The family name."),
                A::text("givenName", "The given name."),
            ],
            "The parts of the name.",
        ),
        A::text("displayName", "The name that is shown to people."),
        A::text("title", "What the person is in the organisation."),
        A::flag(
            "active",
            "Whether the person belongs to the organisation now. Who does not is suspended at once.",
        ),
        A::complex(
            "emails",
            &[
                A::text("value", "The address."),
                A::text("type", "Which one it is.").values(&["work", "home", "other"]),
                A::flag("primary", "Whether it is the one to use; one is at most."),
            ],
            "Addresses for electronic mail.",
        )
        .many(),
        A::complex(
            "groups",
            &[
                A::text("value", "The group's id.").exact().read_only(),
                A::reference("$ref", &["Group"], "Where the group is.").read_only(),
                A::text("display", "The group's name.").read_only(),
                A::text("type", "How the person comes to be in it.").values(&["direct"]).read_only(),
            ],
            "The groups that the person is in; said at the group.",
        )
        .many()
        .read_only(),
    ],
};

const WORK: Schema = Schema {
    id: ENTERPRISE,
    name: "EnterpriseUser",
    what: "Where a person works in the organisation.",
    attributes: &[
        A::text("employeeNumber", "The number of the person in the organisation."),
        A::text("organization", "The organisation."),
        A::text("division", "The division."),
        A::text("department", "The department."),
        A::text("costCenter", "The cost centre."),
        A::complex(
            "manager",
            &[
                A::text("value", "The manager's id."),
                A::reference("$ref", &["User"], "Where the manager is."),
                A::text("displayName", "The manager's name.").read_only(),
            ],
            "Whom the person reports to.",
        ),
    ],
};

const PEOPLE: Schema = Schema {
    id: GROUP,
    name: "Group",
    what: "A group of persons.",
    attributes: &[
        A::text("displayName", "The group's name.").required(),
        A::complex(
            "members",
            &[
                A::text("value", "The id of a person or a group.").exact(),
                A::reference("$ref", &["User", "Group"], "Where it is."),
                A::text("type", "What it is.").values(&["User", "Group"]),
            ],
            "Who is in it.",
        )
        .many(),
    ],
};

/// A kind of resource.
#[derive(Debug)]
pub(super) struct Type {
    pub name: &'static str,
    pub endpoint: &'static str,
    pub core: &'static Schema,
    pub extensions: &'static [&'static Schema],
}

/// Persons.
pub(super) const USERS: &Type =
    &Type { name: "User", endpoint: "Users", core: &PERSON, extensions: &[&WORK] };
/// Groups.
pub(super) const GROUPS: &Type = &Type { name: "Group", endpoint: "Groups", core: &PEOPLE, extensions: &[] };
/// All of them.
pub(super) const TYPES: [&Type; 2] = [USERS, GROUPS];

impl Type {
    /// The type whose resources are at this address.
    pub(super) fn at(endpoint: &str) -> Option<&'static Self> {
        TYPES.into_iter().find(|it| it.endpoint == endpoint)
    }

    /// The type with this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        TYPES.into_iter().find(|it| it.name == name)
    }

    /// The extension with this id, however it is capitalised.
    pub(super) fn extension(&self, id: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|it| it.id.eq_ignore_ascii_case(id))
    }

    /// The type as it is discovered.
    pub(super) fn shown(&self) -> Value {
        let one = |it: &&Schema| json!({ "schema": it.id, "required": false });
        let extensions: Vec<Value> = self.extensions.iter().map(one).collect();
        json!({
            "schemas": [RESOURCE_TYPE], "id": self.name, "name": self.name, "endpoint": format!("/{}", self.endpoint),
            "description": self.core.what, "schema": self.core.id, "schemaExtensions": extensions,
            "meta": { "resourceType": "ResourceType", "location": format!("/scim/v2/ResourceTypes/{}", self.name) },
        })
    }
}

impl Schema {
    /// The schema as it is discovered.
    pub(super) fn shown(&self) -> Value {
        let attributes: Vec<Value> = self.attributes.iter().map(Attribute::shown).collect();
        json!({
            "schemas": [SCHEMA], "id": self.id, "name": self.name, "description": self.what, "attributes": attributes,
            "meta": { "resourceType": "Schema", "location": format!("/scim/v2/Schemas/{}", self.id) },
        })
    }
}

const CORE: [Schema; 3] = [
    Schema {
        id: SCHEMA,
        name: "Schema",
        what: "A schema.",
        attributes: &[
            A::text("name", "Its name.").read_only(),
            A::text("description", "What it is of.").read_only(),
            A::complex(
                "attributes",
                &[A::text("name", "The name of an attribute.").read_only()],
                "The attributes: RFC 7643, section 7.",
            )
            .many()
            .read_only(),
        ],
    },
    Schema {
        id: RESOURCE_TYPE,
        name: "ResourceType",
        what: "A kind of resource.",
        attributes: &[
            A::text("name", "Its name.").read_only(),
            A::text("description", "What it is.").read_only(),
            A::reference("endpoint", &["uri"], "Where its resources are.").read_only(),
            A::reference("schema", &["uri"], "Its schema.").read_only(),
            A::complex(
                "schemaExtensions",
                &[
                    A::reference("schema", &["uri"], "The schema.").read_only(),
                    A::flag("required", "Whether it has to be there.").read_only(),
                ],
                "What is said of it besides.",
            )
            .many()
            .read_only(),
        ],
    },
    Schema {
        id: CONFIG,
        name: "ServiceProviderConfig",
        what: "What is done here.",
        attributes: &[
            A::complex("patch", &[A::flag("supported", "Whether it is.").read_only()], "Changes of parts.")
                .read_only(),
            A::complex(
                "bulk",
                &[
                    A::flag("supported", "Whether it is.").read_only(),
                    A::new("maxOperations", Kind::Number, "How many at once.").read_only(),
                    A::new("maxPayloadSize", Kind::Number, "How many bytes.").read_only(),
                ],
                "Many requests in one.",
            )
            .read_only(),
            A::complex(
                "filter",
                &[
                    A::flag("supported", "Whether it is.").read_only(),
                    A::new("maxResults", Kind::Number, "How many at once.").read_only(),
                ],
                "Filters.",
            )
            .read_only(),
            A::complex("changePassword", &[A::flag("supported", "Whether it is.").read_only()], "Passwords.")
                .read_only(),
            A::complex("sort", &[A::flag("supported", "Whether it is.").read_only()], "Sorting.").read_only(),
            A::complex("etag", &[A::flag("supported", "Whether it is.").read_only()], "Versions.")
                .read_only(),
            A::complex(
                "authenticationSchemes",
                &[
                    A::text("type", "Which one.").read_only(),
                    A::text("name", "Its name.").read_only(),
                    A::text("description", "How it goes.").read_only(),
                ],
                "How a request is authenticated.",
            )
            .many()
            .read_only(),
        ],
    },
];

/// All schemas as they are discovered.
pub(super) fn schemas() -> Vec<Value> {
    let of = |it: &'static Type| std::iter::once(it.core).chain(it.extensions.iter().copied());
    TYPES.into_iter().flat_map(of).chain(&CORE).map(Schema::shown).collect()
}

/// What is done here, as it is discovered.
pub(super) fn config() -> Value {
    json!({
        "schemas": [CONFIG],
        "documentationUri": "https://www.rfc-editor.org/rfc/rfc7644",
        "patch": { "supported": true },
        "bulk": { "supported": true, "maxOperations": super::bulk::OPERATIONS, "maxPayloadSize": crate::counter::BODY_LIMIT },
        "filter": { "supported": true, "maxResults": super::list::PAGE },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "The token of the program that passes requests on",
            "description": "A provider asks the organisation's own `chancery directory serve` with a bearer token (RFC 6750); that asks the server with a key of its own (RFC 9449).",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750", "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": "/scim/v2/ServiceProviderConfig" },
    })
}

/// The members of a JSON object, or none.
pub(super) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
