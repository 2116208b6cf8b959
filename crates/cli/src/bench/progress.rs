//! The progress bar on standard error.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::measure::{internal, nanoseconds};
use crate::failure::Failure;
use crate::words;

/// The time between two updates of the bar. Frequent updates would disturb the measurement.
const TICK: Duration = Duration::from_millis(500);

pub struct Progress(ProgressBar);

impl Progress {
    /// Shows a bar for steps of equal length, if standard error is a terminal.
    pub fn new(steps: usize, length: Duration) -> Result<Self, Failure> {
        let steps = u64::try_from(steps).map_err(|_| internal())?;
        let style = ProgressStyle::with_template("  {bar:40} {pos} of {len}, {msg} each");
        let bar = ProgressBar::new(steps).with_style(style.map_err(|_| internal())?);
        bar.set_message(words::measured(nanoseconds(length)));
        bar.enable_steady_tick(TICK);
        Ok(Self(bar))
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
