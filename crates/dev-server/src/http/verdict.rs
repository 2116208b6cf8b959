//! What a token review says of a token, in the words of an API server.
//!
//! This crate's [`Verifier`](boundtoken::Verifier) judges the token, for the audiences of the review. Its reasons become the
//! sentences of an API server. Where the verifier is stricter, and where an API server would quote its decoder, the answer is
//! plain `invalid bearer token`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::ServerContext;
use super::authentication::{WEBHOOK_TOKENS_ARE_OFF, administrator, refusal, reviewed_token};
use super::log::LoggedRefusal;
use boundtoken::api::UserInfo;
use boundtoken::api::quoted;
use boundtoken::{Attestation, BoundObjects as _, ObjectKind, ObjectReference, ObjectState, Reason};

/// The answer to a review.
pub(super) enum Verdict {
    Accepted {
        user: UserInfo,
        audiences: Vec<String>,
    },
    Refused {
        /// In the words of an API server.
        error: String,
        logged: LoggedRefusal,
    },
}

impl Verdict {
    fn invalid(logged: LoggedRefusal) -> Self {
        Self::Refused { error: INVALID.to_owned(), logged }
    }
}

/// Begins every refusal. Of a token that cannot be read, nothing else is said.
const INVALID: &str = "invalid bearer token";

/// What an API server says of a token that is bound to a webhook configuration while the feature is off.
const GATE_IS_OFF: &str =
    "feature gate \"APIServerWebhookAuthenticationToken\" is disabled, but token is webhook bound";

/// Judges a token for these audiences, or the API server's own when there are none.
pub(super) fn of(context: &ServerContext, text: &str, audiences: &[String]) -> Verdict {
    let wanted = if audiences.is_empty() { context.issuer.api_audiences() } else { audiences };
    let Some(token) = reviewed_token(text) else {
        return Verdict::invalid(LoggedRefusal::without_reason(
            "the token begins with a space or is only white space",
        ));
    };
    let mismatch = |sentence: &str| {
        let reason = Some(Reason::AudienceMismatch);
        Verdict::invalid(LoggedRefusal { reason, sentence: sentence.to_owned() })
    };

    if context.authentication.is_admin(token) {
        // A token without audiences is one for the API server.
        let audiences = in_both(wanted, |audience| context.issuer.api_audiences().contains(audience));
        return match audiences.is_empty() {
            true => mismatch("the administrator's token is for the audiences of this server alone"),
            false => Verdict::Accepted { user: administrator(), audiences },
        };
    }
    // An audience without a name is none to this crate, although the server takes it for one.
    let named: Vec<_> = wanted.iter().filter(|audience| !audience.is_empty()).collect();
    if named.is_empty() {
        return mismatch("the review asks for no audience that has a name");
    }
    match context.authentication.verifier.verify_for(token.as_bytes(), &named) {
        Ok(verified) if !context.authentication.accepts(verified.claims()) => {
            let logged = LoggedRefusal::without_reason(WEBHOOK_TOKENS_ARE_OFF);
            Verdict::Refused { error: because(GATE_IS_OFF), logged }
        }
        Ok(verified) => {
            let of_token: Vec<_> = verified.claims().audiences().collect();
            let audiences = in_both(wanted, |audience| of_token.contains(&audience.as_str()));
            Verdict::Accepted { user: verified.user_info(), audiences }
        }
        Err(rejection) => {
            let refused = Refused::new(context, token, wanted);
            let words = refused.map(|refused| refused.in_words(rejection.reason()));
            Verdict::Refused {
                error: words.unwrap_or_else(|| INVALID.to_owned()),
                logged: refusal(token, &rejection),
            }
        }
    }
}

/// The requested audiences that hold, in their order.
fn in_both(wanted: &[String], holds: impl Fn(&String) -> bool) -> Vec<String> {
    wanted.iter().filter(|audience| holds(audience)).cloned().collect()
}

/// A refused token that claims this issuer. Nothing in it is believed: it serves for messages only.
struct Refused<'a> {
    context: &'a ServerContext,
    claims: Value,
    wanted: &'a [String],
}

impl<'a> Refused<'a> {
    fn new(context: &'a ServerContext, token: &str, wanted: &'a [String]) -> Option<Self> {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Value = serde_json::from_slice(&payload).ok()?;
        let issuer = claims.get("iss").and_then(Value::as_str)?;
        (issuer == context.issuer.name()).then_some(Self { context, claims, wanted })
    }

    fn in_words(&self, reason: Reason) -> String {
        let why = match reason {
            Reason::KeyUnknown => "invalid signature, no keys found".to_owned(),
            Reason::SignatureInvalid | Reason::AlgorithmMissing | Reason::AlgorithmUnsupported => {
                "go-jose/go-jose: error in cryptographic primitive".to_owned()
            }
            Reason::AudienceMismatch => format!(
                "token audiences {} is invalid for the target audiences {}",
                list(self.audiences()),
                list(self.wanted.iter().map(String::as_str))
            ),
            Reason::NotYetValid => "service account token is not valid yet".to_owned(),
            Reason::Expired => "service account token has expired".to_owned(),
            Reason::IssuedInFuture => "service account token is issued in the future".to_owned(),
            Reason::ServiceAccountNotFound => {
                format!("serviceaccounts {} not found", quoted(self.claim("serviceaccount", "name")))
            }
            Reason::ServiceAccountDeleted => format!(
                "service account {}/{} has been deleted",
                self.namespace(),
                self.claim("serviceaccount", "name")
            ),
            Reason::ServiceAccountUidMismatch => {
                let uids = self.uids(ObjectKind::ServiceAccount, "serviceaccount");
                format!("service account UID ({}) does not match claim ({})", uids.0, uids.1)
            }
            Reason::SecretUidMismatch => self.another(ObjectKind::Secret, "secret"),
            Reason::PodUidMismatch => self.another(ObjectKind::Pod, "pod"),
            Reason::NodeUidMismatch => self.another(ObjectKind::Node, "node"),
            // The server judges this before the configurations themselves.
            reason if is_about_webhooks(reason) && !self.context.authentication.accepts_webhook_tokens => {
                GATE_IS_OFF.to_owned()
            }
            Reason::AttestationMissing => format!(
                "bound object was a webhook config, but {} attestation is missing",
                quoted(Attestation::API_GROUPS)
            ),
            Reason::ValidatingWebhookConfigurationUidMismatch => {
                self.another_configuration(ObjectKind::ValidatingWebhookConfiguration)
            }
            Reason::MutatingWebhookConfigurationUidMismatch => {
                self.another_configuration(ObjectKind::MutatingWebhookConfiguration)
            }
            Reason::SecretNotFound
            | Reason::SecretDeleted
            | Reason::PodNotFound
            | Reason::PodDeleted
            | Reason::NodeNotFound
            | Reason::NodeDeleted
            | Reason::ValidatingWebhookConfigurationNotFound
            | Reason::ValidatingWebhookConfigurationDeleted
            | Reason::MutatingWebhookConfigurationNotFound
            | Reason::MutatingWebhookConfigurationDeleted => {
                "service account token has been invalidated".to_owned()
            }
            _ => return INVALID.to_owned(),
        };
        because(&why)
    }

    fn audiences(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match self.claims.get("aud") {
            Some(Value::String(one)) => (Some(one.as_str()), None),
            Some(Value::Array(several)) => (None, Some(several)),
            _ => (None, None),
        };
        one.into_iter().chain(several.into_iter().flatten().filter_map(Value::as_str))
    }

    fn namespace(&self) -> &str {
        self.text(&["kubernetes.io", "namespace"])
    }

    fn claim(&self, object: &str, member: &str) -> &str {
        self.text(&["kubernetes.io", object, member])
    }

    fn text(&self, path: &[&str]) -> &str {
        let value = path.iter().try_fold(&self.claims, |value, member| value.get(member));
        value.and_then(Value::as_str).unwrap_or_default()
    }

    /// The uid of the existing object, and the uid in the token.
    fn uids(&self, kind: ObjectKind, claim: &str) -> (String, &str) {
        let namespace = if kind.is_namespaced() { self.namespace() } else { "" };
        let reference = ObjectReference { kind, namespace, name: self.claim(claim, "name") };
        let found = match self.context.store.state(&reference) {
            ObjectState::Present { uid, .. } => uid.to_string(),
            _ => String::new(),
        };
        (found, self.claim(claim, "uid"))
    }

    fn another(&self, kind: ObjectKind, claim: &str) -> String {
        let (found, claimed) = self.uids(kind, claim);
        format!("{claim} UID ({found}) does not match service account {claim} ref claim ({claimed})")
    }

    fn another_configuration(&self, kind: ObjectKind) -> String {
        let (found, claimed) = self.uids(kind, &kind.name().to_ascii_lowercase());
        // The server says `validating` of both.
        format!("{kind} UID ({found}) does not match service account validating ref claim ({claimed})")
    }
}

/// The whole answer, with the reason.
fn because(why: &str) -> String {
    format!("[{INVALID}, {why}]")
}

/// Whether a token is refused for its webhook configuration or its attestations.
fn is_about_webhooks(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AttestationMissing
            | Reason::ValidatingWebhookConfigurationNotFound
            | Reason::ValidatingWebhookConfigurationUidMismatch
            | Reason::ValidatingWebhookConfigurationDeleted
            | Reason::MutatingWebhookConfigurationNotFound
            | Reason::MutatingWebhookConfigurationUidMismatch
            | Reason::MutatingWebhookConfigurationDeleted
    )
}

/// `["a" "b"]`
fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(" "))
}
