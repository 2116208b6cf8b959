//! Counts the heap allocations of a verification. An accepted token needs at most four. A token that is seen again,
//! or is refused before its signature is checked, needs none.
#![allow(clippy::restriction)]

use allocation_counter::measure;
use boundtoken::{
    Algorithm, ObjectKind, ObjectReference, ObjectStore, Reason, Rejection, TrustedIssuer, UnixSeconds,
    VerifiedToken, Verifier,
};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, Mint, NOW, claims_with, key_set};
use serde_json::json;

/// The limit that the documentation promises.
const MOST_FOR_ACCEPTED: u64 = 4;

/// The verdict, and the number of allocations.
fn measured(verifier: &Verifier, token: &[u8]) -> (Result<VerifiedToken, Rejection>, u64) {
    let verify = || verifier.verify_at(token, UnixSeconds(NOW));
    // Allocations that happen once in a thread or process do not count.
    drop(verify());
    let mut verdict = None;
    let counted = measure(|| verdict = Some(verify()));
    (verdict.expect("verified"), counted.count_total)
}

fn verifier(mints: &[&Mint], objects: Option<&ObjectStore>) -> Verifier {
    let issuer = TrustedIssuer::new(ISSUER, key_set(mints.iter().copied()));
    let issuer = match objects {
        Some(objects) => issuer.bound_objects(objects.clone()),
        None => issuer,
    };
    // Each call measures a token that is seen for the first time.
    Verifier::builder().issuer(issuer).audience(AUDIENCE).cached_tokens(0).build().expect("verifier")
}

fn objects() -> ObjectStore {
    let objects = ObjectStore::new();
    for (kind, name, uid) in [
        (ObjectKind::ServiceAccount, "app", mint::ACCOUNT_UID),
        (ObjectKind::Pod, "live", mint::POD_UID),
        (ObjectKind::Secret, "certificate", mint::SECRET_UID),
    ] {
        objects.upsert(&ObjectReference { kind, namespace: "demo", name }, uid.into(), None);
    }
    objects
}

#[test]
fn an_accepted_token_takes_at_most_four() {
    let objects = objects();
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
        let mint = Mint::new(algorithm, mint::KID);
        let claims = claims_with(
            &json!({"kubernetes.io": {"secret": {"name": "certificate", "uid": mint::SECRET_UID}}}),
        );
        let kid = &mint.kid;
        let other_header = format!(r#"{{"kid":"{kid}","typ":"JWT","alg":"{algorithm}"}}"#);
        for (header, token) in
            [("usual", mint.token(&claims)), ("other", mint.sign(other_header, claims.to_string()))]
        {
            for (source, objects) in [("a store", Some(&objects)), ("no source", None)] {
                let (verdict, count) = measured(&verifier(&[&mint], objects), token.as_bytes());
                assert!(verdict.is_ok(), "{verdict:?}");
                println!("{algorithm}, {header} header, {source} of bound objects: {count} allocations");
                // The cryptography library allocates too, and we cannot promise for it. The fast path for RS256, which
                // takes turns with the library, allocates nothing.
                let of_cryptography = allocations_of_the_signature(&mint, token.as_bytes());
                let ours = count.saturating_sub(of_cryptography);
                assert!(ours <= MOST_FOR_ACCEPTED, "{algorithm}: {count} - {of_cryptography}");
            }
        }
    }
}

#[test]
fn a_token_seen_again_takes_none() {
    let mint = Mint::new(Algorithm::RS256, mint::KID);
    let issuer = TrustedIssuer::new(ISSUER, mint.keys()).bound_objects(objects());
    let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).build().expect("verifier");
    let (verdict, count) = measured(&verifier, mint.token(&claims_with(&json!({}))).as_bytes());
    assert!(verdict.is_ok(), "{verdict:?}");
    assert_eq!(count, 0);
}

#[test]
fn a_token_seen_again_takes_none_for_whatever_audiences_it_is() {
    let mint = Mint::new(Algorithm::ES256, mint::KID);
    let issuer = TrustedIssuer::new(ISSUER, mint.keys()).bound_objects(objects());
    let verifier = Verifier::builder().issuer(issuer).audience("other").build().expect("verifier");
    let token = mint.token(&claims_with(&json!({})));
    let verify = || verifier.verify_for_at(token.as_bytes(), &["x", AUDIENCE], UnixSeconds(NOW));
    drop(verify());
    let mut verdict = None;
    let counted = measure(|| verdict = Some(verify()));
    assert!(verdict.expect("verified").is_ok());
    assert_eq!(counted.count_total, 0);
}

/// The number of allocations of the signature check alone.
fn allocations_of_the_signature(mint: &Mint, token: &[u8]) -> u64 {
    use base64::Engine as _;
    let token = std::str::from_utf8(token).expect("text");
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let keys = mint.keys();
    let mut holds = false;
    let counted = measure(|| holds = keys.keys()[0].verify(signed.as_bytes(), &signature));
    assert!(holds);
    counted.count_total
}

#[test]
fn a_token_refused_before_its_signature_takes_none() {
    let mint = Mint::new(Algorithm::ES256, mint::KID);
    let others: Vec<Mint> =
        (0..10).map(|number| Mint::new(Algorithm::ES256, &format!("key-{number}"))).collect();
    let few = verifier(&[&mint], None);
    let many = verifier(&others.iter().chain([&mint]).collect::<Vec<_>>(), Some(&objects()));
    let claims = claims_with(&json!({})).to_string();
    let with =
        |members: &str| mint.sign(format!(r#"{{"alg":"ES256","kid":"{}",{members}}}"#, mint.kid), &claims);
    let with_header = |header: &str| mint.sign(header, &claims);
    let unknown_kid = r#"{"alg":"ES256","kid":"a kid of some length that no key has"}"#;
    let mismatch = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, mint.kid);
    let members: Vec<String> = (0..40).map(|number| format!("\"m{number}\":0")).collect();
    let good = mint.token(&claims_with(&json!({})));
    let (header, rest) = good.split_once('.').expect("three parts");
    let cases = [
        (String::new(), Reason::TokenEmpty),
        ("x".repeat(20_000), Reason::TokenTooLarge),
        ("x".repeat(10_000), Reason::TokenPartCount),
        (format!("{good}."), Reason::TokenPartCount),
        (format!("{header}=.{rest}"), Reason::TokenNotBase64url),
        (format!(" {header}.{rest}"), Reason::TokenNotBase64url),
        (format!("{}.{rest}", "x".repeat(8_000)), Reason::HeaderTooLarge),
        (mint.sign([b'{', 0xff, b'}'], &claims), Reason::HeaderNotUtf8),
        (with_header("[]"), Reason::HeaderMalformed),
        (with_header(""), Reason::HeaderMalformed),
        (with(&format!("\"x\":{}", "[".repeat(40))), Reason::HeaderTooDeep),
        (with(r#""x":1,"x":1"#), Reason::HeaderDuplicateMember),
        (with(r#""x":1,"\u0078":1"#), Reason::HeaderDuplicateMember),
        (with(r#""\u0061lg":"ES256""#), Reason::HeaderDuplicateMember),
        (with(&members.join(",")), Reason::HeaderTooManyMembers),
        (with(&format!("\"x\":{}", "1".repeat(70))), Reason::HeaderNumberOutOfRange),
        (with(r#""typ":5"#), Reason::HeaderWrongType),
        (with_header("{}"), Reason::AlgorithmMissing),
        (with_header(r#"{"alg":"none"}"#), Reason::AlgorithmUnsupported),
        (with_header(r#"{"alg":"HS256"}"#), Reason::AlgorithmUnsupported),
        (with(r#""typ":"at+jwt""#), Reason::TypeUnsupported),
        (with(r#""typ":"\u004aWS""#), Reason::TypeUnsupported),
        (with(r#""crit":["exp"]"#), Reason::CriticalHeader),
        (with(r#""jwk":{}"#), Reason::EmbeddedKey),
        (with_header(unknown_kid), Reason::KeyUnknown),
        (with_header(r#"{"alg":"EdDSA"}"#), Reason::AlgorithmMismatch),
        (with_header(&mismatch), Reason::AlgorithmMismatch),
        (with_header(r#"{"alg":"ES256","kid":"\u0061"}"#), Reason::KeyUnknown),
        (format!("{header}.={rest}"), Reason::TokenNotBase64url),
        (format!("{good}="), Reason::TokenNotBase64url),
        // An ES256 signature check does not allocate, so this holds for forgeries too.
        (format!("{}{}", &good[..good.len() - 4], "AAAA"), Reason::SignatureInvalid),
    ];
    for (token, reason) in cases {
        for verifier in [&few, &many] {
            let (verdict, count) = measured(verifier, token.as_bytes());
            assert_eq!(verdict.map(drop).map_err(|rejection| rejection.reason()), Err(reason));
            assert_eq!(count, 0, "{reason}");
        }
    }
    let (verdict, count) = measured(&many, with_header(r#"{"alg":"ES256"}"#).as_bytes());
    assert_eq!((verdict.expect_err("refused").reason(), count), (Reason::KeyIdMissing, 0));
}
