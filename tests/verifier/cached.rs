//! Verification that takes no signature check.

use boundtoken_testing::mint::{AUDIENCE, claims_with};
use serde_json::json;

use super::*;

fn cached(verifier: &Verifier, token: &str, now: u64) -> Option<Result<(), Reason>> {
    let verdict = verifier.verify_cached_at(token.as_bytes(), UnixSeconds(now))?;
    Some(verdict.map(drop).map_err(|rejection| rejection.reason()))
}

#[test]
fn a_token_is_decided_once_it_was_accepted() {
    let verifier = MINT.verifier();
    let token = MINT.token(&claims_with(&json!({})));
    assert_eq!(cached(&verifier, &token, NOW), None);
    assert_eq!(cached(&verifier, &token, NOW), None, "asking does not verify");
    verify(&verifier, &token).unwrap();
    assert_eq!(cached(&verifier, &token, NOW), Some(Ok(())));

    let wanted = |audience| {
        let verdict = verifier.verify_cached_for_at(token.as_bytes(), &[audience], UnixSeconds(NOW));
        verdict.unwrap().map(drop).map_err(|rejection| rejection.reason())
    };
    assert_eq!(wanted(AUDIENCE), Ok(()));
    assert_eq!(wanted("other"), Err(Reason::AudienceMismatch));
}

#[test]
fn a_remembered_token_that_no_longer_holds_needs_its_signature_checked() {
    let verifier = MINT.verifier();
    let token = MINT.token(&claims_with(&json!({})));
    verify(&verifier, &token).unwrap();
    assert_eq!(cached(&verifier, &token, NOW + 10_000), None);
    assert_eq!(verify_at(&verifier, &token, NOW + 10_000).unwrap_err(), Reason::Expired);
}

#[test]
fn what_is_refused_before_the_signature_is_refused_for_the_same_reason() {
    let verifier = MINT.verifier();
    let other = Mint::new(Algorithm::ES384, mint::KID);
    let token = MINT.token(&claims_with(&json!({})));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let long_signature = "A".repeat(6_000);
    for (token, reason) in [
        (String::new(), Reason::TokenEmpty),
        ("a.b".to_owned(), Reason::TokenPartCount),
        (format!("{token}="), Reason::TokenNotBase64url),
        (format!("{header}.e30=.{signature}"), Reason::TokenNotBase64url),
        (format!("{signed}.{long_signature}"), Reason::SignatureInvalid),
        (other.token(&claims_with(&json!({}))), Reason::AlgorithmMismatch),
        (Mint::new(Algorithm::ES256, "another").token(&claims_with(&json!({}))), Reason::KeyUnknown),
    ] {
        assert_eq!(verdict(&verifier, &token), Err(reason), "{token}");
        assert_eq!(cached(&verifier, &token, NOW), Some(Err(reason)), "{token}");
    }
    // Only the signature tells.
    let forged = format!("{signed}.{}", "A".repeat(signature.len()));
    assert_eq!(cached(&verifier, &forged, NOW), None);
    assert_eq!(verdict(&verifier, &forged), Err(Reason::SignatureInvalid));
}
