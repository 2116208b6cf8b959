//! What a verifier answers for an accepted token.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::ser::{Error as _, SerializeStruct as _};
use serde::{Serialize, Serializer};

use crate::claims::{CREDENTIAL_ID_PREFIX, Claims, Matched, NAMESPACE_GROUP_PREFIX, Position};
use crate::objects::BoundObject;

/// Whether the objects that a token is bound to exist.
///
/// A caller can never mistake one answer for another: a verifier without a source of bound objects says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Confirmed {
    /// Every object exists, has the right uid, and is not past its deletion.
    Live,
    /// The issuer has no source of bound objects. A token of a deleted pod is accepted until it expires.
    NotChecked,
    /// The source could not answer for some object, and the verifier accepts such tokens.
    Unavailable,
    /// The answer may be outdated, and the verifier accepts such tokens.
    ///
    /// Either the source lost touch with the cluster longer ago than allowed, and every object existed then. Or the
    /// issuer's keys are older than [`KeyStore::max_age`](crate::KeyStore::max_age) allows.
    Stale,
}

impl Confirmed {
    /// The stable name: `live`, `notChecked`, `unavailable`, `stale`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::NotChecked => "notChecked",
            Self::Unavailable => "unavailable",
            Self::Stale => "stale",
        }
    }

    /// The stable number in the C ABI and in [records](crate::record): 1 live, 2 not checked, 3 unavailable, 4 stale.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Live => 1,
            Self::NotChecked => 2,
            Self::Unavailable => 3,
            Self::Stale => 4,
        }
    }

    /// Takes into account whether the keys are too old.
    pub(crate) fn by_keys(self, stale: bool) -> Self {
        match self {
            Self::Live if stale => Self::Stale,
            other => other,
        }
    }
}

/// An accepted token: its claims, and whether its bound objects were confirmed.
///
/// Cheap to clone, and safe to share between threads.
///
/// Serializes to an object with the members `user` (as in a TokenReview), `issuerLabel`, `audiences` (the accepted
/// ones), `confirmed` (its [name](Confirmed::name)), `boundObjects` (a list) and `claims`.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
/// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
/// # let tokens: std::collections::BTreeMap<String, String> =
/// #     serde_json::from_slice(include_bytes!("../tests/vectors/apiserver-rs256/tokens.json"))?;
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
/// #     .audience("vault")
/// #     .build()?;
/// use boundtoken::Confirmed;
///
/// let verified = verifier.verify_at(tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300))?;
/// assert_eq!(verified.user_info().username, "system:serviceaccount:demo:app");
/// assert_eq!(verified.confirmed(), Confirmed::NotChecked);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct VerifiedToken {
    claims: Arc<Claims>,
    /// 0 if the token is not remembered.
    claims_id: u64,
    matched: Matched,
    confirmed: Confirmed,
}

impl VerifiedToken {
    pub(crate) fn new(claims: Arc<Claims>, claims_id: u64, matched: Matched, confirmed: Confirmed) -> Self {
        Self { claims, claims_id, matched, confirmed }
    }

    /// Returns the same token with another answer about its objects.
    pub(crate) fn confirmed_as(&self, confirmed: Confirmed) -> Self {
        Self { confirmed, ..self.clone() }
    }

    /// Everything that the token claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// A number that stands for the claims, for programs that keep an object of their own for them. 0 if the verifier does
    /// not remember the token.
    ///
    /// Two tokens of this process with the same number have the same claims. A number is never used again. Whether the
    /// token's objects were confirmed, and which audiences matched, can be different each time.
    #[must_use]
    pub fn claims_id(&self) -> u64 {
        self.claims_id
    }

    /// The [label](crate::TrustedIssuer::label) of the trusted issuer that the token belongs to. It identifies the
    /// cluster, even if several clusters write the same `iss`.
    #[must_use]
    pub fn issuer_label(&self) -> &str {
        self.claims.issuer_label()
    }

    /// The accepted audiences that the token names: `status.audiences` of a TokenReview. Never empty.
    ///
    /// They are in the order in which the verifier or the call was given them.
    pub fn matched_audiences(&self) -> impl ExactSizeIterator<Item = &str> {
        self.matched.audiences(self.claims.aud())
    }

    pub(crate) fn matched_positions(&self) -> impl ExactSizeIterator<Item = Position> {
        self.matched.positions(self.claims.aud())
    }

    /// Whether the objects that the token is bound to exist.
    #[must_use]
    pub fn confirmed(&self) -> Confirmed {
        self.confirmed
    }

    /// The objects that were found to exist. Empty unless [`confirmed`](Self::confirmed) is [`Confirmed::Live`].
    pub fn confirmed_objects(&self) -> impl Iterator<Item = BoundObject<'_>> {
        let live = self.confirmed == Confirmed::Live;
        self.claims.bound_objects().filter(move |_| live)
    }

    /// The user that the token speaks for: `status.user` of a TokenReview.
    ///
    /// Each call allocates all texts. That takes longer than verifying a token that was seen before. If the user name
    /// is enough, use [`subject`](Claims::subject), which is the same text.
    #[must_use]
    pub fn user_info(&self) -> UserInfo {
        UserInfo::from(&*self.claims)
    }
}

impl fmt::Debug for VerifiedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedToken")
            .field("claims", &self.claims)
            .field("confirmed", &self.confirmed)
            .finish()
    }
}

impl Serialize for VerifiedToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// A bound object as it is serialized.
        #[derive(Serialize)]
        struct Object<'a> {
            kind: &'static str,
            #[serde(skip_serializing_if = "str::is_empty")]
            namespace: &'a str,
            name: &'a str,
            uid: &'a str,
        }
        let objects = self.claims.bound_objects().map(|object| Object {
            kind: object.reference.kind.name(),
            namespace: object.reference.namespace,
            name: object.reference.name,
            uid: object.uid,
        });
        let claims: serde_json::Value =
            serde_json::from_str(self.claims.payload()).map_err(S::Error::custom)?;

        let mut token = serializer.serialize_struct("VerifiedToken", 6)?;
        token.serialize_field("user", &self.user_info())?;
        token.serialize_field("issuerLabel", self.issuer_label())?;
        token.serialize_field("audiences", &self.matched_audiences().collect::<Vec<_>>())?;
        token.serialize_field("confirmed", &self.confirmed)?;
        token.serialize_field("boundObjects", &objects.collect::<Vec<_>>())?;
        token.serialize_field("claims", &claims)?;
        token.end()
    }
}

/// The user that a token speaks for: `UserInfo` of authentication.k8s.io/v1, the type of `status.user` in a
/// TokenReview.
///
/// ```
/// let user: boundtoken::UserInfo = serde_json::from_str(r#"{"username":"system:serviceaccount:demo:app"}"#)?;
/// assert_eq!(user.username, "system:serviceaccount:demo:app");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// `system:serviceaccount:NAMESPACE:NAME`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The uid of the service account.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// `system:serviceaccounts`, `system:serviceaccounts:NAMESPACE`, `system:authenticated`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// More about the token.
    ///
    /// Keys `authentication.kubernetes.io/…` hold the credential id, and the pod, node and webhook configurations
    /// that the token names. Keys `attestation.authentication.kubernetes.io/…` hold attested API groups.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Vec<String>>,
}

impl UserInfo {
    /// The group of all service accounts: the first of [`groups`](Self::groups).
    pub const SERVICE_ACCOUNTS_GROUP: &str = "system:serviceaccounts";
    /// The prefix of the group of a namespace, the second of [`groups`](Self::groups). The namespace follows.
    pub const NAMESPACE_GROUP_PREFIX: &str = NAMESPACE_GROUP_PREFIX;
    /// The group of all authenticated users: the third of [`groups`](Self::groups).
    pub const AUTHENTICATED_GROUP: &str = "system:authenticated";
    /// The prefix of a credential id. The `jti` follows.
    pub const CREDENTIAL_ID_PREFIX: &str = CREDENTIAL_ID_PREFIX;
}

impl From<&Claims> for UserInfo {
    fn from(claims: &Claims) -> Self {
        let mut members = BTreeMap::<String, Vec<String>>::new();
        for (key, value) in claims.extra() {
            members.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        Self {
            // A verified token's subject is its user name.
            username: claims.subject().to_owned(),
            uid: claims.service_account().uid.to_owned(),
            groups: claims.groups().map(str::to_owned).collect(),
            extra: members,
        }
    }
}
