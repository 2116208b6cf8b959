//! What the library logs, for JavaScript.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, PoisonError, RwLock};
use std::thread::{self, ThreadId};

use napi::Status;
use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// How many lines wait for a logger. Further ones are dropped.
const MOST_WAITING: usize = 1_024;

type Line = FnArgs<(u32, String, String)>;
/// It is weak: a logger keeps no program running.
type Deliver = ThreadsafeFunction<Line, (), Line, Status, false, true, MOST_WAITING>;

/// Where one thread of JavaScript wants its lines.
struct Logger {
    thread: ThreadId,
    level: u32,
    deliver: Deliver,
}

static LOGGERS: RwLock<Vec<Logger>> = RwLock::new(Vec::new());
/// The least important level that anybody wants. 0 if there is no logger.
static LEVEL: AtomicU32 = AtomicU32::new(0);

/// Hands the log to a function of this thread from now on. It replaces an earlier one.
#[napi(catch_unwind)]
pub fn log_to(deliver: Function<'_, Line, ()>, level: u32) -> napi::Result<()> {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        // Only this module has a copy of `tracing` with this subscriber.
        let _installed = tracing::subscriber::set_global_default(Forward);
    });
    let deliver =
        deliver.build_threadsafe_function().weak::<true>().max_queue_size::<MOST_WAITING>().build()?;
    let thread = thread::current().id();
    change(|loggers| {
        loggers.retain(|logger| logger.thread != thread);
        loggers.push(Logger { thread, level, deliver });
    });
    Ok(())
}

/// Ends the log of this thread.
#[napi(catch_unwind)]
pub fn log_to_nobody() {
    let thread = thread::current().id();
    change(|loggers| loggers.retain(|logger| logger.thread != thread));
}

fn change(change: impl FnOnce(&mut Vec<Logger>)) {
    let mut loggers = LOGGERS.write().unwrap_or_else(PoisonError::into_inner);
    loggers.retain(|logger| !logger.deliver.aborted());
    change(&mut loggers);
    LEVEL.store(loggers.iter().map(|logger| logger.level).max().unwrap_or(0), Ordering::Relaxed);
    drop(loggers);
    tracing::callsite::rebuild_interest_cache();
}

/// The numbers of `boundtoken_log_level`.
fn number(level: &Level) -> u32 {
    match *level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

/// Passes events on. Spans do not matter.
struct Forward;

impl Subscriber for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_ours = metadata.target().starts_with("boundtoken") || metadata.target().starts_with("kube");
        metadata.is_event() && is_ours && number(metadata.level()) <= LEVEL.load(Ordering::Relaxed)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let (level, target) = (number(event.metadata().level()), event.metadata().target());
        let message = [text.message, text.fields].concat();
        let loggers = LOGGERS.read().unwrap_or_else(PoisonError::into_inner);
        for logger in loggers.iter().filter(|logger| level <= logger.level) {
            let line = (level, target.to_owned(), message.clone()).into();
            // Nobody listens when the thread is ending. With too many lines, the newest are dropped.
            let _status = logger.deliver.call(line, ThreadsafeFunctionCallMode::NonBlocking);
        }
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
