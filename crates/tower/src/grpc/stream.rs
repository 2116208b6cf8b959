//! A stream of messages that ends with its caller.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

use crate::{Caller, Revoked};

/// How many frames a call that is answered at once has: one message, and the trailers.
const FRAMES_OF_ONE_ANSWER: u8 = 2;

/// Whose messages they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The client's. They end with an error, which the service sees.
    Request,
    /// The service's. They end with trailers, which the client sees.
    Response,
}

/// A body that ends when its caller is revoked.
pub(super) struct UntilRevoked {
    side: Side,
    body: Body,
    /// The frames so far, up to [`FRAMES_OF_ONE_ANSWER`].
    frames: u8,
    watch: Watch,
}

/// Whether anybody waits for the revocation.
enum Watch {
    /// Not yet. Most calls are answered at once, and never need it.
    Idle(Caller),
    Waiting(Pin<Box<Revoked>>),
    Ended,
}

impl UntilRevoked {
    /// Wraps a body, unless it is empty.
    pub(super) fn body(side: Side, caller: Caller, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Self { side, body, frames: 0, watch: Watch::Idle(caller) })
    }

    /// Returns the end of the stream if the caller is revoked.
    fn poll_revoked(&mut self, context: &mut Context<'_>) -> Option<Result<Frame<Bytes>, Status>> {
        if let Watch::Idle(caller) = &self.watch {
            self.watch = Watch::Waiting(Box::pin(caller.revoked()));
        }
        let Watch::Waiting(revoked) = &mut self.watch else { return None };
        let Poll::Ready(rejection) = revoked.as_mut().poll(context) else { return None };
        self.watch = Watch::Ended;
        // What is not sent yet is dropped, together with whatever produces it.
        self.body = Body::empty();
        let status = Status::unauthenticated(rejection.reason().description());
        Some(match self.side {
            Side::Request => Err(status),
            Side::Response => {
                let mut trailers = HeaderMap::new();
                status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))
            }
        })
    }
}

impl http_body::Body for UntilRevoked {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        // A stream that never runs dry is asked before each frame.
        if this.frames >= FRAMES_OF_ONE_ANSWER
            && let Some(end) = this.poll_revoked(context)
        {
            return Poll::Ready(Some(end));
        }
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(frame) => {
                this.frames = this.frames.saturating_add(1);
                Poll::Ready(frame)
            }
            Poll::Pending => this.poll_revoked(context).map_or(Poll::Pending, |end| Poll::Ready(Some(end))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
