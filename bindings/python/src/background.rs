//! The thread that follows clusters. A process has one, from the first connection until the interpreter ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::errors::CLOSED;
use crate::log;
use crate::process::Process;

/// How long to wait for look-ups of names, which cannot be stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Whoever takes the lock holds the GIL, and waits for nothing else. So no fork finds it taken.
static STATE: Mutex<State> = Mutex::new(State::NotStarted);

enum State {
    NotStarted,
    Running(Background),
    /// The interpreter is ending.
    Ended,
}

struct Background {
    process: Process,
    runtime: Handle,
    stop: Arc<Notify>,
    thread: JoinHandle<()>,
}

/// Runs work on the thread, which it starts if need be.
pub(crate) fn spawn(
    py: Python<'_>,
    work: impl Future<Output = ()> + Send + 'static,
) -> PyResult<AbortHandle> {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    match &*state {
        State::Running(background) if !background.process.has_forked() => {}
        State::Ended => return Err(CLOSED.with(py, "the interpreter is ending")),
        State::NotStarted | State::Running(_) => {
            let started = Background::start().map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
            // Of a parent's thread nothing is touched here: it does not run in this process.
            std::mem::forget(std::mem::replace(&mut *state, State::Running(started)));
        }
    }
    match &*state {
        State::Running(background) => Ok(background.runtime.spawn(work).abort_handle()),
        State::NotStarted | State::Ended => Err(CLOSED.with(py, "the interpreter is ending")),
    }
}

impl Background {
    fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, stop) = (runtime.handle().clone(), Arc::new(Notify::new()));
        let stopped = Arc::clone(&stop);
        let follow = move || {
            runtime.block_on(stopped.notified());
            runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
        };
        let thread = thread::Builder::new().name("boundtoken".to_owned()).spawn(follow)?;
        Ok(Self { process: Process::current(), runtime: handle, stop, thread })
    }
}

/// Ends the thread, and waits for it. Python calls it before the interpreter ends, while threads may still ask for the GIL.
#[pyfunction]
pub(crate) fn end(py: Python<'_>) {
    end_thread(py);
    log::end(py);
}

fn end_thread(py: Python<'_>) {
    let state = std::mem::replace(&mut *STATE.lock().unwrap_or_else(PoisonError::into_inner), State::Ended);
    if let State::Running(background) = state {
        if background.process.has_forked() {
            std::mem::forget(background);
            return;
        }
        background.stop.notify_one();
        // A panic has ended the thread too, and there is nobody to tell.
        let _ended = py.detach(|| background.thread.join());
    }
}

/// Has Python end the thread in time.
pub(crate) fn end_at_exit(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.py().import("atexit")?.call_method1("register", (wrap_pyfunction!(end, module)?,))?;
    Ok(())
}
