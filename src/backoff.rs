//! Waiting before the next attempt, longer each time, and never all at once.

use std::time::Duration;

use tokio::time::Instant;

use crate::crypto;

const SHORTEST: Duration = Duration::from_millis(250);
/// So long, at most, is a deletion overlooked that happens as the server comes back.
const LONGEST: Duration = Duration::from_secs(10);

/// Doubles from a quarter of a second to ten seconds.
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(SHORTEST)
    }

    #[cfg(feature = "kubernetes")]
    pub(crate) fn reset(&mut self) {
        self.0 = SHORTEST;
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(jittered(self.0)).await;
        self.0 = self.0.saturating_mul(2).min(LONGEST);
    }
}

/// Tries again, while there is time, where the other side is not up to it just now.
pub(crate) async fn persist<T, E, F>(
    until: Instant,
    is_passing: impl Fn(&E) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, E>
where
    // Not `AsyncFn`: of its futures nobody can say yet whether another thread may go on with them.
    F: Future<Output = Result<T, E>>,
{
    let mut backoff = Backoff::new();
    let mut last = None;
    loop {
        match attempt().await {
            Err(error) if is_passing(&error) && Instant::now() < until => last = Some(error),
            // The deadline may have cut this attempt short: what the other side said before says more.
            Err(error) if Instant::now() >= until => return Err(last.unwrap_or(error)),
            outcome => return outcome,
        }
        backoff.wait().await;
    }
}

/// Between half of a duration and the whole: many clients that failed together do not come back together.
pub(crate) fn jittered(duration: Duration) -> Duration {
    let mut byte = [0];
    // Without random numbers the whole is as good.
    if crypto::fill_random(&mut byte).is_err() {
        return duration;
    }
    let [byte] = byte;
    duration.mul_f64(0.5 + f64::from(byte) / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_never_waits_longer_nor_less_than_half() {
        for _ in 0..1_000 {
            let waited = jittered(Duration::from_secs(10));
            assert!((Duration::from_secs(5)..=Duration::from_secs(10)).contains(&waited), "{waited:?}");
        }
    }
}
