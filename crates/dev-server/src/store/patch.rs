//! Changing objects by patches: JSON merge patch, JSON patch, and strategic merge patch.

use std::sync::Arc;

use json_patch::{AddOperation, PatchOperation};
use serde::Deserialize;
use serde_json::{Map, Value};

use boundtoken::api::{Status, StatusDetails};

use super::decode::decode;
use super::object::weight;
use super::strategic;
use super::update::{Target, identify, update};
use super::{Part, Resource, Store, WriteOptions};

/// How much a patch may make of an object: its copies could grow it without bounds, and nest it.
const MOST_BYTES: usize = 3 << 20;
const DEEPEST: usize = 120;

/// A patch.
#[derive(Clone, Debug)]
pub(crate) enum Patch {
    /// RFC 7396.
    Merge(Map<String, Value>),
    /// RFC 6902.
    Json(Vec<Value>),
    /// What kubectl sends: as a merge patch, but lists of the known kinds are merged by their keys.
    Strategic(Map<String, Value>),
}

impl Store {
    /// Changes an object by a patch.
    ///
    /// # Errors
    ///
    /// 400 and 422 for a patch that is none or does not apply, and as [`Store::replace`].
    pub(crate) fn patch(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        part: Part,
        patch: &Patch,
        options: WriteOptions,
    ) -> Result<Arc<Value>, Status> {
        let target = Target { resource, namespace, name, part };
        self.write(|state| {
            let old = Arc::clone(state.find(resource, namespace, name)?);
            let patched = apply(patch, &old)?;
            let mut object = decode(resource, patched).map_err(|status| unprocessable(&status.message))?;
            identify(&target, &mut object)?;
            update(state, &target, object, &old, options)
        })
    }
}

fn apply(patch: &Patch, old: &Value) -> Result<Value, Status> {
    let mut object = old.clone();
    match patch {
        Patch::Merge(patch) => json_patch::merge(&mut object, &Value::Object(patch.clone())),
        Patch::Json(operations) => {
            for operation in operations {
                apply_operation(operation, &mut object)?;
                check_size(&object)?;
            }
        }
        Patch::Strategic(patch) => strategic::merge(&mut object, patch)?,
    }
    check_size(&object)?;
    Ok(object)
}

/// An API server also replaces a member that is not there yet, and takes one that is not there for `null`.
fn apply_operation(operation: &Value, object: &mut Value) -> Result<(), Status> {
    let operation = match PatchOperation::deserialize(operation).map_err(|_| does_not_apply())? {
        PatchOperation::Replace(replace) if replace.path.resolve(object).is_err() => {
            PatchOperation::Add(AddOperation { path: replace.path, value: replace.value })
        }
        PatchOperation::Test(test) if test.value.is_null() && test.path.resolve(object).is_err() => {
            return Ok(());
        }
        operation => operation,
    };
    json_patch::patch_unsafe(object, std::slice::from_ref(&operation)).map_err(|_| does_not_apply())
}

fn check_size(object: &Value) -> Result<(), Status> {
    if !is_nested_at_most(DEEPEST, object) {
        return Err(does_not_apply());
    }
    if weight(object) > MOST_BYTES {
        let why = format!("the patched object is larger than {MOST_BYTES} bytes");
        return Err(Status::failure(413, "RequestEntityTooLarge", why));
    }
    Ok(())
}

fn is_nested_at_most(levels: usize, value: &Value) -> bool {
    let within = |inner: &Value| levels.checked_sub(1).is_some_and(|levels| is_nested_at_most(levels, inner));
    match value {
        Value::Array(items) => items.iter().all(within),
        Value::Object(members) => members.values().all(within),
        _ => true,
    }
}

fn does_not_apply() -> Status {
    unprocessable("the server rejected our request due to an error in our request")
}

fn unprocessable(why: &str) -> Status {
    Status::failure(422, "Invalid", why).about(StatusDetails::default())
}
