//! Measuring: as many calls as fit into a time, and then each call by itself.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use boundtoken::{Rejection, Verifier};
use hdrhistogram::Histogram;
use serde::Serialize;

use super::report::Answers;
use crate::failure::Failure;

/// So many calls are made between two looks at the clock, so that it costs nothing.
const BATCH: u32 = 16;
/// The share of the time in which nothing is measured yet.
const WARM_UP: u32 = 10;
/// The longest time that is told apart from longer ones, in nanoseconds: a minute.
const LONGEST: u64 = 60_000_000_000;
/// How many digits of each time are kept.
const DIGITS: u8 = 3;

/// How long single calls took, in nanoseconds. One that took longer than another hundredth, or thousandth, of them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    pub p50: u64,
    pub p99: u64,
    #[serde(rename = "p99.9")]
    pub p99_9: u64,
    pub max: u64,
}

impl From<&Histogram<u64>> for Latency {
    fn from(times: &Histogram<u64>) -> Self {
        Self {
            p50: times.value_at_quantile(0.5),
            p99: times.value_at_quantile(0.99),
            p99_9: times.value_at_quantile(0.999),
            max: times.max(),
        }
    }
}

/// Verifies a token again and again in some threads: how many times in a second all in all, and how long it took.
pub fn verification(
    verifier: &Verifier,
    token: &[u8],
    threads: u16,
    length: Duration,
) -> Result<Answers, Failure> {
    let call = || verifier.verify(black_box(token)).map(|verified| drop(black_box(verified)));
    let start = Barrier::new(usize::from(threads));
    let measured = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(&call, &start, length))).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| internal())).collect::<Result<Vec<_>, _>>()
    })?;
    let mut per_second: u64 = 0;
    let mut all = times()?;
    for work in measured {
        let (mine, times) = work?;
        per_second = per_second.saturating_add(mine);
        all.add(&times).map_err(|_| internal())?;
    }
    Ok(Answers { per_second, latency: Latency::from(&all) })
}

/// What one thread does.
fn work(
    call: &impl Fn() -> Result<(), Rejection>,
    start: &Barrier,
    length: Duration,
) -> Result<(u64, Histogram<u64>), Failure> {
    let mut times = times()?;
    start.wait();
    calls(call, length / WARM_UP).map_err(|error| refused(&error))?;
    start.wait();
    let (count, took) = calls(call, length / 2).map_err(|error| refused(&error))?;
    start.wait();
    let until = Instant::now() + length / 2;
    let mut before = Instant::now();
    while before < until {
        call().map_err(|error| refused(&error))?;
        let after = Instant::now();
        record(&mut times, after - before);
        before = after;
    }
    Ok((rate(count, took), times))
}

/// Calls for as long as said: how many calls, and how long they took.
fn calls(call: &impl Fn() -> Result<(), Rejection>, length: Duration) -> Result<(u64, Duration), Rejection> {
    let start = Instant::now();
    let mut count: u64 = 0;
    loop {
        for _ in 0..BATCH {
            call()?;
        }
        count = count.saturating_add(BATCH.into());
        let took = start.elapsed();
        if took >= length {
            return Ok((count, took));
        }
    }
}

/// How many in a second.
pub fn rate(count: u64, took: Duration) -> u64 {
    let per_second = u128::from(count).saturating_mul(1_000_000_000) / took.as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

pub fn times() -> Result<Histogram<u64>, Failure> {
    Histogram::new_with_bounds(1, LONGEST, DIGITS).map_err(|_| internal())
}

pub fn record(times: &mut Histogram<u64>, time: Duration) {
    times.saturating_record(nanoseconds(time));
}

/// Saturates after 584 years.
pub fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What it costs to look at the clock, in nanoseconds: a part of every latency.
pub fn clock() -> u64 {
    const LOOKS: u32 = 10_000;
    let start = Instant::now();
    for _ in 0..LOOKS {
        black_box(Instant::now());
    }
    nanoseconds(start.elapsed() / LOOKS)
}

pub fn refused(rejection: &Rejection) -> Failure {
    Failure::new(format!("the token is not accepted: {}: {rejection}", rejection.name()))
}

pub fn internal() -> Failure {
    Failure::new("the measurement went wrong; please report this as a bug")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_whole_seconds() {
        assert_eq!(rate(500, Duration::from_millis(250)), 2_000);
        assert_eq!(rate(1, Duration::from_secs(2)), 0);
        assert_eq!(rate(7, Duration::ZERO), 7_000_000_000);
    }

    #[test]
    fn latencies_are_those_of_the_slowest_share() {
        let mut times = times().unwrap();
        for milliseconds in 1..=1_000 {
            record(&mut times, Duration::from_millis(milliseconds));
        }
        let latency = Latency::from(&times);
        let milliseconds = |nanoseconds: u64| nanoseconds / 1_000_000;
        assert_eq!(
            [latency.p50, latency.p99, latency.p99_9, latency.max].map(milliseconds),
            [500, 990, 999, 1_000]
        );
    }
}
