//! What changes in a cluster.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use boundtoken::ObjectKind;
use boundtoken_kubernetes::ClusterChange as Change;
use pyo3::prelude::*;
use tokio::task::AbortHandle;

use super::{Connection, forked};
use crate::arguments::seconds;
use crate::background;
use crate::closable::Closable;
use crate::errors::CLOSED;
use crate::process::Process;
use crate::promise::Promise;
use crate::python::{CHANGE, Imported, OBJECT_KIND};

static NEXT_CHANGE: Imported = Imported::new("boundtoken._asyncio", "next_change");

/// How many changes wait for a reader.
const MOST_WAITING: usize = 1_024;
/// How long Ctrl-C may go unheard.
const SLICE: Duration = Duration::from_millis(50);

/// A change in what a cluster knows. Immutable.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct ClusterChange {
    change: u32,
    kind: Option<ObjectKind>,
    namespace: Option<String>,
    kid: Option<String>,
    failure: Option<String>,
}

impl ClusterChange {
    /// `None` for a change that the enumeration does not list.
    fn of(change: Change) -> Option<Self> {
        let nothing = Self { change: 0, kind: None, namespace: None, kid: None, failure: None };
        Some(match change {
            Change::KeyAdded { kid } => Self { change: 1, kid: Some(kid), ..nothing },
            Change::KeyWithdrawn { kid } => Self { change: 2, kid: Some(kid), ..nothing },
            Change::InStep { kind, namespace } => Self { change: 3, kind: Some(kind), namespace, ..nothing },
            Change::Lost { kind, namespace, failure } => {
                Self { change: 4, kind: Some(kind), namespace, failure: Some(failure), ..nothing }
            }
            Change::Stale { kind, namespace } => Self { change: 5, kind: Some(kind), namespace, ..nothing },
            _ => return None,
        })
    }
}

#[pymethods]
impl ClusterChange {
    /// What has changed.
    #[getter]
    fn change(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        CHANGE.member(py, self.change)
    }

    /// The kind of the objects that a watch follows, unless a key has changed.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.kind.map(|kind| OBJECT_KIND.member(py, kind.number())).transpose()
    }

    /// Their namespace, or ``None`` for the whole cluster.
    #[getter]
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The ``kid`` of a key that has changed.
    #[getter]
    fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Why a connection was lost.
    #[getter]
    fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let name: String = self.change(py)?.getattr(py, "name")?.extract(py)?;
        let what = self.kind.map(|kind| kind.name().to_owned()).or_else(|| self.kid.clone());
        Ok(format!("<ClusterChange {name} {}>", what.unwrap_or_default()))
    }
}

/// The changes of a cluster, in order. An iterator for ``for`` and for ``async for``. It ends when the cluster is closed.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct Changes {
    queue: Arc<Queue>,
    filler: AbortHandle,
    process: Process,
}

impl Drop for Changes {
    fn drop(&mut self) {
        if !self.process.has_forked() {
            self.filler.abort();
        }
    }
}

/// No thread asks for the GIL while it holds the lock.
#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    changes: VecDeque<ClusterChange>,
    ended: bool,
    /// Event loops that wait for a change.
    waiting: Vec<Promise>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, change: ClusterChange) {
        self.update(|state| {
            if state.changes.len() == MOST_WAITING {
                state.changes.pop_front();
            }
            state.changes.push_back(change);
        });
    }

    /// Changes the state, and wakes whoever waits.
    fn update(&self, change: impl FnOnce(&mut QueueState)) {
        let mut state = self.lock();
        change(&mut state);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.changed.notify_all();
        if !waiting.is_empty() {
            let wake = |py: Python<'_>| {
                for promise in waiting {
                    promise.settle(py, Ok(py.None()));
                }
            };
            let _woken = Python::try_attach(wake);
        }
    }
}

/// Fills the queue. The cluster is closed when it is dropped.
struct Filler(Arc<Queue>);

impl Drop for Filler {
    fn drop(&mut self) {
        self.0.update(|state| state.ended = true);
    }
}

/// How often to see whether the cluster was closed.
const LOOK: Duration = Duration::from_millis(100);

impl Changes {
    pub(super) fn of(py: Python<'_>, connection: &Closable<Connection>, process: Process) -> PyResult<Self> {
        if process.has_forked() {
            return Err(forked(py));
        }
        let connected = connection.get(py)?;
        let mut news = connected.cluster.changes();
        let connected = Arc::downgrade(&connected);
        let queue = Arc::new(Queue::default());
        let filler = Filler(Arc::clone(&queue));
        let filler = background::spawn(py, async move {
            // Its watches would say nothing when the cluster is closed.
            while connected.strong_count() > 0 {
                if let Ok(change) = tokio::time::timeout(LOOK, news.next()).await
                    && let Some(change) = ClusterChange::of(change)
                {
                    filler.0.push(change);
                }
            }
        })?;
        Ok(Self { queue, filler, process })
    }

    fn lock(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, QueueState>> {
        if self.process.has_forked() { Err(forked(py)) } else { Ok(self.queue.lock()) }
    }

    /// Waits for a change until the deadline.
    fn wait(&self, py: Python<'_>, deadline: Option<Instant>) -> PyResult<Option<ClusterChange>> {
        loop {
            if let Some(change) = self._pop(py)? {
                return Ok(Some(change));
            }
            let rest = deadline.map_or(SLICE, |deadline| deadline.saturating_duration_since(Instant::now()));
            if rest.is_zero() {
                return Ok(None);
            }
            py.detach(|| {
                let waits = |state: &mut QueueState| state.changes.is_empty() && !state.ended;
                let slice = rest.min(SLICE);
                drop(self.queue.changed.wait_timeout_while(self.queue.lock(), slice, waits));
            });
            py.check_signals()?;
        }
    }
}

#[pymethods]
impl Changes {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<ClusterChange>> {
        self.wait(py, None).or_else(|error| if CLOSED.is(py, &error) { Ok(None) } else { Err(error) })
    }

    fn __aiter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        NEXT_CHANGE.get(slf.py())?.call1((slf,))
    }

    /// Waits for the next change, at most so long. ``None`` if there was none.
    ///
    /// Raises ``ClosedError`` at the end.
    fn next(&self, py: Python<'_>, timeout_seconds: f64) -> PyResult<Option<ClusterChange>> {
        let timeout = seconds(timeout_seconds, "timeout_seconds")?;
        self.wait(py, Instant::now().checked_add(timeout))
    }

    /// The next change, or ``None`` if there is none yet.
    fn _pop(&self, py: Python<'_>) -> PyResult<Option<ClusterChange>> {
        let mut state = self.lock(py)?;
        let (change, ended) = (state.changes.pop_front(), state.ended);
        drop(state);
        if change.is_none() && ended { Err(CLOSED.with(py, "the cluster was closed")) } else { Ok(change) }
    }

    /// A future that is done when ``_pop`` may have something to tell.
    fn _there_may_be_one<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (promise, future) = Promise::new(py)?;
        let mut state = self.lock(py)?;
        if state.changes.is_empty() && !state.ended {
            state.waiting.push(promise);
        } else {
            drop(state);
            promise.settle(py, Ok(py.None()));
        }
        Ok(future)
    }
}
