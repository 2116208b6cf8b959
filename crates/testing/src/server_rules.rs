//! What an API server of a given version checks, and which of our reasons its error texts stand for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::{Algorithm, KeySet, Reason, UserInfo};
use serde_json::Value;

use super::{Case, Folder};

/// The rules of one server that depend on its version.
pub struct ServerRules<'a> {
    keys: &'a KeySet,
    /// Older servers, such as 1.30, ignore the kid and try every key. So they never say that there is no key.
    looks_at_kid: bool,
    /// Servers before 1.37 ignore references to webhook configurations, and attestations.
    knows_webhooks: bool,
}

impl<'a> ServerRules<'a> {
    /// Infers the rules from the server's answers.
    pub fn of(folder: &Folder, keys: &'a KeySet) -> Self {
        let says = |text| folder.cases.iter().any(|case| case.server.error.contains(text));
        let rules = Self { keys, looks_at_kid: says(NO_KEY), knows_webhooks: says(NO_ATTESTATION) };
        if !rules.looks_at_kid {
            println!(
                "{}: this server tries every key, whatever the kid says; we look at the kid",
                folder.name
            );
        }
        rules
    }

    /// Whether the server's error can stand for this reason.
    pub fn say(&self, case: &Case, reason: Reason) -> bool {
        let error = &case.server.error;
        reasons_for(error).is_none_or(|expected| expected.contains(&reason)) || self.do_not_know(case, reason)
    }

    /// Whether we refuse for something that newer servers check and this server does not. It may accept the token, so
    /// our rule is stricter than this server. [`Reason::STRICTER`] lists the rules that are stricter than every
    /// server.
    pub fn do_not_know(&self, case: &Case, reason: Reason) -> bool {
        match reason {
            Reason::KeyUnknown | Reason::SignatureInvalid if !self.looks_at_kid => {
                let named = kid(&case.token).map(|kid| self.keys.with_kid(&kid).len());
                match reason {
                    Reason::KeyUnknown => named == Some(0),
                    _ => named.is_some_and(|named| named > 0 && named < self.keys.len()),
                }
            }
            Reason::ClaimsWrongType | Reason::AttestationMissing => self.ignores_members_of(case),
            reason if reason >= Reason::ValidatingWebhookConfigurationNotFound => {
                self.ignores_members_of(case)
            }
            _ => false,
        }
    }

    /// Whether we refuse only because this build's cryptography does not support the token's algorithm. Its key is
    /// not looked at then.
    pub fn needs_another_backend(&self, case: &Case, reason: Reason) -> bool {
        let algorithm =
            part(&case.token, 0).unwrap_or_default()["alg"].as_str().unwrap_or_default().to_owned();
        let known = Algorithm::ALL.iter().find(|known| known.name() == algorithm);
        reason == Reason::AlgorithmUnsupported && known.is_some_and(|known| !known.is_supported())
    }

    /// The user without the attributes that the server does not know.
    pub fn user_known_to_the_server(&self, mut user: UserInfo) -> UserInfo {
        if !self.knows_webhooks {
            user.extra
                .retain(|key, _| !key.contains("webhookconfiguration-") && !key.starts_with("attestation."));
        }
        user
    }

    fn ignores_members_of(&self, case: &Case) -> bool {
        let claims = part(&case.token, 1).unwrap_or_default();
        let named = |member: &str| !claims["kubernetes.io"][member].is_null();
        !self.knows_webhooks
            && ["validatingwebhookconfiguration", "mutatingwebhookconfiguration", "attestations"]
                .into_iter()
                .any(named)
    }
}

fn kid(token: &str) -> Option<String> {
    part(token, 0)?["kid"].as_str().map(str::to_owned)
}

/// The header or the claims of a token, unverified.
fn part(token: &str, place: usize) -> Option<Value> {
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(place)?).ok()?;
    serde_json::from_slice(&part).ok()
}

const NO_ATTESTATION: &str = "bound object was a webhook config, but";

const NO_KEY: &str = "no keys found";

/// The server's error for a key that did not make the signature. A server that tries several keys reports this for
/// each of them. For the right key it reports what is wrong with the claims, and that is the reason.
const ANOTHER_KEY: &str = "error in cryptographic primitive";

/// The reasons that an error can stand for. `None` if the error is not known here.
fn reasons_for(error: &str) -> Option<&'static [Reason]> {
    if let Some((_, reasons)) = TABLE.iter().find(|(text, _)| error.contains(text)) {
        return Some(reasons);
    }
    if error == "invalid bearer token" {
        return Some(UNREADABLE);
    }
    println!("an error of the server that the table does not know: {error}");
    None
}

/// Texts in errors, and the reasons they stand for. The first text that an error contains counts.
const TABLE: &[(&str, &[Reason])] = {
    use Reason::*;
    &[
        // The server looks for the key before it looks at the algorithm. We read the whole header first.
        (NO_KEY, &[KeyUnknown, AlgorithmMissing, AlgorithmUnsupported]),
        ("is invalid for the target audiences", &[AudienceMismatch]),
        ("service account token is not valid yet", &[NotYetValid]),
        ("service account token has expired", &[Expired]),
        ("service account token is issued in the future", &[IssuedInFuture]),
        ("service account UID", &[ServiceAccountUidMismatch]),
        ("secret UID", &[SecretUidMismatch]),
        ("pod UID", &[PodUidMismatch]),
        ("node UID", &[NodeUidMismatch]),
        ("ValidatingWebhookConfiguration UID", &[ValidatingWebhookConfigurationUidMismatch]),
        ("MutatingWebhookConfiguration UID", &[MutatingWebhookConfigurationUidMismatch]),
        (NO_ATTESTATION, &[AttestationMissing]),
        (
            "has been invalidated",
            &[
                SecretNotFound,
                SecretDeleted,
                PodNotFound,
                PodDeleted,
                NodeNotFound,
                NodeDeleted,
                ValidatingWebhookConfigurationNotFound,
                ValidatingWebhookConfigurationDeleted,
                MutatingWebhookConfigurationNotFound,
                MutatingWebhookConfigurationDeleted,
            ],
        ),
        ("serviceaccounts ", &[ServiceAccountNotFound]),
        ("has been deleted", &[ServiceAccountDeleted]),
        ("invalid namespace", &[ReferenceInvalid]),
        ("resource name may not be empty", &[KubernetesClaimMissing]),
        ("the server could not find the requested resource", &[KubernetesClaimMissing]),
        ("duplicate key", &[ClaimsDuplicateMember]),
        ("Go value of type []string", &[CriticalHeader]),
        ("cannot unmarshal", &[ClaimsWrongType]),
        ("to unmarshal NumericDate", &[ClaimsWrongType]),
        ("unmarshal to Audience", &[ClaimsWrongType]),
        ("claim is missing", &[LegacyToken]),
        ("sub claim is invalid", &[LegacyToken]),
        ("Token does not match server's copy", &[LegacyToken]),
        ("token issuer", &[IssuerMismatch]),
        ("the request was refused", &[TokenEmpty]),
        (ANOTHER_KEY, &[SignatureInvalid, AlgorithmMissing, AlgorithmUnsupported, HeaderMalformed]),
    ]
};

/// The server only says `invalid bearer token` if it cannot read a token or does not know its issuer.
const UNREADABLE: &[Reason] = {
    use Reason::*;
    &[
        TokenPartCount,
        TokenNotBase64url,
        HeaderMalformed,
        HeaderDuplicateMember,
        HeaderWrongType,
        AlgorithmMissing,
        ClaimsMalformed,
        ClaimsTooDeep,
        ClaimsDuplicateMember,
        ClaimsWrongType,
        IssuerMismatch,
        // The server looks at the issuer before the signature. We never read unverified claims.
        SignatureInvalid,
        KeyUnknown,
        AlgorithmUnsupported,
    ]
};
