//! The issuers that a verifier trusts.

use std::fmt;
use std::sync::Arc;

use crate::cache::Fingerprints;
use crate::claims::Claims;
use crate::keys::{KeyFingerprint, KeyStore};
use crate::objects::{Freshness, ObjectSource};
use crate::waiters::{Waiter, Waiting};

/// An issuer whose tokens are accepted: its names, its keys and, optionally, its bound objects.
///
/// One cluster is one trusted issuer. Several clusters may write the same name into their tokens. Their keys tell
/// them apart, and each has its own [label](Self::label), which an accepted token repeats.
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
    pub(super) names: Arc<Names>,
    /// The other issuers that share a name with this one. Known once the verifier is built.
    pub(super) namesakes: Vec<Namesake>,
    pub(super) keys: KeyStore,
    pub(super) objects: Option<ObjectSource>,
}

/// The names of an issuer.
#[derive(Clone)]
pub(super) struct Names {
    pub(super) first: Box<str>,
    others: Vec<Box<str>>,
}

/// Another issuer that shares a name.
#[derive(Clone)]
pub(super) struct Namesake {
    names: Arc<Names>,
    keys: KeyStore,
}

impl Names {
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        [&self.first].into_iter().chain(&self.others).map(|name| &**name)
    }

    fn contain(&self, name: &str) -> bool {
        self.iter().any(|known| known == name)
    }
}

impl TrustedIssuer {
    /// Trusts an issuer that writes exactly `name` into `iss` and signs with `keys`.
    ///
    /// `keys` is a [`KeySet`](crate::KeySet), or a clone of a [`KeyStore`] whose keys will be replaced later. Unless
    /// [`bound_objects`](Self::bound_objects) is called, tokens are accepted with
    /// [`Confirmed::NotChecked`](crate::Confirmed::NotChecked).
    pub fn new(name: impl Into<Box<str>>, keys: impl Into<KeyStore>) -> Self {
        let name = name.into();
        Self {
            label: Arc::from(&*name),
            names: Arc::new(Names { first: name, others: Vec::new() }),
            namesakes: Vec::new(),
            keys: keys.into(),
            objects: None,
        }
    }

    /// Sets your own name for this issuer. The default is its first name. Labels are unique in a verifier.
    ///
    /// A verified token [repeats the label](crate::VerifiedToken::issuer_label). Most clusters write the same `iss`,
    /// so this tells them apart.
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

    /// Accepts another name too, like an API server with several `--service-account-issuer` flags.
    #[must_use]
    pub fn also_named(mut self, name: impl Into<Box<str>>) -> Self {
        Arc::make_mut(&mut self.names).others.push(name.into());
        self
    }

    /// Confirms the objects that tokens are bound to by an [`ObjectStore`](crate::ObjectStore), a closure, or any
    /// other [`BoundObjects`](crate::BoundObjects).
    #[must_use]
    pub fn bound_objects(mut self, objects: impl Into<ObjectSource>) -> Self {
        self.objects = Some(objects.into());
        self
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.names.contain(name)
    }

    /// Returns the fingerprints of a token's bound objects, if a store tells about them.
    pub(super) fn fingerprints(&self, claims: &Claims) -> Option<Fingerprints> {
        self.objects.as_ref()?.store().map(|_| Fingerprints::of(claims))
    }

    /// Returns whether a store knows at a glance that all objects with these fingerprints are live. If not, the caller judges
    /// the objects one by one.
    pub(super) fn are_live(&self, fingerprints: Option<&Fingerprints>) -> bool {
        let store = self.objects.as_ref().and_then(ObjectSource::store);
        let Some((store, fingerprints)) = store.zip(fingerprints) else { return false };
        store.freshness() != Freshness::Stale
            && fingerprints.iter().all(|fingerprint| store.has_live(fingerprint))
    }

    /// Returns whether the issuer publishes a key with this fingerprint now.
    pub(super) fn publishes(&self, key: &KeyFingerprint) -> bool {
        self.keys.publishes(key)
    }

    /// Returns whether another issuer of this name publishes the same key.
    pub(super) fn is_namesakes_too(&self, name: &str, key: &KeyFingerprint) -> bool {
        self.namesakes_called(name).any(|keys| keys.publishes(key))
    }

    /// Waits for anything that decides whether a token with this name and this key is the issuer's.
    pub(super) fn wait_for(
        &self,
        name: &str,
        key: KeyFingerprint,
        waiter: &Arc<Waiter>,
    ) -> impl Iterator<Item = Waiting<KeyFingerprint>> {
        let stores = [&self.keys].into_iter().chain(self.namesakes_called(name));
        stores.map(move |keys| keys.wait_for(key, waiter))
    }

    /// Returns the keys of the other issuers of this name.
    fn namesakes_called(&self, name: &str) -> impl Iterator<Item = &KeyStore> {
        self.namesakes.iter().filter(move |other| other.names.contain(name)).map(|other| &other.keys)
    }

    pub(super) fn as_namesake(&self) -> Namesake {
        Namesake { names: Arc::clone(&self.names), keys: self.keys.clone() }
    }

    /// Returns a number that changes with the keys that decide whether a token is this issuer's.
    pub(super) fn generation(&self) -> u64 {
        let namesakes = self.namesakes.iter().map(|other| other.keys.generation());
        namesakes.fold(self.keys.generation(), u64::wrapping_add)
    }
}

impl fmt::Debug for TrustedIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TrustedIssuer")
            .field("label", &self.label)
            .field("names", &self.names.iter().collect::<Vec<_>>())
            .field("keys", &self.keys)
            .field("bound_objects", &self.objects)
            .finish()
    }
}
