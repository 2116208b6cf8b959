//! What a real API server said of a thousand tokens, and what we say of them: never looser, and stricter only by a
//! documented rule.

mod common;

use std::collections::BTreeMap;

use boundtoken::{Reason, UnixSeconds};
use common::{Case, Folder};

#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
    stricter: BTreeMap<Reason, usize>,
    looser: usize,
    /// Refused because the compiled backend does not have the key's algorithm.
    skipped: usize,
}

impl Tally {
    fn print(&self, name: &str) {
        let stricter: usize = self.stricter.values().sum();
        println!("{name}");
        println!("  agreed: {} accepted, {} refused", self.accepted, self.refused);
        println!("  stricter: {stricter}");
        for (reason, count) in &self.stricter {
            println!("    {count:>4}  {reason}: {}", reason.description());
        }
        println!("  looser: {}", self.looser);
        if self.skipped > 0 {
            println!(
                "  SKIPPED: {} of keys that this backend does not have; run with --features aws-lc-rs",
                self.skipped
            );
        }
    }
}

#[test]
fn every_verdict_of_the_server_is_ours_or_stricter_by_a_documented_rule() {
    let mut failures = Vec::new();
    for folder in common::folders() {
        let Some(keys) = folder.keys() else { continue };
        let stores = folder.stores();
        let mut tally = Tally::default();
        println!(
            "{}: reviews that name no audience are judged by the server's own audiences; the rounds come later after the \
             deletions than the server's token cache of 10 s lasts, so that it decides none",
            folder.name
        );
        for case in &folder.cases {
            let verifier = folder.verifier(&keys, case, &stores[case.objects]);
            let ours = verifier.verify_at(case.token.as_bytes(), UnixSeconds(case.now));
            match (&ours, case.server.authenticated) {
                (Ok(verified), true) => {
                    tally.accepted += 1;
                    let audiences: Vec<&str> = verified.claims().matched_audiences().collect();
                    if verified.user_info() != case.server.user || audiences != case.server.audiences {
                        failures.push(format!(
                            "{}: {}: another user or audiences: {verified:?}",
                            folder.name, case.name
                        ));
                    }
                }
                (Err(rejection), false) => {
                    tally.refused += 1;
                    let expected = reasons_for(&case.server.error);
                    let reason = rejection.reason();
                    let known = |expected: &[Reason]| {
                        expected.contains(&reason) || Reason::STRICTER.contains(&reason)
                    };
                    if !expected.is_none_or(known) {
                        let error = &case.server.error;
                        failures.push(format!(
                            "{}: {}: {reason} where the server says {error}",
                            folder.name, case.name
                        ));
                    }
                }
                (Err(rejection), true)
                    if !keys.skipped().is_empty() && needs_a_skipped_key(rejection.reason()) =>
                {
                    tally.skipped += 1;
                }
                (Err(rejection), true) => {
                    *tally.stricter.entry(rejection.reason()).or_default() += 1;
                    if !Reason::STRICTER.contains(&rejection.reason()) {
                        failures.push(format!(
                            "{}: {}: refused without a documented rule: {rejection}",
                            folder.name, case.name
                        ));
                    }
                }
                (Ok(_), false) => {
                    tally.looser += 1;
                    failures.push(format!(
                        "{}: {}: LOOSER than the server, which says {}",
                        folder.name, case.name, case.server.error
                    ));
                }
            }
        }
        assert!(tally.accepted > 0 && tally.refused > 0, "{}: vectors that decide nothing", folder.name);
        tally.print(&format!("{}: {} cases", folder.name, folder.cases.len()));
    }
    assert!(failures.is_empty(), "{} of the cases:\n{}", failures.len(), failures.join("\n"));
}

fn needs_a_skipped_key(reason: Reason) -> bool {
    matches!(reason, Reason::AlgorithmUnsupported | Reason::AlgorithmMismatch | Reason::KeyUnknown)
}

/// The reasons that say what the server's error says, if it is one of those that are known. `invalid bearer token` alone is all that it says of a token
/// that it could not read or whose issuer it does not know.
fn reasons_for(error: &str) -> Option<&'static [Reason]> {
    use Reason::*;
    let table: &[(&str, &[Reason])] = &[
        ("invalid signature, no keys found", &[KeyUnknown]),
        (
            "error in cryptographic primitive",
            &[SignatureInvalid, AlgorithmMissing, AlgorithmUnsupported, HeaderMalformed],
        ),
        ("is invalid for the target audiences", &[AudienceMismatch]),
        ("service account token is not valid yet", &[NotYetValid]),
        ("service account token has expired", &[Expired]),
        ("service account token is issued in the future", &[IssuedInFuture]),
        ("service account UID", &[ServiceAccountUidMismatch]),
        ("secret UID", &[SecretUidMismatch]),
        ("pod UID", &[PodUidMismatch]),
        ("node UID", &[NodeUidMismatch]),
        (
            "has been invalidated",
            &[SecretNotFound, SecretDeleted, PodNotFound, PodDeleted, NodeNotFound, NodeDeleted],
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
    ];
    if let Some((_, reasons)) = table.iter().find(|(text, _)| error.contains(text)) {
        return Some(reasons);
    }
    if error != "invalid bearer token" {
        println!("an error of the server that the table does not know: {error}");
        return None;
    }
    Some(&[
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
    ])
}

#[test]
fn everything_the_server_issues_is_accepted_for_its_audiences() {
    for folder in common::folders() {
        let Some(keys) = folder.keys() else { continue };
        let stores = folder.stores();
        let live = |case: &&Case| case.name.starts_with("before/") && case.server.authenticated;
        let mut seen = std::collections::BTreeSet::new();
        for case in folder.cases.iter().filter(live) {
            let verifier = folder.verifier(&keys, case, &stores[case.objects]);
            let verdict = verifier.verify_at(case.token.as_bytes(), UnixSeconds(case.now));
            assert!(verdict.is_ok(), "{}: {}: {verdict:?}", folder.name, case.name);
            seen.insert(case.token.as_str());
        }
        // Every token was shown for an audience of its own, but for the one issued for the empty audience.
        let unseen: Vec<&str> = unseen_tokens(&folder, &seen);
        println!("{}: {} tokens accepted, never accepted by the server: {unseen:?}", folder.name, seen.len());
        assert!(unseen.len() <= 2, "{}: {unseen:?}", folder.name);
    }
}

fn unseen_tokens<'a>(folder: &'a Folder, seen: &std::collections::BTreeSet<&str>) -> Vec<&'a str> {
    folder
        .tokens
        .iter()
        .filter(|(_, token)| !seen.contains(token.as_str()))
        .map(|(name, _)| name.as_str())
        .collect()
}
