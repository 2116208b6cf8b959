//! The claims of a token, byte for byte as the API server writes them.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::binding::{Binding, Instance, ServiceAccount};
use crate::api::GoJson;
use crate::keys::KeyError;
use crate::objects::Uid;
use crate::time::UnixSeconds;

/// The requested lifetime, in seconds, for which the API server grants a year and a warning after this time.
pub(super) const WARN_AFTER: i64 = 3_607;
/// The year, in seconds.
const EXTENDED: u64 = 31_536_000;

/// When a token is good.
pub(super) struct Lifetime {
    start: UnixSeconds,
    end: UnixSeconds,
    warn_after: Option<UnixSeconds>,
}

impl Lifetime {
    pub(super) fn new(now: UnixSeconds, seconds: i64, extended: bool) -> Self {
        let after = |seconds: u64| UnixSeconds(now.0.saturating_add(seconds));
        let said = after(seconds.unsigned_abs());
        if extended {
            Self { start: now, end: after(EXTENDED), warn_after: Some(said) }
        } else {
            Self { start: now, end: said, warn_after: None }
        }
    }
}

/// Everything that a token claims.
pub(super) struct Claims<'a> {
    pub(super) issuer: &'a str,
    pub(super) audiences: &'a [String],
    pub(super) credential_id: &'a str,
    pub(super) account: &'a ServiceAccount<'a>,
    pub(super) binding: &'a Binding<'a>,
    /// What the API server attests about the account. Left out if empty.
    pub(super) attestations: Option<&'a BTreeMap<String, Vec<String>>>,
    pub(super) lifetime: Lifetime,
}

impl Claims<'_> {
    pub(super) fn to_json(&self) -> Result<Vec<u8>, KeyError> {
        let account = &self.account.reference;
        let (binding, lifetime) = (self.binding, &self.lifetime);
        let written = Written {
            aud: self.audiences,
            exp: lifetime.end,
            iat: lifetime.start,
            iss: self.issuer,
            jti: self.credential_id,
            kubernetes: Kubernetes {
                attestations: self.attestations.filter(|attestations| !attestations.is_empty()),
                mutatingwebhookconfiguration: binding.mutating.as_ref().map(Reference::to),
                namespace: account.namespace,
                node: binding.node.as_ref().map(|(name, uid)| Reference { name, uid: uid.as_ref() }),
                pod: binding.pod.as_ref().map(Reference::to),
                secret: binding.secret.as_ref().map(Reference::to),
                serviceaccount: Reference { name: account.name, uid: Some(&self.account.uid) },
                validatingwebhookconfiguration: binding.validating.as_ref().map(Reference::to),
                warnafter: lifetime.warn_after,
            },
            nbf: lifetime.start,
            sub: format!("system:serviceaccount:{}:{}", account.namespace, account.name),
        };
        // Texts and numbers can always be written.
        GoJson::write(&written).map_err(|_| KeyError::CannotSign)
    }
}

/// The members in the API server's order: sorted at every level.
#[derive(Serialize)]
struct Written<'a> {
    aud: &'a [String],
    exp: UnixSeconds,
    iat: UnixSeconds,
    iss: &'a str,
    jti: &'a str,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes<'a>,
    nbf: UnixSeconds,
    sub: String,
}

#[derive(Serialize)]
struct Kubernetes<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    attestations: Option<&'a BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutatingwebhookconfiguration: Option<Reference<'a>>,
    namespace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Reference<'a>>,
    serviceaccount: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validatingwebhookconfiguration: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnafter: Option<UnixSeconds>,
}

#[derive(Serialize)]
struct Reference<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    uid: Option<&'a Uid>,
}

impl<'a> Reference<'a> {
    fn to(object: &'a Instance<'a>) -> Self {
        Self { name: object.name, uid: Some(&object.uid) }
    }
}

fn as_text<S: Serializer>(uid: &Option<&Uid>, serializer: S) -> Result<S::Ok, S::Error> {
    match uid {
        Some(uid) => serializer.collect_str(uid),
        None => serializer.serialize_none(),
    }
}
