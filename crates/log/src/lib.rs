//! Hands what boundtoken and kube log through `tracing` to the logger of another language. For the bindings.
//!
//! A native library that is loaded by a program of another language has a copy of `tracing` of its own. Nobody else receives its events.
//!
//! ```
//! use boundtoken_log::{Level, Logger};
//!
//! struct Standard;
//!
//! impl Logger for Standard {
//!     fn wants(&self, level: Level) -> bool {
//!         level <= Level::WARN
//!     }
//!
//!     fn line(&self, level: Level, target: &'static str, message: String) {
//!         eprintln!("{level} {target}: {message}");
//!     }
//! }
//!
//! boundtoken_log::install(&Standard);
//! ```

use std::fmt::{Debug, Write as _};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

pub use tracing::Level;

/// Where the lines of the log go.
pub trait Logger: Sync {
    /// Whether somebody wants lines of this level.
    fn wants(&self, level: Level) -> bool;

    /// Takes a line: its level, the module that writes it, and what happened. The message never contains a token.
    ///
    /// Any thread calls it, and several may do so at once. They may hold locks of the library, so it must return soon.
    fn line(&self, level: Level, target: &'static str, message: String);
}

/// Hands the log to this logger from now on. The first one of a process stays.
pub fn install(logger: &'static dyn Logger) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        // It fails if the program has a subscriber already, which then receives the events.
        let _installed = tracing::subscriber::set_global_default(Forward(logger));
    });
}

/// Makes [`Logger::wants`] be asked again. Call it whenever its answers have changed.
pub fn levels_changed() {
    tracing::callsite::rebuild_interest_cache();
}

/// The number of a level in `boundtoken_log_level` of the C library. Lower ones are more important.
#[must_use]
pub fn number(level: Level) -> u32 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

/// Passes events on. Spans do not matter.
struct Forward(&'static dyn Logger);

impl Subscriber for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_ours = metadata.target().starts_with("boundtoken") || metadata.target().starts_with("kube");
        metadata.is_event() && is_ours && self.0.wants(*metadata.level())
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let metadata = event.metadata();
        self.0.line(*metadata.level(), metadata.target(), text.message + &text.fields);
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
