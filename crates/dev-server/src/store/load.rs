//! Loading manifests, the objects to start from.

use std::fmt;

use serde_json::{Value, json};

use boundtoken::api::Status;

use super::create::{create, into_namespace};
use super::decode::decode;
use super::defaults::complete;
use super::object::{meta, remove, set, text};
use super::state::State;
use super::{Resource, Store, WriteOptions};

/// Why manifests cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoadError {
    /// A manifest is of a kind that is not served.
    UnknownKind {
        /// `apiVersion` and `kind` as they stand there.
        api_version: String,
        kind: String,
        name: String,
    },
    /// A manifest is refused, as it would be by the API.
    Refused { kind: String, name: String, why: String },
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind { api_version, kind, name } => {
                write!(formatter, "{kind:?} ({api_version:?}) {name:?} is not served here; kinds that are:")?;
                for (place, resource) in Resource::ALL.iter().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    let (served, version) = (resource.kind(), resource.api_version());
                    write!(formatter, "{comma} {served} ({version:?})")?;
                }
                Ok(())
            }
            Self::Refused { kind, name, why } => write!(formatter, "{kind} {name:?}: {why}"),
        }
    }
}

impl std::error::Error for LoadError {}

impl Store {
    /// Creates the objects of the manifests, in any order. Lists are taken apart. Missing namespaces and service accounts
    /// are created, and existing objects are replaced.
    ///
    /// The objects keep `uid` and `deletionTimestamp`. An object with the latter stays until it is deleted once more.
    /// Returns the number of objects.
    ///
    /// # Errors
    ///
    /// The first manifest that is not of a kind served here, or is refused. Those before it may have been loaded.
    pub(crate) fn load(&self, manifests: &[Value]) -> Result<usize, LoadError> {
        let mut objects = Vec::new();
        manifests.iter().try_for_each(|manifest| flatten(manifest, &mut objects))?;
        // Namespaces before what is in them, service accounts before pods: the order of the kinds.
        objects.sort_by_key(|(resource, _)| *resource);
        let count = objects.len();
        for (resource, manifest) in objects {
            let (kind, name) = (resource.kind().to_owned(), meta(&manifest, "name").to_owned());
            self.load_one(resource, manifest).map_err(|status| LoadError::Refused {
                kind,
                name,
                why: status.message,
            })?;
        }
        Ok(count)
    }

    fn load_one(&self, resource: Resource, manifest: Value) -> Result<(), Status> {
        let options = WriteOptions::now();
        let mut object = decode(resource, manifest)?;
        let given = ["uid", "deletionTimestamp"].map(|name| (name, remove(&mut object, &["metadata", name])));
        for name in ["resourceVersion", "creationTimestamp", "generation", "deletionGracePeriodSeconds"] {
            remove(&mut object, &["metadata", name]);
        }
        let status = object.get("status").cloned();
        complete(resource, &mut object);
        let namespace = match meta(&object, "namespace") {
            "" => "default".to_owned(),
            namespace => namespace.to_owned(),
        };
        into_namespace(resource, &namespace, &mut object)?;
        self.write(|state| {
            make_way(state, resource, &object, options)?;
            let created = create(state, resource, object, options)?;
            let mut object = created.as_ref().clone();
            for (name, value) in given {
                if let Some(value) = value.filter(|value| value != "") {
                    set(&mut object, &["metadata", name], value);
                }
            }
            if let (Resource::Pods | Resource::Nodes, Some(status)) = (resource, status)
                && status.as_object().is_some_and(|status| !status.is_empty())
            {
                set(&mut object, &["status"], status);
            }
            complete(resource, &mut object);
            if object != *created {
                state.put(resource, object);
            }
            Ok(())
        })
    }
}

/// Makes the namespace and the service account that the object needs, and removes an object of its name.
fn make_way(
    state: &mut State,
    resource: Resource,
    object: &Value,
    options: WriteOptions,
) -> Result<(), Status> {
    let (namespace, name) = (meta(object, "namespace"), meta(object, "name"));
    let mut needed = Vec::new();
    if resource.is_namespaced() {
        needed.push((Resource::Namespaces, "", namespace));
    }
    if resource == Resource::Pods {
        needed.push((Resource::ServiceAccounts, namespace, text(object, &["spec", "serviceAccountName"])));
    }
    for (resource, namespace, name) in needed {
        if !name.is_empty() && state.get(resource, namespace, name).is_none() {
            let mut object = json!({"metadata": {"name": name, "namespace": namespace}});
            complete(resource, &mut object);
            create(state, resource, object, options)?;
        }
    }
    state.remove(resource, &super::state::key(namespace, name));
    Ok(())
}

/// The objects of a manifest, which may be a list.
fn flatten(manifest: &Value, objects: &mut Vec<(Resource, Value)>) -> Result<(), LoadError> {
    if manifest.is_null() {
        return Ok(());
    }
    let (api_version, kind) = (text(manifest, &["apiVersion"]), text(manifest, &["kind"]));
    if let (Some(items), Some(of_items)) =
        (manifest.get("items").and_then(Value::as_array), kind.strip_suffix("List"))
    {
        return items.iter().try_for_each(|item| {
            let mut item = item.clone();
            // The items of a typed list do not say their kind.
            if item.get("kind").is_none() && !of_items.is_empty() {
                set(&mut item, &["kind"], of_items);
                set(&mut item, &["apiVersion"], api_version);
            }
            flatten(&item, objects)
        });
    }
    match Resource::from_kind(api_version, kind) {
        Some(resource) => {
            objects.push((resource, manifest.clone()));
            Ok(())
        }
        None => Err(LoadError::UnknownKind {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            name: meta(manifest, "name").to_owned(),
        }),
    }
}
