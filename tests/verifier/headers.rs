//! Bad headers on tokens whose claims and signature are good.

use boundtoken::Reason;
use serde_json::{Value, json};

use crate::input::{good_claims, roomy};
use crate::{MINT, verdict};

fn header_verdict(header: impl AsRef<[u8]>) -> Result<(), Reason> {
    verdict(&roomy(), MINT.sign(header, good_claims()))
}

#[test]
fn a_header_cut_anywhere_is_refused_although_signed() {
    let header = MINT.header();
    for length in 0..header.len() {
        assert_eq!(header_verdict(&header[..length]), Err(Reason::HeaderMalformed), "{length}");
    }
}

#[test]
fn headers_that_nobody_should_write_have_a_reason_each() {
    let kid = Value::from(MINT.kid.as_str());
    let with = |members: &str| format!(r#"{{"alg":"ES256","kid":{kid},{members}}}"#);
    let many =
        |count: usize| (0..count).map(|number| format!("\"x{number}\":0")).collect::<Vec<_>>().join(",");
    for (header, expected) in [
        (with(r#""typ":"JWT""#), Ok(())),
        (with(r#""typ":null,"cty":"x","nonce":"x""#), Ok(())),
        (with(&many(32)), Ok(())),
        (with(&format!("\"x\":\"{}\"", "x".repeat(3_900))), Ok(())),
        (with(&many(33)), Err(Reason::HeaderTooManyMembers)),
        (with(&format!("\"x\":\"{}\"", "x".repeat(4_096))), Err(Reason::HeaderTooLarge)),
        ("[".repeat(100_000), Err(Reason::HeaderTooLarge)),
        ("[".repeat(4_096), Err(Reason::HeaderMalformed)),
        (with(&format!("\"x\":{}", "[".repeat(3_000))), Err(Reason::HeaderTooDeep)),
        (with(&format!("\"x\":{}", "1".repeat(3_000))), Err(Reason::HeaderNumberOutOfRange)),
        (with(r#""alg":"ES256""#), Err(Reason::HeaderDuplicateMember)),
        (with(r#""\u006bid":"x""#), Err(Reason::HeaderDuplicateMember)),
        (with(r#""x":{"y":1,"y":1}"#), Err(Reason::HeaderDuplicateMember)),
        (with(r#""typ":5"#), Err(Reason::HeaderWrongType)),
        (with(r#""nonce":5"#), Err(Reason::HeaderWrongType)),
        (with(r#""typ":"jwt""#), Err(Reason::TypeUnsupported)),
        (with(r#""typ":"at+jwt""#), Err(Reason::TypeUnsupported)),
        (with(r#""crit":[]"#), Err(Reason::CriticalHeader)),
        (with(r#""crit":null"#), Err(Reason::CriticalHeader)),
        (with(r#""b64":true"#), Err(Reason::CriticalHeader)),
        (with(r#""jwk":{}"#), Err(Reason::EmbeddedKey)),
        (with(r#""jku":"https://example.com/keys""#), Err(Reason::EmbeddedKey)),
        (with(r#""x5u":null"#), Err(Reason::EmbeddedKey)),
        (with(r#""x5c":[]"#), Err(Reason::EmbeddedKey)),
        (with(r#""x":"\udc00""#), Err(Reason::HeaderNotUtf8)),
        ("{}".to_owned(), Err(Reason::AlgorithmMissing)),
        (r#"{"alg":null}"#.to_owned(), Err(Reason::AlgorithmMissing)),
        (r#"{"alg":256}"#.to_owned(), Err(Reason::HeaderWrongType)),
        (r#"{"alg":["ES256"]}"#.to_owned(), Err(Reason::HeaderWrongType)),
        (format!(r#"{{"Alg":"ES256","kid":{kid}}}"#), Err(Reason::AlgorithmMissing)),
        (format!(r#"{{"alg":"ES256","KID":{kid}}}"#), Ok(())), // a member with another name is not a kid, and one key fits
        ("null".to_owned(), Err(Reason::HeaderMalformed)),
        ("\0".repeat(40), Err(Reason::HeaderMalformed)),
    ] {
        assert_eq!(header_verdict(&header), expected, "{}", &header[..header.len().min(120)]);
    }
    for algorithm in
        ["none", "None", "", "HS256", "HS512", "es256", "ES256 ", "ES256K", "ES", "RSA-OAEP", "ES512\0"]
    {
        let header = json!({"alg": algorithm, "kid": MINT.kid}).to_string();
        assert_eq!(header_verdict(header), Err(Reason::AlgorithmUnsupported), "{algorithm}");
    }
    for algorithm in ["RS256", "PS512", "ES384", "EdDSA"] {
        let header = json!({"alg": algorithm, "kid": MINT.kid}).to_string();
        assert_eq!(header_verdict(header), Err(Reason::AlgorithmMismatch), "{algorithm}");
    }
    assert_eq!(header_verdict([b'{', 0xff, b'}']), Err(Reason::HeaderNotUtf8));
}
