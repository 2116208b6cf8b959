//! The objects in memory: namespaces, service accounts, pods, secrets, nodes and webhook configurations, as an API
//! server would keep them.
//!
//! Nothing here knows of HTTP, and only a [`Watch`] waits. Objects are JSON, each behind an `Arc`. Every change increments
//! the one revision counter and becomes an event of a bounded history. Watches read the history by position. One lock guards
//! everything and is held briefly.
//!
//! Refusals have the status and the reason of an API server. Differences on purpose:
//! - No controller, scheduler or kubelet runs. The store does their work where tokens need it: it creates the service account
//!   `default`, pods are Running and Ready at once and go when their grace period ends, and a terminating namespace goes
//!   when it is empty.
//! - `managedFields` are not kept. Nothing is owned, so deletion adds neither `orphan` nor `foregroundDeletion`.
//! - Of `spec` and `status`, the store sets and checks what tokens depend on. It keeps the rest as it comes. It does not add
//!   the volume with a pod's own token.
//! - Lists are complete, whatever their `limit`, and of the latest state.

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

use boundtoken::UnixSeconds;
use boundtoken::api::Status;

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

/// When a write happens, and whether it is a dry run (`dryRun=All`).
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
