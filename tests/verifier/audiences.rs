//! Whom a token is for.

use boundtoken::{Reason, TrustedIssuer, Verifier, VerifierBuilder};
use serde_json::{Value, json};

use crate::mint::{ISSUER, claims_with};
use crate::{MINT, verdict, verify};

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
        let claims = verified.claims();
        assert_eq!(claims.matched_audiences().collect::<Vec<_>>(), matched, "{token}");
        let all: Vec<Value> = claims.audiences().map(Value::from).collect();
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
