//! How far a measurement has come, on standard error where somebody looks.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar is drawn anew: seldom enough not to disturb what is measured.
const TICK: Duration = Duration::from_millis(500);

pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many steps of this length each. There is none where standard error is no terminal.
    pub fn new(steps: usize, length: Duration) -> Self {
        let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX));
        if let Ok(style) = ProgressStyle::with_template("  {bar:40} {pos} of {len}, {msg} each") {
            bar.set_style(style);
        }
        bar.set_message(format!("{} s", length.as_secs()));
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    pub fn step<T>(&self, work: impl FnOnce() -> T) -> T {
        let done = work();
        self.0.inc(1);
        done
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
