//! At what a verifier would stop. Every rule here is the library's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::{
    Algorithm, KeySet, Reason, Rejection, SigningKey, TrustedIssuer, UnixSeconds, Verifier, VerifierBuilder,
};

use super::parts::Parts;
use super::statement::Statement;
use crate::failure::Failure;

/// Stands where a token names nobody that a verifier could be told to trust.
const NOBODY: &str = "(nobody)";
/// The largest size that a verifier can be told to look at, for parts of a token whose own size is judged already.
const ANY_SIZE: usize = 1 << 20;

/// The part of a token in which a verifier would stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Form,
    Header,
    Claims,
}

impl Place {
    /// Where a reason belongs; nowhere when it is about keys.
    fn of(reason: Reason) -> Option<Self> {
        match reason.code() {
            100..200 => Some(Self::Form),
            200..300 => Some(Self::Header),
            400..500 => Some(Self::Claims),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Header => "header",
            Self::Claims => "claims",
        }
    }
}

/// A refusal to expect, and where.
pub struct Finding {
    pub place: Place,
    pub rejection: Rejection,
}

impl Finding {
    fn of(rejection: Rejection) -> Option<Self> {
        Place::of(rejection.reason()).map(|place| Self { place, rejection })
    }

    /// Whether another time could undo it.
    fn is_of_time(&self) -> bool {
        matches!(self.rejection.reason(), Reason::Expired | Reason::NotYetValid | Reason::IssuedInFuture)
    }
}

/// Asks a verifier about each part by itself, so that a fault in one does not hide those in the next.
///
/// There is no key for the signature, and none is needed: the verifier trusts a key made for this one moment, which
/// nobody else ever sees. The form is judged under a header that names this key; the header before any key is looked
/// for; the claims once they are signed anew.
pub fn find(
    token: &[u8],
    parts: &Parts,
    statement: &Statement,
    now: UnixSeconds,
) -> Result<Vec<Finding>, Failure> {
    let key = SigningKey::generate(Algorithm::ES256).map_err(impossible)?;
    let verifier = trusting(&key, statement).build().map_err(impossible)?;
    let as_it_is = verifier.check_at(token, now).err().and_then(Finding::of);
    if !parts.are_a_token() {
        return Ok(as_it_is.into_iter().collect());
    }
    let verifier = trusting(&key, statement).max_token_size(ANY_SIZE).build().map_err(impossible)?;
    let judge = |place, token: &[u8], now| {
        let rejection = verifier.check_at(token, now).err();
        rejection.and_then(Finding::of).filter(|finding| finding.place == place)
    };
    let claims = parts.claims.bytes.as_deref();
    let signed_anew = key.sign(claims.unwrap_or_default()).map_err(impossible)?;

    let form = as_it_is.filter(|finding| finding.place == Place::Form).or_else(|| {
        let (header, _) = signed_anew.split_once('.')?;
        let behind_header = token.get(token.iter().position(|&byte| byte == b'.')?..)?;
        judge(Place::Form, &[header.as_bytes(), behind_header].concat(), now)
    });
    let header = parts.header.bytes.as_ref().and_then(|header| {
        let canonical = format!("{}..", URL_SAFE_NO_PAD.encode(header));
        judge(Place::Header, canonical.as_bytes(), now)
    });
    let in_claims = claims.and_then(|_| judge(Place::Claims, signed_anew.as_bytes(), now));
    // What is judged behind the times, as of the token's last second.
    let behind_times = statement.expires_at.filter(|_| in_claims.as_ref().is_some_and(Finding::is_of_time));
    let behind_times = behind_times.and_then(|expires_at| {
        let last_second = UnixSeconds(expires_at.0.saturating_sub(1));
        judge(Place::Claims, signed_anew.as_bytes(), last_second).filter(|finding| !finding.is_of_time())
    });
    Ok([form, header, in_claims, behind_times].into_iter().flatten().collect())
}

/// A verifier that trusts whomever the token says it is from, and is the first of those that the token is for.
fn trusting(key: &SigningKey, statement: &Statement) -> VerifierBuilder {
    let mut issuers = statement.issuer.iter().filter(|issuer| !issuer.is_empty());
    let mut audiences = statement.audiences.iter().filter(|audience| !audience.is_empty());
    let issuer = issuers.next().map_or(NOBODY, String::as_str);
    let audience = audiences.next().map_or(NOBODY, String::as_str);
    let keys: KeySet = std::iter::once(key.public_key().clone()).collect();
    Verifier::builder().issuer(TrustedIssuer::new(issuer, keys)).audience(audience)
}

fn impossible(error: impl std::error::Error) -> Failure {
    Failure::new(format!("the token could not be judged: {error}"))
}
