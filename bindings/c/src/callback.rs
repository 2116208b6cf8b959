//! Bound objects that the caller looks up.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

use super::boundary;
use super::error::boundtoken_error;
use super::objects::{Source, boundtoken_object_kind, boundtoken_objects};
use super::pointer::Out;
use super::status::{Mistake, boundtoken_status};
use super::string::boundtoken_str;
use boundtoken::{ObjectReference, ObjectState, Uid, UnixSeconds};

/// The size of the buffer for a uid, in bytes. Kubernetes writes 36.
pub const BOUNDTOKEN_UID_SIZE: usize = 128;

/// What a call-back knows about an object.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum boundtoken_object_state {
    /// It cannot be said at the moment: the source is not connected, or not up to date.
    BOUNDTOKEN_OBJECT_UNAVAILABLE = 0,
    /// The object exists, and the answer is filled.
    BOUNDTOKEN_OBJECT_PRESENT = 1,
    /// The object does not exist.
    BOUNDTOKEN_OBJECT_ABSENT = 2,
    /// It can never be said: the source does not follow objects of this kind, or in this namespace. The token is refused,
    /// also by a verifier that accepts what is unavailable.
    BOUNDTOKEN_OBJECT_NOT_FOLLOWED = 3,
}

/// A [`boundtoken_object_state`] as C returns it: any number.
pub type ObjectStateNumber = u32;

/// What a call-back says of an object that exists. Comes zeroed.
#[repr(C)]
pub struct boundtoken_object_answer {
    /// Its metadata.uid, `uid_len` bytes, without a terminating NUL.
    pub uid: [c_char; BOUNDTOKEN_UID_SIZE],
    /// How many bytes of `uid` are used, at most all.
    pub uid_len: usize,
    /// Its metadata.deletionTimestamp in Unix seconds while it is being deleted, else 0.
    pub deletion_timestamp: i64,
}

/// Says whether an object exists. Called during boundtoken_verify, for each object that the token is bound to, until one
/// decides against it: service account, secret, pod, and the node when there is no pod.
///
/// It only reports: the verifier compares the uid and judges the deletion. It may be called from any thread, from
/// several at once, and should answer from memory. It must not throw, unwind or longjmp out, and must not free the
/// verifier that calls it. The texts live until it returns; `object_namespace` is empty for a node. `answer` is to be
/// filled if it returns BOUNDTOKEN_OBJECT_PRESENT. Any other state than these four, a `uid_len` beyond the buffer, a uid
/// that is not UTF-8 and a negative time count as BOUNDTOKEN_OBJECT_UNAVAILABLE.
pub type boundtoken_objects_callback = Option<
    unsafe extern "C" fn(
        userdata: *mut c_void,
        kind: boundtoken_object_kind,
        object_namespace: boundtoken_str,
        object_name: boundtoken_str,
        answer: *mut boundtoken_object_answer,
    ) -> ObjectStateNumber,
>;

/// Frees what a call-back works on.
pub type boundtoken_userdata_free = Option<unsafe extern "C" fn(userdata: *mut c_void)>;

/// Makes a source of bound objects from a call-back.
///
/// `userdata`: passed to each call, may be NULL. `userdata_free`: called once with `userdata`, when the handle and every
/// verifier that uses it are freed, by the thread that frees the last of them; may be NULL. `objects`: receives a handle
/// to free with boundtoken_objects_free; NULL on failure, and then `userdata` stays the caller's. Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_from_callback(
    callback: boundtoken_objects_callback,
    userdata: *mut c_void,
    userdata_free: boundtoken_userdata_free,
    objects: *mut *mut boundtoken_objects,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(objects, "objects") }?;
        let function = callback.ok_or_else(|| Mistake::NullArgument.of("callback"))?;
        let callback = Callback { function, userdata, userdata_free };
        out.set(boundtoken_objects(Source::Callback(Arc::new(callback))));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// A call-back with what it works on.
pub(super) struct Callback {
    function: unsafe extern "C" fn(
        *mut c_void,
        boundtoken_object_kind,
        boundtoken_str,
        boundtoken_str,
        *mut boundtoken_object_answer,
    ) -> ObjectStateNumber,
    userdata: *mut c_void,
    userdata_free: boundtoken_userdata_free,
}

// SAFETY: the header demands that call-back and userdata may be used from any thread.
unsafe impl Send for Callback {}
// SAFETY: the header demands that call-back and userdata may be used from several threads at once.
unsafe impl Sync for Callback {}

impl Callback {
    pub(super) fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let Some(kind) = boundtoken_object_kind::of(reference.kind) else { return ObjectState::NotFollowed };
        let mut answer =
            boundtoken_object_answer { uid: [0; BOUNDTOKEN_UID_SIZE], uid_len: 0, deletion_timestamp: 0 };
        // SAFETY: the header demands a function that can be called like this; the texts and the answer outlive the call.
        let state = unsafe {
            (self.function)(
                self.userdata,
                kind,
                boundtoken_str::lend(reference.namespace),
                boundtoken_str::lend(reference.name),
                ptr::from_mut(&mut answer),
            )
        };
        match state {
            1 => answer.state().unwrap_or(ObjectState::Unavailable),
            2 => ObjectState::Absent,
            3 => ObjectState::NotFollowed,
            _ => ObjectState::Unavailable,
        }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        if let Some(userdata_free) = self.userdata_free {
            // SAFETY: the header demands a function that can free the userdata; nobody uses it any more.
            unsafe { userdata_free(self.userdata) };
        }
    }
}

impl boundtoken_object_answer {
    /// `None` if the call-back filled it with something impossible.
    fn state(&self) -> Option<ObjectState> {
        let bytes = self.uid.map(|byte| u8::from_ne_bytes(byte.to_ne_bytes()));
        let uid = Uid::from(std::str::from_utf8(bytes.get(..self.uid_len)?).ok()?);
        let deleted = u64::try_from(self.deletion_timestamp).ok()?;
        Some(ObjectState::Present { uid, deletion_timestamp: (deleted != 0).then_some(UnixSeconds(deleted)) })
    }
}
