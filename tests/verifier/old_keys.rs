//! Keys that are older than the age limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boundtoken::{
    Confirmed, KeyStore, ObjectReference, ObjectState, OnUnavailable, Reason, TrustedIssuer, UnixSeconds,
    Verifier, VerifierBuilder,
};
use serde_json::json;

use crate::{MINT, verdict, verify};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, NOW, claims_with};

const HOUR: Duration = Duration::from_secs(3_600);

/// The objects of the tokens, all live.
fn live(reference: &ObjectReference<'_>) -> ObjectState {
    let uid = match reference.name {
        "app" => mint::ACCOUNT_UID,
        "live" => mint::POD_UID,
        name => panic!("{name}"),
    };
    ObjectState::Present { uid: uid.into(), deletion_timestamp: None }
}

fn builder(keys: &KeyStore) -> VerifierBuilder {
    let issuer = TrustedIssuer::new(ISSUER, keys.clone()).bound_objects(live);
    Verifier::builder().issuer(issuer).audience(AUDIENCE)
}

fn confirmed(verifier: &Verifier, token: &str) -> Result<Confirmed, Reason> {
    verify(verifier, token).map(|verified| verified.confirmed())
}

/// Makes the keys too old from now on, even if the clocks are coarse.
fn grow_too_old(keys: &KeyStore) {
    keys.clone().set_max_age(Duration::ZERO);
    while !keys.is_stale() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn may_be_an_hour_old(keys: &KeyStore) {
    keys.clone().set_max_age(HOUR);
    assert!(!keys.is_stale());
}

#[test]
fn tokens_by_keys_that_are_too_old_are_refused_whether_seen_before_or_not_until_the_keys_are_renewed() {
    let keys = KeyStore::new(MINT.keys());
    for cached in [10, 0] {
        let verifier = builder(&keys).cached_tokens(cached).build().unwrap();
        let (seen, unseen) = (MINT.token(&mint::claims(NOW)), MINT.token(&claims_with(&json!({"jti": "2"}))));
        assert_eq!(confirmed(&verifier, &seen), Ok(Confirmed::Live));
        grow_too_old(&keys);
        for token in [&seen, &unseen] {
            assert_eq!(confirmed(&verifier, token), Err(Reason::KeysStale));
        }
        may_be_an_hour_old(&keys);
        for token in [&seen, &unseen] {
            assert_eq!(confirmed(&verifier, token), Ok(Confirmed::Live));
        }
    }
}

#[test]
fn a_verifier_that_is_to_accept_them_says_that_they_are_stale() {
    let keys = KeyStore::new(MINT.keys());
    let token = MINT.token(&mint::claims(NOW));
    let accepting = |issuer: TrustedIssuer| {
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE);
        builder.on_unavailable(OnUnavailable::Accept).build().unwrap()
    };
    let trusted = || TrustedIssuer::new(ISSUER, keys.clone());
    let unavailable = |_: &ObjectReference<'_>| ObjectState::Unavailable;
    let absent = |_: &ObjectReference<'_>| ObjectState::Absent;
    for (issuer, before, after) in [
        (trusted().bound_objects(live), Ok(Confirmed::Live), Ok(Confirmed::Stale)),
        (trusted(), Ok(Confirmed::NotChecked), Ok(Confirmed::NotChecked)),
        (trusted().bound_objects(unavailable), Ok(Confirmed::Unavailable), Ok(Confirmed::Unavailable)),
        (
            trusted().bound_objects(absent),
            Err(Reason::ServiceAccountNotFound),
            Err(Reason::ServiceAccountNotFound),
        ),
    ] {
        let verifier = accepting(issuer);
        may_be_an_hour_old(&keys);
        assert_eq!(confirmed(&verifier, &token), before);
        grow_too_old(&keys);
        for _ in 0..2 {
            assert_eq!(confirmed(&verifier, &token), after);
        }
    }
    let verified = verify(&accepting(trusted().bound_objects(live)), &token).unwrap();
    assert_eq!(verified.confirmed_objects().count(), 0);
}

#[test]
fn all_else_that_is_wrong_with_a_token_is_told_first() {
    let keys = KeyStore::new(MINT.keys());
    let verifier = builder(&keys).build().unwrap();
    grow_too_old(&keys);
    for (patch, reason) in [
        (json!({"exp": NOW - 100}), Reason::Expired),
        (json!({"aud": ["mail"]}), Reason::AudienceMismatch),
        (json!({"iss": "other"}), Reason::IssuerMismatch),
        (json!({}), Reason::KeysStale),
    ] {
        assert_eq!(verdict(&verifier, MINT.token(&claims_with(&patch))), Err(reason));
    }
}

#[test]
fn keys_are_renewed_by_being_replaced_and_by_being_confirmed() {
    let keys = KeyStore::new(MINT.keys());
    keys.set_max_age(Duration::from_millis(200));
    for renew in [|keys: &KeyStore| keys.replace(MINT.keys()), KeyStore::renew] {
        while !keys.is_stale() {
            std::thread::sleep(Duration::from_millis(10));
        }
        // A slow machine may take longer than the age limit between the two lines, so try often.
        let is_renewed = (0..100).any(|_| {
            renew(&keys);
            !keys.is_stale()
        });
        assert!(is_renewed);
    }
    keys.set_max_age(Duration::MAX);
    let unlimited = keys;
    assert!(!unlimited.is_stale());
}

#[test]
fn both_steps_ask_whether_the_keys_are_too_old() {
    let keys = KeyStore::new(MINT.keys());
    let (refusing, accepting) = (
        builder(&keys).build().unwrap(),
        builder(&keys).on_unavailable(OnUnavailable::Accept).build().unwrap(),
    );
    let token = MINT.token(&mint::claims(NOW));
    let now = UnixSeconds(NOW);
    let check = |verifier: &Verifier| verifier.check_at(token.as_bytes(), now);
    let checked = [check(&refusing).unwrap(), check(&accepting).unwrap()];
    grow_too_old(&keys);
    let [by_refusing, by_accepting] = checked;
    let refused = refusing.confirm_at(by_refusing, &live, now).unwrap_err();
    assert_eq!(refused.reason(), Reason::KeysStale);
    assert_eq!(accepting.confirm_at(by_accepting, &live, now).unwrap().confirmed(), Confirmed::Stale);
    assert_eq!(check(&refusing).unwrap_err().reason(), Reason::KeysStale);

    // The current keys do not tell whether the key was among them at the time of the check.
    let checked = check(&accepting).unwrap();
    may_be_an_hour_old(&keys);
    assert_eq!(accepting.confirm_at(checked, &live, now).unwrap().confirmed(), Confirmed::Stale);
}

#[test]
fn the_refresher_is_told_when_the_keys_are_too_old() {
    let keys = KeyStore::new(MINT.keys());
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    assert!(keys.on_missing_key(move || {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    let verifier = builder(&keys).build().unwrap();
    let token = MINT.token(&mint::claims(NOW));
    assert_eq!((verdict(&verifier, &token), heard.load(Ordering::Relaxed)), (Ok(()), 0));
    grow_too_old(&keys);
    assert_eq!((verdict(&verifier, &token), heard.load(Ordering::Relaxed)), (Err(Reason::KeysStale), 1));
}
