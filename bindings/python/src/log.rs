//! What the library logs, for Python's `logging`.

use std::fmt::{Debug, Write as _};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::{self, JoinHandle};

use arc_swap::ArcSwapOption;
use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::process::Process;
use crate::python::Imported;

static DELIVER: Imported = Imported::new("boundtoken._log", "deliver");
static LEVEL: Imported = Imported::new("boundtoken._log", "level");

/// How many lines wait for the GIL. Further ones are dropped.
const MOST_WAITING: usize = 1_024;

static CURRENT: ArcSwapOption<Logger> = ArcSwapOption::const_empty();
/// The thread that hands lines to Python. Whoever takes the lock holds the GIL, and waits for nothing else.
static DELIVERER: Mutex<Option<(Process, JoinHandle<()>)>> = Mutex::new(None);

/// Whoever logs may hold locks of the library, so it never waits for the GIL: another thread does.
struct Logger {
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
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        // Only this module has a copy of `tracing` with this subscriber.
        let _installed = tracing::subscriber::set_global_default(Forward);
    });
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
    CURRENT.store(Some(Arc::new(Logger { lines, level, process })));
    tracing::callsite::rebuild_interest_cache();
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

fn number(level: &Level) -> u32 {
    match *level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    }
}

/// Passes events on. Spans do not matter.
struct Forward;

impl Subscriber for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_ours = metadata.target().starts_with("boundtoken") || metadata.target().starts_with("kube");
        let is_wanted = |logger: &Arc<Logger>| number(metadata.level()) >= logger.level;
        metadata.is_event() && is_ours && CURRENT.load().as_ref().is_some_and(is_wanted)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let current = CURRENT.load();
        let Some(logger) = current.as_ref().filter(|logger| !logger.process.has_forked()) else { return };
        let mut text = Text::default();
        event.record(&mut text);
        let (level, target) = (number(event.metadata().level()), event.metadata().target());
        // With too many lines, the newest are dropped.
        let _sent =
            logger.lines.try_send(Line { level, target, message: [text.message, text.fields].concat() });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message of an event, and its other fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // In writing to a string, nothing fails.
        let _written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
