//! Following keys that change or cannot be loaded.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use boundtoken::{ObjectKind, ObjectReference, ObjectStore, Verifier};

use super::*;

/// A token signed with a key that nobody publishes.
fn forged() -> Vec<u8> {
    SigningKey::generate(Algorithm::ES256).unwrap().sign(b"{}").unwrap().into_bytes()
}

/// A server that publishes an issuer with one name and one key.
async fn steady() -> Server {
    let known = OnceLock::<Arc<Issuer>>::new();
    Server::of_issuer(move |url| Arc::clone(known.get_or_init(|| Arc::new(issuer(url))))).await
}

#[tokio::test]
async fn a_new_key_is_accepted_at_once_and_a_withdrawn_key_is_refused() {
    let server = dev_server();
    let discovery = discovery(&server).connect().await.unwrap();
    let verifier = Arc::new(discovery.verifier_builder().audience(AUDIENCE).build().unwrap());
    let old = token(server.issuer());
    tokio::time::sleep(INTERVAL).await;
    server.issuer().rotate(SigningKey::generate(Algorithm::ES256).unwrap());
    let new = token(server.issuer());
    assert_eq!(verdict(verifier.verify(&new)), Err(Reason::KeyUnknown), "that one does not ask");
    assert_eq!(verdict(online(&discovery, &verifier).verify(&new).await), Ok(Confirmed::NotChecked));
    assert_eq!(verdict(verifier.verify(&old)), Ok(Confirmed::NotChecked));
    assert_eq!(discovery.status().key_ids.len(), 2);
}

#[tokio::test]
async fn a_flood_of_unknown_kids_causes_one_request() {
    let start = Instant::now();
    let server = steady().await;
    let discovery = server.discovery().connect().await.unwrap();
    let verifier = Arc::new(discovery.verifier_builder().audience(AUDIENCE).build().unwrap());
    let mut flood = Vec::new();
    for _ in 0..100 {
        flood.push(forged());
    }
    let loaded = server.paths();
    assert_eq!(loaded, ["/.well-known/openid-configuration", "/keys"]);
    while start.elapsed() < INTERVAL + Duration::from_secs(2) || server.paths() == loaded {
        for token in &flood {
            assert_eq!(verdict(online(&discovery, &verifier).verify(token).await), Err(Reason::KeyUnknown));
        }
        if start.elapsed() < INTERVAL {
            assert_eq!(server.paths(), loaded, "nothing within ten seconds");
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(server.paths(), ["/.well-known/openid-configuration", "/keys", "/keys"]);
}

#[tokio::test]
async fn the_last_keys_stay_through_an_outage() {
    let server = dev_server();
    let discovery = discovery(&server).connect().await.unwrap();
    let verifier = Arc::new(discovery.verifier_builder().audience(AUDIENCE).build().unwrap());
    let good = token(server.issuer());
    server.shutdown();
    tokio::time::sleep(INTERVAL).await;
    assert_eq!(verdict(online(&discovery, &verifier).verify(&forged()).await), Err(Reason::KeyUnknown));
    let status = discovery.status();
    let written = serde_json::to_value(&status).unwrap();
    assert_eq!(written["keysLoadedAt"], status.keys_loaded_at.to_string(), "a time as Kubernetes writes it");
    assert!(
        status.keys_failure.as_ref().is_some_and(|text| text.contains("Connection refused")),
        "{status:?}"
    );
    assert_eq!(status.key_ids.len(), 1);
    assert_eq!(verdict(verifier.verify(&good)), Ok(Confirmed::NotChecked));
}

#[tokio::test]
async fn keys_that_moved_are_found_again() {
    let has_moved = Arc::new(AtomicBool::new(false));
    let moved = Arc::clone(&has_moved);
    let server = Server::start(move |url, path| match (path, moved.load(Ordering::Relaxed)) {
        ("/old", false) | ("/new", true) => Answer::ok(issuer(url).jwks()),
        ("/.well-known/openid-configuration", moved) => {
            let place = if moved { "new" } else { "old" };
            Answer::ok(format!(r#"{{"issuer": "{url}", "jwks_uri": "{url}/{place}"}}"#))
        }
        _ => Answer::status("404 Not Found"),
    })
    .await;
    let discovery = server.discovery().connect().await.unwrap();
    let verifier = Arc::new(discovery.verifier_builder().audience(AUDIENCE).build().unwrap());
    let before = discovery.status().key_ids;
    has_moved.store(true, Ordering::Relaxed);
    while discovery.status().key_ids == before {
        let _ = online(&discovery, &verifier).verify(&forged()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let document = "/.well-known/openid-configuration";
    assert_eq!(server.paths(), [document, "/old", "/old", document, "/new"]);
}

#[tokio::test]
async fn a_dropped_discovery_makes_no_more_requests() {
    let server = steady().await;
    let discovery = server.discovery().connect().await.unwrap();
    let verifier = Arc::new(discovery.verifier_builder().audience(AUDIENCE).build().unwrap());
    drop(discovery);
    assert_eq!(verdict(verifier.verify(&forged())), Err(Reason::KeyUnknown));
    tokio::time::sleep(INTERVAL + Duration::from_secs(1)).await;
    assert_eq!(server.paths().len(), 2);
}

#[tokio::test]
async fn a_key_set_without_a_usable_key_withdraws_all_keys_and_an_invalid_answer_none() {
    let known = Arc::new(OnceLock::<Issuer>::new());
    let published = Arc::new(Mutex::new(None::<&str>));
    let (made, now_published) = (Arc::clone(&known), Arc::clone(&published));
    let server = Server::start(move |url, path| {
        let issuer = made.get_or_init(|| issuer_of_one_account(url));
        match path {
            "/keys" => match *now_published.lock().unwrap() {
                Some(text) => Answer::ok(text),
                None => Answer::ok(issuer.jwks()),
            },
            _ => Answer::ok(issuer.openid_configuration().unwrap()),
        }
    })
    .await;
    let start = Instant::now();
    let discovery = server.discovery().connect().await.unwrap();
    let verifier = discovery.verifier_builder().audience(AUDIENCE).build().unwrap();
    let (good, before) = (token(known.get().unwrap()), discovery.status());
    assert!(!before.keys_withdrawn && before.key_ids.len() == 1);

    *published.lock().unwrap() = Some("{}");
    until(&discovery, &verifier, |discovery| discovery.status().keys_failure.is_some()).await;
    assert!(start.elapsed() >= INTERVAL - Duration::from_millis(100));
    assert_eq!(verdict(verifier.verify(&good)), Ok(Confirmed::NotChecked));
    assert!(!discovery.status().keys_withdrawn);

    *published.lock().unwrap() = Some(r#"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#);
    until(&discovery, &verifier, |discovery| discovery.status().keys_withdrawn).await;
    assert_eq!(verdict(verifier.verify(&good)), Err(Reason::KeyUnknown));
    let status = discovery.status();
    assert!(status.key_ids.is_empty() && status.keys_failure.is_none() && !status.stale, "{status:?}");

    *published.lock().unwrap() = None;
    until(&discovery, &verifier, |discovery| !discovery.status().keys_withdrawn).await;
    assert_eq!(verdict(verifier.verify(&good)), Ok(Confirmed::NotChecked));
}

#[tokio::test]
async fn keys_that_grow_too_old_are_refused_until_they_are_loaded_again() {
    let server = steady().await;
    let discovery = server.discovery().max_key_age(Duration::from_secs(3)).connect().await.unwrap();
    let verifier = discovery.verifier_builder().audience(AUDIENCE).build().unwrap();
    let status = discovery.status();
    assert!(!discovery.is_stale() && !status.stale);
    until(&discovery, &verifier, Discovery::is_stale).await;
    assert!(discovery.status().stale);
    // This takes ten seconds: keys are not loaded twice within that time.
    until(&discovery, &verifier, |discovery| !discovery.is_stale()).await;
    assert_eq!(server.paths(), ["/.well-known/openid-configuration", "/keys", "/keys"]);
}

/// An issuer with a new key that knows one service account.
fn issuer_of_one_account(url: &str) -> Issuer {
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    let objects = ObjectStore::new();
    let account = ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "default", name: "default" };
    objects.upsert(&account, "u-1".into(), None);
    Issuer::builder(url, key).jwks_uri(format!("{url}/keys")).bound_objects(objects).build().unwrap()
}

/// Shows tokens with an unknown key, which makes the keys reload, until `holds` is true.
async fn until(discovery: &Discovery, verifier: &Verifier, holds: impl Fn(&Discovery) -> bool) {
    let start = Instant::now();
    while !holds(discovery) {
        assert!(start.elapsed() < Duration::from_secs(60), "{discovery:?}");
        assert_eq!(verdict(verifier.verify(&forged())), Err(Reason::KeyUnknown));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
