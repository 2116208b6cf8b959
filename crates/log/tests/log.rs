//! What reaches a logger. A process has one, so there is one test.
#![allow(clippy::restriction)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use boundtoken_log::{Level, Logger, number};

struct Lines {
    least: AtomicU32,
    lines: Mutex<Vec<String>>,
}

impl Logger for Lines {
    fn wants(&self, level: Level) -> bool {
        number(level) <= self.least.load(Ordering::Relaxed)
    }

    fn line(&self, level: Level, target: &'static str, message: String) {
        self.lines.lock().unwrap().push(format!("{level} {target}: {message}"));
    }
}

impl Lines {
    fn want(&self, least: u32) {
        self.least.store(least, Ordering::Relaxed);
        boundtoken_log::levels_changed();
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

static LINES: Lines = Lines { least: AtomicU32::new(0), lines: Mutex::new(Vec::new()) };

fn log() {
    let kind = "Pod";
    tracing::error!(target: "boundtoken_kubernetes", "the watch was lost");
    tracing::info!(target: "kube_client", kind, attempt = 2, "connecting");
    tracing::error!(target: "h2", "somebody else's");
    let _span = tracing::error_span!(target: "boundtoken", "a span").entered();
}

#[test]
fn events_of_the_wanted_levels_arrive_with_their_fields() {
    boundtoken_log::install(&LINES);
    log();
    assert_eq!(LINES.taken(), Vec::<String>::new(), "nobody wants any");

    LINES.want(2);
    log();
    assert_eq!(LINES.taken(), ["ERROR boundtoken_kubernetes: the watch was lost"]);

    LINES.want(4);
    log();
    assert_eq!(
        LINES.taken(),
        [
            "ERROR boundtoken_kubernetes: the watch was lost",
            "INFO kube_client: connecting kind=\"Pod\" attempt=2"
        ]
    );

    LINES.want(0);
    log();
    assert_eq!(LINES.taken(), Vec::<String>::new());
}
