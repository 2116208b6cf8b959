//! Keys as they change.

use boundtoken::{Algorithm, SigningKey};

use super::*;

/// Requests for keys are at least this far apart.
const INTERVAL: Duration = Duration::from_secs(10);

fn rotate(server: &DevServer) {
    server.issuer().rotate(SigningKey::generate(Algorithm::ES256).unwrap());
}

#[tokio::test]
async fn a_token_by_a_new_key_is_accepted_at_once_when_keys_were_not_just_loaded() {
    let setup = Setup::new().await;
    let old = token(&setup.server, None);
    tokio::time::sleep(INTERVAL).await;
    rotate(&setup.server);
    let new = token(&setup.server, None);
    assert_eq!(setup.verdict_of_cluster(&new).await, Ok(Confirmed::Live));
    assert_eq!((setup.verdict(&new), setup.verdict(&old)), (Ok(Confirmed::Live), Ok(Confirmed::Live)));
    assert_eq!(setup.cluster.status().key_ids.len(), 2);
}

#[tokio::test]
async fn keys_are_not_requested_again_within_ten_seconds_but_soon_after() {
    let start = Instant::now();
    let setup = Setup::new().await;
    rotate(&setup.server);
    let new = token(&setup.server, None);
    assert_eq!(setup.verdict_of_cluster(&new).await, Err(Reason::KeyUnknown));
    // Nobody has to ask: the refusal itself has the keys loaded.
    setup.until(&new, Ok(Confirmed::Live)).await;
    assert!(start.elapsed() >= INTERVAL - Duration::from_millis(100), "{:?}", start.elapsed());
}
