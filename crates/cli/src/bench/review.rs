//! Measures the API server's TokenReview.

use std::time::{Duration, Instant};

use kube::Client;
use tokio::runtime::Handle;

use super::measure::{self, Latency};
use super::report::Answers;
use crate::cluster;
use crate::failure::{Failure, harmless};

/// Sends TokenReviews to the API server, one after the other.
pub struct Review {
    pub client: Client,
    pub audiences: Vec<String>,
    pub runtime: Handle,
}

impl Review {
    /// The rate and the latency of answers.
    pub fn measure(&self, token: &[u8], length: Duration) -> Result<Answers, Failure> {
        let token = std::str::from_utf8(token)
            .map_err(|_| Failure::new("TokenReview needs a token that is UTF-8"))?;
        let mut times = measure::times()?;
        let mut count: u64 = 0;
        let start = Instant::now();
        while start.elapsed() < length {
            let asked = Instant::now();
            let answer = self.runtime.block_on(cluster::review(&self.client, token, &self.audiences))?;
            measure::record(&mut times, asked.elapsed());
            count = count.saturating_add(1);
            if !answer.authenticated {
                let why = harmless(&answer.error);
                return Err(Failure::new(format!("the API server does not accept the token: {why}")));
            }
        }
        Ok(Answers {
            per_second: measure::rate(count, start.elapsed()),
            latency_nanoseconds: Latency::from(&times),
        })
    }
}
