//! The answer to a request: that of the service behind, or a refusal.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

use crate::Refusal;

/// Takes the service that is ready, and leaves a clone in its place, whose turn is the next request.
pub(crate) fn take_ready<S: Clone>(service: &mut S) -> S {
    let clone = service.clone();
    mem::replace(service, clone)
}

pin_project! {
    #[project = AnswerNow]
    pub(crate) enum Answer<F, R> {
        OfService { #[pin] answer: F },
        Refused { response: Option<R> },
    }
}

impl<F, B: Default> Answer<F, Response<B>> {
    pub(crate) fn refused(refusal: &Refusal) -> Self {
        Self::Refused { response: Some(refusal.response()) }
    }
}

impl<F: Future<Output = Result<R, E>>, R, E> Future for Answer<F, R> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            AnswerNow::OfService { answer } => answer.poll(context),
            // A future that is polled again after it completed never completes again.
            AnswerNow::Refused { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}
