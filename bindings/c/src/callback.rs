//! Bound objects that a callback of the caller looks up.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

use boundtoken::{ObjectReference, ObjectState, Uid, UnixSeconds};

use crate::boundary;
use crate::error::boundtoken_error;
use crate::objects::{ObjectKindNumber, Source, boundtoken_objects};
use crate::pointer::Out;
use crate::status::{Mistake, boundtoken_status};
use crate::string::boundtoken_str;
use crate::userdata::Userdata;

/// The size of the buffer for a uid, in bytes. Kubernetes uses 36 of them.
pub const BOUNDTOKEN_UID_SIZE: usize = 128;

/// What a callback knows about an object.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum boundtoken_object_state {
    /// The callback cannot say at the moment: its source is not connected, or not up to date.
    BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE = 0,
    /// The object exists, and the callback has filled in the answer.
    BOUNDTOKEN_OBJECT_STATE_PRESENT = 1,
    /// The object does not exist.
    BOUNDTOKEN_OBJECT_STATE_ABSENT = 2,
    /// The callback can never say: its source does not follow objects of this kind or in this namespace. The token is
    /// refused, even by a verifier that accepts tokens whose objects are unavailable.
    BOUNDTOKEN_OBJECT_STATE_NOT_FOLLOWED = 3,
}

/// A [`boundtoken_object_state`] as C returns it, which can be any number.
pub type ObjectStateNumber = u32;

/// The object that a callback is asked about. Later versions append members.
#[repr(C)]
pub struct boundtoken_object_query {
    /// The size of this struct in the library, in bytes. It tells which members there are.
    pub size: usize,
    /// The kind of the object.
    pub kind: ObjectKindNumber,
    /// The namespace of the object. Empty for a kind without namespaces.
    pub object_namespace: boundtoken_str,
    /// The name of the object.
    pub object_name: boundtoken_str,
}

/// What a callback says about an object that exists. Later versions append members.
#[repr(C)]
pub struct boundtoken_object_answer {
    /// The size of this struct in the library, in bytes. It tells which members there are. All others are zero when the
    /// callback receives it.
    pub size: usize,
    /// The object's metadata.uid, `uid_len` bytes, without a terminating NUL.
    pub uid: [c_char; BOUNDTOKEN_UID_SIZE],
    /// The number of bytes of `uid` that are used.
    pub uid_len: usize,
    /// The object's metadata.deletionTimestamp in Unix seconds, or 0 if it is not being deleted.
    pub deletion_timestamp: i64,
}

/// Says whether an object exists.
///
/// The library calls it during boundtoken_verify for each object that the token is bound to: the service account, the
/// secret, the pod, and the node if there is no pod. It stops at the first object that makes the verifier refuse.
///
/// The callback only reports. The verifier compares the uid and judges the deletion. If the callback returns
/// BOUNDTOKEN_OBJECT_STATE_PRESENT, it must fill in `answer`. Query, answer and texts live until the callback returns.
///
/// It may be called from any thread, and from several threads at once, until `userdata_free` is called. It should
/// answer from memory. It may call every function of the library, but must not free the verifier that calls it. It must
/// not throw, unwind or longjmp out.
///
/// An invalid answer counts as BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE: a number that is not a boundtoken_object_state, a
/// `uid_len` beyond the buffer, a uid that is not UTF-8, or a negative time.
pub type boundtoken_objects_callback = Option<
    unsafe extern "C" fn(
        userdata: *mut c_void,
        query: *const boundtoken_object_query,
        answer: *mut boundtoken_object_answer,
    ) -> ObjectStateNumber,
>;

/// Frees the userdata of a callback.
pub type boundtoken_userdata_free = Option<unsafe extern "C" fn(userdata: *mut c_void)>;

/// Creates a source of bound objects from a callback.
///
/// `userdata`: passed to each call. May be NULL.
/// `userdata_free`: called once with `userdata`, after the handle and every verifier that uses it have been freed.
/// The thread that frees the last of them calls it. May be NULL.
/// `objects`: receives a handle to free with boundtoken_objects_free. NULL on failure. The caller then still owns
/// `userdata`.
///
/// Any thread.
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
        let callback = Callback { function, userdata: Userdata::new(userdata, userdata_free) };
        out.set_shared(boundtoken_objects(Source::Callback(Arc::new(callback))));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// A callback with its userdata.
pub(super) struct Callback {
    function: unsafe extern "C" fn(
        *mut c_void,
        *const boundtoken_object_query,
        *mut boundtoken_object_answer,
    ) -> ObjectStateNumber,
    userdata: Userdata,
}

impl Callback {
    pub(super) fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let query = boundtoken_object_query {
            size: size_of::<boundtoken_object_query>(),
            kind: reference.kind.number(),
            object_namespace: boundtoken_str::lend(reference.namespace),
            object_name: boundtoken_str::lend(reference.name),
        };
        let mut answer = boundtoken_object_answer {
            size: size_of::<boundtoken_object_answer>(),
            uid: [0; BOUNDTOKEN_UID_SIZE],
            uid_len: 0,
            deletion_timestamp: 0,
        };
        let userdata = self.userdata.pointer();
        // SAFETY: the header requires a function of this type, for any thread and several at once. Userdata, query and
        // answer outlive the call.
        let state = unsafe { (self.function)(userdata, ptr::from_ref(&query), ptr::from_mut(&mut answer)) };
        match state {
            1 => answer.state().unwrap_or(ObjectState::Unavailable),
            2 => ObjectState::Absent,
            3 => ObjectState::NotFollowed,
            _ => ObjectState::Unavailable,
        }
    }
}

impl boundtoken_object_answer {
    /// `None` if the callback filled in something invalid.
    fn state(&self) -> Option<ObjectState> {
        let bytes = self.uid.map(|byte| u8::from_ne_bytes(byte.to_ne_bytes()));
        let uid = Uid::from(std::str::from_utf8(bytes.get(..self.uid_len)?).ok()?);
        let deleted = u64::try_from(self.deletion_timestamp).ok()?;
        Some(ObjectState::Present { uid, deletion_timestamp: (deleted != 0).then_some(UnixSeconds(deleted)) })
    }
}
