//! What the admission plugin NamespaceLifecycle and the namespace controller do.

use serde_json::{Value, json};

use boundtoken::api::{Status, StatusCause};

use super::create::{create, name_or_prefix};
use super::decode::decode;
use super::defaults::{DEFAULT_ACCOUNT, complete};
use super::delete::{DeleteOptions, delete};
use super::object::{finalizers, is_terminating, meta, remove, text, texts};
use super::refusals::{forbidden, not_found};
use super::state::{State, key};
use super::{Resource, Store, WriteOptions};

impl Store {
    /// Whether an object of this resource and name can be created in the namespace.
    ///
    /// # Errors
    ///
    /// 404 when the namespace does not exist, 403 when it is being terminated.
    pub(crate) fn admits(&self, namespace: &str, resource: Resource, name: &str) -> Result<(), Status> {
        self.read(|state| {
            admit(state, resource, &json!({"metadata": {"namespace": namespace, "name": name}}))
        })
    }
}

/// Nothing is created in a namespace that does not exist or is being terminated.
pub(super) fn admit(state: &State, resource: Resource, object: &Value) -> Result<(), Status> {
    let name = meta(object, "namespace");
    let Some(namespace) = state.get(Resource::Namespaces, "", name) else {
        return Err(not_found(Resource::Namespaces, name));
    };
    if text(namespace, &["status", "phase"]) != "Terminating" {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {name} because it is being terminated");
    let mut status = forbidden(resource, name_or_prefix(object), &why);
    if let Some(details) = &mut status.details {
        details.causes.push(StatusCause {
            reason: "NamespaceTerminating".to_owned(),
            message: format!("namespace {name} is being terminated"),
            field: "metadata.namespace".to_owned(),
        });
    }
    Err(status)
}

/// Gives a namespace its service account `default`, as the service account controller does.
pub(super) fn ensure_default_account(
    state: &mut State,
    namespace: &str,
    options: WriteOptions,
) -> Result<(), Status> {
    let live =
        state.get(Resource::Namespaces, "", namespace).is_some_and(|namespace| !is_terminating(namespace));
    if !live || state.get(Resource::ServiceAccounts, namespace, DEFAULT_ACCOUNT).is_some() {
        return Ok(());
    }
    let account = json!({"metadata": {"name": DEFAULT_ACCOUNT, "namespace": namespace}});
    let mut account = decode(Resource::ServiceAccounts, account)?;
    complete(Resource::ServiceAccounts, &mut account);
    create(state, Resource::ServiceAccounts, account, options).map(drop)
}

/// Deletes the objects in a namespace whose deletion has just begun.
pub(super) fn empty(state: &mut State, namespace: &str, options: WriteOptions) -> Result<(), Status> {
    for resource in Resource::ALL.into_iter().filter(|resource| resource.is_namespaced()) {
        let names: Vec<_> =
            state.all(resource, namespace).map(|(_, object)| meta(object, "name").to_owned()).collect();
        for name in names {
            delete(state, resource, namespace, &name, &DeleteOptions::of(options))?;
        }
    }
    finish(state, namespace);
    Ok(())
}

/// Removes a terminating namespace once it is empty.
pub(super) fn finish(state: &mut State, name: &str) {
    let namespace = state.get(Resource::Namespaces, "", name).filter(|namespace| is_terminating(namespace));
    let Some(namespace) = namespace.filter(|namespace| !is_finalized(namespace)) else { return };
    let mut namespaced = Resource::ALL.into_iter().filter(|resource| resource.is_namespaced());
    if namespaced.any(|resource| state.all(resource, name).next().is_some()) {
        return;
    }
    if finalizers(namespace).is_empty() {
        state.remove(Resource::Namespaces, &key("", name));
        return;
    }
    let mut namespace = namespace.as_ref().clone();
    remove(&mut namespace, &["spec", "finalizers"]);
    state.put(Resource::Namespaces, namespace);
}

/// Whether nothing holds the namespace but its own `metadata.finalizers`. Until it is empty, its `spec.finalizers` do.
pub(super) fn is_finalized(namespace: &Value) -> bool {
    texts(namespace, &["spec", "finalizers"]).is_empty()
}
