//! Faults on demand, to test how a program copes with them.

use std::future::Future;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{error, fmt};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::watch;

use super::{Context, Refusal, discovery};
use boundtoken::api::Status;

/// A fault that the development server makes on purpose.
///
/// As text: `latency=200ms`, `error-rate=0.1`, `watch-disconnect=5s`.
///
/// ```
/// use boundtoken_dev_server::Fault;
/// use std::time::Duration;
///
/// assert_eq!("latency=200ms".parse(), Ok(Fault::Latency(Duration::from_millis(200))));
/// assert_eq!(Fault::ErrorRate(0.1).to_string(), "error-rate=0.1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Every request is answered that much later.
    Latency(Duration),
    /// That part of the requests, from 0 to 1, is answered with 500 or 503, evenly spread. Health checks are spared.
    ErrorRate(f64),
    /// The connection of every watch that begins breaks after that time.
    WatchDisconnect(Duration),
}

/// The longest time that a fault may take, in seconds.
const LONGEST: u64 = 3600;

impl FromStr for Fault {
    type Err = InvalidFault;

    /// Reads `NAME=VALUE`. A time is a number with `ms`, `s` or `m`, at most an hour.
    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let invalid = || InvalidFault(text.chars().take(64).collect());
        let (name, value) = text.split_once('=').ok_or_else(invalid)?;
        match name {
            "latency" => duration(value).map(Self::Latency),
            "watch-disconnect" => duration(value).map(Self::WatchDisconnect),
            "error-rate" => value.parse().ok().filter(|rate| (0.0..=1.0).contains(rate)).map(Self::ErrorRate),
            _ => None,
        }
        .ok_or_else(invalid)
    }
}

fn duration(text: &str) -> Option<Duration> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let milliseconds = match text.get(number.len()..)? {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        _ => return None,
    };
    let seconds = number.parse::<f64>().ok()? * milliseconds / 1_000.0;
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= Duration::from_secs(LONGEST))
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(time) => write!(formatter, "latency={}ms", time.as_millis()),
            Self::ErrorRate(rate) => write!(formatter, "error-rate={rate}"),
            Self::WatchDisconnect(time) => write!(formatter, "watch-disconnect={}ms", time.as_millis()),
        }
    }
}

/// The text is not a [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFault(String);

impl fmt::Display for InvalidFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:?} is not a known fault: give one of latency=200ms, error-rate=0.1 (from 0 to 1), watch-disconnect=5s",
            self.0
        )
    }
}

impl error::Error for InvalidFault {}

/// How a watch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WatchEnd {
    /// The stream ends as it does at its `timeoutSeconds`.
    Orderly,
    /// The connection breaks: the body ends in an error.
    Broken,
}

/// The faults that are on, and the signals that end watches.
#[derive(Default)]
pub(crate) struct Faults {
    active: Mutex<Active>,
    requests: AtomicU64,
    disconnects: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
}

#[derive(Clone, Copy, Default)]
struct Active {
    latency: Option<Duration>,
    error_rate: f64,
    watch_disconnect: Option<Duration>,
}

impl Faults {
    /// Replaces the faults, for requests from now on.
    pub(crate) fn set(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut active = Active::default();
        for fault in faults {
            match fault {
                Fault::Latency(time) => active.latency = Some(time),
                Fault::ErrorRate(rate) => active.error_rate = rate,
                Fault::WatchDisconnect(time) => active.watch_disconnect = Some(time),
            }
        }
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = active;
    }

    /// Breaks the connections of all watches.
    pub(crate) fn disconnect_watches(&self) {
        self.disconnects.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Ends all watches, including future ones.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    fn active(&self) -> Active {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a watch that begins now: ready when it has to end before its time, because the server stops, because
    /// watches are disconnected, or because a fault says so.
    pub(crate) fn watch_end(&self) -> impl Future<Output = WatchEnd> + Send + 'static {
        let limit = self.active().watch_disconnect;
        let (mut disconnects, mut stopping) = (self.disconnects.subscribe(), self.stopping.subscribe());
        async move {
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => WatchEnd::Orderly,
                _ = disconnects.changed() => WatchEnd::Broken,
                () = pause(limit) => WatchEnd::Broken,
            }
        }
    }

    /// The refusal of this request, if it is one of those that fail.
    fn failure(&self) -> Option<Status> {
        let rate = self.active().error_rate;
        if rate <= 0.0 {
            return None;
        }
        let count = self.requests.fetch_add(1, Ordering::Relaxed);
        let spread = GoldenRatio::fraction(count);
        (spread < rate).then(|| {
            if spread * 2.0 < rate {
                Status::internal_error("a fault that was asked for")
            } else {
                let message = "the server is currently unable to handle the request";
                Status::failure(503, "ServiceUnavailable", message)
            }
        })
    }
}

/// The sequence of multiples of the golden ratio without their whole part: spread as evenly as any can be.
struct GoldenRatio;

impl GoldenRatio {
    fn fraction(count: u64) -> f64 {
        let [a, b, c, d, ..] = count.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64).to_be_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / 4_294_967_296.0
    }
}

/// Without a time it never ends.
async fn pause(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// Layer: delays and fails requests. Health checks are answered at once and truly.
pub(super) async fn inject(State(context): Context, request: Request, next: Next) -> Response {
    if discovery::is_health_check(request.uri().path()) {
        return next.run(request).await;
    }
    if let Some(latency) = context.faults.active().latency {
        tokio::time::sleep(latency).await;
    }
    match context.faults.failure() {
        Some(status) => Refusal(status).into_response(),
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_their_text_and_written_the_same() {
        for (text, fault) in [
            ("latency=200ms", Fault::Latency(Duration::from_millis(200))),
            ("latency=1.5s", Fault::Latency(Duration::from_millis(1500))),
            ("watch-disconnect=2m", Fault::WatchDisconnect(Duration::from_secs(120))),
            ("error-rate=0.25", Fault::ErrorRate(0.25)),
            ("error-rate=1", Fault::ErrorRate(1.0)),
        ] {
            assert_eq!(text.parse(), Ok(fault));
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_with_examples() {
        for text in [
            "",
            "latency",
            "latency=",
            "latency=5",
            "latency=-1s",
            "latency=2h",
            "latency=61m",
            "latency=NaNs",
            "error-rate=1.1",
            "error-rate=-0.1",
            "error-rate=NaN",
            "errors=0.1",
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains("latency=200ms") && error.contains(text), "{error}");
        }
    }

    #[test]
    fn the_error_rate_is_kept_closely_and_has_both_errors() {
        let faults = Faults::default();
        assert!(faults.failure().is_none());
        faults.set([Fault::ErrorRate(0.1)]);
        let codes: Vec<_> = (0..1_000).filter_map(|_| faults.failure()).map(|status| status.code).collect();
        assert!((95..=105).contains(&codes.len()), "{}", codes.len());
        assert!(codes.contains(&500) && codes.contains(&503));
        faults.set([Fault::ErrorRate(1.0)]);
        assert!((0..100).all(|_| faults.failure().is_some()));
    }

    #[tokio::test]
    async fn a_watch_is_told_to_end_by_each_of_the_signals() {
        let faults = Faults::default();
        let end = faults.watch_end();
        faults.disconnect_watches();
        assert_eq!(end.await, WatchEnd::Broken);

        faults.set([Fault::WatchDisconnect(Duration::from_millis(1))]);
        assert_eq!(faults.watch_end().await, WatchEnd::Broken);

        faults.set([]);
        let end = faults.watch_end();
        faults.stop();
        assert_eq!(end.await, WatchEnd::Orderly);
        assert_eq!(faults.watch_end().await, WatchEnd::Orderly);
    }
}
