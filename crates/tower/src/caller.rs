//! Who sent a request.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use boundtoken::{VerifiedToken, Verifier};

use crate::Revoked;

/// The caller of a request, whose token was accepted.
///
/// It is a [`VerifiedToken`], and knows the verifier that accepted it. A layer puts it into the extensions of each request
/// that it lets through:
///
/// ```
/// use boundtoken_tower::Caller;
///
/// fn greet<B>(request: &http::Request<B>) -> String {
///     match request.extensions().get::<Caller>() {
///         Some(caller) => format!("hello, {}", caller.claims().subject()),
///         None => "hello, whoever you are".to_owned(),
///     }
/// }
/// # assert_eq!(greet(&http::Request::new(())), "hello, whoever you are");
/// ```
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    token: VerifiedToken,
    verifier: Arc<Verifier>,
}

impl Caller {
    /// A caller whose token `verifier` accepted.
    #[must_use]
    pub fn new(verifier: Arc<Verifier>, token: VerifiedToken) -> Self {
        Self { token, verifier }
    }

    /// The accepted token.
    #[must_use]
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }

    /// Waits until the caller's token is no longer good. See [`Revoked`] for what that means.
    ///
    /// It is meant for what outlives one answer: WebSockets, server-sent events, streams.
    ///
    /// ```no_run
    /// # use boundtoken_tower::Caller;
    /// # async fn send_news() {}
    /// # async fn serve(caller: Caller) {
    /// tokio::select! {
    ///     () = send_news() => {}
    ///     reason = caller.revoked() => println!("closed: {reason}"),
    /// }
    /// # }
    /// ```
    pub fn revoked(&self) -> Revoked {
        Revoked::new(Arc::clone(&self.verifier), self.token.clone())
    }
}

impl Deref for Caller {
    type Target = VerifiedToken;

    fn deref(&self) -> &VerifiedToken {
        &self.token
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Caller").field(&self.token).finish()
    }
}
