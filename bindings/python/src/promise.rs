//! Futures of `asyncio` that another thread settles.

use pyo3::prelude::*;
use tokio::task::AbortHandle;

use crate::background;
use crate::errors::CLOSED;
use crate::python::Imported;

static RUNNING_LOOP: Imported = Imported::new("asyncio", "get_running_loop");
static SETTLE: Imported = Imported::new("boundtoken._asyncio", "settle");

/// A future of the running event loop. If it is dropped, the future raises `ClosedError`.
pub(crate) struct Promise(Option<Pending>);

struct Pending {
    event_loop: Py<PyAny>,
    future: Py<PyAny>,
}

impl Promise {
    /// Creates a future, and returns it too.
    pub(crate) fn new(py: Python<'_>) -> PyResult<(Self, Bound<'_, PyAny>)> {
        let event_loop = RUNNING_LOOP.get(py)?.call0()?;
        let future = event_loop.call_method0("create_future")?;
        let pending = Pending { event_loop: event_loop.unbind(), future: future.clone().unbind() };
        Ok((Self(Some(pending)), future))
    }

    /// Settles the future, from any thread. Nothing happens if it was cancelled.
    pub(crate) fn settle(mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) {
        if let Some(pending) = self.0.take() {
            pending.settle(py, outcome);
        }
    }
}

/// A future for work of the background thread, which says how to make the result. To cancel the future gives up the work.
pub(crate) fn of<W, R>(py: Python<'_>, work: W) -> PyResult<Bound<'_, PyAny>>
where
    W: Future<Output = R> + Send + 'static,
    R: FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send,
{
    let (promise, future) = Promise::new(py)?;
    let handle = background::spawn(py, async move {
        let result = work.await;
        // Nobody waits while the interpreter ends.
        let _settled = Python::try_attach(|py| promise.settle(py, result(py)));
    })?;
    future.call_method1("add_done_callback", (GiveUp(handle),))?;
    Ok(future)
}

/// Gives up the work for a future that is cancelled. Work that is done is left alone.
#[pyclass(frozen)]
struct GiveUp(AbortHandle);

#[pymethods]
impl GiveUp {
    fn __call__(&self, _future: &Bound<'_, PyAny>) {
        self.0.abort();
    }
}

/// A future of the running event loop that is settled already.
pub(crate) fn settled(py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Bound<'_, PyAny>> {
    let future = RUNNING_LOOP.get(py)?.call0()?.call_method0("create_future")?;
    match outcome {
        Ok(value) => future.call_method1("set_result", (value,))?,
        Err(error) => future.call_method1("set_exception", (error.into_value(py),))?,
    };
    Ok(future)
}

impl Pending {
    fn settle(self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) {
        let (value, error) = match outcome {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error.into_value(py))),
        };
        let call = || {
            let settle = SETTLE.get(py)?;
            self.event_loop.call_method1(py, "call_soon_threadsafe", (settle, &self.future, value, error))
        };
        // An event loop that is closed has nobody who waits.
        let _called = call();
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if let Some(pending) = self.0.take() {
            let close = |py: Python<'_>| pending.settle(py, Err(CLOSED.with(py, "the cluster was closed")));
            let _told = Python::try_attach(close);
        }
    }
}
