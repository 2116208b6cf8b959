//! Who sends a request: the administrator, or a service account.
//!
//! There is no authorization: an authenticated user may do everything. Without credentials, the server answers only what
//! is public: health, version, and the issuer's keys.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::log::LoggedRefusal;
use super::{Context, Refusal, discovery, openid};
use boundtoken::api::quoted;
use boundtoken::api::{Status, StatusDetails, UserInfo};
use boundtoken::{Claims, KeyError, Reason, Rejection, Verifier};
use subtle::ConstantTimeEq as _;

use crate::DevServer;
use crate::crypto::fill_random;

/// The length of an administrator's token, in letters.
const ADMIN_TOKEN_LENGTH: usize = 64;

/// A random token that may do everything. `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct AdminToken(String);

impl AdminToken {
    /// A new one, of 256 random bits.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let mut bytes = [0; ADMIN_TOKEN_LENGTH / 2];
        fill_random(&mut bytes)?;
        // Letters alone need no quotation marks in YAML, where some hexadecimal texts are numbers.
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Ok(Self(digits.map(|digit| char::from(b'a' + digit)).collect()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text looks like an administrator's token, of this run or of another.
    pub(super) fn has_form(text: &str) -> bool {
        text.len() == ADMIN_TOKEN_LENGTH && text.bytes().all(|letter| letter.is_ascii_lowercase())
    }

    /// Compares in constant time.
    fn is(&self, token: &str) -> bool {
        self.0.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// Knows all users.
pub(crate) struct Authentication {
    pub admin_token: AdminToken,
    /// Accepts tokens for the API server itself, and judges reviewed tokens.
    pub verifier: Verifier,
    /// Whether a token may be bound to a webhook configuration (the feature gate `APIServerWebhookAuthenticationToken`).
    pub accepts_webhook_tokens: bool,
}

impl Authentication {
    /// Whether this is the admin token.
    pub(super) fn is_admin(&self, token: &str) -> bool {
        self.admin_token.is(token)
    }

    /// The user that a token stands for.
    ///
    /// # Errors
    /// Why the token is refused.
    fn user(&self, token: &str) -> Result<UserInfo, LoggedRefusal> {
        if self.is_admin(token) {
            return Ok(administrator());
        }
        match self.verifier.verify(token.as_bytes()) {
            Ok(verified) if self.accepts(verified.claims()) => Ok(verified.user_info()),
            Ok(_) => Err(LoggedRefusal::without_reason(WEBHOOK_TOKENS_ARE_OFF)),
            Err(rejection) => Err(refusal(token, &rejection)),
        }
    }

    /// Whether the settings of this server allow a token with these claims.
    pub(super) fn accepts(&self, claims: &Claims) -> bool {
        self.accepts_webhook_tokens
            || !claims.bound_objects().any(|object| object.reference.kind.is_webhook_configuration())
    }
}

/// Why a token that is bound to a webhook configuration is refused where such tokens are off.
pub(super) const WEBHOOK_TOKENS_ARE_OFF: &str =
    "the token is bound to a webhook configuration, and this server was started without such tokens";

/// Why a token is refused, with a hint for a common mistake.
pub(super) fn refusal(token: &str, rejection: &Rejection) -> LoggedRefusal {
    let mut refusal = LoggedRefusal::from(rejection);
    if AdminToken::has_form(token) {
        "it looks like the administrator's token of an earlier run, which had another one; read the kubeconfig again"
            .clone_into(&mut refusal.sentence);
    }
    refusal
}

/// The user that the admin token stands for.
pub(super) fn administrator() -> UserInfo {
    UserInfo {
        username: DevServer::ADMINISTRATOR.to_owned(),
        groups: vec!["system:masters".to_owned(), "system:authenticated".to_owned()],
        ..UserInfo::default()
    }
}

/// What an `Authorization` header holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    None,
    Token(&'a str),
}

impl<'a> Credential<'a> {
    /// As an API server reads it: what follows the token is ignored, and so is a token behind two spaces.
    fn of(header: &'a str) -> Self {
        let mut parts = header.trim().splitn(3, ' ');
        match (parts.next(), parts.next()) {
            (Some(scheme), _) if !scheme.eq_ignore_ascii_case("bearer") => Self::None,
            (_, None | Some("")) => Self::None,
            (_, Some(token)) => Self::Token(token),
        }
    }
}

/// The token in the text of a token review. An API server puts that text behind `Bearer `.
///
/// None for a text that begins with a space or has nothing but white space. An API server finds no credential there, and
/// answers that the token is authenticated as `system:anonymous`. This server does not copy that trap.
pub(super) fn reviewed_token(text: &str) -> Option<&str> {
    if text.starts_with(' ') {
        return None;
    }
    text.trim_end().split(' ').next().filter(|token| !token.trim().is_empty())
}

/// Layer: authenticates the user, and refuses requests that need one and have none.
pub(super) async fn authenticate(State(context): Context, mut request: Request, next: Next) -> Response {
    let Credential::Token(token) = credential(request.headers()) else {
        if is_public(request.uri().path()) {
            return next.run(request).await;
        }
        return unauthorized(without_token(context.is_plain_http));
    };
    let user = match context.authentication.user(token) {
        Ok(user) => user,
        Err(refusal) => return unauthorized(refusal),
    };
    if let Some(refusal) = impersonation(request.headers(), &user) {
        return Refusal(refusal).into_response();
    }
    request.extensions_mut().insert(user.clone());
    let mut response = next.run(request).await;
    response.extensions_mut().insert(user);
    response
}

/// The refusal of a request in another user's name. Even the administrator may not send one: it would be carried out in
/// the wrong name.
fn impersonation(headers: &HeaderMap, user: &UserInfo) -> Option<Status> {
    let name = String::from_utf8_lossy(headers.get("impersonate-user")?.as_bytes());
    let message = format!(
        "users {} is forbidden: User {} cannot impersonate resource \"users\" in API group \"\" at the cluster scope",
        quoted(&name),
        quoted(&user.username)
    );
    let details =
        StatusDetails { name: name.into_owned(), kind: "users".to_owned(), ..StatusDetails::default() };
    Some(Status::failure(403, "Forbidden", message).about(details))
}

fn credential(headers: &HeaderMap) -> Credential<'_> {
    match headers.get(AUTHORIZATION).map(|header| header.to_str()) {
        Some(Ok(header)) => Credential::of(header),
        // What is not ASCII is no token.
        Some(Err(_)) => Credential::Token(""),
        None => Credential::None,
    }
}

/// Whether anyone may read it. No secret is there.
fn is_public(path: &str) -> bool {
    discovery::is_health_check(path) || path == "/version" || openid::PATHS.contains(&path)
}

fn without_token(is_plain_http: bool) -> LoggedRefusal {
    let sentence = match is_plain_http {
        true => "the request has no bearer token; kubectl sends none over plain HTTP: use curl, or HTTPS",
        false => "the request has no bearer token; send the one in the kubeconfig",
    };
    LoggedRefusal { reason: Some(Reason::TokenEmpty), sentence: sentence.to_owned() }
}

fn unauthorized(refusal: LoggedRefusal) -> Response {
    let mut response = Refusal(Status::failure(401, "Unauthorized", "Unauthorized")).into_response();
    response.extensions_mut().insert(refusal);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_the_server_reads_them() {
        for (header, credential) in [
            ("Bearer abc", Credential::Token("abc")),
            ("bEARER abc", Credential::Token("abc")),
            (" Bearer abc ", Credential::Token("abc")),
            ("Bearer abc junk more", Credential::Token("abc")),
            ("Bearer  abc", Credential::None),
            ("Bearer", Credential::None),
            ("abc", Credential::None),
            ("Basic YTpi", Credential::None),
            ("", Credential::None),
        ] {
            assert_eq!(Credential::of(header), credential, "{header:?}");
        }
    }

    #[test]
    fn a_reviewed_token_that_begins_with_a_space_or_is_only_white_space_is_none() {
        for text in [" ", "  ", "\n", "\t", " abc", " \tabc"] {
            assert_eq!(reviewed_token(text), None, "{text:?}");
        }
        for text in ["abc", "abc ", "abc junk", "abc\n"] {
            assert_eq!(reviewed_token(text), Some("abc"), "{text:?}");
        }
    }

    #[test]
    fn admin_tokens_are_random_long_and_not_shown() {
        let (one, other) = (AdminToken::generate().unwrap(), AdminToken::generate().unwrap());
        assert_eq!(one.as_str().len(), 64);
        assert!(one.is(one.as_str()) && !one.is(other.as_str()) && !one.is(""));
        assert!(AdminToken::has_form(one.as_str()) && !AdminToken::has_form("abc"));
    }
}
