//! Changing objects by patches: JSON merge patch, JSON patch, and strategic merge patch.

use std::sync::Arc;

use json_patch::jsonptr::{Pointer, PointerBuf};
use json_patch::{AddOperation, PatchOperation};
use serde::Deserialize;
use serde_json::{Map, Value};

use boundtoken::api::{Status, StatusDetails};

use super::decode::decode;
use super::object::weight;
use super::refusals::invalid_text;
use super::strategic;
use super::update::{Target, identify, update};
use super::{Part, Resource, Store, WriteOptions};

/// The most operations in a JSON patch, as in the API server.
const MOST_OPERATIONS: usize = 10_000;
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
            let mut object = decode(resource, &patched).map_err(|fault| not_decoded(&patched, &fault.why))?;
            identify(&target, &mut object)?;
            update(state, &target, object, &old, options)
        })
    }
}

fn apply(patch: &Patch, old: &Value) -> Result<Value, Status> {
    let mut object = old.clone();
    match patch {
        Patch::Merge(patch) => json_patch::merge(&mut object, &Value::Object(patch.clone())),
        Patch::Json(operations) => apply_operations(operations, &mut object)?,
        Patch::Strategic(patch) => strategic::merge(&mut object, patch)?,
    }
    if weight(&object) > MOST_BYTES {
        return Err(too_large());
    }
    Ok(object)
}

fn apply_operations(operations: &[Value], object: &mut Value) -> Result<(), Status> {
    if operations.len() > MOST_OPERATIONS {
        return Err(Status::failure(
            413,
            "RequestEntityTooLarge",
            format!(
                "The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {}",
                operations.len()
            ),
        ));
    }
    let mut copied: usize = 0;
    for operation in operations {
        let operation = PatchOperation::deserialize(operation).map_err(|_| does_not_apply())?;
        let Some(operation) = as_the_server_reads_it(operation, object) else { continue };
        copied = copied.saturating_add(growth(&operation, object)?);
        if copied > MOST_BYTES {
            return Err(too_large());
        }
        json_patch::patch_unsafe(object, std::slice::from_ref(&operation)).map_err(|_| does_not_apply())?;
    }
    Ok(())
}

/// The API server also replaces a member that is not there yet, and takes one that is not there for `null`.
fn as_the_server_reads_it(operation: PatchOperation, object: &Value) -> Option<PatchOperation> {
    match operation {
        PatchOperation::Replace(replace) if replace.path.resolve(object).is_err() => {
            Some(PatchOperation::Add(AddOperation { path: replace.path, value: replace.value }))
        }
        PatchOperation::Test(test) if test.value.is_null() && test.path.resolve(object).is_err() => None,
        operation => Some(operation),
    }
}

/// How many bytes the operation adds. Nothing may end up nested deeper than any reader would take.
fn growth(operation: &PatchOperation, object: &Value) -> Result<usize, Status> {
    let (path, added): (&PointerBuf, _) = match operation {
        PatchOperation::Add(add) => (&add.path, Some(&add.value)),
        PatchOperation::Replace(replace) => (&replace.path, Some(&replace.value)),
        PatchOperation::Move(shift) => (&shift.path, found(object, &shift.from)),
        PatchOperation::Copy(copy) => (&copy.path, found(object, &copy.from)),
        PatchOperation::Remove(_) | PatchOperation::Test(_) => return Ok(0),
    };
    let Some(added) = added else { return Ok(0) };
    if path.count().saturating_add(depth(added)) > DEEPEST {
        return Err(does_not_apply());
    }
    Ok(weight(added))
}

fn found<'a>(object: &'a Value, at: &Pointer) -> Option<&'a Value> {
    at.resolve(object).ok()
}

fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    deepest.unwrap_or(0).saturating_add(1)
}

fn does_not_apply() -> Status {
    let why = "the server rejected our request due to an error in our request";
    Status::failure(422, "Invalid", why).about(StatusDetails::default())
}

fn too_large() -> Status {
    Status::failure(
        413,
        "RequestEntityTooLarge",
        format!("the patched object is larger than {MOST_BYTES} bytes"),
    )
}

fn not_decoded(patched: &Value, why: &str) -> Status {
    Status::invalid("", "", "", vec![invalid_text("patch", &patched.to_string(), why)])
}
