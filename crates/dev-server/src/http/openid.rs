//! The issuer's discovery document and keys.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::get;

use super::accept::accepts;
use super::{Answer, Context, not_found};

const CONFIGURATION: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/openid/v1/jwks";

/// The paths of the two documents.
pub(super) const PATHS: [&str; 2] = [CONFIGURATION, JWKS];

/// The routes of the two documents. When the issuer is no `https` URL there are none, as in the server.
pub(super) fn routes() -> Router<super::ContextRef> {
    Router::new().route(CONFIGURATION, get(configuration)).route(JWKS, get(jwks))
}

async fn configuration(State(context): Context, headers: HeaderMap) -> Answer {
    let document = context.issuer.openid_configuration().ok_or_else(not_found)?;
    published("application/json", document, &headers)
}

async fn jwks(State(context): Context, headers: HeaderMap) -> Answer {
    context.issuer.openid_configuration().ok_or_else(not_found)?;
    published("application/jwk-set+json", context.issuer.jwks(), &headers)
}

fn published(media_type: &'static str, document: String, headers: &HeaderMap) -> Answer {
    accepts(headers, media_type)?;
    Ok(([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "public, max-age=3600")], document).into_response())
}
