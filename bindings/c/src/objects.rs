//! The source of bound objects: an object store, or the caller's own.

use std::ffi::c_char;
use std::sync::Arc;

use super::boundary;
use super::callback::Callback;
use super::error::{Failure, boundtoken_error};
use super::pointer::{self, borrow};
use super::status::{Mistake, boundtoken_status};
use super::string::{boundtoken_str, bytes};
use boundtoken::{ObjectKind, ObjectReference, ObjectStore, TrustedIssuer, Uid, UnixSeconds};

/// Where a verifier looks up the objects that tokens are bound to: a store in memory that the caller fills, or a
/// call-back of the caller's.
pub struct boundtoken_objects(pub(super) Source);

pub(super) enum Source {
    Store(ObjectStore),
    Callback(Arc<Callback>),
}

/// The kinds of objects that decide over a token.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum boundtoken_object_kind {
    /// A core/v1 ServiceAccount: every token speaks for one.
    BOUNDTOKEN_KIND_SERVICE_ACCOUNT = 1,
    /// A core/v1 Secret.
    BOUNDTOKEN_KIND_SECRET = 2,
    /// A core/v1 Pod.
    BOUNDTOKEN_KIND_POD = 3,
    /// A core/v1 Node, which has no namespace.
    BOUNDTOKEN_KIND_NODE = 4,
    /// An admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration, which has no namespace.
    BOUNDTOKEN_KIND_VALIDATING_WEBHOOK_CONFIGURATION = 5,
    /// An admissionregistration.k8s.io/v1 MutatingWebhookConfiguration, which has no namespace.
    BOUNDTOKEN_KIND_MUTATING_WEBHOOK_CONFIGURATION = 6,
}

/// A [`boundtoken_object_kind`] as C passes it: any number.
pub type ObjectKindNumber = u32;

/// Makes an empty store in memory: every object is absent, so every token is refused until the store is filled.
///
/// Free the handle with boundtoken_objects_free. NULL only after an internal error. Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_objects_new() -> *mut boundtoken_objects {
    boundary::infallible(std::ptr::null_mut(), || {
        pointer::new(boundtoken_objects(Source::Store(ObjectStore::new())))
    })
}

/// Adds the objects of a JSON document to a store, or replaces what it knows of them.
///
/// `data`: `len` bytes, not needed after the call: `{"pods": [...], "secrets": [...], "serviceaccounts": [...],
/// "nodes": [...], "validatingwebhookconfigurations": [...], "mutatingwebhookconfigurations": [...]}`, or what
/// `kubectl get serviceaccounts,secrets,pods,nodes -A -o json` prints, or an array of objects. Of each object only kind
/// and metadata are read; other kinds are passed over. `loaded`: receives how many were taken; may be NULL. Any thread.
///
/// BOUNDTOKEN_OBJECTS_UNREADABLE: another document, or an object without name or uid; nothing is added then.
/// BOUNDTOKEN_NOT_AN_OBJECT_STORE: `objects` comes from a call-back.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_load_json(
    objects: *const boundtoken_objects,
    data: *const c_char,
    len: usize,
    loaded: *mut usize,
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
        let count =
            store.load_json(json).map_err(|error| Mistake::ObjectsUnreadable.with(error.to_string()))?;
        if !loaded.is_null() {
            // SAFETY: not NULL, and the caller promises a place to write to.
            unsafe { loaded.write(count) };
        }
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Adds an object to a store, or replaces what the store knows of it, at once for all verifiers that use the store.
///
/// `object_namespace`: ignored for a kind that has no namespace. `uid`: its metadata.uid. `deletion_timestamp`: its
/// metadata.deletionTimestamp in Unix seconds while it is being deleted, else 0. The texts are copied. Any thread.
///
/// BOUNDTOKEN_OBJECT_INCOMPLETE: a text is empty. BOUNDTOKEN_UNKNOWN_VALUE: `kind`. BOUNDTOKEN_NEGATIVE_TIME.
/// BOUNDTOKEN_NOT_AN_OBJECT_STORE: `objects` comes from a call-back.
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

/// Removes an object from a store, at once for all verifiers that use it: tokens bound to the object are refused from
/// now on. To remove one that is not there is no failure. Otherwise as boundtoken_objects_upsert. Any thread.
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

/// How many objects a store holds. 0 for those of a call-back, and if `objects` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_count(objects: *const boundtoken_objects) -> usize {
    // SAFETY: the caller promises NULL or a live handle.
    let objects = unsafe { objects.as_ref() };
    boundary::infallible(0, || match objects {
        Some(boundtoken_objects(Source::Store(store))) => store.len(),
        _ => 0,
    })
}

/// Frees the handle. NULL is ignored. Verifiers that use the objects keep them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_free(objects: *mut boundtoken_objects) {
    // SAFETY: the caller promises NULL or a live handle, and gives it up.
    unsafe { boundary::free(objects) };
}

impl boundtoken_objects {
    fn store(&self) -> Result<&ObjectStore, Failure> {
        match &self.0 {
            Source::Store(store) => Ok(store),
            Source::Callback(_) => Err(Mistake::NotAnObjectStore.into()),
        }
    }

    /// Makes this the source of an issuer. The issuer has a share of its own in it.
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
/// The texts can be read for as long as `'a`.
unsafe fn reference<'a>(
    kind: ObjectKindNumber,
    object_namespace: boundtoken_str,
    object_name: boundtoken_str,
) -> Result<ObjectReference<'a>, Failure> {
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

fn kind_of_number(number: ObjectKindNumber) -> Result<ObjectKind, Failure> {
    match number {
        1 => Ok(ObjectKind::ServiceAccount),
        2 => Ok(ObjectKind::Secret),
        3 => Ok(ObjectKind::Pod),
        4 => Ok(ObjectKind::Node),
        5 => Ok(ObjectKind::ValidatingWebhookConfiguration),
        6 => Ok(ObjectKind::MutatingWebhookConfiguration),
        _ => Err(Mistake::UnknownValue.of("kind")),
    }
}

/// The number that C knows a kind by.
#[cfg(feature = "kubernetes")]
pub(super) fn number_of_kind(kind: ObjectKind) -> ObjectKindNumber {
    match kind {
        ObjectKind::ServiceAccount => 1,
        ObjectKind::Secret => 2,
        ObjectKind::Pod => 3,
        ObjectKind::Node => 4,
        ObjectKind::ValidatingWebhookConfiguration => 5,
        ObjectKind::MutatingWebhookConfiguration => 6,
        // The header has no name for a new one.
        _ => 0,
    }
}

impl boundtoken_object_kind {
    /// `None` for a kind that the header has no name for.
    pub(super) fn of(kind: ObjectKind) -> Option<Self> {
        Some(match kind {
            ObjectKind::ServiceAccount => Self::BOUNDTOKEN_KIND_SERVICE_ACCOUNT,
            ObjectKind::Secret => Self::BOUNDTOKEN_KIND_SECRET,
            ObjectKind::Pod => Self::BOUNDTOKEN_KIND_POD,
            ObjectKind::Node => Self::BOUNDTOKEN_KIND_NODE,
            ObjectKind::ValidatingWebhookConfiguration => {
                Self::BOUNDTOKEN_KIND_VALIDATING_WEBHOOK_CONFIGURATION
            }
            ObjectKind::MutatingWebhookConfiguration => Self::BOUNDTOKEN_KIND_MUTATING_WEBHOOK_CONFIGURATION,
            _ => return None,
        })
    }
}

/// Reads a time that the caller gave as the argument of this name.
pub(super) fn seconds(time: i64, argument: &'static str) -> Result<UnixSeconds, Failure> {
    u64::try_from(time).map(UnixSeconds).map_err(|_| Mistake::NegativeTime.of(argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_a_name_for_every_kind() {
        for kind in ObjectKind::ALL {
            assert!(boundtoken_object_kind::of(*kind).is_some(), "{kind}");
            #[cfg(feature = "kubernetes")]
            assert_eq!(kind_of_number(number_of_kind(*kind)).ok(), Some(*kind));
        }
    }
}
