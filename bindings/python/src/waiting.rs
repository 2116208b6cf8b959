//! Waiting for other threads, so that Ctrl-C is heard.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How long Ctrl-C may go unheard.
const SLICE: Duration = Duration::from_millis(50);

/// Waits without the GIL. `None` if nothing came until the deadline, or nothing will come.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    coming: Receiver<T>,
    deadline: Option<Instant>,
) -> PyResult<Option<T>> {
    // A receiver belongs to one thread at a time, and this one keeps it.
    let coming = std::sync::Mutex::new(coming);
    loop {
        let rest = deadline.map_or(SLICE, |deadline| deadline.saturating_duration_since(Instant::now()));
        let receive = || {
            let coming = coming.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            coming.recv_timeout(rest.min(SLICE))
        };
        match py.detach(receive) {
            Ok(value) => return Ok(Some(value)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
        }
        if rest.is_zero() {
            return Ok(None);
        }
    }
}
