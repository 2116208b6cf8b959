//! What the library logs, for JavaScript.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread::{self, ThreadId};

use boundtoken_log::{Level, number};
use napi::Status;
use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

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
    boundtoken_log::install(&Forward);
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
    boundtoken_log::levels_changed();
}

struct Forward;

impl boundtoken_log::Logger for Forward {
    fn wants(&self, level: Level) -> bool {
        number(level) <= LEVEL.load(Ordering::Relaxed)
    }

    fn line(&self, level: Level, target: &'static str, message: String) {
        let loggers = LOGGERS.read().unwrap_or_else(PoisonError::into_inner);
        for logger in loggers.iter().filter(|logger| number(level) <= logger.level) {
            let line = (number(level), target.to_owned(), message.clone()).into();
            // Nobody listens when the thread is ending. With too many lines, the newest are dropped.
            let _status = logger.deliver.call(line, ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}
