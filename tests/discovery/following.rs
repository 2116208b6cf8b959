//! Keys as they change, and as they cannot be had.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::*;

/// A token by a key that nobody publishes.
fn forged() -> Vec<u8> {
    SigningKey::generate(Algorithm::ES256).unwrap().sign(b"{}").unwrap().into_bytes()
}

/// A server that publishes an issuer with one name and one key.
async fn steady() -> Server {
    let known = OnceLock::<Arc<Issuer>>::new();
    Server::of_issuer(move |url| Arc::clone(known.get_or_init(|| Arc::new(issuer(url))))).await
}

#[tokio::test]
async fn a_token_by_a_new_key_is_accepted_at_once_and_one_by_a_withdrawn_key_no_more() {
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
async fn nothing_is_asked_once_it_is_dropped() {
    let server = steady().await;
    let discovery = server.discovery().connect().await.unwrap();
    let verifier = Arc::new(discovery.verifier_builder().audience(AUDIENCE).build().unwrap());
    drop(discovery);
    assert_eq!(verdict(verifier.verify(&forged())), Err(Reason::KeyUnknown));
    tokio::time::sleep(INTERVAL + Duration::from_secs(1)).await;
    assert_eq!(server.paths().len(), 2);
}
