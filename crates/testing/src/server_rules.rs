//! What an API server of some version looks at, and what its error texts say in our reasons.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::{Algorithm, KeySet, Reason, UserInfo};
use serde_json::Value;

use super::{Case, Folder};

/// The rules of one server, as far as its version decides.
pub struct ServerRules<'a> {
    keys: &'a KeySet,
    /// Older servers (1.30, for one) try every key, whatever the kid says, and so never say that there is none.
    looks_at_kid: bool,
    /// Servers before 1.37 ignore references to webhook configurations, and attestations.
    knows_webhooks: bool,
}

impl<'a> ServerRules<'a> {
    /// The rules that the server's answers show.
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

    /// Whether the server refuses the token for this reason too, as far as its error tells.
    pub fn say(&self, case: &Case, reason: Reason) -> bool {
        let error = &case.server.error;
        reasons_for(error).is_none_or(|expected| expected.contains(&reason)) || self.do_not_know(case, reason)
    }

    /// Whether we refuse for something that this server does not look at, and that newer servers do. It may accept such a
    /// token, so there the rule is stricter; [`Reason::STRICTER`] lists what is stricter than every server.
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

    /// Whether the token is refused because this build's cryptography does not have its algorithm, so that its key is not even
    /// looked at.
    pub fn needs_another_backend(&self, case: &Case, reason: Reason) -> bool {
        let algorithm =
            part(&case.token, 0).unwrap_or_default()["alg"].as_str().unwrap_or_default().to_owned();
        let known = Algorithm::ALL.iter().find(|known| known.name() == algorithm);
        reason == Reason::AlgorithmUnsupported && known.is_some_and(|known| !known.is_supported())
    }

    /// The user without what the server does not know.
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

/// What the server says of a key whose signature does not hold. Where it tries several keys, it says this of each, and of
/// the one whose signature holds what is wrong with the claims: then that is the reason.
const ANOTHER_KEY: &str = "error in cryptographic primitive";

/// The reasons that an error gives; none if it is not known here.
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

/// From top to bottom: the first text that an error contains is what it says.
const TABLE: &[(&str, &[Reason])] = {
    use Reason::*;
    &[
        // The server looks for the key before it looks at the algorithm; we read the header as a whole.
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

/// All that the server says of a token that it could not read, or whose issuer it does not know, is `invalid bearer token`.
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
        // The server looks at the issuer before the signature; we never read unverified claims.
        SignatureInvalid,
        KeyUnknown,
        AlgorithmUnsupported,
    ]
};
