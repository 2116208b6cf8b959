//! The issuers that a verifier trusts.

use std::fmt;
use std::sync::Arc;

use crate::keys::{KeyFingerprint, KeyStore};
use crate::objects::ObjectSource;

/// An issuer whose tokens are accepted: its names, its keys and, optionally, its bound objects.
///
/// One cluster is one trusted issuer. Several clusters may even write the same name: their keys tell them apart, and each
/// gets a [label](Self::label) of its own, by which an accepted token says whose it is.
///
/// ```
/// use boundtoken::{KeySet, ObjectStore, TrustedIssuer};
///
/// # let jwks = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
/// let issuer = TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?)
///     .also_named("https://old-issuer.example.com")
///     .bound_objects(ObjectStore::new());
/// # Ok::<(), boundtoken::KeyError>(())
/// ```
#[derive(Clone)]
pub struct TrustedIssuer {
    pub(super) label: Arc<str>,
    pub(super) names: Vec<Box<str>>,
    /// The places of the other issuers that share a name with this one. Known once the verifier is built.
    pub(super) namesakes: Vec<usize>,
    pub(super) keys: KeyStore,
    pub(super) objects: Option<ObjectSource>,
}

impl TrustedIssuer {
    /// An issuer that writes `name` into `iss`, letter by letter, and signs with `keys`: a
    /// [`KeySet`](crate::KeySet), or a clone of a [`KeyStore`] whose keys are replaced later.
    ///
    /// Until [`bound_objects`](Self::bound_objects) is called, its tokens are accepted with
    /// [`Confirmed::NotChecked`](crate::Confirmed::NotChecked).
    pub fn new(name: impl Into<Box<str>>, keys: impl Into<KeyStore>) -> Self {
        let name = name.into();
        Self {
            label: Arc::from(&*name),
            names: vec![name],
            namesakes: Vec::new(),
            keys: keys.into(),
            objects: None,
        }
    }

    /// What you call this issuer: its first name unless set. Unique in a verifier. A verified token says it
    /// ([`VerifiedToken::issuer_label`](crate::VerifiedToken::issuer_label)), which tells clusters apart that write the same `iss`, as most do.
    ///
    /// ```
    /// # use boundtoken::{KeySet, TrustedIssuer};
    /// # let (blue_keys, green_keys) = (KeySet::default(), KeySet::default());
    /// const NAME: &str = "https://kubernetes.default.svc.cluster.local";
    /// let blue = TrustedIssuer::new(NAME, blue_keys).label("blue");
    /// let green = TrustedIssuer::new(NAME, green_keys).label("green");
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = Arc::from(label.as_ref());
        self
    }

    /// Accepts a further name, as an API server with several `--service-account-issuer` flags does.
    #[must_use]
    pub fn also_named(mut self, name: impl Into<Box<str>>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Confirms the objects that tokens are bound to: by an [`ObjectStore`](crate::ObjectStore), a closure, or any other
    /// [`BoundObjects`](crate::BoundObjects).
    #[must_use]
    pub fn bound_objects(mut self, objects: impl Into<ObjectSource>) -> Self {
        self.objects = Some(objects.into());
        self
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|known| **known == *name)
    }

    /// Whether a key with this fingerprint is among the keys that the issuer publishes now.
    pub(super) fn publishes(&self, key: &KeyFingerprint) -> bool {
        self.keys.load().keys().iter().any(|published| published.fingerprint() == key)
    }
}

impl fmt::Debug for TrustedIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TrustedIssuer")
            .field("label", &self.label)
            .field("names", &self.names)
            .field("keys", &self.keys)
            .field("bound_objects", &self.objects)
            .finish()
    }
}
