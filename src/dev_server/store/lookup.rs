//! The store as the source of bound objects for verifiers and the issuer.

use crate::bound_object::{BoundObjects, ObjectReference, ObjectState, PodSpec, Uid};

use super::Store;
use super::object::{meta, text, time};

impl BoundObjects for Store {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        self.read(|state| match state.get(reference.kind.into(), reference.namespace, reference.name) {
            Some(object) => ObjectState::Present {
                uid: meta(object, "uid").into(),
                deletion_timestamp: time(object, &["metadata", "deletionTimestamp"]),
            },
            None => ObjectState::Absent,
        })
    }

    fn pod_spec(&self, pod: &ObjectReference<'_>, uid: &Uid) -> Option<PodSpec> {
        self.read(|state| {
            let pod = state.get(pod.kind.into(), pod.namespace, pod.name)?;
            (uid == meta(pod, "uid")).then(|| PodSpec {
                service_account_name: text(pod, &["spec", "serviceAccountName"]).to_owned(),
                node_name: text(pod, &["spec", "nodeName"]).to_owned(),
            })
        })
    }
}
