//! Waits between attempts: longer each time, and at random.

use std::time::Duration;

use tokio::time::Instant;

const SHORTEST: Duration = Duration::from_millis(250);
/// This also bounds for how long a deletion goes unnoticed after a server has come back.
const LONGEST: Duration = Duration::from_secs(10);

/// A wait that doubles from a quarter of a second to ten seconds.
///
/// Each wait is shortened at random, as by [`jittered`].
///
/// ```
/// use boundtoken_refresh::Backoff;
///
/// # async fn request() -> Result<(), String> { Ok(()) }
/// # async fn example() {
/// let mut backoff = Backoff::new();
/// while request().await.is_err() {
///     backoff.wait().await;
/// }
/// // The next failure starts with a short wait again.
/// backoff.reset();
/// # }
/// ```
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

    /// Waits. The next wait is twice as long.
    ///
    /// Needs a tokio runtime with its timer enabled, and panics without one.
    pub async fn wait(&mut self) {
        tokio::time::sleep(jittered(self.0)).await;
        self.0 = self.0.saturating_mul(2).min(LONGEST);
    }
}

/// Repeats `attempt` until it succeeds, fails for good, or the time is `until`. Waits between attempts as [`Backoff`]
/// does.
///
/// `is_transient` says whether an error is worth another attempt. The function does not interrupt an attempt: an
/// attempt must watch the time by itself. Needs a tokio runtime with its timer enabled.
///
/// ```
/// use std::time::Duration;
///
/// use boundtoken_refresh::persist;
/// use tokio::time::Instant;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let until = Instant::now() + Duration::from_secs(30);
/// let is_transient = |status: &u16| *status == 503;
/// assert_eq!(persist(until, is_transient, async || Ok("keys")).await, Ok("keys"));
/// assert_eq!(persist(until, is_transient, async || Err::<(), _>(404)).await, Err(404));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The first error that is not transient. After `until`, the last transient error.
pub async fn persist<T, E, F>(
    until: Instant,
    is_transient: impl Fn(&E) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, E>
where
    // With `AsyncFn` the futures could not be required to be `Send`.
    F: Future<Output = Result<T, E>>,
{
    let mut backoff = Backoff::new();
    let mut last = None;
    loop {
        match attempt().await {
            Err(error) if is_transient(&error) && Instant::now() < until => last = Some(error),
            // The deadline may have cut this attempt short. The error before it says more.
            Err(error) if Instant::now() >= until => return Err(last.unwrap_or(error)),
            outcome => return outcome,
        }
        backoff.wait().await;
    }
}

/// A random duration between half of this one and the whole.
///
/// Clients that failed together then do not all come back at the same moment.
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
    fn jitter_stays_between_half_and_the_whole() {
        for _ in 0..1_000 {
            let waited = jittered(Duration::from_secs(10));
            assert!((Duration::from_secs(5)..=Duration::from_secs(10)).contains(&waited), "{waited:?}");
        }
    }
}
