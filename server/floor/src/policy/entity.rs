//! Who acts and what is acted on, as far as policy is concerned.

/// Something policy is asked about: its kind and its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entity {
    /// Its kind: an entity type of the Cedar schema.
    pub kind: &'static str,
    /// Its attributes, always in the same order.
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// The value of an attribute. Few values, so that decisions are worth keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// Yes or no.
    Flag(bool),
    /// One word out of a short list.
    Word(&'static str),
}

impl Entity {
    /// Something of which only the kind matters.
    #[must_use]
    pub fn plain(kind: &'static str) -> Self {
        Self { kind, attributes: Vec::new() }
    }

    /// The same with one more flag.
    #[must_use]
    pub fn with(mut self, name: &'static str, flag: bool) -> Self {
        self.attributes.push((name, Attribute::Flag(flag)));
        self
    }
}
