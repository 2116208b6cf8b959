//! How much of a body is read, and for how long.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::Frame;
use tokio::time::Instant;

use super::*;

/// The default limit.
const SIZE: usize = 7 * 1024 * 1024;

/// A body that begins as this text does, and then goes on with one piece of white space after another.
struct Endless {
    beginning: Option<Bytes>,
    read: Arc<AtomicUsize>,
    pieces: Pieces,
}

#[derive(Clone, Copy)]
enum Pieces {
    Fast,
    /// One second apart.
    Slow,
    /// An error.
    Broken,
}

impl Endless {
    fn new(beginning: &str, pieces: Pieces) -> (Self, Arc<AtomicUsize>) {
        let read = Arc::new(AtomicUsize::new(0));
        let beginning = Some(Bytes::copy_from_slice(beginning.as_bytes()));
        (Self { beginning, read: Arc::clone(&read), pieces }, read)
    }
}

impl Body for Endless {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = match (self.beginning.take(), self.pieces) {
            (Some(beginning), _) => beginning,
            (None, Pieces::Fast) => Bytes::from_static(&[b' '; 64 * 1024]),
            (None, Pieces::Broken) => return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
            (None, Pieces::Slow) => {
                let waker = context.waker().clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    waker.wake();
                });
                return Poll::Pending;
            }
        };
        self.read.fetch_add(piece.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

fn beginning() -> String {
    let review = review("apps").to_string();
    review.strip_suffix('}').unwrap().to_owned()
}

#[tokio::test]
async fn without_a_good_token_nothing_of_the_body_is_read() {
    for token in [None, Some("x".to_owned()), Some(token(&json!({"aud": ["vault"]})))] {
        let (body, read) = Endless::new(&beginning(), Pieces::Fast);
        assert_eq!(send(&layer(), request(token.as_deref(), body)).await.status(), 401);
        assert_eq!(read.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test]
async fn a_body_without_end_is_read_to_the_limit() {
    for (layer, limit) in [(layer(), SIZE), (layer().max_review_size(1_000_000), 1_000_000)] {
        let (body, read) = Endless::new(&beginning(), Pieces::Fast);
        let outcome = send(&layer, request(Some(&token_for("apps")), body)).await;
        assert_eq!(outcome.status(), 413);
        assert!(outcome.reached.is_none());
        let read = read.load(Ordering::Relaxed);
        assert!((limit..limit + 128 * 1024).contains(&read), "{read} of {limit}");
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_passes() {
    let mut text = review("apps").to_string();
    text += &" ".repeat(SIZE - text.len());
    for (size, status) in [(SIZE, 200), (SIZE - 1, 413)] {
        let layer = layer().max_review_size(size);
        let request = request(Some(&token_for("apps")), Full::<Bytes>::from(text.clone()));
        assert_eq!(send(&layer, request).await.status(), status, "{size}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_waited_for_until_the_limit() {
    for (layer, seconds) in [(layer(), 10), (layer().review_time_limit(Duration::from_secs(3)), 3)] {
        let (body, _) = Endless::new(&beginning(), Pieces::Slow);
        let start = Instant::now();
        let outcome = send(&layer, request(Some(&token_for("apps")), body)).await;
        assert_eq!(outcome.status(), 408);
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_review() {
    let (body, _) = Endless::new(&beginning(), Pieces::Broken);
    assert_eq!(send(&layer(), request(Some(&token_for("apps")), body)).await.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_denial_in_a_review_needs_the_beginning_alone() {
    let layer = layer().deny_in_review();
    for (token, pieces, code) in [
        (None, Pieces::Fast, 401),
        (None, Pieces::Slow, 401),
        (None, Pieces::Broken, 401),
        (Some(token_for("apps")), Pieces::Fast, 413),
        (Some(token_for("apps")), Pieces::Slow, 408),
        (Some(token_for("apps")), Pieces::Broken, 400),
    ] {
        let (body, read) = Endless::new(&beginning(), pieces);
        let start = Instant::now();
        let outcome = send(&layer, request(token.as_deref(), body)).await;
        assert_eq!(
            (outcome.status(), &outcome.json()["response"]["status"]["code"]),
            (StatusCode::OK, &json!(code))
        );
        assert!(
            read.load(Ordering::Relaxed) < SIZE + 128 * 1024 && start.elapsed() <= Duration::from_secs(11)
        );
    }
}
