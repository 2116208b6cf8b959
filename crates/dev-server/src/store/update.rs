//! Replacing objects.

use std::sync::Arc;

use serde_json::Value;

use boundtoken::api::Status;

use super::create::into_namespace;
use super::decode::decode;
use super::defaults::complete;
use super::delete::remove;
use super::object::{copy, finalizers, integer, is_terminating, meta, set};
use super::refusals::{conflict, invalid, outdated};
use super::state::State;
use super::validation::of_update;
use super::{Resource, Store, WriteOptions, namespaces};

/// The part of an object that a write changes. The other parts stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All but the status.
    Main,
    /// The subresource `status`.
    Status,
}

/// The object that a request names.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub resource: Resource,
    pub namespace: &'a str,
    pub name: &'a str,
    pub part: Part,
}

impl Store {
    /// Replaces an object.
    ///
    /// # Errors
    ///
    /// 400 for a document that is no such object, 404 when it does not exist, 409 when the document is based on an
    /// earlier version or another instance, 422 for what is wrong in it or must not change.
    pub(crate) fn replace(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        part: Part,
        document: Value,
        options: WriteOptions,
    ) -> Result<Arc<Value>, Status> {
        let target = Target { resource, namespace, name, part };
        let mut object = decode(resource, document)?;
        identify(&target, &mut object)?;
        self.write(|state| {
            let old = Arc::clone(state.find(resource, namespace, name)?);
            let uid = meta(&object, "uid");
            if !uid.is_empty() && uid != meta(&old, "uid") {
                return Err(another_instance(&target, uid, meta(&old, "uid")));
            }
            update(state, &target, object, &old, options)
        })
    }
}

/// The document must be of the object that the URL names.
pub(super) fn identify(target: &Target<'_>, object: &mut Value) -> Result<(), Status> {
    into_namespace(target.resource, target.namespace, object)?;
    match (meta(object, "name"), target.name) {
        ("", name) => Err(Status::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        ))),
        (given, name) if given != name => Err(Status::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({name})"
        ))),
        _ => Ok(()),
    }
}

fn another_instance(target: &Target<'_>, expected: &str, found: &str) -> Status {
    let why = format!("Precondition failed: UID in precondition: {expected}, UID in object meta: {found}");
    conflict(target.resource, target.name, &why)
}

/// Puts a decoded object in the place of the old one. A write that changes nothing is no event.
pub(super) fn update(
    state: &mut State,
    target: &Target<'_>,
    mut object: Value,
    old: &Value,
    options: WriteOptions,
) -> Result<Arc<Value>, Status> {
    let Target { resource, namespace, name, .. } = *target;
    check_version(target, &object, old)?;
    complete(resource, &mut object);
    keep_other_parts(target, &mut object, old);
    let faults = of_update(resource, &object, old);
    if !faults.is_empty() {
        return Err(invalid(resource, name, faults));
    }
    if options.dry_run || object == *old {
        return Ok(Arc::new(object));
    }
    if is_let_go(resource, &object, old) {
        remove(state, resource, namespace, name, options)?;
        return Ok(Arc::new(object));
    }
    state.has_room()?;
    Ok(state.put(resource, object))
}

fn check_version(target: &Target<'_>, object: &Value, old: &Value) -> Result<(), Status> {
    let given = meta(object, "resourceVersion");
    if given.is_empty() || given == "0" || given == meta(old, "resourceVersion") {
        return Ok(());
    }
    Err(outdated(target.resource, target.name))
}

/// Restores what this write cannot change.
fn keep_other_parts(target: &Target<'_>, object: &mut Value, old: &Value) {
    for name in ["resourceVersion", "creationTimestamp", "generation"] {
        copy(object, old, &["metadata", name]);
    }
    if meta(object, "uid").is_empty() {
        copy(object, old, &["metadata", "uid"]);
    }
    if is_terminating(old) {
        copy(object, old, &["metadata", "deletionTimestamp"]);
    }
    if integer(object, &["metadata", "deletionGracePeriodSeconds"]).is_none() {
        copy(object, old, &["metadata", "deletionGracePeriodSeconds"]);
    }
    if target.resource.has_status() {
        match target.part {
            Part::Status => copy(object, old, &["spec"]),
            Part::Main => copy(object, old, &["status"]),
        }
    }
    if target.resource == Resource::Namespaces {
        copy(object, old, &["spec", "finalizers"]);
    }
    if target.resource.counted_member().is_some_and(|member| object.get(member) != old.get(member)) {
        let generation = integer(old, &["metadata", "generation"]).unwrap_or(0);
        set(object, &["metadata", "generation"], generation.saturating_add(1));
    }
}

/// Whether an object that is being deleted has lost its last finalizer.
fn is_let_go(resource: Resource, new: &Value, old: &Value) -> bool {
    finalizers(new).is_empty()
        && is_terminating(old)
        && integer(old, &["metadata", "deletionGracePeriodSeconds"]).unwrap_or(0) == 0
        && (resource != Resource::Namespaces || namespaces::is_finalized(new))
}
