//! The rules on which the two verifiers differ, and why.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::Reason;
use serde_json::Value;

/// Our rules that jsonwebtoken does not have in this configuration.
pub const OURS_ALONE: &[(Reason, &str)] = &[
    (Reason::TokenTooLarge, "it reads tokens of any size"),
    (Reason::HeaderTooLarge, "it reads headers of any size"),
    (Reason::HeaderTooDeep, "serde_json allows 128 levels"),
    (Reason::HeaderDuplicateMember, "of members that it has no field for, the last one counts"),
    (Reason::HeaderTooManyMembers, "it collects any number of members"),
    (Reason::HeaderNumberOutOfRange, "serde_json reads numbers of any length"),
    (Reason::TypeUnsupported, "it reads `typ` and leaves it to the caller"),
    (Reason::CriticalHeader, "it reads `crit` and leaves it to the caller, and does not know `b64`"),
    (Reason::EmbeddedKey, "it reads `jwk`, `jku`, `x5u` and `x5c` and leaves them to the caller"),
    (Reason::KeyUnknown, "it is handed a key and ignores `kid`"),
    (Reason::ClaimsTooDeep, "serde_json allows 128 levels"),
    (Reason::ClaimsDuplicateMember, "of members that it has no field for, the last one counts"),
    (Reason::ClaimsNumberOutOfRange, "serde_json reads numbers of any length"),
    (Reason::ClaimsWrongType, "it reads exp, nbf, iss and aud alone, and takes a list of issuers"),
    (Reason::ClaimsNameCase, "a name in another case is another name to it"),
    (Reason::ClaimsDateOutOfRange, "it takes dates up to 2^64 - 1, and does not read `iat`"),
    (Reason::IssuedInFuture, "it does not read `iat`"),
    (Reason::KubernetesClaimMissing, "it does not know Kubernetes"),
    (Reason::SubjectMismatch, "it does not know Kubernetes"),
    (Reason::ReferenceInvalid, "it does not know Kubernetes"),
    (Reason::BindingUnknown, "it does not know Kubernetes"),
    (Reason::AttestationMissing, "it does not know Kubernetes"),
];

type Applies = fn(&OraclesRefusal) -> bool;

/// Tokens that it refuses without need. We accept them.
pub const ORACLES_ALONE: &[(&str, Applies)] = &[
    ("a null `nbf` is as good as none, as in the API server", |refusal| {
        refusal.error.contains("nbf") && parsed(&refusal.claims).get("nbf").is_some_and(Value::is_null)
    }),
    ("a header member that nobody reads here may have any type", |refusal| {
        let header = parsed(&refusal.header);
        let is_text = |value: &Value| value.is_string() || value.is_null();
        let differs = |name: &&str| header.get(*name).is_some_and(|value| !is_text(value));
        refusal.error.contains("invalid type") && ["cty", "x5t", "url", "zip", "enc"].iter().any(differs)
    }),
];

/// The oracle's verdict on a token that we accepted.
pub struct OraclesRefusal {
    pub error: String,
    header: String,
    claims: String,
}

impl OraclesRefusal {
    pub fn new(error: &jsonwebtoken::errors::Error, token: &str) -> Self {
        let mut parts = token.split('.').map(|part| {
            let decoded = URL_SAFE_NO_PAD.decode(part).expect("an accepted token is base64url");
            String::from_utf8_lossy(&decoded).into_owned()
        });
        let mut part = || parts.next().expect("an accepted token has three parts");
        Self { error: format!("{error} {:?}", error.kind()), header: part(), claims: part() }
    }
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("an accepted part is JSON")
}
