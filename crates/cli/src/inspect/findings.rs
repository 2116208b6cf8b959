//! Why a verifier would refuse a token. The library decides, so this file has no rules of its own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::{
    Algorithm, KeySet, Reason, Rejection, SigningKey, TrustedIssuer, UnixSeconds, Verifier, VerifierBuilder,
};

use super::parts::Parts;
use super::statement::Statement;
use crate::failure::Failure;

/// The issuer or audience for a token that names none.
const NOBODY: &str = "(nobody)";
/// The largest token size limit that a verifier can have. For parts of a token whose size was judged before.
const ANY_SIZE: usize = 1 << 20;

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Form,
    Header,
    Claims,
}

impl Place {
    /// The part that a reason is about. None for reasons about keys.
    fn of(reason: Reason) -> Option<Self> {
        match reason.number() {
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

/// A refusal to expect, and the part that it is about.
pub struct Finding {
    pub place: Place,
    pub rejection: Rejection,
}

impl Finding {
    fn of(rejection: Rejection) -> Option<Self> {
        Place::of(rejection.reason()).map(|place| Self { place, rejection })
    }

    /// Whether the token would not be refused for this at another time.
    fn is_of_time(&self) -> bool {
        matches!(self.rejection.reason(), Reason::Expired | Reason::NotYetValid | Reason::IssuedInFuture)
    }
}

/// Asks a verifier about each part separately. A fault in one part does not hide the faults in the next.
///
/// The token's own key is unknown and not needed. The verifier trusts a key that is made here and never leaves this function:
///
/// - The form is judged behind a header that names this key.
/// - The header is judged before the verifier looks for a key.
/// - The claims are judged after they are signed with this key.
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
    // Without claims, only the header of this token is used.
    let signed_here = key.sign(claims.unwrap_or_default()).map_err(impossible)?;

    let form = as_it_is.filter(|finding| finding.place == Place::Form).or_else(|| {
        let (header, _) = signed_here.split_once('.')?;
        let behind_header = token.get(token.iter().position(|&byte| byte == b'.')?..)?;
        judge(Place::Form, &[header.as_bytes(), behind_header].concat(), now)
    });
    let header = parts.header.bytes.as_ref().and_then(|header| {
        let canonical = format!("{}..", URL_SAFE_NO_PAD.encode(header));
        judge(Place::Header, canonical.as_bytes(), now)
    });
    let in_claims = claims.and_then(|_| judge(Place::Claims, signed_here.as_bytes(), now));
    // A fault in the times hides later faults. They show in the token's last second.
    let behind_times = statement.expires_at.filter(|_| in_claims.as_ref().is_some_and(Finding::is_of_time));
    let behind_times = behind_times.and_then(|expires_at| {
        let last_second = UnixSeconds(expires_at.0.saturating_sub(1));
        judge(Place::Claims, signed_here.as_bytes(), last_second).filter(|finding| !finding.is_of_time())
    });
    Ok([form, header, in_claims, behind_times].into_iter().flatten().collect())
}

/// A verifier that trusts the issuer in the token, and accepts the first audience in the token.
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
