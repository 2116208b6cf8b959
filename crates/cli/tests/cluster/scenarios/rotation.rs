//! The API server gets a new signing key and loses the old one.

use std::time::Duration;

use boundtoken::Reason;

use crate::harness::servers::SigningKey::{Es256, Rs256};
use crate::harness::{follower, online, start, until, verdict, verifier};

/// A little more than the shortest time between two requests for the key set.
const INTERVAL: Duration = Duration::from_secs(11);

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_and_go_without_a_restart_of_the_follower() {
    let Some((mut servers, objects)) = start("rotation of the signing key, from RS256 to ES256").await else {
        return;
    };
    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let verifier = verifier(&cluster);
    let by_old = objects.pod_with_token("first").await;
    until(&verifier, &by_old, Ok(())).await;

    tokio::time::sleep(INTERVAL).await;
    servers.stop_api_server();
    servers.start_api_server(&[Es256, Rs256]).await;
    let by_new = objects.token("Pod", "first").await;
    assert_eq!(verdict(&verifier, &by_new), Err(Reason::KeyUnknown));
    assert_eq!(verdict(&verifier, &by_old), Ok(()));
    online(&cluster, &verifier).verify(by_new.as_bytes()).await.unwrap();
    assert_eq!(verdict(&verifier, &by_new), Ok(()), "the key is there for all");
    println!("  {} keys after the rotation", cluster.status().key_ids.len());

    servers.stop_api_server();
    servers.start_api_server(&[Es256]).await;
    // A token with an unknown key makes the follower load the keys again.
    let unknown = by_new.replacen("eyJ", "eyJhbGciOiJFUzI1NiIsImtpZCI6InVua25vd24ifQ.eyJ", 1);
    let parts: Vec<_> = unknown.split('.').collect();
    let unknown = [parts[0], parts[2], parts[3]].join(".");
    assert_eq!(verdict(&verifier, &unknown), Err(Reason::KeyUnknown));
    let delay = until(&verifier, &by_old, Err(Reason::KeyUnknown)).await;
    assert_eq!(verdict(&verifier, &by_new), Ok(()));
    println!("  the old key was refused {:.1} s after an unknown one was seen", delay.as_secs_f64());
}
