//! Reading the body of a request within limits.

use std::pin::pin;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, BytesMut};
use http_body::Body;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::InvalidReview;

/// How much of a body is read, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// In bytes.
    pub(super) size: usize,
    pub(super) time: Duration,
}

impl Limits {
    /// Reads a body to its end, or to a limit. Keeps no more than the first `keep` bytes, and returns them in any case.
    pub(super) async fn read<B: Body>(self, body: B, keep: usize) -> (BytesMut, Result<(), InvalidReview>) {
        let mut kept = BytesMut::new();
        let reading = timeout(self.time, fill(&mut kept, keep, body, self.size)).await;
        (kept, reading.unwrap_or(Err(InvalidReview::TooSlow)))
    }
}

async fn fill<B: Body>(kept: &mut BytesMut, keep: usize, body: B, size: usize) -> Result<(), InvalidReview> {
    let mut body = pin!(body);
    let mut left = size;
    while let Some(frame) = body.as_mut().frame().await {
        // Trailers are of no interest.
        let Ok(data) = frame.map_err(|_| InvalidReview::Interrupted)?.into_data() else { continue };
        let length = data.remaining();
        kept.put(data.take(keep.saturating_sub(kept.len())));
        left = left.checked_sub(length).ok_or(InvalidReview::TooLarge)?;
    }
    Ok(())
}
