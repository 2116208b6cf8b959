//! Verification in two steps, for callers that look up bound objects themselves.

use std::ffi::{c_char, c_void};
use std::sync::OnceLock;

use boundtoken::{BoundObjects, CheckedToken, ObjectReference, ObjectState, Uid, UnixSeconds, VerifiedToken};

use crate::boundary;
use crate::callback::ObjectStateNumber;
use crate::claims::boundtoken_verified;
use crate::error::{CallFailure, boundtoken_error};
use crate::objects::{ObjectKindNumber, seconds};
use crate::options::Options;
use crate::pointer::{Out, borrow};
use crate::record::{boundtoken_verify_options, into_record};
use crate::status::{Mistake, boundtoken_status};
use crate::string::{boundtoken_str, bytes};
use crate::verify::boundtoken_verifier;

/// A token whose bound objects were not looked up yet. It is not accepted. Immutable.
pub struct boundtoken_checked {
    token: CheckedToken,
    /// Created on demand.
    objects: OnceLock<Objects>,
}

/// The objects of a token as C sees them. They point to the token in the same handle, which never changes.
struct Objects(Box<[boundtoken_bound_object]>);

// SAFETY: the pointers in it lead to what the same handle owns and nobody changes.
unsafe impl Send for Objects {}
// SAFETY: the pointers in it lead to what the same handle owns and nobody changes.
unsafe impl Sync for Objects {}

/// An object that a token is bound to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_bound_object {
    /// The kind of the object.
    pub kind: ObjectKindNumber,
    /// The namespace of the object. Empty for a kind without namespaces.
    pub object_namespace: boundtoken_str,
    /// The name of the object.
    pub object_name: boundtoken_str,
    /// The uid of the very object that the token was issued for.
    pub uid: boundtoken_str,
}

/// What a caller has found out about an object.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_found_object {
    /// A boundtoken_object_state. A number that is none counts as BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE.
    pub state: ObjectStateNumber,
    /// 0.
    pub reserved: u32,
    /// The object's metadata.deletionTimestamp in Unix seconds, or 0 if it is not being deleted.
    pub deletion_timestamp: i64,
    /// The object's metadata.uid if it is present.
    pub uid: boundtoken_str,
}

/// Checks everything about a token except its bound objects. This is the first of two steps, for languages and programs that
/// ask a network about objects, and wait for it, without a callback. boundtoken_confirm is the second.
///
/// `token`: the bare token, `token_len` bytes. Not needed after the call.
/// `options`: how to verify it. NULL stands for zeros. BOUNDTOKEN_VERIFY_CACHED_ONLY and BOUNDTOKEN_VERIFY_ONLINE are
/// BOUNDTOKEN_UNKNOWN_VALUE.
/// `checked`: receives a handle to free with boundtoken_checked_free. NULL on failure.
///
/// BOUNDTOKEN_OK does not accept the token. A source of objects that the verifier has is not asked. Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_check(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    options: *const boundtoken_verify_options,
    checked: *mut *mut boundtoken_checked,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(checked, "checked") }?;
        // SAFETY: the caller promises NULL or a live verifier.
        let verifier = unsafe { borrow(verifier, "verifier") }?;
        // SAFETY: the caller promises `token_len` readable bytes.
        let token = unsafe { bytes(token, token_len, "token") }?;
        // SAFETY: the caller promises NULL or options whose texts can be read.
        let options = unsafe { Options::read(options) }?.of_two_steps()?;
        let token = options.check(verifier.judge(), token)?;
        out.set(boundtoken_checked { token, objects: OnceLock::new() });
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Returns the objects to look up, in the order in which they will be judged, and writes their number to `count`.
///
/// NULL and 0 if `checked` is NULL. The objects live as long as `checked`. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_checked_objects(
    checked: *const boundtoken_checked,
    count: *mut usize,
) -> *const boundtoken_bound_object {
    // SAFETY: the caller promises NULL or a live handle.
    let checked = unsafe { checked.as_ref() };
    let objects = boundary::infallible(None, || checked.map(boundtoken_checked::objects));
    if !count.is_null() {
        // SAFETY: not NULL, and the caller promises a place to write to.
        unsafe { count.write(objects.map_or(0, <[_]>::len)) };
    }
    objects.map_or(std::ptr::null(), <[_]>::as_ptr)
}

/// Returns the label of the issuer that the token belongs to. Only the objects of that cluster can confirm the token.
///
/// Absent if `checked` is NULL. The text lives as long as `checked`. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_checked_issuer_label(
    checked: *const boundtoken_checked,
) -> boundtoken_str {
    // SAFETY: the caller promises NULL or a live handle.
    let checked = unsafe { checked.as_ref() };
    boundtoken_str::lend_optional(checked.map(|checked| checked.token.issuer_label()))
}

/// Judges the bound objects of a checked token by what the caller has found out, and its times once more.
///
/// `checked`: from boundtoken_check with the same verifier. It stays valid.
/// `found`: one answer for each object of boundtoken_checked_objects, in the same order, `found_len` in all.
/// `options`: the time of this step. NULL stands for zeros. The first step has decided about the audiences.
/// `verified`: receives a handle to free with boundtoken_verified_free. NULL on failure.
///
/// BOUNDTOKEN_OK accepts the token. The rules are the same as for boundtoken_objects_callback. Any thread.
///
/// BOUNDTOKEN_ANSWERS_MISSING: there is not one answer for each object.
/// BOUNDTOKEN_VERIFIER_MISMATCH: another verifier checked the token.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_confirm(
    verifier: *const boundtoken_verifier,
    checked: *const boundtoken_checked,
    found: *const boundtoken_found_object,
    found_len: usize,
    options: *const boundtoken_verify_options,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(verified, "verified") }?;
        // SAFETY: the arguments are passed on with what the caller promises of them.
        out.set_shared(unsafe { confirm(verifier, checked, found, found_len, options) }?.into());
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Does what boundtoken_confirm does, and writes the record of the verdict, as boundtoken_verify_into does. Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_confirm_into(
    verifier: *const boundtoken_verifier,
    checked: *const boundtoken_checked,
    found: *const boundtoken_found_object,
    found_len: usize,
    options: *const boundtoken_verify_options,
    buffer: *mut c_void,
    capacity: usize,
    needed: *mut usize,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    let judge = || unsafe { confirm(verifier, checked, found, found_len, options) };
    // SAFETY: the caller promises `capacity` bytes to write to, and NULL or a place for `needed`.
    unsafe { into_record(buffer, capacity, needed, judge) }
}

/// Frees a checked token and the objects that it has lent. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_checked_free(checked: *mut boundtoken_checked) {
    // SAFETY: the caller promises NULL or a live handle, and gives it up.
    unsafe { boundary::free(checked) };
}

/// # Safety
/// As the header says of `boundtoken_confirm`.
unsafe fn confirm(
    verifier: *const boundtoken_verifier,
    checked: *const boundtoken_checked,
    found: *const boundtoken_found_object,
    found_len: usize,
    options: *const boundtoken_verify_options,
) -> Result<VerifiedToken, CallFailure> {
    // SAFETY: the caller promises NULL or a live verifier.
    let verifier = unsafe { borrow(verifier, "verifier") }?;
    // SAFETY: the caller promises NULL or a live handle.
    let checked = unsafe { borrow(checked, "checked") }?;
    // SAFETY: the caller promises NULL or options whose texts can be read.
    let options = unsafe { Options::read(options) }?.of_two_steps()?;
    if found_len != checked.objects().len() {
        return Err(Mistake::AnswersMissing.into());
    }
    let mut answers = Vec::with_capacity(found_len);
    for place in 0..found_len {
        // SAFETY: the caller promises `found_len` answers that can be read.
        let answer = unsafe { borrow(found.wrapping_add(place), "found") }?;
        // SAFETY: the caller promises a readable text.
        answers.push(unsafe { answer.state() }?);
    }
    let answers = Answers { token: &checked.token, answers };
    Ok(options.confirm(verifier.judge(), checked.token.clone(), &answers)?)
}

impl boundtoken_checked {
    fn objects(&self) -> &[boundtoken_bound_object] {
        let objects = || {
            let objects = self.token.bound_objects().map(|object| boundtoken_bound_object {
                kind: object.reference.kind.number(),
                object_namespace: boundtoken_str::lend(object.reference.namespace),
                object_name: boundtoken_str::lend(object.reference.name),
                uid: boundtoken_str::lend(object.uid),
            });
            Objects(objects.collect())
        };
        &self.objects.get_or_init(objects).0
    }
}

impl boundtoken_found_object {
    /// # Safety
    /// The text can be read.
    unsafe fn state(&self) -> Result<ObjectState, CallFailure> {
        Ok(match self.state {
            1 => {
                // SAFETY: promised by the caller.
                let uid = Uid::from(unsafe { self.uid.text("found") }?);
                let deleted = seconds(self.deletion_timestamp, "found")?;
                ObjectState::Present {
                    uid,
                    deletion_timestamp: (deleted != UnixSeconds(0)).then_some(deleted),
                }
            }
            2 => ObjectState::Absent,
            3 => ObjectState::NotFollowed,
            _ => ObjectState::Unavailable,
        })
    }
}

/// One answer for each object of a token, in its order.
struct Answers<'a> {
    token: &'a CheckedToken,
    answers: Vec<ObjectState>,
}

impl BoundObjects for Answers<'_> {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let place = self.token.bound_objects().position(|object| object.reference == *reference);
        place.and_then(|place| self.answers.get(place)).cloned().unwrap_or(ObjectState::Unavailable)
    }
}
