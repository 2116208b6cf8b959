//! Records say what the verdict says. Read here by the documentation of `boundtoken::record` alone, as another language would.
#![allow(clippy::restriction)]

use boundtoken::{BoundObject, Confirmed, UnixSeconds, VerifiedToken, record};
use boundtoken_testing::mint::{self, Mint};
use serde_json::{Value, json};

/// A record, read by its documentation.
struct Record<'a>(&'a [u8]);

impl<'a> Record<'a> {
    fn number(&self, offset: usize) -> usize {
        u32::from_le_bytes(self.0[offset..offset + 4].try_into().unwrap()) as usize
    }

    fn long(&self, offset: usize) -> i64 {
        i64::from_le_bytes(self.0[offset..offset + 8].try_into().unwrap())
    }

    fn text(&self, offset: usize) -> Option<&'a str> {
        let (start, length) = (self.number(offset), self.number(offset + 4));
        (start != 0).then(|| std::str::from_utf8(&self.0[start..start + length]).unwrap())
    }

    /// The offsets of the elements.
    fn array(&self, offset: usize, size: usize) -> impl Iterator<Item = usize> + use<> {
        let (start, count) = (self.number(offset), self.number(offset + 4));
        assert!(start + count * size <= self.0.len());
        (0..count).map(move |element| start + element * size)
    }

    fn texts(&self, offset: usize) -> Vec<&'a str> {
        self.array(offset, 8).map(|element| self.text(element).unwrap_or_default()).collect()
    }
}

fn time(time: Option<UnixSeconds>) -> i64 {
    time.map_or(-1, |time| i64::try_from(time.0).unwrap())
}

fn name_and_uid<'a>(object: Option<BoundObject<'a>>) -> [Option<&'a str>; 2] {
    let given = |text: &'a str| (!text.is_empty()).then_some(text);
    [object.and_then(|object| given(object.reference.name)), object.and_then(|object| given(object.uid))]
}

fn assert_says_the_same(record: &[u8], token: &VerifiedToken) {
    let record = Record(record);
    let claims = token.claims();
    let user = token.user_info();
    assert_eq!([0, 4, 8, 12, 20].map(|offset| record.number(offset)), [1, 0, record.0.len(), 200, 296]);
    assert_eq!(u32::try_from(record.number(16)).unwrap(), token.confirmed().number());
    assert_eq!(record.long(24), i64::try_from(token.claims_id()).unwrap());
    let times = [Some(claims.expires_at()), claims.not_before(), claims.issued_at(), claims.warn_after()];
    assert_eq!([32, 40, 48, 56].map(|offset| record.long(offset)), times.map(time));
    assert_eq!(record.texts(64), token.matched_audiences().collect::<Vec<_>>());
    assert_eq!([72, 80, 88].map(|offset| record.text(offset)), [None; 3]);
    assert_eq!(record.text(96), Some(claims.payload()));
    assert_eq!(record.text(104), Some(claims.issuer()));
    assert_eq!(record.text(112), Some(token.issuer_label()));
    assert_eq!(record.text(120), Some(user.username.as_str()));
    assert_eq!(record.text(128), Some(claims.namespace()));
    assert_eq!([136, 144].map(|offset| record.text(offset)), name_and_uid(Some(claims.service_account())));
    assert_eq!(record.text(152), claims.jti());
    assert_eq!(record.text(160).map(str::to_owned), claims.jti().map(|jti| format!("JTI={jti}")));
    for (offset, object) in [
        (168, claims.pod()),
        (184, claims.secret()),
        (200, claims.node()),
        (216, claims.validating_webhook_configuration()),
        (232, claims.mutating_webhook_configuration()),
    ] {
        assert_eq!([offset, offset + 8].map(|offset| record.text(offset)), name_and_uid(object), "{offset}");
    }
    assert_eq!(record.texts(248), claims.audiences().collect::<Vec<_>>());
    assert_eq!(record.texts(256), user.groups);
    let pairs = record
        .array(264, 16)
        .map(|pair| (record.text(pair).unwrap(), record.text(pair + 8).unwrap_or_default()));
    let extra = user
        .extra
        .iter()
        .flat_map(|(key, values)| values.iter().map(move |value| (key.as_str(), value.as_str())));
    assert_eq!(pairs.collect::<Vec<_>>(), extra.collect::<Vec<_>>());
    let objects = record.array(272, 32).map(|object| {
        assert_eq!(record.number(object + 4), 0);
        let [namespace, name, uid] = [8, 16, 24].map(|more| record.text(object + more).unwrap_or_default());
        (record.number(object), namespace, name, uid)
    });
    let expected = claims.bound_objects().map(|object| {
        let reference = object.reference;
        (reference.kind.number() as usize, reference.namespace, reference.name, object.uid)
    });
    assert_eq!(objects.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    assert_eq!(record.texts(280), claims.attested_api_groups().collect::<Vec<_>>());
    let attestations = record.array(288, 16).map(|each| (record.text(each).unwrap(), record.texts(each + 8)));
    let expected = claims.attestations().map(|each| (each.name(), each.values().collect::<Vec<_>>()));
    assert_eq!(attestations.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

fn written(token: &VerifiedToken) -> Vec<u8> {
    let mut buffer = vec![0xff; record::accepted(&mut [], token)];
    assert_eq!(record::accepted(&mut buffer, token), buffer.len());
    buffer
}

#[test]
fn records_of_all_captured_tokens_say_what_the_verdicts_say() {
    let (mut accepted, mut refused) = (0, 0);
    for folder in boundtoken_testing::folders() {
        let Some(keys) = folder.keys() else { continue };
        let stores = folder.stores();
        for case in &folder.cases {
            let verifier = folder.verifier(&keys, case, &stores[case.objects]);
            match verifier.verify_at(case.token.as_bytes(), UnixSeconds(case.now)) {
                Ok(token) => {
                    accepted += 1;
                    assert_says_the_same(&written(&token), &token);
                }
                Err(rejection) => {
                    refused += 1;
                    let mut buffer = vec![0xff; record::refused(&mut [], &rejection)];
                    assert_eq!(record::refused(&mut buffer, &rejection), buffer.len());
                    let record = Record(&buffer);
                    assert_eq!(record.number(4), usize::from(rejection.number()));
                    assert_eq!(record.number(12), usize::from(rejection.reason().http_status()));
                    assert_eq!(record.text(72), Some(rejection.name()));
                    assert_eq!(record.text(80).unwrap(), rejection.to_string());
                    assert_eq!(record.text(88).unwrap(), rejection.www_authenticate());
                }
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > 100 && refused > 1_000);
}

fn minted(patch: &Value) -> VerifiedToken {
    let mint = Mint::new(boundtoken::Algorithm::ES256, mint::KID);
    let token = mint.token(&mint::claims_with(patch));
    mint.verifier().verify_at(token.as_bytes(), UnixSeconds(mint::NOW)).unwrap()
}

#[test]
fn unusual_claims_are_told_too() {
    for patch in [
        json!({}),
        json!({"aud": [mint::AUDIENCE, "", "\u{e9}\n\u{1f600}", mint::AUDIENCE]}),
        json!({"jti": "\u{1}\"", "extra": "\\"}),
        json!({"jti": "", "iat": 5}),
        json!({"jti": null, "iat": null, "nbf": null}),
        json!({"aud": (0..300).map(|number| number.to_string()).chain([mint::AUDIENCE.to_owned()]).collect::<Vec<_>>()}),
        json!({"kubernetes.io": {"attestations": {"a": [], "admissionReviewAPIGroups": ["apps", "", null], "b": ["c"]}}}),
        json!({"kubernetes.io": {
            "validatingwebhookconfiguration": {"name": "policy", "uid": "u"},
            "attestations": {"admissionReviewAPIGroups": ["apps", "*"]},
        }}),
    ] {
        let token = minted(&patch);
        assert_says_the_same(&written(&token), &token);
    }
}

#[test]
fn a_record_that_does_not_fit_decides_nothing() {
    let token = minted(&json!({}));
    let size = written(&token).len();
    for room in 0..size {
        let mut buffer = vec![0xff; room];
        assert_eq!(record::accepted(&mut buffer, &token), size);
        assert!(buffer.iter().take(record::HEADER_SIZE).all(|&byte| byte == 0), "{room}");
    }
    let mut buffer = vec![0xff; size + 8];
    record::accepted(&mut buffer, &token);
    assert_says_the_same(&buffer[..size], &token);
    assert_eq!(buffer[size..], [0xff; 8]);
}

#[test]
fn claims_keep_their_id_while_the_token_is_remembered() {
    let mint = Mint::new(boundtoken::Algorithm::ES256, mint::KID);
    let verifier = mint.verifier();
    let [one, other] = ["one", "other"].map(|jti| mint.token(&mint::claims_with(&json!({"jti": jti}))));
    let id = |token: &str| verifier.verify_at(token.as_bytes(), UnixSeconds(mint::NOW)).unwrap().claims_id();
    let first = id(&one);
    assert!(first > 0);
    assert_eq!([id(&one), id(&one)], [first; 2]);
    assert!(id(&other) > first);

    let forgetful = boundtoken::Verifier::builder()
        .issuer(boundtoken::TrustedIssuer::new(mint::ISSUER, mint.keys()))
        .audience(mint::AUDIENCE)
        .cached_tokens(0)
        .build()
        .unwrap();
    let token = forgetful.verify_at(one.as_bytes(), UnixSeconds(mint::NOW)).unwrap();
    assert_eq!((token.claims_id(), token.confirmed()), (0, Confirmed::NotChecked));
}

#[test]
fn no_record_is_larger_than_the_largest() {
    let mint = Mint::new(boundtoken::Algorithm::ES256, mint::KID);
    let verifier = mint.verifier();
    let largest = verifier.largest_record();
    let many = |text: &str, count: usize| vec![text.to_owned(); count];
    let webhook = json!({"name": "policy", "uid": "u"});
    let attesting = |groups: Vec<String>| {
        json!({"kubernetes.io": {
            "validatingwebhookconfiguration": webhook,
            "attestations": {"admissionReviewAPIGroups": groups},
        }})
    };
    let names: serde_json::Map<_, _> = (0..1_000).map(|n: u32| (n.to_string(), json!([]))).collect();
    let audiences = [many("", 3_700), vec![mint::AUDIENCE.to_owned()]].concat();
    for patch in [
        json!({"aud": audiences}),
        json!({"jti": "x".repeat(11_000)}),
        json!({"jti": "\u{1}".repeat(1_900)}),
        attesting(many("", 3_700)),
        attesting(many("\u{1}", 1_200)),
        json!({"kubernetes.io": {"attestations": names}}),
    ] {
        let token = mint.token(&mint::claims_with(&patch));
        let verified = verifier.verify_at(token.as_bytes(), UnixSeconds(mint::NOW)).unwrap();
        let size = written(&verified).len();
        assert!(size <= largest, "{size} of {largest}");
        assert_says_the_same(&written(&verified), &verified);
    }
    for claims in [
        json!({"aud": many("\u{10ffff}", 1_000)}),
        json!({"iss": "\u{10ffff}".repeat(3_000)}),
        json!({"kubernetes.io": {"x".repeat(8_000): {"name": "n"}}}),
    ] {
        let token = mint.token(&mint::claims_with(&claims));
        let rejection = verifier.verify_at(token.as_bytes(), UnixSeconds(mint::NOW)).unwrap_err();
        assert!(record::refused(&mut [], &rejection) <= largest);
    }
}
