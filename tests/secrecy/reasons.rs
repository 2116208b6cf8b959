//! For every reason: a token that is refused for it, and what is printed about the token.

use std::collections::BTreeSet;
use std::time::Duration;

use boundtoken::{
    Algorithm, BoundObjects, Freshness, KeyStore, ObjectKind, ObjectReference, ObjectState, Reason,
    TrustedIssuer, UnixSeconds, Verifier,
};
use serde_json::{Value, json};

use crate::Secrets;
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, Mint, NOW, claims_with};

struct Issuer {
    mint: Mint,
    /// A second key with the same algorithm and another kid.
    other: Mint,
}

impl Issuer {
    fn new() -> Self {
        let [mint, other] = [mint::KID, "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
        Self { mint, other }
    }

    fn trusted(&self) -> TrustedIssuer {
        TrustedIssuer::new(ISSUER, mint::key_set([&self.mint, &self.other]))
    }

    /// Answers `state` for the objects of one kind. All others are as the token names them.
    fn verifier(&self, told: Option<(ObjectKind, ObjectState)>) -> Verifier {
        let objects = move |reference: &ObjectReference<'_>| match &told {
            Some((kind, state)) if *kind == reference.kind => state.clone(),
            _ => ObjectState::Present { uid: uid_of(reference.kind).into(), deletion_timestamp: None },
        };
        Verifier::builder().issuer(self.trusted().bound_objects(objects)).audience(AUDIENCE).build().unwrap()
    }

    /// Tokens that are refused whatever objects exist.
    fn bad_tokens(&self) -> Vec<(Reason, Vec<u8>)> {
        let claims = claims_with(&json!({}));
        let text = claims.to_string();
        let good = self.mint.token(&claims);
        let kid = &self.mint.kid;
        let header = |members: &str| {
            self.mint.sign(format!(r#"{{"alg":"ES256","kid":"{kid}",{members}}}"#), &text).into_bytes()
        };
        let whole_header = |header: &[u8]| self.mint.sign(header, &text).into_bytes();
        let claim = |member: &str| {
            self.mint.sign(self.mint.header(), format!("{{{member},{}", &text[1..])).into_bytes()
        };
        let with = |patch: Value| self.mint.token(&claims_with(&patch)).into_bytes();
        let many: Vec<String> = (0..40).map(|number| format!("\"m{number}\":0")).collect();
        let long_number = format!("\"x\":{}", "1".repeat(70));
        let deep = format!("\"x\":{}{}", "[".repeat(40), "]".repeat(40));
        let legacy = json!({"iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:demo:app"});
        // A multiple of four characters remains, so there are no stray bits.
        let cut = &good[..good.len() - 22];
        vec![
            (Reason::TokenEmpty, Vec::new()),
            (Reason::TokenTooLarge, good.repeat(30).into_bytes()),
            (Reason::TokenPartCount, good.replace('.', "").into_bytes()),
            (Reason::TokenPartCount, format!("{good}.{good}").into_bytes()),
            (Reason::TokenNotBase64url, format!("Bearer {good}").into_bytes()),
            (Reason::TokenNotBase64url, good.replace('.', "=.").into_bytes()),
            (Reason::TokenNotBase64url, format!("{good}\r\n").into_bytes()),
            (Reason::HeaderTooLarge, header(&format!("\"x\":\"{}\"", "x".repeat(5_000)))),
            (Reason::HeaderNotUtf8, whole_header(b"{\"alg\":\"ES256\",\"x\":\"\xff\"}")),
            (Reason::HeaderMalformed, whole_header(b"{'alg':'ES256'}")),
            (Reason::HeaderTooDeep, header(&deep)),
            (Reason::HeaderDuplicateMember, header(r#""alg":"ES256""#)),
            (Reason::HeaderTooManyMembers, header(&many.join(","))),
            (Reason::HeaderNumberOutOfRange, header(&long_number)),
            (Reason::HeaderWrongType, header(r#""typ":5"#)),
            (Reason::AlgorithmMissing, whole_header(b"{}")),
            (
                Reason::AlgorithmUnsupported,
                whole_header(format!(r#"{{"alg":{}}}"#, Value::from(text.as_str())).as_bytes()),
            ),
            (Reason::AlgorithmUnsupported, whole_header(br#"{"alg":"none"}"#)),
            (Reason::TypeUnsupported, header(&format!("\"typ\":{}", Value::from(good.as_str())))),
            (Reason::CriticalHeader, header(r#""crit":["exp"]"#)),
            (Reason::EmbeddedKey, header(&format!("\"jwk\":{}", self.mint.jwk))),
            (Reason::KeyIdMissing, whole_header(br#"{"alg":"ES256"}"#)),
            (
                Reason::KeyUnknown,
                whole_header(br#"{"alg":"ES256","kid":"a kid of forty letters that no key has"}"#),
            ),
            (
                Reason::AlgorithmMismatch,
                whole_header(format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#).as_bytes()),
            ),
            (Reason::SignatureInvalid, format!("{cut}{}", "A".repeat(22)).into_bytes()),
            (Reason::SignatureInvalid, cut.as_bytes().to_vec()),
            (Reason::ClaimsNotUtf8, claim(r#""x":"\ud800""#)),
            (
                Reason::ClaimsMalformed,
                self.mint.sign(self.mint.header(), format!("{text}{text}")).into_bytes(),
            ),
            (Reason::ClaimsTooDeep, claim(&deep)),
            (Reason::ClaimsDuplicateMember, claim(r#""exp":1"#)),
            (Reason::ClaimsNumberOutOfRange, claim(&long_number)),
            (Reason::ClaimsWrongType, with(json!({"jti": [good]}))),
            (Reason::ClaimsNameCase, claim(r#""Exp":1"#)),
            (Reason::ClaimsDateOutOfRange, with(json!({"exp": 1e300}))),
            (Reason::LegacyToken, self.mint.token(&legacy).into_bytes()),
            (Reason::IssuerMismatch, with(json!({"iss": "https://other.example.com"}))),
            (Reason::AudienceMissing, with(json!({"aud": []}))),
            (Reason::AudienceMismatch, with(json!({"aud": ["other", "x".repeat(500)]}))),
            (Reason::ExpiryMissing, with(json!({"exp": null}))),
            (Reason::Expired, with(json!({"exp": NOW - 60}))),
            (Reason::NotYetValid, with(json!({"nbf": NOW + 61}))),
            (Reason::IssuedInFuture, with(json!({"iat": NOW + 61}))),
            (Reason::KubernetesClaimMissing, with(json!({"kubernetes.io": null}))),
            (Reason::SubjectMismatch, with(json!({"sub": "system:admin"}))),
            (Reason::ReferenceInvalid, with(json!({"kubernetes.io": {"pod": {"name": "a/b"}}}))),
            (
                Reason::BindingUnknown,
                with(json!({"kubernetes.io": {"apiservice": {"name": good, "uid": "x"}}})),
            ),
            (
                Reason::AttestationMissing,
                with(json!({"kubernetes.io": {"mutatingwebhookconfiguration": {"name": "x", "uid": "x"}}})),
            ),
        ]
    }
}

fn uid_of(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::ServiceAccount => mint::ACCOUNT_UID,
        ObjectKind::Secret => mint::SECRET_UID,
        ObjectKind::Pod => mint::POD_UID,
        ObjectKind::Node => mint::NODE_UID,
        ObjectKind::ValidatingWebhookConfiguration => mint::VALIDATING_UID,
        ObjectKind::MutatingWebhookConfiguration => mint::MUTATING_UID,
        kind => panic!("no uid for {kind}"),
    }
}

/// The reasons that depend on the objects: not found, another uid, deleted.
fn reasons_of(kind: ObjectKind) -> [Reason; 3] {
    match kind {
        ObjectKind::ServiceAccount => {
            [Reason::ServiceAccountNotFound, Reason::ServiceAccountUidMismatch, Reason::ServiceAccountDeleted]
        }
        ObjectKind::Secret => [Reason::SecretNotFound, Reason::SecretUidMismatch, Reason::SecretDeleted],
        ObjectKind::Pod => [Reason::PodNotFound, Reason::PodUidMismatch, Reason::PodDeleted],
        ObjectKind::Node => [Reason::NodeNotFound, Reason::NodeUidMismatch, Reason::NodeDeleted],
        ObjectKind::ValidatingWebhookConfiguration => [
            Reason::ValidatingWebhookConfigurationNotFound,
            Reason::ValidatingWebhookConfigurationUidMismatch,
            Reason::ValidatingWebhookConfigurationDeleted,
        ],
        ObjectKind::MutatingWebhookConfiguration => [
            Reason::MutatingWebhookConfigurationNotFound,
            Reason::MutatingWebhookConfigurationUidMismatch,
            Reason::MutatingWebhookConfigurationDeleted,
        ],
        kind => panic!("no reasons for {kind}"),
    }
}

/// Checks that the token is refused for `reason`, and checks everything that can be printed then.
fn assert_refused_in_secrecy(verifier: &Verifier, token: &[u8], reason: Reason) {
    let rejection = verifier.verify_at(token, UnixSeconds(NOW)).expect_err(reason.name());
    assert_eq!(rejection.reason(), reason, "{rejection}");
    let secrets = Secrets::of_token(token);
    assert!(!secrets.is_empty() || token.is_empty());
    let error: &dyn std::error::Error = &rejection;
    for (what, text) in [
        ("Display", rejection.to_string()),
        ("Debug", format!("{rejection:?}")),
        ("pretty Debug", format!("{rejection:#?}")),
        ("the error", format!("{error}: {:?}", error.source())),
        ("the challenge", rejection.www_authenticate()),
        ("the verifier", format!("{verifier:?}{verifier:#?}")),
    ] {
        secrets.assert_unseen_in(&format!("{what} of {reason}"), &text);
    }
    let challenge = rejection.www_authenticate();
    assert!(challenge.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "fit for a header: {challenge}");
    assert!(rejection.to_string().len() < 700, "fit for a line of a log: {rejection}");
    assert!(!rejection.to_string().contains(['\n', '\r', '\0']), "{rejection}");
}

/// A watch that has not heard anything yet.
struct NoNews;

impl BoundObjects for NoNews {
    fn state(&self, _: &ObjectReference<'_>) -> ObjectState {
        ObjectState::Absent
    }

    fn freshness(&self) -> Freshness {
        Freshness::Following
    }
}

#[test]
fn every_reason_can_be_met_and_none_tells_anything_of_the_token() {
    let issuer = Issuer::new();
    let mut met = BTreeSet::new();
    let verifier = issuer.verifier(None);
    for (reason, token) in issuer.bad_tokens() {
        assert_refused_in_secrecy(&verifier, &token, reason);
        met.insert(reason);
    }
    let bound_to = |kind: ObjectKind| {
        let secret = json!({"name": "certificate", "uid": mint::SECRET_UID});
        let pod = if kind == ObjectKind::Node { Value::Null } else { json!({}) };
        issuer.mint.token(&claims_with(&json!({"kubernetes.io": {
            "secret": secret, "pod": pod,
            "validatingwebhookconfiguration": {"name": "checks", "uid": mint::VALIDATING_UID},
            "mutatingwebhookconfiguration": {"name": "changes", "uid": mint::MUTATING_UID},
            "attestations": {"admissionReviewAPIGroups": ["apps"]},
        }})))
    };
    for &kind in ObjectKind::ALL {
        let [not_found, uid_mismatch, deleted] = reasons_of(kind);
        let past = Some(UnixSeconds(NOW - 60));
        for (reason, state) in [
            (not_found, ObjectState::Absent),
            (uid_mismatch, ObjectState::Present { uid: "another".into(), deletion_timestamp: None }),
            (deleted, ObjectState::Present { uid: uid_of(kind).into(), deletion_timestamp: past }),
            (Reason::BoundObjectUnavailable, ObjectState::Unavailable),
            (Reason::BoundObjectNotFollowed, ObjectState::NotFollowed),
        ] {
            let verifier = issuer.verifier(Some((kind, state)));
            assert_refused_in_secrecy(&verifier, bound_to(kind).as_bytes(), reason);
            met.insert(reason);
        }
    }
    let news = Verifier::builder()
        .issuer(issuer.trusted().bound_objects(NoNews))
        .audience(AUDIENCE)
        .build()
        .unwrap();
    assert_refused_in_secrecy(&news, bound_to(ObjectKind::Pod).as_bytes(), Reason::BoundObjectPending);
    met.insert(Reason::BoundObjectPending);
    let keys = KeyStore::new(issuer.mint.keys());
    keys.set_max_age(Duration::ZERO);
    let old = Verifier::builder()
        .issuer(TrustedIssuer::new(ISSUER, keys.clone()))
        .audience(AUDIENCE)
        .build()
        .unwrap();
    while !keys.is_stale() {
        std::thread::yield_now();
    }
    assert_refused_in_secrecy(&old, bound_to(ObjectKind::Pod).as_bytes(), Reason::KeysStale);
    met.insert(Reason::KeysStale);
    // No single token can provoke these two.
    let twin = Mint::new(Algorithm::ES256, "twin");
    let keys = KeyStore::new(twin.keys());
    let ambiguous = Verifier::builder()
        .issuer(issuer.trusted())
        .issuer(TrustedIssuer::new(ISSUER, keys.clone()).label("twin"))
        .audience(AUDIENCE)
        .build()
        .unwrap();
    keys.replace(issuer.mint.keys());
    let token = bound_to(ObjectKind::Pod);
    assert_refused_in_secrecy(&ambiguous, token.as_bytes(), Reason::IssuerAmbiguous);
    let checked =
        verifier.check_at(issuer.mint.token(&claims_with(&json!({}))).as_bytes(), UnixSeconds(NOW)).unwrap();
    let mismatch = news.confirm_at(checked, &NoNews, UnixSeconds(NOW)).unwrap_err();
    assert_eq!(mismatch.reason(), Reason::VerifierMismatch);
    met.extend([Reason::IssuerAmbiguous, Reason::VerifierMismatch]);
    let missing: Vec<_> = Reason::ALL.iter().filter(|reason| !met.contains(reason)).collect();
    assert!(missing.is_empty(), "no case here for {missing:?}");
}

#[test]
fn an_accepted_token_shows_its_claims_but_never_itself() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier(None);
    let token = issuer.mint.token(&claims_with(&json!({})));
    let secrets = Secrets::of_token(token.as_bytes());
    let checked = verifier.check_at(token.as_bytes(), UnixSeconds(NOW)).unwrap();
    secrets.assert_unseen_in("a checked token", &format!("{checked:?}{checked:#?}"));
    secrets.assert_unseen_in("claims", &format!("{:?}", checked.claims()));
    let verified = verifier.verify_at(token.as_bytes(), UnixSeconds(NOW)).unwrap();
    let shown = format!("{verified:?}{verified:#?}");
    secrets.assert_unseen_in("a verified token", &shown);
    assert!(shown.contains("system:serviceaccount:demo:app"));
    secrets.assert_unseen_in("its JSON", &serde_json::to_string(&verified).unwrap());
    secrets.assert_unseen_in("the user", &format!("{:?}", verified.user_info()));
    secrets.assert_unseen_in("the verifier", &format!("{verifier:?}"));
}

#[test]
fn what_a_verifier_is_made_of_shows_no_key_material() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
        let mint = Mint::new(algorithm, mint::KID);
        let material = ["n", "x", "y"].into_iter().filter_map(|member| mint.jwk[member].as_str());
        let secrets = Secrets::new(material);
        assert!(!secrets.is_empty());
        let store = KeyStore::new(mint.keys());
        let trusted = TrustedIssuer::new(ISSUER, store.clone());
        let builder = Verifier::builder().issuer(trusted.clone()).audience(AUDIENCE);
        let keys = store.load();
        for (what, text) in [
            ("a key", format!("{:?}{:#?}", keys.keys()[0], keys.keys()[0])),
            ("the key set", format!("{:?}{:#?}", *keys, *keys)),
            ("the current keys", format!("{keys:?}{keys:#?}")),
            ("the store", format!("{store:?}{store:#?}")),
            ("the issuer", format!("{trusted:?}{trusted:#?}")),
            ("the builder", format!("{builder:?}{builder:#?}")),
            ("the verifier", format!("{:?}", builder.build().unwrap())),
        ] {
            secrets.assert_unseen_in(what, &text);
            assert!(
                text.contains(mint::KID) && text.contains(algorithm.name()),
                "{what} does name the key: {text}"
            );
        }
    }
}

#[test]
fn a_hostile_kid_and_hostile_claims_cannot_forge_a_line_of_a_log() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier(None);
    let good = issuer.mint.token(&claims_with(&json!({})));
    let forged = format!("x\nERROR\u{1b}[31m \u{202e}{good}");
    let header = json!({"alg": "ES256", "kid": forged}).to_string();
    for token in [
        issuer.mint.sign(header, "{}"),
        issuer.mint.token(&claims_with(&json!({"iss": "\n\u{1b}[31m\r\"; all is well"}))),
        issuer.mint.token(&claims_with(&json!({"aud": ["\n\u{1b}[31m\r\"; all is well"]}))),
    ] {
        let rejection = verifier.verify_at(token.as_bytes(), UnixSeconds(NOW)).unwrap_err();
        let texts = [rejection.to_string(), format!("{rejection:?}"), rejection.www_authenticate()];
        for text in texts {
            assert!(!text.contains(char::is_control) && !text.contains('\u{202e}'), "{text:?}");
            Secrets::of_token(good.as_bytes()).assert_unseen_in("a forged kid", &text);
        }
    }
}
