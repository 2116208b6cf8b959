//! A contender in a run: whether it may take part, and its time in a round.

use std::time::Duration;

use crate::inputs::{ALGORITHMS, BAD, GOOD, TOKENS};
use crate::program::{Contender, Run};
use crate::results::{Cell, Row};

/// How long a contender verifies before it is measured. By then just-in-time compilers have done their work.
const WARM_UP: Duration = Duration::from_millis(1_500);
/// About how long one round takes. It is short, so that some rounds pass undisturbed even on a busy machine.
const ROUND: Duration = Duration::from_millis(2);
const EVERY_TOKEN: u64 = TOKENS as u64;

pub struct Competitor {
    pub row: Row,
    /// `None` if it could not be built, or has failed.
    contender: Option<Box<dyn Contender>>,
    /// How many tokens of each algorithm it verifies in a round.
    counts: [u64; 3],
}

impl Competitor {
    pub fn new(row: Row, contender: Option<Box<dyn Contender>>) -> Self {
        Self { row, contender, counts: [0; 3] }
    }

    /// Checks what it accepts, and lets it warm up.
    pub fn admit(&mut self) {
        for place in 0..ALGORITHMS.len() {
            self.attempt(place, Self::admit_algorithm);
        }
    }

    /// Runs one round with one algorithm, if it takes part.
    pub fn compete(&mut self, place: usize) {
        if self.counts[place] > 0 {
            self.attempt(place, Self::round);
        }
    }

    /// A contender that fails is out.
    fn attempt(
        &mut self,
        place: usize,
        what: fn(&mut Self, &mut dyn Contender, usize) -> Result<(), String>,
    ) {
        let Some(mut contender) = self.contender.take() else { return };
        match what(self, &mut *contender, place) {
            Ok(()) => self.contender = Some(contender),
            Err(reason) => {
                crate::progress(&format!("{}: {reason}", self.row.entry.name));
                self.row.missing = Some(reason);
                self.row.cells = Default::default();
            }
        }
    }

    fn admit_algorithm(&mut self, contender: &mut dyn Contender, place: usize) -> Result<(), String> {
        let algorithm = ALGORITHMS[place];
        let Some(run) = contender.run(algorithm, GOOD, EVERY_TOKEN)? else { return Ok(()) };
        all_accepted(algorithm, EVERY_TOKEN, &run)?;
        let mut accepted = Vec::new();
        for bad in BAD {
            // Twice, in case it remembers the first answer.
            let run = contender.run(algorithm, bad, 2)?.ok_or("it does not know what it supports")?;
            if run.accepted > 0 {
                accepted.push(bad);
            }
        }
        if !accepted.is_empty() {
            self.row.cells[place] = Cell::Accepts(accepted);
            return Ok(());
        }

        let (mut count, mut spent, mut best) = (EVERY_TOKEN, Duration::ZERO, f64::INFINITY);
        while spent < WARM_UP {
            let run = good(contender, algorithm, count)?;
            spent += run.time;
            best = best.min(run.time.as_secs_f64() / count as f64);
            count = ((ROUND.as_secs_f64() / best) as u64).max(8);
        }
        self.counts[place] = count;
        self.row.cells[place] = Cell::Times(Vec::new());
        Ok(())
    }

    fn round(&mut self, contender: &mut dyn Contender, place: usize) -> Result<(), String> {
        let (algorithm, count) = (ALGORITHMS[place], self.counts[place]);
        if self.row.entry.again {
            // A cache may have expired since the last round. The API server's cache lasts for ten seconds.
            good(contender, algorithm, count.min(EVERY_TOKEN))?;
        }
        let run = good(contender, algorithm, count)?;
        if let Cell::Times(times) = &mut self.row.cells[place] {
            times.push(run.time.as_secs_f64() / count as f64);
        }
        Ok(())
    }
}

fn good(contender: &mut dyn Contender, algorithm: &str, count: u64) -> Result<Run, String> {
    let run = contender.run(algorithm, GOOD, count)?.ok_or("it does not know what it supports")?;
    all_accepted(algorithm, count, &run)?;
    Ok(run)
}

fn all_accepted(algorithm: &str, count: u64, run: &Run) -> Result<(), String> {
    match run.accepted == count {
        true => Ok(()),
        false => Err(format!("it accepts {} of {count} good {algorithm} tokens", run.accepted)),
    }
}
