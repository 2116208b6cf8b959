//! Reports changes to a callback.

use std::ffi::c_void;
use std::mem;
use std::ptr;
use std::sync::PoisonError;

use boundtoken::ObjectKind;
use boundtoken_kubernetes::ClusterChange;

use super::boundtoken_cluster;
use crate::boundary;
use crate::callback::boundtoken_userdata_free;
use crate::error::boundtoken_error;
use crate::objects::ObjectKindNumber;
use crate::pointer::{Versioned, borrow};
use crate::status::boundtoken_status;
use crate::string::boundtoken_str;
use crate::userdata::Userdata;

/// The kinds of changes in a cluster. Later versions may add some.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum boundtoken_change {
    /// No change.
    BOUNDTOKEN_CHANGE_NONE = 0,
    /// The cluster has published a key. Tokens signed with it are accepted from now on.
    BOUNDTOKEN_CHANGE_KEY_ADDED = 1,
    /// The cluster has withdrawn a key. Tokens signed with it are refused from now on.
    BOUNDTOKEN_CHANGE_KEY_WITHDRAWN = 2,
    /// A watch is in step again: the objects of this kind are known as they are.
    BOUNDTOKEN_CHANGE_IN_STEP = 3,
    /// The watch for objects of this kind has lost its connection. Verifiers rely on the last known state for a
    /// while.
    BOUNDTOKEN_CHANGE_LOST = 4,
    /// The objects of this kind have not been heard of for longer than `maxStalenessSeconds`. Verifiers refuse their
    /// tokens or mark them as stale.
    BOUNDTOKEN_CHANGE_STALE = 5,
}

/// A [`boundtoken_change`] as it is in memory, where later versions can write other numbers.
pub type ChangeNumber = u32;

/// A change, lent to a callback until the callback returns. Later versions append members.
#[repr(C)]
pub struct boundtoken_cluster_change {
    /// The size of this struct in the library, in bytes. It tells which members there are.
    pub size: usize,
    /// What changed.
    pub change: ChangeNumber,
    /// The kind of the objects. 0 if the change is about a key.
    pub object_kind: ObjectKindNumber,
    /// The namespace of the objects. Absent for the whole cluster, and if the change is about a key.
    pub object_namespace: boundtoken_str,
    /// The kid of the key. Absent if the change is about objects.
    pub kid: boundtoken_str,
    /// Why the connection was lost, for people. Absent in any other change.
    pub failure: boundtoken_str,
}

// SAFETY: its first member is its size, and it consists of numbers and pointers.
unsafe impl Versioned for boundtoken_cluster_change {}

/// The size of [`boundtoken_cluster_change`] in the first version of the header.
pub(super) const SMALLEST_CHANGE: usize = if cfg!(target_pointer_width = "64") { 64 } else { 36 };

/// Receives a change.
///
/// The cluster's own thread calls it, one change at a time, with all signals blocked. It must return soon, because
/// nothing is updated meanwhile. It must not throw, unwind or longjmp out. `change` and its texts live until it
/// returns.
///
/// It may call every function of the library. boundtoken_cluster_free does not wait there.
pub type boundtoken_cluster_callback =
    Option<unsafe extern "C" fn(userdata: *mut c_void, change: *const boundtoken_cluster_change)>;

/// Sets a callback that receives what changes from now on: keys that are added or withdrawn, and watches that are
/// lost or back in step.
///
/// It is meant for logs and alarms. Verifiers need no help to notice a change. A change that is undone within a tenth
/// of a second may go unreported.
///
/// `callback`: replaces the callback that was set before. NULL removes it.
/// `userdata`: passed to each call. May be NULL.
/// `userdata_free`: called once with `userdata`, by the cluster's thread, after the last call of the callback. This
/// happens soon after the callback was replaced, and at the latest before boundtoken_cluster_free returns. May be
/// NULL.
///
/// On failure, and if `callback` is NULL, the caller still owns `userdata`. Any thread.
///
/// BOUNDTOKEN_CLUSTER_FORKED: the cluster was connected to before a fork.
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
            let callback = Callback { function, userdata: Userdata::new(userdata, userdata_free) };
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

/// A callback with its userdata.
struct Callback {
    function: unsafe extern "C" fn(*mut c_void, *const boundtoken_cluster_change),
    userdata: Userdata,
}

impl Callback {
    fn tell(&self, change: &ClusterChange) {
        let Some(change) = boundtoken_cluster_change::lend(change) else { return };
        // SAFETY: the header requires a function of this type, for the cluster's thread. Userdata and change outlive the
        // call.
        unsafe { (self.function)(self.userdata.pointer(), ptr::from_ref(&change)) };
    }
}

impl boundtoken_cluster_change {
    /// `None` for a change that the header does not list.
    pub(super) fn lend(change: &ClusterChange) -> Option<Self> {
        use boundtoken_change::{
            BOUNDTOKEN_CHANGE_IN_STEP, BOUNDTOKEN_CHANGE_KEY_ADDED, BOUNDTOKEN_CHANGE_KEY_WITHDRAWN,
            BOUNDTOKEN_CHANGE_LOST, BOUNDTOKEN_CHANGE_STALE,
        };
        let of = |change: boundtoken_change| Self {
            size: size_of::<Self>(),
            change: change.number(),
            object_kind: 0,
            object_namespace: boundtoken_str::ABSENT,
            kid: boundtoken_str::ABSENT,
            failure: boundtoken_str::ABSENT,
        };
        let of_key = |change, kid: &str| Self { kid: boundtoken_str::lend(kid), ..of(change) };
        let of_objects = |change, kind: ObjectKind, namespace: &Option<String>| Self {
            object_kind: kind.number(),
            object_namespace: boundtoken_str::lend_optional(namespace.as_deref()),
            ..of(change)
        };
        Some(match change {
            ClusterChange::KeyAdded { kid } => of_key(BOUNDTOKEN_CHANGE_KEY_ADDED, kid),
            ClusterChange::KeyWithdrawn { kid } => of_key(BOUNDTOKEN_CHANGE_KEY_WITHDRAWN, kid),
            ClusterChange::InStep { kind, namespace } => {
                of_objects(BOUNDTOKEN_CHANGE_IN_STEP, *kind, namespace)
            }
            ClusterChange::Lost { kind, namespace, failure } => Self {
                failure: boundtoken_str::lend(failure),
                ..of_objects(BOUNDTOKEN_CHANGE_LOST, *kind, namespace)
            },
            ClusterChange::Stale { kind, namespace } => of_objects(BOUNDTOKEN_CHANGE_STALE, *kind, namespace),
            _ => return None,
        })
    }
}

impl boundtoken_change {
    fn number(self) -> ChangeNumber {
        match self {
            Self::BOUNDTOKEN_CHANGE_NONE => 0,
            Self::BOUNDTOKEN_CHANGE_KEY_ADDED => 1,
            Self::BOUNDTOKEN_CHANGE_KEY_WITHDRAWN => 2,
            Self::BOUNDTOKEN_CHANGE_IN_STEP => 3,
            Self::BOUNDTOKEN_CHANGE_LOST => 4,
            Self::BOUNDTOKEN_CHANGE_STALE => 5,
        }
    }
}
