//! Reading one object, or many.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use boundtoken::api::Status;

use super::history::Forgotten;
use super::refusals::{expired, too_large_revision};
use super::state::State;
use super::{Resource, Selector, Store};

/// Which state of the store a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Latest,
    NotOlderThan(u64),
    Exact(u64),
}

/// Objects, and the revision at which there were these.
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
    /// 504 when the revision lies in the future, 410 when it lies before the history.
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
    let selected = |object: &Arc<Value>| selector.selects(object).then(|| Arc::clone(object));
    match version {
        Version::Latest | Version::NotOlderThan(_) => {
            if let Version::NotOlderThan(revision) = version {
                reached(state, revision)?;
            }
            let items = state.all(resource, namespace).filter_map(|(_, object)| selected(object));
            Ok(List { revision: state.revision, items: items.collect() })
        }
        Version::Exact(revision) => {
            reached(state, revision)?;
            let objects = at(state, resource, namespace, revision)?;
            Ok(List { revision, items: objects.values().filter_map(selected).collect() })
        }
    }
}

fn reached(state: &State, revision: u64) -> Result<(), Status> {
    if revision > state.revision { Err(too_large_revision(revision, state.revision)) } else { Ok(()) }
}

/// The objects at an earlier revision: what has happened since is undone.
fn at(
    state: &State,
    resource: Resource,
    namespace: &str,
    revision: u64,
) -> Result<BTreeMap<String, Arc<Value>>, Status> {
    let too_old = |_: Forgotten| expired("The resourceVersion for the provided list is too old.".to_owned());
    let mut objects: BTreeMap<_, _> =
        state.all(resource, namespace).map(|(key, object)| (key.to_owned(), Arc::clone(object))).collect();
    let within = |key: &str| {
        namespace.is_empty() || key.split_once('/').is_some_and(|(within, _)| within == namespace)
    };
    for event in state.history.after(revision).map_err(too_old)?.rev() {
        if event.resource == resource && within(&event.key) {
            match &event.before {
                Some(before) => objects.insert(event.key.clone(), Arc::clone(before)),
                None => objects.remove(&event.key),
            };
        }
    }
    Ok(objects)
}
