//! All objects, and the one counter of revisions. Every change goes through [`State::put`] or [`State::remove`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use boundtoken::UnixSeconds;
use boundtoken::api::Status;

use super::Resource;
use super::history::{Event, History};
use super::object::{integer, meta, set, time, weight};
use super::refusals::{full, not_found};

/// The most objects, and about the most bytes, that are kept.
const MOST_OBJECTS: usize = 100_000;
const MOST_BYTES: usize = 512 << 20;

/// Where a cluster's revision stands, more or less, by the time that it has come up.
const FIRST_REVISION: u64 = 200;

pub(super) struct State {
    objects: BTreeMap<(Resource, String), Arc<Value>>,
    bytes: usize,
    pub revision: u64,
    pub history: History,
    /// The pods whose grace period ends, by when it has passed for certain.
    expiries: BTreeSet<(UnixSeconds, String)>,
}

/// The key of an object: as the real one, so that lists have the same order.
pub(super) fn key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

pub(super) fn key_of(object: &Value) -> String {
    key(meta(object, "namespace"), meta(object, "name"))
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            bytes: 0,
            revision: FIRST_REVISION,
            history: History::since(FIRST_REVISION),
            expiries: BTreeSet::new(),
        }
    }

    pub(super) fn get(&self, resource: Resource, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.objects.get(&(resource, key(namespace, name)))
    }

    pub(super) fn find(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
    ) -> Result<&Arc<Value>, Status> {
        self.get(resource, namespace, name).ok_or_else(|| not_found(resource, name))
    }

    /// The objects of a resource, in one namespace or, when that is empty, in all.
    pub(super) fn all(
        &self,
        resource: Resource,
        namespace: &str,
    ) -> impl Iterator<Item = (&str, &Arc<Value>)> {
        let prefix = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        self.objects
            .range((resource, prefix.clone())..)
            .take_while(move |((other, key), _)| *other == resource && key.starts_with(&prefix))
            .map(|((_, key), object)| (key.as_str(), object))
    }

    /// Whether one more object finds room.
    pub(super) fn has_room(&self) -> Result<(), Status> {
        if self.objects.len() >= MOST_OBJECTS {
            return Err(full(&format!("{MOST_OBJECTS} objects")));
        }
        if self.bytes >= MOST_BYTES {
            return Err(full(&format!("{} MiB of objects", MOST_BYTES >> 20)));
        }
        Ok(())
    }

    /// Creates the object, or replaces the one of its name.
    pub(super) fn put(&mut self, resource: Resource, mut object: Value) -> Arc<Value> {
        self.revision = self.revision.saturating_add(1);
        set(&mut object, &["metadata", "resourceVersion"], self.revision.to_string());
        let (key, object) = (key_of(&object), Arc::new(object));
        if let Some(expiry) = expiry(resource, &object) {
            self.expiries.insert((expiry, key.clone()));
        }
        self.bytes = self.bytes.saturating_add(weight(&object));
        let before = self.objects.insert((resource, key.clone()), Arc::clone(&object));
        self.record(resource, key, before, Some(Arc::clone(&object)));
        object
    }

    /// Removes the object. Returns it as it was, with the version of its removal.
    pub(super) fn remove(&mut self, resource: Resource, key: &str) -> Option<Arc<Value>> {
        let before = self.objects.remove(&(resource, key.to_owned()))?;
        self.revision = self.revision.saturating_add(1);
        self.record(resource, key.to_owned(), Some(before), None)
    }

    fn record(
        &mut self,
        resource: Resource,
        key: String,
        before: Option<Arc<Value>>,
        after: Option<Arc<Value>>,
    ) -> Option<Arc<Value>> {
        if let Some(before) = &before {
            self.bytes = self.bytes.saturating_sub(weight(before));
            // The new one may end at the same time.
            let after = after.as_deref().and_then(|after| expiry(resource, after));
            if let Some(expiry) = expiry(resource, before).filter(|before| after != Some(*before)) {
                self.expiries.remove(&(expiry, key.clone()));
            }
        }
        let event = Event { revision: self.revision, resource, before, after };
        let farewell = match (&event.before, &event.after) {
            (Some(before), None) => Some(event.farewell(before)),
            _ => None,
        };
        self.history.push(event);
        farewell
    }

    pub(super) fn next_expiry(&self) -> Option<UnixSeconds> {
        self.expiries.first().map(|(expiry, _)| *expiry)
    }

    /// The keys of the pods whose grace period has passed.
    pub(super) fn expired(&self, now: UnixSeconds) -> Vec<String> {
        self.expiries.iter().take_while(|(expiry, _)| *expiry <= now).map(|(_, key)| key.clone()).collect()
    }
}

/// When the grace period of a terminating pod has passed for certain: the deletionTimestamp has no fractions.
fn expiry(resource: Resource, object: &Value) -> Option<UnixSeconds> {
    let grace = integer(object, &["metadata", "deletionGracePeriodSeconds"])?;
    let end = time(object, &["metadata", "deletionTimestamp"])?;
    (resource == Resource::Pods && grace > 0).then_some(UnixSeconds(end.0.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_is_full_at_some_number_of_objects_or_some_size() {
        let mut state = State::new();
        let object = Arc::new(Value::Null);
        for number in 1..MOST_OBJECTS {
            state.objects.insert((Resource::Secrets, format!("demo/{number}")), Arc::clone(&object));
        }
        assert_eq!(state.has_room(), Ok(()));
        state.objects.insert((Resource::Secrets, "demo/last".to_owned()), object);
        let status = state.has_room().unwrap_err();
        assert_eq!((status.code, status.reason.as_str()), (507, "InsufficientStorage"));
        assert_eq!(status.message, "the development server holds at most 100000 objects");

        let large = State { bytes: MOST_BYTES, ..State::new() };
        assert_eq!(
            large.has_room().unwrap_err().message,
            "the development server holds at most 512 MiB of objects"
        );
    }
}
