//! The objects in memory: namespaces, service accounts, pods, secrets, nodes and webhook configurations, as an API
//! server would keep them.
//!
//! Nothing here knows of HTTP, and nothing waits but a [`Watch`]. Objects are JSON, each behind an `Arc`; every change
//! gives the one revision counter its next value and becomes an event of a bounded history, which watches read by
//! position. One lock guards it all and is held shortly.
//!
//! Refusals have the API server's status, reason and words. Where it differs on purpose:
//! - No controller, scheduler or kubelet runs, so the store does their part where tokens need it: service account
//!   `default`, a pod that is Running and Ready at once and that goes when its grace period ends, a namespace that goes
//!   when it is empty.
//! - `managedFields` are not kept; neither `orphan` nor `foregroundDeletion` is added on deletion, as nothing is owned.
//! - Of `spec` and `status` only what tokens depend on is defaulted and validated; the rest is kept as it comes. The
//!   volume with a pod's own token is not added.
//! - A list is answered whole, whatever its `limit`.

mod create;
mod decode;
mod defaults;
mod delete;
mod history;
mod list;
mod load;
mod lookup;
mod names;
mod namespaces;
mod object;
mod patch;
mod random;
mod refusals;
mod resource;
mod selector;
mod state;
mod strategic;
#[cfg(test)]
mod tests;
mod update;
mod validation;
mod watch;

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch as signal;

use crate::api::Status;
use crate::time::UnixSeconds;

pub(crate) use delete::{DeleteOptions, Deleted};
pub(crate) use list::{List, Version};
pub(crate) use patch::Patch;
pub(crate) use resource::Resource;
pub(crate) use selector::Selector;
pub(crate) use update::Part;
pub(crate) use watch::{Start, Watch, WatchEvent};

use state::State;

/// A handle on the objects; clones share them.
#[derive(Clone)]
pub(crate) struct Store {
    locked: Arc<LockedState>,
}

struct LockedState {
    state: RwLock<State>,
    /// The latest revision, for watches to wait on.
    revision: signal::Sender<u64>,
}

/// When a write happens, and whether it only tells what it would do (`dryRun=All`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteOptions {
    pub dry_run: bool,
    pub now: UnixSeconds,
}

impl WriteOptions {
    pub(crate) fn now() -> Self {
        Self { dry_run: false, now: UnixSeconds::now() }
    }
}

impl Store {
    /// A store with the namespaces that every cluster has.
    ///
    /// # Errors
    ///
    /// 500 when the system has no random numbers for uids.
    pub(crate) fn new() -> Result<Self, Status> {
        let store = Self {
            locked: Arc::new(LockedState {
                state: RwLock::new(State::new()),
                revision: signal::Sender::default(),
            }),
        };
        let options = WriteOptions::now();
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            let namespace = serde_json::json!({"metadata": {"name": name}});
            store.create(Resource::Namespaces, "", namespace, options)?;
        }
        Ok(store)
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.locked.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state, and then wakes the watches.
    fn write<T>(&self, write: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.locked.state.write().unwrap_or_else(PoisonError::into_inner);
        let before = state.revision;
        let result = write(&mut state);
        let revision = state.revision;
        drop(state);
        if revision != before {
            self.locked.revision.send_modify(|latest| *latest = revision.max(*latest));
        }
        result
    }
}
