//! Measures the rate of calls first, then the latency of single calls.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use boundtoken::{Rejection, Verifier};
use hdrhistogram::Histogram;
use serde::Serialize;

use super::report::Answers;
use crate::failure::Failure;

/// The number of calls between two readings of the clock. It makes the cost of the clock negligible.
const BATCH: u32 = 16;
/// The warm-up takes one part in this many of the time.
const WARM_UP: u32 = 10;
/// The longest latency that is recorded exactly, in nanoseconds: one minute.
const LONGEST: u64 = 60_000_000_000;
/// The number of significant digits of each latency.
const DIGITS: u8 = 3;

/// Quantiles of the latency of single calls, in nanoseconds.
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

/// Verifies a token repeatedly in several threads. Returns the total rate and the latencies.
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
    Ok(Answers { per_second, latency_nanoseconds: Latency::from(&all) })
}

/// The work of one thread.
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

/// Calls for at least this long. Returns the number of calls and the time that they took.
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

/// The rate per second.
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

/// Whole nanoseconds. Saturates after 584 years.
pub fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The time that one reading of the clock takes, in nanoseconds. Every latency includes it.
pub fn clock() -> u64 {
    const READINGS: u32 = 10_000;
    let start = Instant::now();
    for _ in 0..READINGS {
        black_box(Instant::now());
    }
    nanoseconds(start.elapsed() / READINGS)
}

pub fn refused(rejection: &Rejection) -> Failure {
    Failure::new(format!("the token is not accepted: {}: {rejection}", rejection.name()))
}

pub fn internal() -> Failure {
    Failure::new("the measurement failed; please report this as a bug")
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
