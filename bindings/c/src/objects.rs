//! Sources of bound objects: an object store, or a callback of the caller.

use std::ffi::c_char;
use std::sync::Arc;

use boundtoken::{
    ObjectKind, ObjectReference, ObjectStore, ObjectStoreError, TrustedIssuer, Uid, UnixSeconds,
};

use crate::boundary;
use crate::callback::Callback;
use crate::error::{CallFailure, boundtoken_error};
use crate::pointer::{self, borrow};
use crate::status::{Mistake, boundtoken_status};
use crate::string::{boundtoken_str, bytes};

/// The objects that tokens are bound to. This is either a store in memory that the caller fills, or a callback of the
/// caller.
pub struct boundtoken_objects(pub(super) Source);

pub(super) enum Source {
    Store(ObjectStore),
    Callback(Arc<Callback>),
}

/// The kinds of objects that a token can be bound to.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum boundtoken_object_kind {
    /// No object.
    BOUNDTOKEN_OBJECT_KIND_NONE = 0,
    /// A core/v1 ServiceAccount. Every token has one.
    BOUNDTOKEN_OBJECT_KIND_SERVICE_ACCOUNT = 1,
    /// A core/v1 Secret.
    BOUNDTOKEN_OBJECT_KIND_SECRET = 2,
    /// A core/v1 Pod.
    BOUNDTOKEN_OBJECT_KIND_POD = 3,
    /// A core/v1 Node, which has no namespace.
    BOUNDTOKEN_OBJECT_KIND_NODE = 4,
    /// An admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration, which has no namespace.
    BOUNDTOKEN_OBJECT_KIND_VALIDATING_WEBHOOK_CONFIGURATION = 5,
    /// An admissionregistration.k8s.io/v1 MutatingWebhookConfiguration, which has no namespace.
    BOUNDTOKEN_OBJECT_KIND_MUTATING_WEBHOOK_CONFIGURATION = 6,
}

/// A [`boundtoken_object_kind`] as C passes it, which can be any number.
pub type ObjectKindNumber = u32;

/// Creates an empty store in memory. While it is empty, every object is absent and every token is refused.
///
/// Free the handle with boundtoken_objects_free. It is NULL only after an internal error. Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_objects_new() -> *mut boundtoken_objects {
    boundary::infallible(std::ptr::null_mut(), || {
        pointer::share(boundtoken_objects(Source::Store(ObjectStore::new())))
    })
}

/// Adds the objects of a JSON document to a store. Replaces objects that the store has already.
///
/// The document is one of these:
///
/// - what `kubectl get serviceaccounts,secrets,pods,nodes -A -o json` prints;
/// - an array of objects;
/// - an object with arrays of objects: `{"pods": [...], "secrets": [...], "serviceaccounts": [...], "nodes": [...],
///   "validatingwebhookconfigurations": [...], "mutatingwebhookconfigurations": [...]}`.
///
/// Only the kind and the metadata of each object are read. Objects of other kinds are skipped.
///
/// `data`: the document, `len` bytes. Not needed after the call.
/// `loaded`: receives the number of objects that were added. May be NULL.
///
/// Any thread.
///
/// BOUNDTOKEN_OBJECTS_UNREADABLE: the document is in none of these forms, or an object has no name or uid. Nothing is
/// added.
/// BOUNDTOKEN_NOT_AN_OBJECT_STORE: `objects` comes from a callback.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_load_json(
    objects: *const boundtoken_objects,
    data: *const c_char,
    len: usize,
    loaded: *mut usize,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { load(objects, data, len, loaded, ObjectStore::load_json, error) }
}

/// Replaces everything in a store by the objects of a JSON document, at once for all verifiers that use the store.
///
/// It is for programs that list the objects of a cluster again and again. No object that is in both is missing in between.
/// It takes the same arguments and fails in the same cases as boundtoken_objects_load_json. On failure the old objects stay.
/// Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_replace_json(
    objects: *const boundtoken_objects,
    data: *const c_char,
    len: usize,
    loaded: *mut usize,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let read = |store: &ObjectStore, json: &[u8]| {
        let content = ObjectStore::new();
        let count = content.load_json(json)?;
        store.replace(&content);
        Ok(count)
    };
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { load(objects, data, len, loaded, read, error) }
}

/// Adds or replaces one object in a store, at once for all verifiers that use the store.
///
/// `kind`: a boundtoken_object_kind.
/// `object_namespace`: ignored for a kind without namespaces.
/// `uid`: the object's metadata.uid.
/// `deletion_timestamp`: the object's metadata.deletionTimestamp in Unix seconds, or 0 if it is not being deleted.
///
/// The texts are copied. Any thread.
///
/// BOUNDTOKEN_OBJECT_INCOMPLETE: a text is empty.
/// BOUNDTOKEN_UNKNOWN_VALUE: `kind` is none of the kinds.
/// BOUNDTOKEN_NEGATIVE_TIME: `deletion_timestamp` is negative.
/// BOUNDTOKEN_NOT_AN_OBJECT_STORE: `objects` comes from a callback.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_upsert(
    objects: *const boundtoken_objects,
    kind: ObjectKindNumber,
    object_namespace: boundtoken_str,
    object_name: boundtoken_str,
    uid: boundtoken_str,
    deletion_timestamp: i64,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live handle.
        let store = unsafe { borrow(objects, "objects") }?.store()?;
        // SAFETY: the caller promises readable texts.
        let reference = unsafe { reference(kind, object_namespace, object_name) }?;
        // SAFETY: the caller promises a readable text.
        let uid = unsafe { uid.text("uid") }?;
        if uid.is_empty() {
            return Err(Mistake::ObjectIncomplete.of("uid"));
        }
        let deletion_timestamp = seconds(deletion_timestamp, "deletion_timestamp")?;
        let deletion_timestamp = (deletion_timestamp != UnixSeconds(0)).then_some(deletion_timestamp);
        store.upsert(&reference, Uid::from(uid), deletion_timestamp);
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Removes one object from a store, at once for all verifiers that use the store. Tokens bound to the object are
/// refused from now on.
///
/// Removing an object that is not in the store succeeds. It takes the same arguments and fails in the same
/// cases as boundtoken_objects_upsert. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_delete(
    objects: *const boundtoken_objects,
    kind: ObjectKindNumber,
    object_namespace: boundtoken_str,
    object_name: boundtoken_str,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live handle.
        let store = unsafe { borrow(objects, "objects") }?.store()?;
        // SAFETY: the caller promises readable texts.
        let reference = unsafe { reference(kind, object_namespace, object_name) }?;
        store.delete(&reference);
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Returns the number of objects in a store. 0 if `objects` is NULL or comes from a callback. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_count(objects: *const boundtoken_objects) -> usize {
    // SAFETY: the caller promises NULL or a live handle.
    let objects = unsafe { objects.as_ref() };
    boundary::infallible(0, || match objects {
        Some(boundtoken_objects(Source::Store(store))) => store.len(),
        _ => 0,
    })
}

/// Retains the handle and returns it, like boundtoken_verifier_retain. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_retain(
    objects: *const boundtoken_objects,
) -> *mut boundtoken_objects {
    // SAFETY: the caller promises NULL or a live handle.
    unsafe { boundary::retain(objects) }
}

/// Frees the handle. NULL is ignored. Verifiers that use the objects keep them alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_free(objects: *mut boundtoken_objects) {
    // SAFETY: the caller promises NULL or a live handle, and gives it up.
    unsafe { boundary::release(objects) };
}

/// # Safety
/// As the header says of `boundtoken_objects_load_json`.
unsafe fn load(
    objects: *const boundtoken_objects,
    data: *const c_char,
    len: usize,
    loaded: *mut usize,
    read: impl FnOnce(&ObjectStore, &[u8]) -> Result<usize, ObjectStoreError>,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        if !loaded.is_null() {
            // SAFETY: not NULL, and the caller promises a place to write to.
            unsafe { loaded.write(0) };
        }
        // SAFETY: the caller promises NULL or a live handle.
        let store = unsafe { borrow(objects, "objects") }?.store()?;
        // SAFETY: the caller promises `len` readable bytes.
        let json = unsafe { bytes(data, len, "data") }?;
        let count = read(store, json).map_err(|error| Mistake::ObjectsUnreadable.with(error.to_string()))?;
        if !loaded.is_null() {
            // SAFETY: not NULL, and the caller promises a place to write to.
            unsafe { loaded.write(count) };
        }
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

impl boundtoken_objects {
    fn store(&self) -> Result<&ObjectStore, CallFailure> {
        match &self.0 {
            Source::Store(store) => Ok(store),
            Source::Callback(_) => Err(Mistake::NotAnObjectStore.into()),
        }
    }

    /// Makes this the source of an issuer, which then shares it.
    pub(super) fn confirm_for(&self, issuer: TrustedIssuer) -> TrustedIssuer {
        match &self.0 {
            Source::Store(store) => issuer.bound_objects(store.clone()),
            Source::Callback(callback) => {
                let callback = Arc::clone(callback);
                issuer.bound_objects(move |reference: &ObjectReference<'_>| callback.state(reference))
            }
        }
    }
}

/// # Safety
/// The texts can be read during `'a`.
unsafe fn reference<'a>(
    kind: ObjectKindNumber,
    object_namespace: boundtoken_str,
    object_name: boundtoken_str,
) -> Result<ObjectReference<'a>, CallFailure> {
    let kind = kind_of_number(kind)?;
    // SAFETY: promised by the caller.
    let namespace = unsafe { object_namespace.text("object_namespace") }?;
    // SAFETY: promised by the caller.
    let name = unsafe { object_name.text("object_name") }?;
    if name.is_empty() {
        return Err(Mistake::ObjectIncomplete.of("object_name"));
    }
    if !kind.is_namespaced() {
        return Ok(ObjectReference { kind, namespace: "", name });
    }
    if namespace.is_empty() {
        return Err(Mistake::ObjectIncomplete.of("object_namespace"));
    }
    Ok(ObjectReference { kind, namespace, name })
}

pub(super) fn kind_of_number(number: ObjectKindNumber) -> Result<ObjectKind, CallFailure> {
    let kind = ObjectKind::ALL.iter().copied().find(|kind| kind.number() == number);
    kind.ok_or_else(|| Mistake::UnknownValue.of("kind"))
}

/// Reads the time that the caller passed as the argument of this name.
pub(super) fn seconds(time: i64, argument: &'static str) -> Result<UnixSeconds, CallFailure> {
    u64::try_from(time).map(UnixSeconds).map_err(|_| Mistake::NegativeTime.of(argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_lists_every_kind() {
        use boundtoken_object_kind as listed;
        let numbers = [
            (ObjectKind::ServiceAccount, listed::BOUNDTOKEN_OBJECT_KIND_SERVICE_ACCOUNT),
            (ObjectKind::Secret, listed::BOUNDTOKEN_OBJECT_KIND_SECRET),
            (ObjectKind::Pod, listed::BOUNDTOKEN_OBJECT_KIND_POD),
            (ObjectKind::Node, listed::BOUNDTOKEN_OBJECT_KIND_NODE),
            (
                ObjectKind::ValidatingWebhookConfiguration,
                listed::BOUNDTOKEN_OBJECT_KIND_VALIDATING_WEBHOOK_CONFIGURATION,
            ),
            (
                ObjectKind::MutatingWebhookConfiguration,
                listed::BOUNDTOKEN_OBJECT_KIND_MUTATING_WEBHOOK_CONFIGURATION,
            ),
        ];
        assert_eq!(numbers.map(|(kind, _)| kind), ObjectKind::ALL);
        for (kind, number) in numbers {
            assert_eq!(kind.number(), number as u32);
            assert_eq!(kind_of_number(kind.number()).ok(), Some(kind));
        }
        assert!(kind_of_number(0).is_err() && kind_of_number(7).is_err());
    }
}
