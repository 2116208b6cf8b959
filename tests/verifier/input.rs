//! Malformed input. Each kind has its own reason, and nothing panics.

use boundtoken::{Reason, TrustedIssuer, Verifier};
use serde_json::json;

use crate::{MINT, verdict};
use boundtoken_testing::mint::{AUDIENCE, ISSUER, base64url, claims_with};

/// A verifier with the largest size limit that can be configured.
pub fn roomy() -> Verifier {
    let builder = Verifier::builder().issuer(TrustedIssuer::new(ISSUER, MINT.keys())).audience(AUDIENCE);
    builder.max_token_size(1 << 20).build().unwrap()
}

fn claims_verdict(claims: impl AsRef<[u8]>) -> Result<(), Reason> {
    verdict(&roomy(), MINT.sign(MINT.header(), claims))
}

pub fn good_claims() -> String {
    claims_with(&json!({})).to_string()
}

fn good_token() -> String {
    MINT.sign(MINT.header(), good_claims())
}

#[test]
fn what_is_no_token_is_refused_for_its_form() {
    let verifier = MINT.verifier();
    let token = good_token();
    assert_eq!(verdict(&verifier, &token), Ok(()));
    for (input, reason) in [
        (Vec::new(), Reason::TokenEmpty),
        (vec![b'a'; 100_000], Reason::TokenTooLarge),
        (vec![b'['; 100_000], Reason::TokenTooLarge),
        (vec![b'.'; 100_000], Reason::TokenTooLarge),
        (vec![b'['; 16_384], Reason::TokenPartCount),
        (vec![0; 1_000], Reason::TokenPartCount),
        (vec![b'.'], Reason::TokenPartCount),
        (["e30"; 1_000].join(".").into_bytes(), Reason::TokenPartCount),
        (format!("{token}.").into_bytes(), Reason::TokenPartCount),
        (format!(".{token}").into_bytes(), Reason::TokenPartCount),
        (token.replace('.', "..").into_bytes(), Reason::TokenPartCount),
        (vec![b'.'; 2], Reason::HeaderMalformed), // three empty parts
        (b"...".to_vec(), Reason::TokenPartCount),
        ((0..=255).collect(), Reason::TokenPartCount), // one dot
        ([&[0xff, 0xfe, 0][..], b".", &[0x80], b".", &[0]].concat(), Reason::TokenNotBase64url),
        (format!("Bearer {token}").into_bytes(), Reason::TokenNotBase64url),
        (format!(" {token}").into_bytes(), Reason::TokenNotBase64url),
        (format!("{token}\n").into_bytes(), Reason::TokenNotBase64url),
        (format!("\"{token}\"").into_bytes(), Reason::TokenNotBase64url),
        (format!("{token}=").into_bytes(), Reason::TokenNotBase64url),
        (token.replace('.', "\u{2024}").into_bytes(), Reason::TokenPartCount),
        (json!({"payload": "e30", "signatures": []}).to_string().into_bytes(), Reason::TokenPartCount),
    ] {
        let shown = String::from_utf8_lossy(&input[..input.len().min(60)]).into_owned();
        assert_eq!(verdict(&verifier, input), Err(reason), "{shown}");
    }
}

#[test]
fn the_size_limit_is_to_the_byte() {
    let token = good_token();
    let with_limit = |limit| {
        let builder = Verifier::builder().issuer(TrustedIssuer::new(ISSUER, MINT.keys())).audience(AUDIENCE);
        builder.max_token_size(limit).build().unwrap()
    };
    assert_eq!(verdict(&with_limit(token.len()), &token), Ok(()));
    assert_eq!(verdict(&with_limit(token.len() - 1), &token), Err(Reason::TokenTooLarge));
    assert_eq!(verdict(&with_limit(1), "x"), Err(Reason::TokenPartCount));

    // The default limit is 16 KiB for the whole token. White space in the header can make any length.
    let of_length = |length: usize| {
        let padded = |space: usize, padding: usize| {
            let header = MINT.header().replace('{', &format!("{{{}", " ".repeat(space)));
            MINT.sign(header, claims_with(&json!({"padding": "x".repeat(padding)})).to_string())
        };
        let base = (length - padded(0, 0).len()) / 4 * 3;
        let mut sizes = (0..3).flat_map(|space| (base - 8..base + 8).map(move |padding| (space, padding)));
        let (space, padding) =
            sizes.find(|&(space, padding)| padded(space, padding).len() == length).unwrap();
        padded(space, padding)
    };
    assert_eq!(verdict(&MINT.verifier(), of_length(16_384)), Ok(()));
    assert_eq!(verdict(&MINT.verifier(), of_length(16_385)), Err(Reason::TokenTooLarge));
    assert_eq!(verdict(&roomy(), of_length(1 << 20)), Ok(()));
    assert_eq!(verdict(&roomy(), of_length((1 << 20) + 1)), Err(Reason::TokenTooLarge));
}

#[test]
fn a_token_cut_anywhere_is_refused() {
    let token = good_token();
    let first_dot = token.find('.').unwrap();
    let second_dot = token.rfind('.').unwrap();
    for length in 0..token.len() {
        let expected: &[Reason] = match length {
            0 => &[Reason::TokenEmpty],
            _ if length <= second_dot => &[Reason::TokenPartCount],
            _ => &[Reason::SignatureInvalid, Reason::TokenNotBase64url],
        };
        let reason = verdict(&MINT.verifier(), &token[..length]).unwrap_err();
        assert!(expected.contains(&reason), "{reason} after {length} bytes");
        let reason = verdict(&MINT.verifier(), &token[length + 1..]).unwrap_err();
        let expected: &[Reason] = match length {
            _ if length + 1 == token.len() => &[Reason::TokenEmpty],
            _ if length >= first_dot => &[Reason::TokenPartCount],
            _ => &[Reason::HeaderMalformed, Reason::HeaderNotUtf8, Reason::TokenNotBase64url],
        };
        assert!(expected.contains(&reason), "{reason} from {length} on");
    }
}

#[test]
fn claims_cut_anywhere_are_refused_although_signed() {
    let claims = good_claims();
    for length in 0..claims.len() {
        assert_eq!(claims_verdict(&claims[..length]), Err(Reason::ClaimsMalformed), "{length}");
    }
}

#[test]
fn a_token_changed_in_any_letter_is_refused() {
    let token = good_token();
    for position in 0..token.len() {
        for letter in [b'A', if position % 2 == 0 { b'_' } else { b'.' }] {
            let mut changed = token.clone().into_bytes();
            changed[position] = letter;
            if changed != token.as_bytes() {
                assert!(verdict(&MINT.verifier(), &changed).is_err(), "{position}");
            }
        }
    }
}

#[test]
fn other_spellings_of_the_same_signature_are_refused() {
    let token = good_token();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    for signature in [
        String::new(),
        format!("{signature}A"),
        format!("{signature}AA"),
        format!("{signature}AAAA"),
        format!("AAAA{signature}"),
        signature.repeat(2),
        base64url(&vec![0; 4_096]),
        base64url(&vec![0; 4_097]),
        base64url(&[0; 64]),
        base64url(&[0xff; 64]),
    ] {
        let reason = verdict(&roomy(), format!("{signed}.{signature}")).unwrap_err();
        assert!(matches!(reason, Reason::SignatureInvalid | Reason::TokenNotBase64url), "{reason}");
    }
}

#[test]
fn claims_that_nobody_should_sign_have_a_reason_each() {
    let good = good_claims();
    let member = |member: &str| format!("{{{member},{}", &good[1..]);
    let deep = |open: &str, levels| member(&format!("\"x\":{}", open.repeat(levels)));
    let digits = "1".repeat(100_000);
    for (claims, reason) in [
        (String::new(), Reason::ClaimsMalformed),
        ("null".to_owned(), Reason::ClaimsMalformed),
        ("[]".to_owned(), Reason::ClaimsMalformed),
        ("{}".to_owned(), Reason::IssuerMismatch),
        ("[".repeat(100_000), Reason::ClaimsMalformed),
        (deep("[", 100_000), Reason::ClaimsTooDeep),
        (deep("{\"x\":", 100_000), Reason::ClaimsTooDeep),
        (member(&format!("\"x\":{}{}", "[".repeat(32), "]".repeat(32))), Reason::ClaimsTooDeep),
        (member(&format!("\"x\":{digits}")), Reason::ClaimsNumberOutOfRange),
        (member(&format!("\"x\":-0.{digits}")), Reason::ClaimsNumberOutOfRange),
        (member(&format!("\"x\":1e{digits}")), Reason::ClaimsNumberOutOfRange),
        (good.replace("\"exp\":", &format!("\"exp\":{digits}")), Reason::ClaimsNumberOutOfRange),
        (member("\"x\":1e999"), Reason::ClaimsNumberOutOfRange),
        (member("\"x\":[{\"y\":-1E+309}]"), Reason::ClaimsNumberOutOfRange),
        (member("\"exp\":1"), Reason::ClaimsDuplicateMember),
        (member("\"\\u0065xp\":1"), Reason::ClaimsDuplicateMember),
        (member("\"x\":1,\"x\":1"), Reason::ClaimsDuplicateMember),
        (member("\"x\":[{\"y\":1,\"\\u0079\":1}]"), Reason::ClaimsDuplicateMember),
        (good.replace("\"namespace\"", "\"namespace\":\"x\",\"namespace\""), Reason::ClaimsDuplicateMember),
        (member("\"Exp\":1"), Reason::ClaimsNameCase),
        (member("\"AUD\":[]"), Reason::ClaimsNameCase),
        (member("\"i\u{17f}\u{17f}\":1"), Reason::ClaimsNameCase),
        (member("\"\u{212a}ubernetes.io\":{}"), Reason::ClaimsNameCase),
        (member("\"x\":\"\\ud800\""), Reason::ClaimsNotUtf8),
        (member("\"x\":\"\u{1}\""), Reason::ClaimsMalformed),
        (format!("{good}x"), Reason::ClaimsMalformed),
        (format!("{good}{good}"), Reason::ClaimsMalformed),
        (format!("\u{feff}{good}"), Reason::ClaimsMalformed),
        (good.replace(',', ",,"), Reason::ClaimsMalformed),
        (good.replace('"', "'"), Reason::ClaimsMalformed),
    ] {
        assert_eq!(claims_verdict(&claims), Err(reason), "{}", &claims[..claims.len().min(200)]);
    }
    for bytes in
        [&[0xff, 0xfe, b'{', 0, b'}', 0][..], b"{\"x\":\"\xff\"}", b"{\"x\":\"\xed\xa0\x80\"}", &[0xc3]]
    {
        assert_eq!(claims_verdict(bytes), Err(Reason::ClaimsNotUtf8), "{bytes:?}");
    }
    assert_eq!(claims_verdict([0; 50]), Err(Reason::ClaimsMalformed));
    // Large input is fine if nothing else is wrong with it.
    assert_eq!(claims_verdict(member(&format!("\"x\":{}{}", "[".repeat(31), "]".repeat(31)))), Ok(()));
    let many: Vec<String> = (0..5_000).map(|number| format!("\"x{number}\":{number}")).collect();
    assert_eq!(claims_verdict(member(&many.join(","))), Ok(()));
    assert_eq!(
        claims_verdict(member(&format!("{},\"x0\":0", many.join(",")))),
        Err(Reason::ClaimsDuplicateMember)
    );
    assert_eq!(claims_verdict(member(&format!("\"x\":{}", "1".repeat(64)))), Ok(()));
}

#[test]
fn every_known_claim_has_one_type() {
    let values = ["5", "\"x\"", "true", "[]", "[5]", "{}", "null"];
    let pod_text = json!({"name": "live", "uid": boundtoken_testing::mint::POD_UID}).to_string();
    let members: [(&str, String, &[&str]); 14] = [
        ("iss", format!("\"{ISSUER}\""), &["\"x\"", "null"]),
        ("sub", "\"system:serviceaccount:demo:app\"".to_owned(), &["\"x\"", "null"]),
        ("jti", "\"d40b199b-46cc-4389-93e8-d3ca3f9f4a66\"".to_owned(), &["\"x\"", "null"]),
        ("aud", "[\"vault\",\"api\"]".to_owned(), &["\"x\"", "[]", "null"]),
        ("exp", "1800003600".to_owned(), &["5", "null"]),
        ("nbf", "1800000000".to_owned(), &["5", "null"]),
        ("iat", "1800000000".to_owned(), &["5", "null"]),
        ("namespace", "\"demo\"".to_owned(), &["\"x\"", "null"]),
        ("pod", pod_text.clone(), &["{}", "null"]),
        (
            "node",
            json!({"name": "node-1", "uid": boundtoken_testing::mint::NODE_UID}).to_string(),
            &["{}", "null"],
        ),
        (
            "serviceaccount",
            json!({"name": "app", "uid": boundtoken_testing::mint::ACCOUNT_UID}).to_string(),
            &["{}", "null"],
        ),
        ("name", "\"live\"".to_owned(), &["\"x\"", "null"]),
        ("uid", format!("\"{}\"", boundtoken_testing::mint::POD_UID), &["\"x\"", "null"]),
        ("kubernetes.io", claims_with(&json!({}))["kubernetes.io"].to_string(), &["{}", "null"]),
    ];
    for (name, value, right) in members {
        let old = format!("\"{name}\":{value}");
        assert!(good_claims().contains(&old), "{old}");
        for new in values {
            let verdict = claims_verdict(good_claims().replace(&old, &format!("\"{name}\":{new}")));
            assert_eq!(
                verdict == Err(Reason::ClaimsWrongType),
                !right.contains(&new),
                "{name}: {new}: {verdict:?}"
            );
        }
    }
    for (patch, wrong) in [("warnafter", "\"5\""), ("secret", "\"x\""), ("warnafter", "{}"), ("secret", "[]")]
    {
        let claims = good_claims().replace("\"namespace\"", &format!("\"{patch}\":{wrong},\"namespace\""));
        assert_eq!(claims_verdict(claims), Err(Reason::ClaimsWrongType), "{patch} {wrong}");
    }
}

#[test]
fn an_unsigned_token_is_refused_whatever_its_header_says() {
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, &MINT.header()] {
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(good_claims().as_bytes()));
        for signature in ["", "AA"] {
            assert!(verdict(&MINT.verifier(), format!("{signed}.{signature}")).is_err(), "{header}");
        }
    }
    // An HMAC with the public key as its secret. It would fool a verifier that confuses the two.
    let secret = jsonwebtoken::EncodingKey::from_secret(MINT.jwk.to_string().as_bytes());
    let header = jsonwebtoken::Header { kid: Some(MINT.kid.clone()), ..Default::default() };
    let token = jsonwebtoken::encode(&header, &claims_with(&json!({})), &secret).unwrap();
    assert_eq!(verdict(&MINT.verifier(), token), Err(Reason::AlgorithmUnsupported));
}
