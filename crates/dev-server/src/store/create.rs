//! Creating objects.

use std::sync::Arc;

use serde_json::Value;

use boundtoken::api::Status;

use super::decode::decode;
use super::defaults::{DEFAULT_ACCOUNT, complete, prepare};
use super::namespaces;
use super::object::{is_terminating, member, meta, remove, set, text};
use super::refusals::{already_exists, forbidden, invalid, quoted};
use super::state::State;
use super::validation::of_new;
use super::{Resource, Store, WriteOptions, random};

/// How often a name is made up before the server gives up.
const ATTEMPTS: usize = 8;

impl Store {
    /// Creates an object; `namespace` is empty for a resource of the whole cluster.
    ///
    /// # Errors
    ///
    /// 400 for a document that is no such object, 403 and 404 for its namespace or service account, 409 when it exists,
    /// 422 for what is wrong in it, 507 when the store is full.
    pub(crate) fn create(
        &self,
        resource: Resource,
        namespace: &str,
        document: Value,
        options: WriteOptions,
    ) -> Result<Arc<Value>, Status> {
        let mut object = decode(resource, document)?;
        for name in ["creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            remove(&mut object, &["metadata", name]);
        }
        complete(resource, &mut object);
        into_namespace(resource, namespace, &mut object)?;
        self.write(|state| create(state, resource, object, options))
    }
}

/// The object's namespace must be the one of the request, and is so when it is left out.
pub(super) fn into_namespace(resource: Resource, namespace: &str, object: &mut Value) -> Result<(), Status> {
    if !resource.is_namespaced() {
        remove(object, &["metadata", "namespace"]);
        return Ok(());
    }
    match meta(object, "namespace") {
        "" => set(object, &["metadata", "namespace"], namespace),
        given if given == namespace => {}
        _ => {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
    }
    Ok(())
}

/// Creates a decoded and completed object.
pub(super) fn create(
    state: &mut State,
    resource: Resource,
    mut object: Value,
    options: WriteOptions,
) -> Result<Arc<Value>, Status> {
    if resource.is_namespaced() {
        namespaces::admit(state, resource, &object)?;
    }
    if resource == Resource::Pods {
        admit_pod(state, &mut object)?;
    }
    set(&mut object, &["metadata", "creationTimestamp"], options.now.to_string());
    if meta(&object, "uid").is_empty() {
        set(&mut object, &["metadata", "uid"], random::uid()?);
    }
    let prefix = if meta(&object, "name").is_empty() {
        meta(&object, "generateName").to_owned()
    } else {
        String::new()
    };
    for _ in 0..ATTEMPTS {
        if !prefix.is_empty() {
            set(&mut object, &["metadata", "name"], random::name(&prefix)?);
        }
        if state.get(resource, meta(&object, "namespace"), meta(&object, "name")).is_none() {
            break;
        }
    }
    complete(resource, &mut object);
    prepare(resource, &mut object, options.now);
    check(state, resource, &object)?;
    if options.dry_run {
        return Ok(Arc::new(object));
    }
    let object = state.put(resource, object);
    if resource == Resource::Namespaces {
        namespaces::ensure_default_account(state, meta(&object, "name"), options)?;
    }
    Ok(object)
}

fn check(state: &State, resource: Resource, object: &Value) -> Result<(), Status> {
    let name = meta(object, "name");
    let faults = of_new(resource, object);
    if !faults.is_empty() {
        return Err(invalid(resource, name, faults));
    }
    if member(object, &["metadata", "resourceVersion"]).is_some() {
        return Err(Status::failure(500, "", "resourceVersion should not be set on objects to be created"));
    }
    if let Some(existing) = state.get(resource, meta(object, "namespace"), name) {
        let mut status = already_exists(resource, name);
        if is_terminating(existing) {
            status.message = format!("object is being deleted: {}", status.message);
        }
        return Err(status);
    }
    state.has_room()
}

/// What the admission plugin ServiceAccount does: a pod runs as a service account that exists.
fn admit_pod(state: &State, pod: &mut Value) -> Result<(), Status> {
    if text(pod, &["spec", "serviceAccountName"]).is_empty() {
        set(pod, &["spec", "serviceAccountName"], DEFAULT_ACCOUNT);
        set(pod, &["spec", "serviceAccount"], DEFAULT_ACCOUNT);
    }
    let (namespace, account) = (meta(pod, "namespace"), text(pod, &["spec", "serviceAccountName"]));
    if state.get(Resource::ServiceAccounts, namespace, account).is_some() {
        return Ok(());
    }
    let why = format!(
        "error looking up service account {namespace}/{account}: serviceaccount {} not found",
        quoted(account)
    );
    Err(forbidden(Resource::Pods, name_or_prefix(pod), &why))
}

/// What admission calls an object. Its name may not have been made up yet.
pub(super) fn name_or_prefix(object: &Value) -> &str {
    match (meta(object, "name"), meta(object, "generateName")) {
        ("", "") => "Unknown",
        ("", prefix) => prefix,
        (name, _) => name,
    }
}
