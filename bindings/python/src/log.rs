//! What the library logs, for Python's `logging`.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use arc_swap::ArcSwapOption;
use boundtoken_log::{Level, Logger};
use pyo3::prelude::*;

use crate::process::Process;
use crate::python::Imported;

static DELIVER: Imported = Imported::new("boundtoken._log", "deliver");
static LEVEL: Imported = Imported::new("boundtoken._log", "level");

/// How many lines wait for the GIL. Further ones are dropped.
const MOST_WAITING: usize = 1_024;

static CURRENT: ArcSwapOption<Waiting> = ArcSwapOption::const_empty();
/// The thread that hands lines to Python. Whoever takes the lock holds the GIL, and waits for nothing else.
static DELIVERER: Mutex<Option<(Process, JoinHandle<()>)>> = Mutex::new(None);

/// Whoever logs may hold locks of the library, so it never waits for the GIL: another thread does.
struct Waiting {
    lines: SyncSender<Line>,
    /// The least important level that is logged, in Python's numbers.
    level: u32,
    process: Process,
}

struct Line {
    level: u32,
    target: &'static str,
    message: String,
}

/// Forwards the log from now on, down to the level that the logger `boundtoken` has now.
pub(crate) fn forward(py: Python<'_>) -> PyResult<()> {
    boundtoken_log::install(&Forward);
    let level: u32 = LEVEL.get(py)?.call0()?.extract()?;
    let current = CURRENT.load_full().filter(|logger| !logger.process.has_forked());
    let process = Process::current();
    let lines = match current {
        Some(logger) => logger.lines.clone(),
        None => {
            let (lines, waiting) = sync_channel(MOST_WAITING);
            let deliver = move || deliver_all(&waiting);
            let thread = thread::Builder::new().name("boundtoken-log".to_owned()).spawn(deliver)?;
            let mut deliverer = DELIVERER.lock().unwrap_or_else(PoisonError::into_inner);
            // The thread of a parent does not run here.
            std::mem::forget(deliverer.replace((process, thread)));
            lines
        }
    };
    CURRENT.store(Some(Arc::new(Waiting { lines, level, process })));
    boundtoken_log::levels_changed();
    Ok(())
}

/// Ends the thread that hands lines to Python, once it has handed over what there is.
pub(crate) fn end(py: Python<'_>) {
    drop(CURRENT.swap(None));
    let deliverer = DELIVERER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((process, thread)) = deliverer
        && !process.has_forked()
    {
        // A panic has ended the thread too, and there is nobody to tell.
        let _ended = py.detach(|| thread.join());
    }
}

fn deliver_all(waiting: &Receiver<Line>) {
    while let Ok(line) = waiting.recv() {
        let deliver = |py: Python<'_>| {
            let told =
                DELIVER.get(py).and_then(|deliver| deliver.call1((line.level, line.target, &line.message)));
            if let Err(error) = told {
                error.write_unraisable(py, None);
            }
        };
        if Python::try_attach(deliver).is_none() {
            return;
        }
    }
}

/// The number that Python has for a level.
fn number(level: Level) -> u32 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    }
}

struct Forward;

impl Logger for Forward {
    fn wants(&self, level: Level) -> bool {
        CURRENT.load().as_ref().is_some_and(|waiting| number(level) >= waiting.level)
    }

    fn line(&self, level: Level, target: &'static str, message: String) {
        let current = CURRENT.load();
        let Some(waiting) = current.as_ref().filter(|waiting| !waiting.process.has_forked()) else { return };
        // With too many lines, the newest are dropped.
        let _sent = waiting.lines.try_send(Line { level: number(level), target, message });
    }
}
