//! Which keys may sign for which issuer.

use boundtoken::{Algorithm, BuildError, KeySet, KeyStore, Reason, TrustedIssuer, Verifier, VerifierBuilder};
use serde_json::json;

use crate::{MINT, verdict, verdict_with, verify};
use boundtoken_testing::mint::{AUDIENCE, ISSUER, Mint, claims_with, key_set};

const OTHER_ISSUER: &str = "https://other.example.com";

fn builder(issuers: impl IntoIterator<Item = TrustedIssuer>) -> VerifierBuilder {
    issuers.into_iter().fold(Verifier::builder().audience(AUDIENCE), VerifierBuilder::issuer)
}

fn verifier(issuers: impl IntoIterator<Item = TrustedIssuer>) -> Verifier {
    builder(issuers).build().unwrap()
}

fn issued_by(mint: &Mint, issuer: &str) -> String {
    mint.token(&claims_with(&json!({"iss": issuer})))
}

#[test]
fn each_key_signs_for_its_own_issuer_alone() {
    let [one, other] = ["one", "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let verifier =
        verifier([TrustedIssuer::new(ISSUER, one.keys()), TrustedIssuer::new(OTHER_ISSUER, other.keys())]);
    for (mint, issuer, expected) in [
        (&one, ISSUER, Ok(())),
        (&other, OTHER_ISSUER, Ok(())),
        (&one, OTHER_ISSUER, Err(Reason::IssuerMismatch)),
        (&other, ISSUER, Err(Reason::IssuerMismatch)),
        (&one, "https://third.example.com", Err(Reason::IssuerMismatch)),
        (&one, "", Err(Reason::IssuerMismatch)),
    ] {
        assert_eq!(verdict(&verifier, issued_by(mint, issuer)), expected, "{} {issuer}", mint.kid);
    }
}

#[test]
fn clusters_with_the_same_name_are_told_apart_by_their_keys() {
    let [one, other, third] = ["one", "other", "third"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let issuers = [(&one, "blue"), (&other, "green")]
        .map(|(mint, label)| TrustedIssuer::new(ISSUER, mint.keys()).label(label));
    let verifier = verifier(issuers);
    for (mint, label) in [(&one, "blue"), (&other, "green")] {
        for _ in 0..2 {
            let verified = verify(&verifier, issued_by(mint, ISSUER)).unwrap();
            assert_eq!((verified.issuer_label(), verified.claims().issuer()), (label, ISSUER));
            assert_eq!(serde_json::to_value(&verified).unwrap()["issuerLabel"], label);
        }
    }
    assert_eq!(verdict(&verifier, issued_by(&third, ISSUER)), Err(Reason::KeyUnknown));
}

#[test]
fn clusters_that_share_name_and_kid_are_told_apart_by_the_signature() {
    let [one, other, third] = [(); 3].map(|()| Mint::new(Algorithm::ES256, "same"));
    let issuers = [(&one, "one"), (&other, "other")].map(|(mint, label)| {
        let uid = boundtoken::Uid::from(label);
        let object = move |_: &boundtoken::ObjectReference<'_>| boundtoken::ObjectState::Present {
            uid: uid.clone(),
            deletion_timestamp: None,
        };
        TrustedIssuer::new(ISSUER, mint.keys()).label(label).bound_objects(object)
    });
    let verifier = verifier(issuers);
    for (mint, uid) in [(&one, "one"), (&other, "other")] {
        let of = |uid: &str| {
            let account = json!({"kubernetes.io": {"serviceaccount": {"uid": uid}, "pod": {"uid": uid}}});
            mint.token(&claims_with(&account))
        };
        assert_eq!(verdict(&verifier, of(uid)), Ok(()), "the objects are those of the issuer that signed");
        let strangers = if uid == "one" { "other" } else { "one" };
        assert_eq!(verdict(&verifier, of(strangers)), Err(Reason::ServiceAccountUidMismatch));
    }
    assert_eq!(verdict(&verifier, issued_by(&third, ISSUER)), Err(Reason::SignatureInvalid));
}

#[test]
fn an_issuer_may_have_further_names() {
    let verifier = verifier([TrustedIssuer::new(ISSUER, MINT.keys()).also_named(OTHER_ISSUER)]);
    for name in [ISSUER, OTHER_ISSUER] {
        let verified = verify(&verifier, issued_by(&MINT, name)).unwrap();
        assert_eq!(verified.claims().issuer(), name);
    }
    assert_eq!(verdict(&verifier, issued_by(&MINT, "https://third")), Err(Reason::IssuerMismatch));
}

#[test]
fn the_issuer_is_compared_letter_by_letter() {
    for issuer in [
        "https://kubernetes.default.svc.cluster.local/",
        "https://Kubernetes.default.svc.cluster.local",
        "http://kubernetes.default.svc.cluster.local",
        "https://kubernetes.default.svc.cluster.local:443",
        " https://kubernetes.default.svc.cluster.local",
        "https://kubernetes.default.svc.cluster.local\0",
    ] {
        assert_eq!(verdict_with(&json!({"iss": issuer})), Err(Reason::IssuerMismatch), "{issuer:?}");
    }
    assert_eq!(verdict_with(&json!({"iss": null})), Err(Reason::IssuerMismatch), "absent");
    let escaped: String = ISSUER.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let claims = claims_with(&json!({})).to_string().replace(ISSUER, &escaped);
    assert_eq!(
        verdict(&MINT.verifier(), MINT.sign(MINT.header(), claims)),
        Ok(()),
        "escapes are letters too"
    );
}

#[test]
fn a_legacy_token_is_refused_as_such_even_where_its_issuer_is_configured() {
    const LEGACY: &str = "kubernetes/serviceaccount";
    let claims = json!({
        "iss": LEGACY, "sub": "system:serviceaccount:demo:app", "kubernetes.io/serviceaccount/namespace": "demo",
        "kubernetes.io/serviceaccount/secret.name": "app-token", "kubernetes.io/serviceaccount/service-account.name": "app",
    });
    assert_eq!(verdict(&MINT.verifier(), MINT.token(&claims)), Err(Reason::LegacyToken));
    let verifier = verifier([TrustedIssuer::new(LEGACY, MINT.keys())]);
    assert_eq!(verdict(&verifier, MINT.token(&claims)), Err(Reason::LegacyToken));
    assert_eq!(verdict(&verifier, issued_by(&MINT, LEGACY)), Err(Reason::LegacyToken));
    let stranger = Mint::new(Algorithm::ES256, &MINT.kid);
    assert_eq!(verdict(&verifier, stranger.token(&claims)), Err(Reason::SignatureInvalid), "nobody knows");
}

#[test]
fn an_unknown_kid_and_a_known_one_of_another_key_are_different_reasons() {
    let unknown = Mint::new(Algorithm::ES256, "unknown");
    let impostor = Mint::new(Algorithm::ES256, &MINT.kid);
    assert_eq!(verdict(&MINT.verifier(), issued_by(&unknown, ISSUER)), Err(Reason::KeyUnknown));
    assert_eq!(verdict(&MINT.verifier(), issued_by(&impostor, ISSUER)), Err(Reason::SignatureInvalid));
    for kid in [MINT.kid.to_lowercase(), MINT.kid[1..].to_owned(), format!("{} ", MINT.kid)] {
        let header = json!({"alg": "ES256", "kid": kid}).to_string();
        let token = MINT.sign(header, claims_with(&json!({})).to_string());
        assert_eq!(verdict(&MINT.verifier(), token), Err(Reason::KeyUnknown), "{kid}");
    }
}

#[test]
fn keys_of_one_kid_are_all_tried() {
    let es256 = Mint::new(Algorithm::ES256, "same");
    let another_es256 = Mint::new(Algorithm::ES256, "same");
    let es384 = Mint::new(Algorithm::ES384, "same");
    let mints = [&es256, &another_es256, &es384];
    let verifier = verifier([TrustedIssuer::new(ISSUER, key_set(mints))]);
    for mint in mints {
        assert_eq!(verdict(&verifier, issued_by(mint, ISSUER)), Ok(()), "{}", mint.algorithm);
    }
    let stranger = Mint::new(Algorithm::ES384, "same");
    assert_eq!(verdict(&verifier, issued_by(&stranger, ISSUER)), Err(Reason::SignatureInvalid));
    let of_no_key = Mint::new(Algorithm::EdDSA, "same");
    assert_eq!(verdict(&verifier, issued_by(&of_no_key, ISSUER)), Err(Reason::AlgorithmMismatch));
}

#[test]
fn a_key_verifies_its_own_algorithm_alone() {
    let rs256 = Mint::new(Algorithm::RS256, "rsa");
    let ps256 = Mint::new(Algorithm::PS256, "rsa"); // the same numbers
    for (mint, other) in [(&rs256, &ps256), (&ps256, &rs256)] {
        let verifier = verifier([TrustedIssuer::new(ISSUER, mint.keys())]);
        assert_eq!(verdict(&verifier, issued_by(mint, ISSUER)), Ok(()));
        assert_eq!(verdict(&verifier, issued_by(other, ISSUER)), Err(Reason::AlgorithmMismatch));
    }
}

/// Headers that have no kid in the eyes of a verifier.
fn without_kid(mint: &Mint) -> [String; 3] {
    let algorithm = mint.algorithm;
    [
        format!(r#"{{"alg":"{algorithm}"}}"#),
        format!(r#"{{"alg":"{algorithm}","kid":null}}"#),
        format!(r#"{{"alg":"{algorithm}","kid":""}}"#),
    ]
    .map(|header| mint.sign(header, claims_with(&json!({})).to_string()))
}

#[test]
fn without_a_kid_exactly_one_key_of_all_issuers_must_fit() {
    let [one, other] = ["one", "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let es384 = Mint::new(Algorithm::ES384, "third");
    let issuer = |mints: &[&Mint]| TrustedIssuer::new(ISSUER, key_set(mints.iter().copied()));
    for (issuers, expected) in [
        (vec![issuer(&[&one])], Ok(())),
        (vec![issuer(&[&one, &es384])], Ok(())),
        (vec![issuer(&[&one]), issuer(&[&es384]).label("other")], Ok(())),
        (vec![issuer(&[&one, &other])], Err(Reason::KeyIdMissing)),
        (vec![issuer(&[&one]), issuer(&[&other]).label("other")], Err(Reason::KeyIdMissing)),
        (vec![issuer(&[&es384])], Err(Reason::AlgorithmMismatch)),
        (vec![issuer(&[&other])], Err(Reason::SignatureInvalid)),
        (vec![issuer(&[&other, &es384])], Err(Reason::SignatureInvalid)),
    ] {
        let verifier = verifier(issuers);
        for token in without_kid(&one) {
            assert_eq!(verdict(&verifier, token), expected);
        }
    }
}

#[test]
fn a_key_without_a_kid_is_found_by_tokens_without_one() {
    let mint = Mint::new(Algorithm::ES256, "");
    let verifier = mint.verifier();
    assert_eq!(verdict(&verifier, issued_by(&mint, ISSUER)), Ok(()), "an empty kid names nothing");
    for token in without_kid(&mint) {
        assert_eq!(verdict(&verifier, token), Ok(()));
    }
    let named = mint.sign(r#"{"alg":"ES256","kid":"x"}"#, claims_with(&json!({})).to_string());
    assert_eq!(verdict(&verifier, named), Err(Reason::KeyUnknown));
}

#[test]
fn a_key_is_found_among_many_and_however_the_header_is_written() {
    let mints: Vec<Mint> =
        (0..20).map(|number| Mint::new(Algorithm::ES256, &format!("key-{number}"))).collect();
    let verifier = verifier([TrustedIssuer::new(ISSUER, key_set(&mints))]);
    for mint in &mints {
        let kid = &mint.kid;
        for header in [
            mint.header(),
            format!(r#"{{"kid":"{kid}","alg":"ES256"}}"#),
            format!(r#" {{ "typ" : "JWT" , "alg" : "ES256" , "kid" : "{kid}" }} "#),
            format!(r#"{{"alg":"ES\u003256","kid":"\u006b{}","more":[{{}}]}}"#, &kid[1..]),
        ] {
            let token = mint.sign(&header, claims_with(&json!({})).to_string());
            assert_eq!(verdict(&verifier, token), Ok(()), "{header}");
        }
    }
}

#[test]
fn keys_from_a_signing_key_verify_its_tokens() {
    let key = boundtoken::SigningKey::generate(Algorithm::ES256).unwrap();
    let keys: KeySet = [key.public_key().clone()].into_iter().collect();
    let token = key.sign(claims_with(&json!({})).to_string().as_bytes()).unwrap();
    assert_eq!(verdict(&verifier([TrustedIssuer::new(ISSUER, keys)]), token), Ok(()));
}

#[test]
fn a_header_beyond_the_limit_is_refused_even_as_the_issuer_writes_it() {
    let mint = Mint::new(Algorithm::ES256, &"k".repeat(5_000));
    let verifier = mint.verifier();
    for header in [mint.header(), format!("{} ", mint.header())] {
        let token = mint.sign(header, claims_with(&json!({})).to_string());
        assert_eq!(verdict(&verifier, token), Err(Reason::HeaderTooLarge));
    }
}

#[test]
fn a_kid_is_found_however_it_is_escaped() {
    let mints = ["<a>", "\u{e9}\u{1f511}", "plain"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let verifier = verifier([TrustedIssuer::new(ISSUER, key_set(&mints))]);
    for (mint, written) in mints.iter().zip([r"\u003ca\u003e", r"\u00e9\ud83d\udd11", r"pl\u0061in"]) {
        let header = format!(r#"{{"alg":"ES256","kid":"{written}"}}"#);
        assert_eq!(
            verdict(&verifier, mint.sign(header, claims_with(&json!({})).to_string())),
            Ok(()),
            "{written}"
        );
    }
}

#[test]
fn an_issuer_is_called_by_its_name_unless_it_has_a_label_and_no_two_are_called_alike() {
    let [one, other] = ["one", "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let named = |mint: &Mint, name| TrustedIssuer::new(name, mint.keys());
    let label_of = |verifier: &Verifier, mint: &Mint, name| {
        verify(verifier, issued_by(mint, name)).unwrap().issuer_label().to_owned()
    };
    let both = verifier([named(&one, ISSUER), named(&other, OTHER_ISSUER).also_named(ISSUER)]);
    assert_eq!(label_of(&both, &one, ISSUER), ISSUER);
    assert_eq!(label_of(&both, &other, ISSUER), OTHER_ISSUER, "whichever name the token has");

    let error = |issuers: [TrustedIssuer; 2]| builder(issuers).build().unwrap_err();
    for issuers in [
        [named(&one, ISSUER), named(&other, ISSUER)],
        [named(&one, ISSUER).label("a"), named(&other, OTHER_ISSUER).label("a")],
        [named(&one, ISSUER).label(OTHER_ISSUER), named(&other, OTHER_ISSUER)],
    ] {
        assert!(matches!(error(issuers), BuildError::LabelNotUnique { .. }));
    }
    assert_eq!(error([named(&one, ISSUER).label(""), named(&other, OTHER_ISSUER)]), BuildError::EmptyLabel);
    for name in [ISSUER, OTHER_ISSUER] {
        let with_the_key_of_the_other = TrustedIssuer::new(ISSUER, key_set([&other, &one])).label("a");
        let both = [with_the_key_of_the_other, named(&one, name).label("b")];
        match builder(both).build() {
            Err(error) => assert!(matches!(error, BuildError::IssuersAmbiguous { .. }) && name == ISSUER),
            Ok(verifier) => {
                assert_eq!(name, OTHER_ISSUER, "one key for two names can be told apart");
                assert_eq!(label_of(&verifier, &one, ISSUER), "a");
                assert_eq!(label_of(&verifier, &one, OTHER_ISSUER), "b");
            }
        }
    }
}

#[test]
fn a_key_that_two_issuers_of_one_name_come_to_publish_vouches_for_neither() {
    let [one, other] = ["one", "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let (blue, green) = (KeyStore::new(one.keys()), KeyStore::new(other.keys()));
    let issuers = [(&blue, "blue"), (&green, "green")]
        .map(|(keys, label)| TrustedIssuer::new(ISSUER, keys.clone()).label(label));
    let verifier = verifier(issuers);
    let token = issued_by(&one, ISSUER);
    let judged = || verify(&verifier, &token).map(|verified| verified.issuer_label().to_owned());
    for _ in 0..2 {
        assert_eq!(judged(), Ok("blue".to_owned()));
        assert_eq!(judged(), Ok("blue".to_owned()), "remembered");
        green.replace(key_set([&other, &one]));
        assert_eq!(judged(), Err(Reason::IssuerAmbiguous));
        green.replace(other.keys());
    }
    blue.replace(other.keys());
    green.replace(one.keys());
    assert_eq!(judged(), Ok("green".to_owned()), "the key has moved");
}
