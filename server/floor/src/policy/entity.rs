//! Who acts and what is acted on, as far as policy is concerned.

use std::sync::Arc;

/// Something policy is asked about: its kind, its attributes, and the groups it is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entity {
    /// Its kind: an entity type of the Cedar schema.
    pub kind: &'static str,
    /// Its attributes, always in the same order.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// What it is in: an entity type and a name each, always in the same order.
    pub groups: Vec<(&'static str, Arc<str>)>,
}

/// The value of an attribute. Few values, so that decisions are worth keeping.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// Yes or no.
    Flag(bool),
    /// One word out of a short list.
    Word(Arc<str>),
    /// One of few numbers.
    Number(u8),
}

impl Entity {
    /// Something of which only the kind matters.
    #[must_use]
    pub fn plain(kind: &'static str) -> Self {
        Self { kind, attributes: Vec::new(), groups: Vec::new() }
    }

    /// The same with one more flag.
    #[must_use]
    pub fn with(mut self, name: &'static str, flag: bool) -> Self {
        self.attributes.push((name, Attribute::Flag(flag)));
        self
    }

    /// The same with one more word, where there is one.
    #[must_use]
    pub fn with_word(mut self, name: &'static str, word: Option<&Arc<str>>) -> Self {
        self.attributes.extend(word.map(|word| (name, Attribute::Word(Arc::clone(word)))));
        self
    }

    /// The same with one more number.
    #[must_use]
    pub fn with_number(mut self, name: &'static str, number: u8) -> Self {
        self.attributes.push((name, Attribute::Number(number)));
        self
    }

    /// The same, in one more group.
    #[must_use]
    pub fn within(mut self, kind: &'static str, name: &str) -> Self {
        self.groups.push((kind, name.into()));
        self
    }
}
