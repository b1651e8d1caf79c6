//! At which listener somebody asks: where people talk, or where the organisation is looked after.

/// A listener, by what is done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plane {
    /// There is one for everything.
    Whole,
    /// Where people talk. Roles do not count there.
    People,
    /// Where the organisation is looked after, and nobody talks.
    Administration,
}

impl Plane {
    /// Whether what the charter's roles permit may be done here.
    #[must_use]
    pub(crate) fn counts_roles(self) -> bool {
        self != Self::People
    }

    /// Whether people talk here.
    #[must_use]
    pub(crate) fn talks(self) -> bool {
        self != Self::Administration
    }
}
