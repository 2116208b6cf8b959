//! Keys and objects change while a verifier is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use boundtoken::{
    Algorithm, KeySet, KeyStore, ObjectKind, ObjectReference, ObjectStore, Reason, TrustedIssuer,
    UnixSeconds, Verifier,
};
use serde_json::json;

use crate::{MINT, verdict, verify};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, Mint, NOW, claims_with, key_set};

const POD: ObjectReference<'_> = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" };

fn verifier(keys: &KeyStore, objects: &ObjectStore) -> Verifier {
    let issuer = TrustedIssuer::new(ISSUER, keys.clone()).bound_objects(objects.clone());
    Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap()
}

fn objects() -> ObjectStore {
    let objects = ObjectStore::new();
    let account = ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name: "app" };
    objects.upsert(&account, mint::ACCOUNT_UID.into(), None);
    objects.upsert(&POD, mint::POD_UID.into(), None);
    objects
}

#[test]
fn a_running_verifier_follows_the_rotation_of_keys() {
    let [old, new] = ["old", "new"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let store = KeyStore::new(old.keys());
    let verifier = verifier(&store, &objects());
    let [by_old, by_new] = [&old, &new].map(|mint| mint.token(&claims_with(&json!({}))));
    let verdicts = || [&by_old, &by_new].map(|token| verdict(&verifier, token));
    assert_eq!(verdicts(), [Ok(()), Err(Reason::KeyUnknown)]);
    store.replace(key_set([&old, &new]));
    assert_eq!(verdicts(), [Ok(()), Ok(())]);
    store.clone().replace(new.keys());
    assert_eq!(verdicts(), [Err(Reason::KeyUnknown), Ok(())]);
    // Another key with the same kid. What was seen before no longer counts.
    store.replace(key_set([&Mint::new(Algorithm::ES256, "new")]));
    assert_eq!(verdicts(), [Err(Reason::KeyUnknown), Err(Reason::SignatureInvalid)]);
    store.replace(KeySet::default());
    assert_eq!(verdicts(), [Err(Reason::KeyUnknown), Err(Reason::KeyUnknown)]);
}

#[test]
fn a_running_verifier_follows_the_objects() {
    let mint = Mint::new(Algorithm::ES256, "key");
    let objects = objects();
    let verifier = verifier(&KeyStore::new(mint.keys()), &objects);
    let token = mint.token(&claims_with(&json!({})));
    assert_eq!(verdict(&verifier, &token), Ok(()));
    objects.upsert(&POD, mint::POD_UID.into(), Some(UnixSeconds(NOW - 30)));
    assert_eq!(verdict(&verifier, &token), Ok(()), "within its grace");
    objects.upsert(&POD, mint::POD_UID.into(), Some(UnixSeconds(NOW - 60)));
    assert_eq!(verdict(&verifier, &token), Err(Reason::PodDeleted));
    objects.delete(&POD);
    assert_eq!(verdict(&verifier, &token), Err(Reason::PodNotFound));
    objects.upsert(&POD, "a new pod of the same name".into(), None);
    assert_eq!(verdict(&verifier, &token), Err(Reason::PodUidMismatch));
    objects.upsert(&POD, mint::POD_UID.into(), None);
    assert_eq!(verdict(&verifier, &token), Ok(()));
}

#[test]
fn many_threads_verify_while_keys_and_objects_change() {
    const ROUNDS: usize = 300;
    let [steady, rotating] = ["steady", "rotating"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let (store, objects) = (KeyStore::new(key_set([&steady, &rotating])), objects());
    let verifier = verifier(&store, &objects);
    let without_pod = json!({"kubernetes.io": {"pod": null, "node": null}});
    // Each token, and the reasons for which it may be refused meanwhile.
    let always_good = steady.token(&claims_with(&without_pod));
    let by_pod = (steady.token(&claims_with(&json!({}))), Reason::PodNotFound);
    let by_key = (rotating.token(&claims_with(&without_pod)), Reason::KeyUnknown);
    let never_good = format!("{}.{}", by_pod.0.rsplit_once('.').unwrap().0, "A".repeat(86));

    let done = AtomicBool::new(false);
    let (accepted, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        let readers: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        assert_eq!(verdict(&verifier, &always_good), Ok(()));
                        assert_eq!(verdict(&verifier, &never_good), Err(Reason::SignatureInvalid));
                        for (token, reason) in [&by_pod, &by_key] {
                            match verify(&verifier, token) {
                                Ok(verified) => {
                                    assert_eq!(verified.claims().namespace(), "demo");
                                    accepted.fetch_add(1, Ordering::Relaxed);
                                }
                                Err(found) => {
                                    assert_eq!(found, *reason);
                                    refused.fetch_add(1, Ordering::Relaxed);
                                }
                            }
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            let sets = [steady.keys(), key_set([&steady, &rotating])];
            for keys in sets.iter().cycle() {
                store.replace(keys.clone());
                thread::yield_now();
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                objects.delete(&POD);
                thread::yield_now();
                objects.upsert(&POD, mint::POD_UID.into(), None);
                thread::yield_now();
            }
        });
        let outcomes: Vec<_> = readers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(outcomes.iter().all(Result::is_ok));
    });
    println!("{accepted:?} accepted, {refused:?} refused meanwhile");
    store.replace(key_set([&steady, &rotating]));
    assert_eq!(verdict(&verifier, &by_pod.0), Ok(()));
    assert_eq!(verdict(&verifier, &by_key.0), Ok(()));
}

#[test]
fn the_refresher_is_told_of_an_unknown_kid() {
    let store = KeyStore::from(MINT.keys());
    let verifier = Verifier::builder()
        .issuer(TrustedIssuer::new(ISSUER, store.clone()))
        .audience(AUDIENCE)
        .build()
        .unwrap();
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    assert!(store.on_missing_key(move || {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    assert!(!store.clone().on_missing_key(|| unreachable!("only the first counts")));

    let rotated = Mint::new(boundtoken::Algorithm::ES256, "another").token(&mint::claims(NOW));
    for (token, calls) in [
        (MINT.token(&mint::claims(NOW)), 0),
        (MINT.token(&claims_with(&json!({"aud": ["mail"]}))), 0),
        ("not.a.token".to_owned(), 0),
        (rotated.clone(), 1),
        (rotated, 2),
    ] {
        let _verdict = verify(&verifier, &token);
        assert_eq!(heard.load(Ordering::Relaxed), calls);
    }
}
