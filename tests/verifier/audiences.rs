//! The audiences of a token.

use boundtoken::{Reason, TrustedIssuer, Verifier, VerifierBuilder};
use serde_json::{Value, json};

use crate::{MINT, verdict, verify};
use boundtoken_testing::mint::{ISSUER, claims_with};

fn verifier(audiences: &[&str]) -> Verifier {
    let builder = Verifier::builder().issuer(TrustedIssuer::new(ISSUER, MINT.keys()));
    audiences.iter().copied().fold(builder, VerifierBuilder::audience).build().unwrap()
}

#[test]
fn one_common_audience_is_enough_and_those_that_match_come_in_the_verifiers_order() {
    for (ours, token, matched) in [
        (&["vault"][..], json!(["vault"]), &["vault"][..]),
        (&["vault"], json!("vault"), &["vault"]),
        (&["vault"], json!(["other", "vault", "more"]), &["vault"]),
        (&["a", "b", "c"], json!(["c", "x", "a"]), &["a", "c"]),
        (&["c", "b", "a"], json!(["a", "b", "c"]), &["c", "b", "a"]),
        (&["b", "a"], json!("a"), &["a"]),
        (&["vault"], json!(["vault", "vault"]), &["vault"]),
        (&["vault", "vault"], json!(["vault"]), &["vault", "vault"]), // as in a TokenReview
        (&["größe \"1\""], json!(["größe \"1\""]), &["größe \"1\""]),
    ] {
        let verified =
            verify(&verifier(ours), MINT.token(&claims_with(&json!({"aud": token})))).expect("accepted");
        assert_eq!(verified.matched_audiences().collect::<Vec<_>>(), matched, "{token}");
        let all: Vec<Value> = verified.claims().audiences().map(Value::from).collect();
        let expected = token.as_array().cloned().unwrap_or_else(|| vec![token.clone()]);
        assert_eq!(all, expected);
    }
}

#[test]
fn audiences_are_compared_letter_by_letter() {
    for token in [
        json!("other"),
        json!(["other", "more"]),
        json!("Vault"),
        json!("vault "),
        json!("vault\0"),
        json!("vaul"),
        json!(["vault,api"]),
        json!(""),
        json!(["", ""]),
        json!("v\u{0430}ult"), // a Cyrillic letter
    ] {
        let claims = claims_with(&json!({"aud": token}));
        assert_eq!(
            verdict(&verifier(&["vault"]), MINT.token(&claims)),
            Err(Reason::AudienceMismatch),
            "{token}"
        );
    }
    let escaped = claims_with(&json!({})).to_string().replace(r#""vault""#, r#""\u0076ault""#);
    assert_eq!(verdict(&verifier(&["vault"]), MINT.sign(MINT.header(), escaped)), Ok(()));
}

#[test]
fn a_token_for_nobody_is_not_for_us() {
    let text = claims_with(&json!({})).to_string();
    for (aud, reason) in [
        ("[]", Reason::AudienceMissing),
        ("null", Reason::AudienceMissing),
        ("[null]", Reason::ClaimsWrongType),
        (r#"["vault",null]"#, Reason::ClaimsWrongType),
        (r#"["vault",1]"#, Reason::ClaimsWrongType),
        (r#"[["vault"]]"#, Reason::ClaimsWrongType),
        (r#"{"vault":true}"#, Reason::ClaimsWrongType),
        ("1", Reason::ClaimsWrongType),
    ] {
        let claims = text.replace(r#"["vault","api"]"#, aud);
        assert!(claims.contains(aud));
        assert_eq!(verdict(&verifier(&["vault"]), MINT.sign(MINT.header(), claims)), Err(reason), "{aud}");
    }
    let without = claims_with(&json!({"aud": null}));
    assert_eq!(verdict(&verifier(&["vault"]), MINT.token(&without)), Err(Reason::AudienceMissing));
}

/// The matched audiences, or the reason.
fn matched_for(verifier: &Verifier, token: &str, audiences: &[&str]) -> Result<Vec<String>, Reason> {
    let now = boundtoken::UnixSeconds(boundtoken_testing::mint::NOW);
    let verified = verifier.verify_for_at(token.as_bytes(), audiences, now);
    let checked = verifier.check_for_at(token.as_bytes(), audiences, now);
    let reason = |result: Result<(), boundtoken::Rejection>| result.map_err(|rejection| rejection.reason());
    assert_eq!(reason(checked.map(drop)), reason(verified.as_ref().map(drop).map_err(Clone::clone)));
    match verified {
        Ok(verified) => Ok(verified.matched_audiences().map(str::to_owned).collect()),
        Err(rejection) => Err(rejection.reason()),
    }
}

#[test]
fn a_call_may_accept_other_audiences_than_the_verifier() {
    let token = MINT.token(&claims_with(&json!({"aud": ["vault", "api", "\u{e9}"]})));
    for ours in [&["vault"][..], &["other"]] {
        // It makes no difference whether the token was accepted before, and for which audiences.
        let verifier = verifier(ours);
        for _ in 0..2 {
            for (audiences, expected) in [
                (&["api"][..], Ok(vec!["api"])),
                (&["other"], Err(Reason::AudienceMismatch)),
                (&["\u{e9}", "other", "vault"], Ok(vec!["\u{e9}", "vault"])),
                (&[], Err(Reason::AudienceMismatch)),
                (&[""], Err(Reason::AudienceMismatch)),
                (&["", "api"], Ok(vec!["api"])),
                (&["API", "vault "], Err(Reason::AudienceMismatch)),
            ] {
                let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
                assert_eq!(matched_for(&verifier, &token, audiences), expected, "{audiences:?}");
                let own = if ours == ["vault"] { Ok(()) } else { Err(Reason::AudienceMismatch) };
                assert_eq!(verdict(&verifier, &token), own, "after {audiences:?}");
            }
        }
    }
}

#[test]
fn an_audience_of_the_call_is_no_way_round_any_other_rule() {
    let verifier = verifier(&["vault"]);
    for (patch, reason) in [
        (json!({"iss": "x"}), Reason::IssuerMismatch),
        (json!({"exp": 1}), Reason::Expired),
        (json!({"aud": []}), Reason::AudienceMissing),
        (json!({"aud": ["vault"], "exp": 1}), Reason::AudienceMismatch),
        (json!({"sub": "x"}), Reason::SubjectMismatch),
    ] {
        let token = MINT.token(&claims_with(&patch));
        assert_eq!(matched_for(&verifier, &token, &["api"]), Err(reason), "{patch}");
    }
    assert_eq!(matched_for(&verifier, "x", &["api"]), Err(Reason::TokenPartCount));
}

#[test]
fn what_one_call_accepts_stays_with_that_call() {
    let verifier = verifier(&["vault"]);
    let token = MINT.token(&claims_with(&json!({})));
    let now = boundtoken::UnixSeconds(boundtoken_testing::mint::NOW);
    let all = |verified: &boundtoken::VerifiedToken| {
        verified.matched_audiences().map(str::to_owned).collect::<Vec<_>>()
    };
    let own = verify(&verifier, &token).unwrap();
    let others = verifier.verify_for_at(token.as_bytes(), &["api"], now).unwrap();
    assert!(std::ptr::eq(own.claims().payload(), others.claims().payload()), "the claims are shared");
    assert_eq!((all(&own), all(&others)), (vec!["vault".to_owned()], vec!["api".to_owned()]));
    let checked = verifier.check_for_at(token.as_bytes(), &["api"], now).unwrap();
    let everything = |object: &boundtoken::ObjectReference<'_>| boundtoken::ObjectState::Present {
        uid: match object.kind {
            boundtoken::ObjectKind::Pod => boundtoken_testing::mint::POD_UID.into(),
            _ => boundtoken_testing::mint::ACCOUNT_UID.into(),
        },
        deletion_timestamp: None,
    };
    assert_eq!(all(&verifier.confirm_at(checked, &everything, now).unwrap()), ["api"]);
}
