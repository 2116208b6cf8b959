//! The smallest cluster: a signing key, a service account, a pod and its node.

use boundtoken::api::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use boundtoken::{
    Algorithm, Issuer, ObjectKind, ObjectReference, ObjectStore, SigningKey, UnixSeconds, Verifier,
};
use serde_json::{Value, json};

use super::fault;
use crate::failure::Failure;

pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
pub const AUDIENCE: &str = "vault";
/// The token's lifetime, in seconds.
pub const LIFETIME: u32 = 3_600;

const NAMESPACE: &str = "demo";
const ACCOUNT: &str = "app";
const POD: &str = "app-0";
const NODE: &str = "node-1";
const ACCOUNT_UID: &str = "5f0e2a1c-6d3b-4c57-9a0e-2b8f7d41c3e6";
const POD_UID: &str = "c81d5b7e-09f4-4e2a-8b63-f17a9d20e548";
const NODE_UID: &str = "27b6e4f9-83ca-4d10-a5f7-60c9e1b8d235";

pub struct Cluster {
    pub issuer: Issuer,
    pub token: String,
    objects: ObjectStore,
}

impl Cluster {
    pub fn new(now: UnixSeconds) -> Result<Self, Failure> {
        let key = SigningKey::generate(Algorithm::ES256).map_err(fault)?;
        let objects = ObjectStore::from_json(objects().to_string().as_bytes()).map_err(fault)?;
        let issuer = Issuer::builder(ISSUER, key).bound_objects(objects.clone()).build().map_err(fault)?;
        let issued = issuer.issue_at(NAMESPACE, ACCOUNT, request(), now).map_err(fault)?;
        Ok(Self { token: issued.token().to_owned(), issuer, objects })
    }

    /// A service's verifier. It sees changes to this cluster's objects.
    pub fn verifier(&self, audience: &str) -> Result<Verifier, Failure> {
        Verifier::builder().issuer(self.issuer.trusted()).audience(audience).build().map_err(fault)
    }

    pub fn delete_pod(&self) {
        self.objects.delete(&ObjectReference { kind: ObjectKind::Pod, namespace: NAMESPACE, name: POD });
    }
}

/// The kubelet's request.
fn request() -> TokenRequest {
    let pod = BoundObjectReference {
        kind: "Pod".to_owned(),
        api_version: "v1".to_owned(),
        name: POD.to_owned(),
        uid: POD_UID.to_owned(),
    };
    TokenRequest {
        spec: TokenRequestSpec {
            audiences: vec![AUDIENCE.to_owned()],
            expiration_seconds: Some(LIFETIME.into()),
            bound_object_ref: Some(pod),
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    }
}

/// The cluster's objects while the pod exists.
pub fn objects() -> Value {
    objects_with(json!([{
        "metadata": {"namespace": NAMESPACE, "name": POD, "uid": POD_UID},
        "spec": {"serviceAccountName": ACCOUNT, "nodeName": NODE},
    }]))
}

/// The cluster's objects once the pod is deleted.
pub fn objects_after() -> Value {
    objects_with(json!([]))
}

fn objects_with(pods: Value) -> Value {
    json!({
        "nodes": [{"metadata": {"name": NODE, "uid": NODE_UID}}],
        "pods": pods,
        "secrets": [],
        "serviceaccounts": [{"metadata": {"namespace": NAMESPACE, "name": ACCOUNT, "uid": ACCOUNT_UID}}],
    })
}
