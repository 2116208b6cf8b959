//! The cluster's objects, from files.

use std::path::PathBuf;

use boundtoken::{
    BoundObjects, IssuerObjects, ObjectKind, ObjectReference, ObjectSource, ObjectState, ObjectStore,
    PodSpec, Uid, Webhook,
};
use serde::Deserialize as _;
use serde_json::Value;

use crate::failure::Failure;
use crate::input::read_file;
use crate::wrong_file;

/// The largest file that is read, in bytes. The full objects of a large cluster fit into it.
const MAX_FILE_SIZE: u64 = 256 << 20;
/// How to get a file of objects.
const WRITES_ONE: &str =
    "`kubectl get serviceaccounts,pods,secrets,nodes -A -o json > objects.json` writes a cluster's objects";

/// A cluster's objects, as files list them.
///
/// If no file lists a kind, its objects are unknown, not absent. `kubectl get pods`, for example, lists no service accounts,
/// but every token has one.
#[derive(Clone)]
pub struct Objects {
    store: ObjectStore,
    kinds: Vec<ObjectKind>,
}

impl Objects {
    pub fn load(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut objects = Self { store: ObjectStore::new(), kinds: Vec::new() };
        for path in paths {
            let bytes = read_file(path, MAX_FILE_SIZE).map_err(|failure| failure.advise(WRITES_ONE))?;
            if let Some(description) = wrong_file::described(&bytes) {
                return Err(Failure::with_file(path, description).advise(WRITES_ONE));
            }
            objects.add(&bytes).map_err(|error| Failure::with_file(path, error).advise(WRITES_ONE))?;
        }
        Ok(objects)
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        if let Some(b'{' | b'[') = bytes.trim_ascii_start().first() {
            let document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
            return self.add_document(&document, bytes);
        }
        for document in yaml_serde::Deserializer::from_slice(bytes) {
            let document = Value::deserialize(document).map_err(|error| error.to_string())?;
            if !document.is_object() && !document.is_array() {
                return Err("this is plain text, not lists of objects as JSON or YAML".to_owned());
            }
            self.add_document(&document, document.to_string().as_bytes())?;
        }
        Ok(())
    }

    fn add_document(&mut self, document: &Value, json: &[u8]) -> Result<(), String> {
        self.store.load_json(json).map_err(|error| error.to_string())?;
        self.add_kinds(document);
        Ok(())
    }

    /// Adds the kinds that a document lists. Understands every format that an [`ObjectStore`] reads.
    fn add_kinds(&mut self, document: &Value) {
        match document {
            Value::Array(items) => items.iter().for_each(|item| self.add_kinds(item)),
            Value::Object(object) => {
                let items = object.get("items");
                let named = object.get("kind").and_then(Value::as_str);
                let listed = ObjectKind::ALL.iter().copied().filter(|kind| match named {
                    Some(name) => name.strip_suffix("List").unwrap_or(name) == kind.name(),
                    None => object.contains_key(kind.resource()),
                });
                self.kinds.extend(listed);
                items.into_iter().for_each(|items| self.add_kinds(items));
            }
            _ => {}
        }
    }
}

impl BoundObjects for Objects {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        if self.kinds.contains(&reference.kind) {
            self.store.state(reference)
        } else {
            ObjectState::Unavailable
        }
    }
}

impl IssuerObjects for Objects {
    fn source(&self) -> ObjectSource {
        self.clone().into()
    }

    fn pod_spec(&self, pod: &ObjectReference<'_>, uid: &Uid) -> Option<PodSpec> {
        self.store.pod_spec(pod, uid)
    }

    fn webhooks(&self, configuration: &ObjectReference<'_>, uid: &Uid) -> Option<Vec<Webhook>> {
        self.store.webhooks(configuration, uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_once_a_file_lists_it_even_without_any_object() {
        for (document, known) in [
            (r#"{"pods":[],"nodes":[]}"#, vec![ObjectKind::Pod, ObjectKind::Node]),
            (r#"{"kind":"SecretList","items":[]}"#, vec![ObjectKind::Secret]),
            (r#"{"validatingwebhookconfigurations":[]}"#, vec![ObjectKind::ValidatingWebhookConfiguration]),
            (
                r#"{"kind":"MutatingWebhookConfigurationList","items":[]}"#,
                vec![ObjectKind::MutatingWebhookConfiguration],
            ),
            (r#"{"kind":"List","items":[]}"#, vec![]),
            (
                r#"{"kind":"List","items":[{"kind":"ServiceAccount","metadata":{"namespace":"a","name":"b","uid":"c"}}]}"#,
                vec![ObjectKind::ServiceAccount],
            ),
            ("kind: PodList\nitems: []\n---\nnodes: []\n", vec![ObjectKind::Pod, ObjectKind::Node]),
        ] {
            let mut objects = Objects { store: ObjectStore::new(), kinds: Vec::new() };
            objects.add(document.as_bytes()).unwrap();
            for &kind in ObjectKind::ALL {
                let state = objects.state(&ObjectReference { kind, namespace: "a", name: "other" });
                let expected =
                    if known.contains(&kind) { ObjectState::Absent } else { ObjectState::Unavailable };
                assert_eq!(state, expected, "{document} {kind}");
            }
        }
    }
}
