//! A snapshot: the keys and objects of a cluster in one file.

use std::collections::BTreeMap;
use std::path::Path;

use boundtoken::api::Time;
use boundtoken::{
    BoundObjects, KeySet, ObjectKind, ObjectReference, ObjectState, ObjectStore, Rejection, TrustedIssuer,
    UnixSeconds,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;

use crate::failure::Failure;
use crate::input::read_file;
use crate::inspect::{Parts, Statement};

#[cfg(feature = "network")]
pub mod take;

/// The largest file that is read, in bytes. The objects of a large cluster fit into it.
const MAX_FILE_SIZE: u64 = 256 << 20;

/// The file, as docs/schemas/snapshot.json describes it.
///
/// A member that this version does not know may change what the file says, so it is refused.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// The moment from which on changes may be missing.
    taken_at: Time,
    issuer: String,
    /// A JSON Web Key Set.
    jwks: Value,
    /// The namespaces whose objects are listed. If empty, all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    namespaces: Vec<String>,
    /// By resource, as an [`ObjectStore`] reads them.
    objects: BTreeMap<String, Vec<Object>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    metadata: Metadata,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Metadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    uid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deletion_timestamp: Option<Time>,
}

impl Snapshot {
    pub fn read(path: &Path) -> Result<Self, Failure> {
        serde_json::from_slice(&read_file(path, MAX_FILE_SIZE)?).map_err(|error| {
            // The text of serde_json would quote what it found. In the wrong file, that may be a secret.
            let what = match error.classify() {
                Category::Eof => "the file ends too early",
                Category::Data => "a member is missing, unknown, or has the wrong type",
                Category::Syntax | Category::Io => "the file is not JSON",
            };
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::with_file(
                path,
                format!("not a snapshot, or a damaged one: {what} ({place}); take a new one with `boundtoken snapshot`"),
            )
        })
    }

    pub fn taken_at(&self) -> UnixSeconds {
        self.taken_at.into()
    }

    /// The cluster as an issuer to trust.
    pub fn trusted_issuer(&self, path: &Path) -> Result<TrustedIssuer, Failure> {
        let wrong = |what: &dyn std::fmt::Display| Failure::with_file(path, what);
        let keys = KeySet::from_jwks(self.jwks.to_string().as_bytes()).map_err(|error| wrong(&error))?;
        if keys.is_empty() {
            return Err(wrong(&"the snapshot has no usable key; take a new one with `boundtoken snapshot`"));
        }
        let objects = serde_json::to_vec(&self.objects).map_err(|error| wrong(&error))?;
        let kinds = ObjectKind::ALL.iter().copied();
        let objects = Listed {
            store: ObjectStore::from_json(&objects).map_err(|error| wrong(&error))?,
            kinds: kinds.filter(|kind| self.objects.contains_key(kind.resource())).collect(),
            namespaces: self.namespaces.clone(),
        };
        Ok(TrustedIssuer::new(self.issuer.as_str(), keys).bound_objects(objects))
    }

    /// Whether a token was refused because of an object that may be newer than the snapshot, as the token is.
    ///
    /// The token's signature holds: objects come last.
    pub fn is_older_than(&self, token: &[u8], rejection: &Rejection) -> bool {
        let of_an_object = ["_not_found", "_uid_mismatch"].iter().any(|end| rejection.name().ends_with(end));
        let statement = Statement::read(Parts::decode(token).claims.json.as_ref());
        of_an_object && statement.issued_at.is_some_and(|issued_at| issued_at > self.taken_at())
    }
}

/// The objects that a snapshot lists. Of other kinds and namespaces it knows nothing.
struct Listed {
    store: ObjectStore,
    kinds: Vec<ObjectKind>,
    namespaces: Vec<String>,
}

impl BoundObjects for Listed {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let everywhere = self.namespaces.is_empty() || !reference.kind.is_namespaced();
        let in_place = everywhere || self.namespaces.iter().any(|name| name == reference.namespace);
        if in_place && self.kinds.contains(&reference.kind) {
            self.store.state(reference)
        } else {
            ObjectState::NotFollowed
        }
    }
}

/// When the snapshot was taken by which a token was judged.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Age {
    #[serde(serialize_with = "crate::document::time")]
    pub taken_at: UnixSeconds,
    age_seconds: u64,
}

impl Age {
    pub fn new(taken_at: UnixSeconds, now: UnixSeconds) -> Self {
        Self { taken_at, age_seconds: now.0.saturating_sub(taken_at.0) }
    }
}
