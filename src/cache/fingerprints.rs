//! The fingerprints of a token's bound objects.

use crate::claims::Claims;
use crate::objects::{Fingerprint, ObjectKind};

/// The fingerprints of the objects that a token is bound to, followed by `None`.
pub(crate) struct Fingerprints([Option<Fingerprint>; ObjectKind::ALL.len()]);

impl Fingerprints {
    pub(crate) fn of(claims: &Claims) -> Self {
        let mut objects = claims.bound_objects();
        Self(std::array::from_fn(|_| objects.next().map(|object| Fingerprint::from(&object))))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Fingerprint> {
        self.0.iter().map_while(|fingerprint| *fingerprint)
    }
}
