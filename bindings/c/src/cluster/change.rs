//! Telling of changes.

use std::ffi::c_void;
use std::mem;
use std::ptr;
use std::sync::PoisonError;

use super::boundtoken_cluster;
use crate::boundary;
use crate::callback::boundtoken_userdata_free;
use crate::error::boundtoken_error;
use crate::objects::{ObjectKindNumber, number_of_kind};
use crate::pointer::borrow;
use crate::status::boundtoken_status;
use crate::string::boundtoken_str;
use boundtoken::ObjectKind;
use boundtoken_kubernetes::ClusterChange;

/// What changed in what is known of a cluster. Later versions may add some.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum boundtoken_change {
    /// The cluster has published a key: tokens that it signed are accepted from now on.
    BOUNDTOKEN_CHANGE_KEY_ADDED = 1,
    /// The cluster has withdrawn a key: tokens that it signed are refused from now on.
    BOUNDTOKEN_CHANGE_KEY_WITHDRAWN = 2,
    /// The objects of a kind are known as they are, again.
    BOUNDTOKEN_CHANGE_IN_STEP = 3,
    /// The connection that tells of the objects of a kind is lost. What was known goes on to count for a while.
    BOUNDTOKEN_CHANGE_LOST = 4,
    /// What is known of the objects of a kind is older than `maxStalenessSeconds`: verifiers refuse, or say that it is
    /// outdated.
    BOUNDTOKEN_CHANGE_STALE = 5,
}

/// A change, lent to a call-back until that returns. Later versions append members.
#[repr(C)]
pub struct boundtoken_cluster_change {
    /// What changed.
    pub change: boundtoken_change,
    /// The kind of the objects; 0 when it is about a key.
    pub object_kind: ObjectKindNumber,
    /// The namespace of the objects; absent for the whole cluster, and when it is about a key.
    pub object_namespace: boundtoken_str,
    /// The kid of the key; absent when it is about objects.
    pub kid: boundtoken_str,
    /// Why the connection was lost, for people; else absent.
    pub failure: boundtoken_str,
}

/// Is told of a change.
///
/// Called by the cluster's own thread, one change at a time, with all signals blocked. It must return soon: nothing is
/// followed meanwhile. It must not throw, unwind or longjmp out. `change` and its texts live until it returns. It may
/// call every function of the library, but boundtoken_cluster_free does not wait there.
pub type boundtoken_cluster_callback =
    Option<unsafe extern "C" fn(userdata: *mut c_void, change: *const boundtoken_cluster_change)>;

/// Has a call-back told of what changes from now on: keys, and connections that are lost and found again. For logs and
/// alarms; verifiers take notice by themselves. What comes and goes within a tenth of a second may not be told.
///
/// `callback`: takes the place of the one before; NULL for none. `userdata`: passed to each call, may be NULL.
/// `userdata_free`: called once with `userdata`, after the last call, by the cluster's thread: soon after another
/// call-back has taken its place, at the latest before boundtoken_cluster_free returns; may be NULL. On failure, and with
/// `callback` NULL, `userdata` stays the caller's. Any thread.
///
/// BOUNDTOKEN_CLUSTER_FORKED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_on_change(
    cluster: *const boundtoken_cluster,
    callback: boundtoken_cluster_callback,
    userdata: *mut c_void,
    userdata_free: boundtoken_userdata_free,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live cluster.
        let cluster = unsafe { borrow(cluster, "cluster") }?.in_its_process()?;
        let teller = callback.map(|function| {
            let callback = Callback { function, userdata, userdata_free };
            let mut changes = cluster.cluster.changes();
            cluster.background.spawn(async move {
                loop {
                    let change = changes.next().await;
                    callback.tell(&change);
                }
            })
        });
        let mut current = cluster.teller.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = mem::replace(&mut *current, teller) {
            before.abort();
        }
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// A call-back with what it works on.
struct Callback {
    function: unsafe extern "C" fn(*mut c_void, *const boundtoken_cluster_change),
    userdata: *mut c_void,
    userdata_free: boundtoken_userdata_free,
}

// SAFETY: the header says that call-back and userdata are used by the cluster's thread.
unsafe impl Send for Callback {}

impl Callback {
    fn tell(&self, change: &ClusterChange) {
        let Some(change) = boundtoken_cluster_change::lend(change) else { return };
        // SAFETY: the header demands a function that can be called like this; the change outlives the call.
        unsafe { (self.function)(self.userdata, ptr::from_ref(&change)) };
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

impl boundtoken_cluster_change {
    /// `None` for a change that the header has no name for.
    fn lend(change: &ClusterChange) -> Option<Self> {
        let key = |change, kid: &str| Self {
            change,
            object_kind: 0,
            object_namespace: boundtoken_str::ABSENT,
            kid: boundtoken_str::lend(kid),
            failure: boundtoken_str::ABSENT,
        };
        let objects = |change, kind: ObjectKind, namespace: &Option<String>, failure| Self {
            change,
            object_kind: number_of_kind(kind),
            object_namespace: boundtoken_str::lend_optional(namespace.as_deref()),
            kid: boundtoken_str::ABSENT,
            failure: boundtoken_str::lend_optional(failure),
        };
        Some(match change {
            ClusterChange::KeyAdded { kid } => key(boundtoken_change::BOUNDTOKEN_CHANGE_KEY_ADDED, kid),
            ClusterChange::KeyWithdrawn { kid } => {
                key(boundtoken_change::BOUNDTOKEN_CHANGE_KEY_WITHDRAWN, kid)
            }
            ClusterChange::InStep { kind, namespace } => {
                objects(boundtoken_change::BOUNDTOKEN_CHANGE_IN_STEP, *kind, namespace, None)
            }
            ClusterChange::Lost { kind, namespace, failure } => {
                objects(boundtoken_change::BOUNDTOKEN_CHANGE_LOST, *kind, namespace, Some(failure))
            }
            ClusterChange::Stale { kind, namespace } => {
                objects(boundtoken_change::BOUNDTOKEN_CHANGE_STALE, *kind, namespace, None)
            }
            _ => return None,
        })
    }
}
