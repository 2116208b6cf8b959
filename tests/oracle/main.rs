//! Compares our verdicts with those of the crate jsonwebtoken. If it refuses a token, we must refuse it too. If it
//! accepts a token that we refuse, the reason must be a rule that it does not have.
#![allow(clippy::restriction)]

mod choices;
mod draft;
mod rules;
mod text;

use std::cell::RefCell;
use std::collections::BTreeMap;

use boundtoken::{Algorithm, Reason, TrustedIssuer, UnixSeconds, Verifier};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, Mint};
use jsonwebtoken::{DecodingKey, Validation};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use rules::{ORACLES_ALONE, OURS_ALONE, OraclesRefusal};
use serde_json::Value;

/// One algorithm: a key, our verifier and the oracle's verifier.
struct Contest {
    mint: Mint,
    verifier: Verifier,
    oracle_key: DecodingKey,
    oracle_rules: Validation,
    tally: RefCell<Tally>,
}

#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: BTreeMap<Reason, usize>,
    ours_alone: BTreeMap<Reason, usize>,
    oracles_alone: BTreeMap<&'static str, usize>,
}

impl Contest {
    fn new(algorithm: Algorithm) -> Self {
        let mint = Mint::new(algorithm, mint::KID);
        let issuer = TrustedIssuer::new(ISSUER, mint.keys());
        let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).audience("old").build().unwrap();
        let jwk = serde_json::from_value(mint.jwk.clone()).unwrap();
        let mut oracle_rules = Validation::new(algorithm.name().parse().unwrap());
        oracle_rules.leeway = 60;
        oracle_rules.validate_nbf = true;
        oracle_rules.set_issuer(&[ISSUER]);
        oracle_rules.set_audience(&[AUDIENCE, "old"]);
        oracle_rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        let oracle_key = DecodingKey::from_jwk(&jwk).unwrap();
        Self { mint, verifier, oracle_key, oracle_rules, tally: RefCell::default() }
    }

    /// Shows the token to both verifiers.
    fn judge(&self, token: &[u8]) -> Result<(), TestCaseError> {
        let oracle = jsonwebtoken::decode::<Value>(token, &self.oracle_key, &self.oracle_rules);
        let ours = self.verifier.verify_at(token, UnixSeconds::now());
        let shown = String::from_utf8_lossy(token);
        let mut tally = self.tally.borrow_mut();
        match (ours, oracle) {
            (Ok(verified), Ok(decoded)) => {
                tally.accepted += 1;
                let payload: Value = serde_json::from_str(verified.claims().payload()).unwrap();
                prop_assert_eq!(payload, decoded.claims);
            }
            (Err(rejection), Err(_)) => *tally.refused.entry(rejection.reason()).or_default() += 1,
            (Err(rejection), Ok(_)) => {
                *tally.ours_alone.entry(rejection.reason()).or_default() += 1;
                let known = OURS_ALONE.iter().any(|(reason, _)| *reason == rejection.reason());
                prop_assert!(known, "refused by no rule of our own: {}: {}", rejection, shown);
            }
            (Ok(_), Err(error)) => {
                let refusal = OraclesRefusal::new(&error, &shown);
                let Some((why, _)) = ORACLES_ALONE.iter().find(|(_, applies)| applies(&refusal)) else {
                    return Err(TestCaseError::fail(format!("LOOSER than {}: {shown}", refusal.error)));
                };
                *tally.oracles_alone.entry(why).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Judges `cases` tokens made by `strategy`, prints the outcomes, and returns them.
    fn run<S: Strategy>(self, cases: u32, strategy: &S, token: impl Fn(&Mint, S::Value) -> Vec<u8>) -> Tally {
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let outcome = TestRunner::new(config).run(strategy, |value| self.judge(&token(&self.mint, value)));
        let algorithm = self.mint.algorithm;
        if let Err(failure) = outcome {
            panic!("{algorithm}: {failure}");
        }
        let tally = self.tally.into_inner();
        println!("{algorithm}: {cases} tokens, both accepted {}; both refused:", tally.accepted);
        for (reason, count) in &tally.refused {
            println!("  {count:>5}  {reason}");
        }
        println!("ours alone refused:");
        for (reason, count) in &tally.ours_alone {
            let why = OURS_ALONE.iter().find(|(known, _)| known == reason).map_or("", |(_, why)| why);
            println!("  {count:>5}  {reason}: {why}");
        }
        println!("the oracle alone refused:");
        for (why, count) in &tally.oracles_alone {
            println!("  {count:>5}  {why}");
        }
        tally
    }
}

const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];

#[test]
fn tokens_with_other_members_properly_signed() {
    let now = UnixSeconds::now().0;
    let mut seen = BTreeMap::<Reason, usize>::new();
    for algorithm in ALGORITHMS {
        // One algorithm is enough for tests that do not depend on it.
        let cases = if algorithm == Algorithm::ES256 { 6_000 } else { 500 };
        let tally =
            Contest::new(algorithm).run(cases, &choices::draft(now), |mint, draft| draft.sign(mint, now));
        let (accepted, refused) = (tally.accepted, tally.refused.values().sum::<usize>());
        let few = usize::try_from(cases).unwrap() / 8;
        assert!(accepted > few && refused > few, "{algorithm}: {accepted} accepted, {refused} refused");
        for (reason, count) in tally.ours_alone {
            *seen.entry(reason).or_default() += count;
        }
    }
    for (reason, why) in OURS_ALONE {
        assert!(seen.contains_key(reason), "{reason} never decided alone: is it true that {why}?");
    }
}

/// A change to one byte of a token.
#[derive(Clone, Debug)]
enum ByteEdit {
    Replace(u8),
    Insert(u8),
    Delete,
    Copy(Index),
    CutBehind,
}

#[test]
fn tokens_changed_in_any_bytes() {
    let letter = || prop_oneof![3 => select(&b"ABCXYZabcxyz0189-_.="[..]), 1 => any::<u8>()];
    let change = prop_oneof![
        4 => letter().prop_map(ByteEdit::Replace),
        2 => letter().prop_map(ByteEdit::Insert),
        2 => Just(ByteEdit::Delete),
        2 => any::<Index>().prop_map(ByteEdit::Copy),
        1 => Just(ByteEdit::CutBehind),
    ];
    let edits = prop::collection::vec((any::<Index>(), change), 0..4);
    for algorithm in ALGORITHMS {
        let genuine = std::cell::OnceCell::new();
        let tally = Contest::new(algorithm).run(1_000, &edits, |mint, edits| {
            let mut token: Vec<u8> =
                genuine.get_or_init(|| mint.token(&mint::claims(UnixSeconds::now().0)).into_bytes()).clone();
            for (place, edit) in edits {
                if token.is_empty() {
                    break;
                }
                let place = place.index(token.len());
                match edit {
                    ByteEdit::Replace(byte) => token[place] = byte,
                    ByteEdit::Insert(byte) => token.insert(place, byte),
                    ByteEdit::Delete => drop(token.remove(place)),
                    ByteEdit::Copy(from) => token[place] = token[from.index(token.len())],
                    ByteEdit::CutBehind => token.truncate(place),
                }
            }
            token
        });
        assert!(tally.ours_alone.is_empty() && tally.oracles_alone.is_empty(), "one of them was fooled");
        let refused: usize = tally.refused.values().sum();
        assert!(tally.accepted > 100 && refused > 300, "{} accepted, {refused} refused", tally.accepted);
    }
}
