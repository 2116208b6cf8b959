//! Compares our verdicts on a thousand tokens with those of a real API server. We are never looser, and stricter only
//! by a documented rule.
#![allow(clippy::restriction)]

use std::collections::BTreeMap;

use boundtoken::{KeySet, Reason, UnixSeconds};
use boundtoken_testing::server_rules::ServerRules;
use boundtoken_testing::{Case, Folder};

#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
    stricter: BTreeMap<Reason, usize>,
    looser: usize,
    /// Refused because the compiled backend does not support the key's algorithm.
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
    for folder in boundtoken_testing::folders() {
        let Some(keys) = folder.keys() else { continue };
        let stores = folder.stores();
        let rules = ServerRules::of(&folder, &keys);
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
                    let audiences: Vec<&str> = verified.matched_audiences().collect();
                    let user = rules.user_known_to_the_server(verified.user_info());
                    if user != case.server.user || audiences != case.server.audiences {
                        failures.push(format!(
                            "{}: {}: another user or audiences: {verified:?}",
                            folder.name, case.name
                        ));
                    }
                }
                (Err(rejection), false) => {
                    tally.refused += 1;
                    let reason = rejection.reason();
                    if !Reason::STRICTER.contains(&reason) && !rules.say(case, reason) {
                        let error = &case.server.error;
                        failures.push(format!(
                            "{}: {}: {reason} where the server says {error}",
                            folder.name, case.name
                        ));
                    }
                }
                (Err(rejection), true)
                    if !keys.skipped().is_empty() && needs_a_skipped_key(rejection.reason())
                        || rules.needs_another_backend(case, rejection.reason()) =>
                {
                    tally.skipped += 1;
                }
                (Err(rejection), true) => {
                    *tally.stricter.entry(rejection.reason()).or_default() += 1;
                    let reason = rejection.reason();
                    if !Reason::STRICTER.contains(&reason) && !rules.do_not_know(case, reason) {
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

#[test]
fn everything_the_server_issues_is_accepted_for_its_audiences() {
    for folder in boundtoken_testing::folders() {
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
        // Every token was shown for one of its own audiences, except the token for the empty audience.
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

#[test]
fn errors_of_servers_with_several_keys_and_of_older_ones_are_understood() {
    let mut folder = boundtoken_testing::folder("apiserver-rs256");
    let keys = folder.keys().expect("keys");
    let mut case = folder.cases.swap_remove(0);
    let mut reasons = |rules: &ServerRules<'_>, error: &str| -> Vec<Reason> {
        case.server.error = format!("[invalid bearer token, {error}]");
        Reason::ALL.iter().copied().filter(|&reason| rules.say(&case, reason)).collect()
    };
    let rules = ServerRules::of(&folder, &keys);
    for (error, expected) in [
        (
            "go-jose/go-jose: error in cryptographic primitive, service account token has expired",
            Reason::Expired,
        ),
        (
            "service account token has expired, square/go-jose: error in cryptographic primitive",
            Reason::Expired,
        ),
        (
            "json: cannot unmarshal number into Go value of type string, \
             go-jose/go-jose: error in cryptographic primitive",
            Reason::ClaimsWrongType,
        ),
        ("pod UID (a) does not match service account pod ref claim (b)", Reason::PodUidMismatch),
    ] {
        assert_eq!(reasons(&rules, error), [expected], "{error}");
    }
    let forged = reasons(&rules, "go-jose/go-jose: error in cryptographic primitive");
    assert!(forged.contains(&Reason::SignatureInvalid) && !forged.contains(&Reason::Expired), "{forged:?}");

    // A server that never reports a missing key ignores the kid. Here no key of the set has the token's kid.
    folder.cases.retain(|case| !case.server.error.contains("no keys found"));
    let others =
        KeySet::from_jwks(boundtoken_testing::folder("apiserver-1.37-rs256").jwks.as_bytes()).expect("keys");
    let older = ServerRules::of(&folder, &others);
    let expired = reasons(&older, "service account token has expired");
    assert_eq!(expired, [Reason::KeyUnknown, Reason::Expired], "by an unknown kid, or as the server says");
    assert_eq!(reasons(&rules, "service account token has expired"), [Reason::Expired]);
}
