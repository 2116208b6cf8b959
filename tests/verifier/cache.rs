//! Tokens that are seen again. They are remembered, but never accepted for longer than they are valid.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use boundtoken::{
    BoundObjects, Confirmed, Freshness, KeyStore, Moment, ObjectKind, ObjectReference, ObjectSource,
    ObjectState, ObjectStore, Scope, TrustedIssuer,
};
use serde_json::json;

use super::*;
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, claims_with, key_set};

fn verifier(keys: &KeyStore) -> Verifier {
    Verifier::builder().issuer(TrustedIssuer::new(ISSUER, keys.clone())).audience(AUDIENCE).build().unwrap()
}

/// How many tokens a verifier remembers, according to its `Debug`.
fn remembered(verifier: &Verifier) -> usize {
    let shown = format!("{verifier:?}");
    let (_, rest) = shown.split_once("TokenCache { tokens: ").expect(&shown);
    rest.split_once(' ').and_then(|(count, _)| count.parse().ok()).expect(&shown)
}

#[test]
fn an_accepted_token_is_remembered_and_answered_alike() {
    let verifier = verifier(&MINT.keys().into());
    let token = MINT.token(&claims_with(&json!({})));
    let [first, again] = [(); 2].map(|()| verify(&verifier, &token).unwrap());
    assert_eq!(remembered(&verifier), 1);
    assert_eq!(serde_json::to_value(&first).unwrap(), serde_json::to_value(&again).unwrap());
}

#[test]
fn whatever_thread_sees_a_token_again_gets_the_same() {
    let verifier = verifier(&MINT.keys().into());
    let token = MINT.token(&claims_with(&json!({"aud": ["a", "b", "c", AUDIENCE, "d", "\u{e9}"]})));
    let shown = |verified: VerifiedToken| serde_json::to_value(verified).unwrap();
    let first = shown(verify(&verifier, &token).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(shown(verify(&verifier, &token).unwrap()), first);
                }
            });
        }
    });
    assert_eq!(remembered(&verifier), 1);
}

#[test]
fn a_remembered_token_still_expires() {
    let verifier = verifier(&MINT.keys().into());
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier, &token).is_ok());
    assert!(verify_at(&verifier, &token, NOW + 3_600 + 59).is_ok());
    assert_eq!(verify_at(&verifier, &token, NOW + 3_600 + 60).unwrap_err(), Reason::Expired);
    assert_eq!(remembered(&verifier), 0, "it leaves");
    assert!(verify(&verifier, &token).is_ok());
    assert_eq!(verify_at(&verifier, &token, NOW - 61).unwrap_err(), Reason::NotYetValid);
}

#[test]
fn a_remembered_token_leaves_with_its_key_and_stays_when_others_come() {
    let other = Mint::new(Algorithm::ES256, "other");
    let keys = KeyStore::new(MINT.keys());
    let verifier = verifier(&keys);
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier, &token).is_ok());
    keys.replace(key_set([&other, &MINT]));
    assert!(verify(&verifier, &token).is_ok());
    keys.replace(other.keys());
    assert_eq!(verify(&verifier, &token).unwrap_err(), Reason::KeyUnknown);
    assert_eq!(remembered(&verifier), 0, "it leaves");
    // Another key with the same kid.
    keys.replace(MINT.keys());
    assert!(verify(&verifier, &token).is_ok());
    keys.replace(Mint::new(Algorithm::ES256, mint::KID).keys());
    assert_eq!(verify(&verifier, &token).unwrap_err(), Reason::SignatureInvalid);
}

/// A source of objects that can be unavailable or outdated. It counts the questions.
#[derive(Clone, Default)]
struct Source {
    objects: ObjectStore,
    is_out_of_reach: Arc<AtomicBool>,
    is_stale: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl BoundObjects for Source {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.is_out_of_reach.load(Ordering::Relaxed) {
            true => ObjectState::Unavailable,
            false => self.objects.state(reference),
        }
    }

    fn freshness(&self) -> Freshness {
        if self.is_stale.load(Ordering::Relaxed) { Freshness::Stale } else { Freshness::Current }
    }
}

const POD: ObjectReference<'static> =
    ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" };
const ACCOUNT: ObjectReference<'static> =
    ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name: "app" };

fn of_objects(objects: impl Into<ObjectSource>) -> Verifier {
    let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects);
    Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap()
}

#[test]
fn a_remembered_token_is_refused_the_moment_its_objects_say_so() {
    let source = Source::default();
    let objects = &source.objects;
    let token = MINT.token(&claims_with(&json!({})));
    let everything_is_there = || {
        objects.upsert(&ACCOUNT, mint::ACCOUNT_UID.into(), None);
        objects.upsert(&POD, mint::POD_UID.into(), None);
        source.is_out_of_reach.store(false, Ordering::Relaxed);
        source.is_stale.store(false, Ordering::Relaxed);
    };
    let in_the_store: [(&dyn Fn(), Reason); 6] = [
        (&|| assert!(objects.delete(&POD)), Reason::PodNotFound),
        (&|| objects.upsert(&POD, "of-another".into(), None), Reason::PodUidMismatch),
        (&|| objects.upsert(&POD, mint::POD_UID.into(), Some(UnixSeconds(NOW - 60))), Reason::PodDeleted),
        (&|| assert!(objects.delete(&ACCOUNT)), Reason::ServiceAccountNotFound),
        (&|| objects.upsert(&ACCOUNT, "of-another".into(), None), Reason::ServiceAccountUidMismatch),
        (
            &|| objects.upsert(&ACCOUNT, mint::ACCOUNT_UID.into(), Some(UnixSeconds(0))),
            Reason::ServiceAccountDeleted,
        ),
    ];
    let in_the_call_back: [(&dyn Fn(), Reason); 2] = [
        (&|| source.is_out_of_reach.store(true, Ordering::Relaxed), Reason::BoundObjectUnavailable),
        (&|| source.is_stale.store(true, Ordering::Relaxed), Reason::BoundObjectUnavailable),
    ];
    let (by_store, by_call_back) = (of_objects(objects.clone()), of_objects(source.clone()));
    for verifier in [&by_store, &by_call_back] {
        let is_asked = std::ptr::eq(verifier, &by_call_back);
        let more = if is_asked { in_the_call_back.as_slice() } else { &[] };
        for (happens, reason) in in_the_store.iter().chain(more) {
            everything_is_there();
            assert!(verify(verifier, &token).is_ok());
            assert_eq!(remembered(verifier), 1);
            // Twice, because the first hit does not know the fingerprints of its objects yet.
            let asked = source.asked.load(Ordering::Relaxed);
            for _ in 0..2 {
                assert_eq!(verify(verifier, &token).unwrap().confirmed(), Confirmed::Live);
            }
            let asked = source.asked.load(Ordering::Relaxed) - asked;
            assert_eq!(asked, if is_asked { 4 } else { 0 }, "{reason}");
            happens();
            assert_eq!(verify(verifier, &token).unwrap_err(), *reason);
        }
        everything_is_there();
        assert!(verify(verifier, &token).is_ok());
        objects.upsert(&POD, mint::POD_UID.into(), Some(UnixSeconds(NOW - 59)));
        assert_eq!(verify(verifier, &token).unwrap().confirmed(), Confirmed::Live);
    }
}

#[test]
fn a_remembered_token_is_refused_the_moment_the_store_lost_touch() {
    let scopes = [Scope::cluster(ObjectKind::ServiceAccount), Scope::cluster(ObjectKind::Pod)];
    let (objects, feeds) = ObjectStore::following(scopes, Duration::from_secs(3_600));
    objects.upsert(&ACCOUNT, mint::ACCOUNT_UID.into(), None);
    objects.upsert(&POD, mint::POD_UID.into(), None);
    let verifier = of_objects(objects.clone());
    let token = MINT.token(&claims_with(&json!({})));
    assert_eq!(verify(&verifier, &token).unwrap_err(), Reason::BoundObjectUnavailable, "nothing is listed");
    feeds.iter().for_each(|feed| feed.prove(Moment::now()));
    for _ in 0..3 {
        assert_eq!(verify(&verifier, &token).unwrap().confirmed(), Confirmed::Live);
    }
    objects.abandon();
    assert_eq!(verify(&verifier, &token).unwrap_err(), Reason::BoundObjectUnavailable);
}

#[test]
fn what_one_verifier_remembers_says_nothing_to_one_with_other_audiences_or_issuers() {
    let keys = KeyStore::new(MINT.keys());
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier(&keys), &token).is_ok());
    let of = |issuer: &str, audience: &str| {
        let issuer = TrustedIssuer::new(issuer, keys.clone());
        Verifier::builder().issuer(issuer).audience(audience).build().unwrap()
    };
    assert_eq!(verify(&of(ISSUER, "mail"), &token).unwrap_err(), Reason::AudienceMismatch);
    assert_eq!(verify(&of("https://other", AUDIENCE), &token).unwrap_err(), Reason::IssuerMismatch);
}

#[test]
fn a_remembered_token_is_refused_when_its_key_moves_to_another_issuer() {
    let other = Mint::new(Algorithm::ES256, "other");
    let [ours, theirs] = [MINT.keys(), other.keys()].map(KeyStore::new);
    let builder = Verifier::builder().issuer(TrustedIssuer::new(ISSUER, ours.clone())).audience(AUDIENCE);
    let verifier = builder.issuer(TrustedIssuer::new("https://other", theirs.clone())).build().unwrap();
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier, &token).is_ok());
    ours.replace(other.keys());
    theirs.replace(MINT.keys());
    assert_eq!(verify(&verifier, &token).unwrap_err(), Reason::IssuerMismatch);
    assert_eq!(remembered(&verifier), 0, "it leaves");
}

#[test]
fn keys_that_are_replaced_by_the_same_drop_nothing() {
    let keys = KeyStore::new(MINT.keys());
    let verifier = verifier(&keys);
    let tokens: Vec<_> =
        (0..20).map(|number| MINT.token(&claims_with(&json!({"jti": number.to_string()})))).collect();
    for _ in 0..3 {
        assert!(tokens.iter().all(|token| verify(&verifier, token).is_ok()));
        keys.replace(MINT.keys());
        assert_eq!(remembered(&verifier), tokens.len());
    }
}

#[test]
fn a_million_bad_tokens_leave_what_is_remembered_as_it_was() {
    let verifier = verifier(&MINT.keys().into());
    let good: Vec<_> =
        (0..100).map(|number| MINT.token(&claims_with(&json!({"jti": number.to_string()})))).collect();
    assert!(good.iter().all(|token| verify(&verifier, token).is_ok()));
    let (header, rest) = good[0].split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let stranger = mint::base64url(br#"{"alg":"ES256","kid":"nobody's"}"#);
    let mut bad = String::new();
    for number in 0..1_000_000_u32 {
        let changed = mint::base64url(&number.to_le_bytes());
        bad.clear();
        // Most of them are refused before the signature check. A million checks would take long.
        match number % 500 {
            0 => bad.extend([header, ".", &changed, claims, ".", signature]),
            1..=200 => bad.extend([&stranger, ".", claims, ".", &changed, signature]),
            201..=300 => bad.extend([header, ".", claims, ".", &signature[..20], &changed]),
            301..=400 => bad.extend([&changed, signature]),
            _ => bad.extend([header, ".", &changed, signature]),
        }
        assert!(verdict(&verifier, &bad).is_err(), "{number}");
    }
    assert_eq!(remembered(&verifier), good.len());
    // All of them are still remembered: they are accepted without a signature check.
    let count = allocation_counter::measure(|| {
        assert!(good.iter().all(|token| verify(&verifier, token).is_ok()));
    });
    assert_eq!(count.count_total, 0);
}

#[test]
fn a_token_that_only_ends_alike_is_no_token_seen_before() {
    let verifier = verifier(&MINT.keys().into());
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier, &token).is_ok());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let admin = mint::base64url(
        claims_with(&json!({"sub": "system:serviceaccount:demo:admin"})).to_string().as_bytes(),
    );
    assert_eq!(
        verify(&verifier, format!("{header}.{admin}.{signature}")).unwrap_err(),
        Reason::SignatureInvalid
    );
    for place in 0..token.len() {
        let mut forged = token.clone().into_bytes();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        assert!(verify(&verifier, forged).is_err(), "{place}");
    }
    for cut in 1..token.len() {
        assert!(verify(&verifier, &token[cut..]).is_err());
    }
    assert!(verify(&verifier, &token).is_ok());
    assert_eq!(remembered(&verifier), 1);
}

#[test]
fn only_accepted_tokens_that_name_their_key_are_remembered() {
    let verifier = verifier(&MINT.keys().into());
    let claims = claims_with(&json!({}));
    for token in [
        MINT.token(&claims_with(&json!({"aud": ["mail"]}))),
        MINT.token(&claims_with(&json!({"exp": NOW - 100}))),
        Mint::new(Algorithm::ES256, "other").token(&claims),
        "x".repeat(1_000),
    ] {
        assert!(verify(&verifier, &token).is_err());
    }
    // Without a kid, another key may make it ambiguous.
    let nameless = MINT.sign(r#"{"alg":"ES256"}"#, claims.to_string());
    assert!(verify(&verifier, &nameless).is_ok());
    assert_eq!(remembered(&verifier), 0);
}

#[test]
fn no_more_are_remembered_than_allowed() {
    let tokens: Vec<_> =
        (0..200).map(|number| MINT.token(&claims_with(&json!({"jti": number.to_string()})))).collect();
    for (count, size, most) in [(32, usize::MAX, 32), (usize::MAX, 100_000, 100_000 / 1_000), (1, 1 << 20, 1)]
    {
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys());
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE);
        let verifier = builder.cached_tokens(count).cache_size(size).build().unwrap();
        for token in tokens.iter().chain(&tokens) {
            assert!(verify(&verifier, token).is_ok());
        }
        assert!(remembered(&verifier) <= most, "{} of {most}", remembered(&verifier));
    }
    for (count, size) in [(0, 1 << 20), (100, 0)] {
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys());
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE);
        let verifier = builder.cached_tokens(count).cache_size(size).build().unwrap();
        assert!(verify(&verifier, &tokens[0]).is_ok() && verify(&verifier, &tokens[0]).is_ok());
        assert!(format!("{verifier:?}").contains("cache: None"));
    }
}
