//! Objects in memory.

use std::time::Duration;

use boundtoken::{Moment, ObjectState, Scope, Uid, UnixSeconds};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arguments::{Kind, Time, bytes, seconds};
use crate::errors::OBJECTS;
use crate::python::{OBJECT_STATE, PRESENT};
use crate::reference::ObjectReference;

/// The objects of a cluster that tokens are bound to, in memory. Safe to share between threads.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct ObjectStore {
    pub(crate) store: boundtoken::ObjectStore,
}

#[pymethods]
impl ObjectStore {
    #[new]
    fn new() -> Self {
        Self { store: boundtoken::ObjectStore::new() }
    }

    /// A store with the objects of a JSON document. See ``load_json``.
    #[staticmethod]
    fn from_json(document: &Bound<'_, PyAny>) -> PyResult<Self> {
        let store = Self::new();
        store.load_json(document)?;
        Ok(store)
    }

    /// A store that watches of your own fill, with a feed for each scope.
    #[staticmethod]
    #[pyo3(signature = (scopes, *, max_staleness_seconds))]
    fn following<'py>(
        py: Python<'py>,
        scopes: Vec<Followed>,
        max_staleness_seconds: f64,
    ) -> PyResult<(Self, Bound<'py, PyTuple>)> {
        let max_staleness = seconds(max_staleness_seconds, "max_staleness_seconds")?;
        if scopes.is_empty() || max_staleness.is_zero() {
            return Err(PyValueError::new_err("a store that follows needs a scope, and a staleness above 0"));
        }
        let scopes = scopes.into_iter().map(Scope::from);
        let (store, feeds) = boundtoken::ObjectStore::following(scopes, max_staleness);
        let feeds = feeds.into_iter().map(|feed| Feed { feed }).collect::<Vec<_>>();
        Ok((Self { store }, PyTuple::new(py, feeds)?))
    }

    /// Adds the objects of a JSON document. Returns their number.
    fn load_json(&self, document: &Bound<'_, PyAny>) -> PyResult<usize> {
        let (py, json) = (document.py(), bytes(document, "document")?);
        py.detach(|| self.store.load_json(json)).map_err(|error| OBJECTS.with(py, error))
    }

    /// Replaces all objects by those of a JSON document. Returns their number.
    fn replace_json(&self, document: &Bound<'_, PyAny>) -> PyResult<usize> {
        let (py, json) = (document.py(), bytes(document, "document")?);
        let replace = || {
            let listed = boundtoken::ObjectStore::from_json(json)?;
            self.store.replace(&listed);
            Ok::<_, boundtoken::ObjectStoreError>(listed.len())
        };
        py.detach(replace).map_err(|error| OBJECTS.with(py, error))
    }

    /// Replaces all objects by those of another store, like ``replace_json``.
    fn replace(&self, py: Python<'_>, content: &Self) {
        py.detach(|| self.store.replace(&content.store));
    }

    /// Adds or replaces an object. ``deletion_timestamp``: its ``metadata.deletionTimestamp``.
    #[pyo3(signature = (kind, namespace, name, uid, *, deletion_timestamp = None))]
    fn upsert(
        &self,
        py: Python<'_>,
        kind: Kind,
        namespace: &str,
        name: &str,
        uid: &str,
        deletion_timestamp: Option<Time>,
    ) {
        let reference = boundtoken::ObjectReference { kind: kind.0, namespace, name };
        py.detach(|| self.store.upsert(&reference, Uid::from(uid), unix(deletion_timestamp)));
    }

    /// Removes an object. Returns whether it was there.
    fn delete(&self, py: Python<'_>, kind: Kind, namespace: &str, name: &str) -> bool {
        let reference = boundtoken::ObjectReference { kind: kind.0, namespace, name };
        py.detach(|| self.store.delete(&reference))
    }

    /// What the store knows of an object. So a store can stand wherever a look-up does.
    fn look_up(&self, py: Python<'_>, reference: &ObjectReference) -> PyResult<Py<PyAny>> {
        match self.store.state(&reference.as_rust()) {
            ObjectState::Present { uid, deletion_timestamp } => {
                let deleted = deletion_timestamp.map(|UnixSeconds(seconds)| seconds);
                Ok(PRESENT.get(py)?.call1((uid.to_string(), deleted))?.unbind())
            }
            ObjectState::Unavailable => OBJECT_STATE.member(py, 0),
            ObjectState::Absent => OBJECT_STATE.member(py, 2),
            ObjectState::NotFollowed => OBJECT_STATE.member(py, 3),
        }
    }

    fn __len__(&self) -> usize {
        self.store.len()
    }

    /// Whether a store that follows a cluster has lost touch for too long. Always false for other stores.
    #[getter]
    fn is_stale(&self) -> bool {
        self.store.freshness() == boundtoken::Freshness::Stale
    }

    fn __repr__(&self) -> String {
        format!("<ObjectStore of {} objects>", self.store.len())
    }
}

/// What a store follows: a kind, or a kind in one namespace.
#[derive(FromPyObject)]
enum Followed {
    Cluster(Kind),
    Namespace(Kind, String),
}

impl From<Followed> for Scope {
    fn from(followed: Followed) -> Self {
        match followed {
            Followed::Cluster(kind) => Self::cluster(kind.0),
            Followed::Namespace(kind, namespace) => Self::namespace(kind.0, namespace),
        }
    }
}

/// Fills a store with what one watch tells: see ``ObjectStore.following``. Safe to share between threads.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct Feed {
    feed: boundtoken::Feed,
}

/// Namespace, name, uid and deletionTimestamp.
type Listed = (String, String, String, Option<Time>);

#[pymethods]
impl Feed {
    /// Takes a list of all objects: namespace, name, uid and deletionTimestamp of each.
    #[pyo3(signature = (objects, *, age_seconds = 0.0))]
    fn replace(&self, py: Python<'_>, objects: Vec<Listed>, age_seconds: f64) -> PyResult<()> {
        let asked = ago(age_seconds)?;
        py.detach(|| {
            let mut list = self.feed.relist();
            for (namespace, name, uid, deleted) in objects {
                list.upsert(&namespace, &name, Uid::from(uid.as_str()), unix(deleted));
            }
            list.finish(asked);
        });
        Ok(())
    }

    /// Takes an event: the object was added or has changed.
    #[pyo3(signature = (namespace, name, uid, *, deletion_timestamp = None))]
    fn upsert(
        &self,
        py: Python<'_>,
        namespace: &str,
        name: &str,
        uid: &str,
        deletion_timestamp: Option<Time>,
    ) {
        py.detach(|| self.feed.upsert(namespace, name, Uid::from(uid), unix(deletion_timestamp)));
    }

    /// Takes an event: the object was deleted.
    fn delete(&self, py: Python<'_>, namespace: &str, name: &str, uid: &str) {
        py.detach(|| self.feed.delete(namespace, name, uid));
    }

    /// Says that the watch was up to date so long ago, as a bookmark does.
    #[pyo3(signature = (*, age_seconds = 0.0))]
    fn prove(&self, age_seconds: f64) -> PyResult<()> {
        self.feed.prove(ago(age_seconds)?);
        Ok(())
    }
}

fn unix(time: Option<Time>) -> Option<UnixSeconds> {
    time.map(|Time(seconds)| seconds)
}

fn ago(age_seconds: f64) -> PyResult<Moment> {
    let age: Duration = seconds(age_seconds, "age_seconds")?;
    Ok(Moment::ago(age))
}
