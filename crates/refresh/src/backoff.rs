//! Waiting before the next attempt, longer each time, and never all at once.

use std::time::Duration;

use tokio::time::Instant;

const SHORTEST: Duration = Duration::from_millis(250);
/// A deletion that happens while the server comes back is overlooked for this long at most.
const LONGEST: Duration = Duration::from_secs(10);

/// A wait that doubles from a quarter of a second to ten seconds.
#[derive(Debug)]
pub struct Backoff(Duration);

impl Backoff {
    /// Starts with the shortest wait.
    #[must_use]
    pub fn new() -> Self {
        Self(SHORTEST)
    }

    /// Goes back to the shortest wait, after a success.
    pub fn reset(&mut self) {
        self.0 = SHORTEST;
    }

    /// Waits, and waits longer the next time.
    pub async fn wait(&mut self) {
        tokio::time::sleep(jittered(self.0)).await;
        self.0 = self.0.saturating_mul(2).min(LONGEST);
    }
}

/// Tries again until `until`, for as long as the failure is one that passes.
///
/// # Errors
/// The failure that does not pass, or the last one before the time was up.
pub async fn persist<T, E, F>(
    until: Instant,
    is_passing: impl Fn(&E) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, E>
where
    // Not `AsyncFn`: one cannot demand yet that its futures are `Send`.
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

/// Between half of a duration and the whole, so that many clients that failed together do not come back together.
#[must_use]
pub fn jittered(duration: Duration) -> Duration {
    duration.mul_f64(0.5 + fastrand::f64() / 2.0)
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
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
