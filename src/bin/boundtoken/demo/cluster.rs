//! The smallest cluster: a signing key, a service account, a pod and its node.

use boundtoken::{
    Algorithm, KeySet, ObjectKind, ObjectReference, ObjectStore, SigningKey, TrustedIssuer, UnixSeconds,
    Verifier,
};
use serde_json::{Value, json};

use super::fault;
use crate::failure::Failure;

pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
pub const AUDIENCE: &str = "vault";
/// How long the token lives, in seconds.
pub const LIFETIME: u64 = 3_600;

const NAMESPACE: &str = "demo";
const POD: &str = "app-0";
const ACCOUNT_UID: &str = "5f0e2a1c-6d3b-4c57-9a0e-2b8f7d41c3e6";
const POD_UID: &str = "c81d5b7e-09f4-4e2a-8b63-f17a9d20e548";
const NODE_UID: &str = "27b6e4f9-83ca-4d10-a5f7-60c9e1b8d235";

pub struct Cluster {
    pub key: SigningKey,
    pub token: String,
    objects: ObjectStore,
}

impl Cluster {
    pub fn new(now: UnixSeconds) -> Result<Self, Failure> {
        let key = SigningKey::generate(Algorithm::ES256).map_err(fault)?;
        let token = key.sign(claims(now).to_string().as_bytes()).map_err(fault)?;
        let objects = ObjectStore::from_json(objects().to_string().as_bytes()).map_err(fault)?;
        Ok(Self { key, token, objects })
    }

    pub fn keys(&self) -> KeySet {
        std::iter::once(self.key.public_key().clone()).collect()
    }

    /// A service's verifier, which sees this cluster's objects as they change.
    pub fn verifier(&self, audience: &str) -> Result<Verifier, Failure> {
        let issuer = TrustedIssuer::new(ISSUER, self.keys()).bound_objects(self.objects.clone());
        Verifier::builder().issuer(issuer).audience(audience).build().map_err(fault)
    }

    pub fn delete_pod(&self) {
        self.objects.delete(&ObjectReference { kind: ObjectKind::Pod, namespace: NAMESPACE, name: POD });
    }
}

/// The claims of a token for a pod, as the API server writes them: members sorted, `nbf` the same as `iat`.
fn claims(now: UnixSeconds) -> Value {
    json!({
        "aud": [AUDIENCE],
        "exp": now.0.saturating_add(LIFETIME),
        "iat": now.0,
        "iss": ISSUER,
        "jti": "9d3c7e52-4b1a-4f86-b0d9-e86a3f5c2714",
        "kubernetes.io": {
            "namespace": NAMESPACE,
            "node": {"name": "node-1", "uid": NODE_UID},
            "pod": {"name": POD, "uid": POD_UID},
            "serviceaccount": {"name": "app", "uid": ACCOUNT_UID},
        },
        "nbf": now.0,
        "sub": "system:serviceaccount:demo:app",
    })
}

/// The cluster's objects while the pod lives.
pub fn objects() -> Value {
    objects_with(json!([{"metadata": {"namespace": NAMESPACE, "name": POD, "uid": POD_UID}}]))
}

/// The cluster's objects once the pod is deleted.
pub fn objects_after() -> Value {
    objects_with(json!([]))
}

fn objects_with(pods: Value) -> Value {
    json!({
        "nodes": [{"metadata": {"name": "node-1", "uid": NODE_UID}}],
        "pods": pods,
        "secrets": [],
        "serviceaccounts": [{"metadata": {"namespace": NAMESPACE, "name": "app", "uid": ACCOUNT_UID}}],
    })
}
