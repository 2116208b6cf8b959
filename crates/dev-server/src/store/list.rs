//! Reading one object, or many.

use std::sync::Arc;

use serde_json::Value;

use boundtoken::api::Status;

use super::refusals::{expired, too_large_revision};
use super::state::State;
use super::{Resource, Selector, Store};

/// Which state of the store a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Latest,
    NotOlderThan(u64),
    /// The state at this revision. Earlier states are not kept, as in a cluster that has compacted them.
    Exact(u64),
}

/// Objects, and the revision of this state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct List {
    pub revision: u64,
    pub items: Vec<Arc<Value>>,
}

impl Store {
    /// The object, not older than the revision.
    ///
    /// # Errors
    ///
    /// 404 when there is none, 504 when the revision lies in the future.
    pub(crate) fn get(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        not_older_than: u64,
    ) -> Result<Arc<Value>, Status> {
        self.read(|state| {
            reached(state, not_older_than)?;
            state.find(resource, namespace, name).cloned()
        })
    }

    /// The objects that the selector selects, in one namespace or, when that is empty, in all.
    ///
    /// # Errors
    ///
    /// 504 when the revision lies in the future, 410 for an exact one that is not the latest.
    pub(crate) fn list(
        &self,
        resource: Resource,
        namespace: &str,
        selector: &Selector,
        version: Version,
    ) -> Result<List, Status> {
        self.read(|state| list(state, resource, namespace, selector, version))
    }
}

pub(super) fn list(
    state: &State,
    resource: Resource,
    namespace: &str,
    selector: &Selector,
    version: Version,
) -> Result<List, Status> {
    match version {
        Version::Latest => {}
        Version::NotOlderThan(revision) => reached(state, revision)?,
        Version::Exact(revision) => {
            reached(state, revision)?;
            if revision < state.revision {
                return Err(expired("The resourceVersion for the provided list is too old.".to_owned()));
            }
        }
    }
    let objects = state.all(resource, namespace).map(|(_, object)| object);
    let items = objects.filter(|object| selector.selects(object)).cloned().collect();
    Ok(List { revision: state.revision, items })
}

fn reached(state: &State, revision: u64) -> Result<(), Status> {
    if revision > state.revision { Err(too_large_revision(revision, state.revision)) } else { Ok(()) }
}
