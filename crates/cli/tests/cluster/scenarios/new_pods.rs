//! Tokens that arrive a moment after their pod was created.

use std::time::Duration;

use boundtoken::Reason;

use crate::harness::proxy::Proxy;
use crate::harness::{follower, online, start, verdict, verifier};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_pods_token_is_never_refused() {
    let Some((servers, objects)) = start("tokens of new pods").await else { return };
    // Through the slow line, the event about the pod arrives later than its token.
    let slow = Proxy::start(servers.port, Duration::from_millis(30)).await;
    for (line, port, pods) in [("fast", servers.port, 400), ("slow", slow.port, 100)] {
        let cluster = follower(&servers, port).connect().await.unwrap();
        let verifier = verifier(&cluster);
        let mut pending = 0;
        for number in 0..pods {
            let token = objects.pod_with_token(&format!("{line}-{number}")).await;
            match verdict(&verifier, &token) {
                Ok(()) => {}
                Err(Reason::BoundObjectPending) => pending += 1,
                Err(reason) => panic!("pod {number} on the {line} line: {reason:?}"),
            }
            let verified = online(&cluster, &verifier).verify(token.as_bytes()).await;
            assert!(verified.is_ok(), "pod {number} on the {line} line: {verified:?}");
        }
        println!(
            "  {line} line: {pods} pods, 0 refused; the plain verify said bound_object_pending of {pending}"
        );
        assert!(line == "fast" || pending > 0, "the slow line is to be slower than the token");
    }
    println!("  objects asked for: {}", servers.requests(&["pods/"]));
}
