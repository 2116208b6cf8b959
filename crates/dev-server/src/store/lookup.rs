//! The store as the source of bound objects for verifiers and the issuer.

use serde_json::Value;

use boundtoken::{
    BoundObjects, IssuerObjects, ObjectReference, ObjectSource, ObjectState, PodSpec, Uid, Webhook,
};

use super::object::{meta, text, time};
use super::{Resource, Store};

impl BoundObjects for Store {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let Some(resource) = Resource::of(reference.kind) else { return ObjectState::NotFollowed };
        self.read(|state| match state.get(resource, reference.namespace, reference.name) {
            Some(object) => ObjectState::Present {
                uid: meta(object, "uid").into(),
                deletion_timestamp: time(object, &["metadata", "deletionTimestamp"]),
            },
            None => ObjectState::Absent,
        })
    }
}

impl IssuerObjects for Store {
    fn source(&self) -> ObjectSource {
        self.clone().into()
    }

    fn pod_spec(&self, pod: &ObjectReference<'_>, uid: &Uid) -> Option<PodSpec> {
        self.read(|state| {
            let pod = state.get(Resource::Pods, pod.namespace, pod.name)?;
            (uid == meta(pod, "uid")).then(|| PodSpec {
                service_account_name: text(pod, &["spec", "serviceAccountName"]).to_owned(),
                node_name: text(pod, &["spec", "nodeName"]).to_owned(),
            })
        })
    }

    fn webhooks(&self, configuration: &ObjectReference<'_>, uid: &Uid) -> Option<Vec<Webhook>> {
        let resource = Resource::of(configuration.kind)?;
        self.read(|state| {
            let configuration = state.get(resource, "", configuration.name)?;
            let webhooks = configuration.get("webhooks").unwrap_or(&Value::Null);
            // Validation has read them already. Without webhooks, no token is issued for the configuration.
            (uid == meta(configuration, "uid")).then(|| Webhook::read_all(webhooks).ok())?
        })
    }
}
