//! Where in a policy a rule stands.

use std::fmt;

/// A place in the document: a way from the root. It is written as `any[1].all[0]`.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Root,
    Member { parent: &'a Place<'a>, name: &'static str },
    Element { parent: &'a Place<'a>, index: usize },
}

impl Place<'_> {
    pub(super) fn member(&self, name: &'static str) -> Place<'_> {
        Place::Member { parent: self, name }
    }

    pub(super) fn element(&self, index: usize) -> Place<'_> {
        Place::Element { parent: self, index }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member { parent: Place::Root, name } => formatter.write_str(name),
            Self::Member { parent, name } => write!(formatter, "{parent}.{name}"),
            Self::Element { parent, index } => write!(formatter, "{parent}[{index}]"),
        }
    }
}
