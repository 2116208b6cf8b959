//! A flood of forged tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use boundtoken::Reason;

use crate::harness::{follower, online, start, verdict, verifier};

const TOKENS: usize = 100_000;
/// The number of concurrent callers.
const CALLERS: usize = 8;
/// The shortest time between two requests for the key set.
const INTERVAL: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn unknown_keys_and_forged_tokens_cost_one_request_in_an_interval() {
    let Some((servers, objects)) = start("a flood of bad tokens").await else { return };
    let cluster = Arc::new(follower(&servers, servers.port).connect().await.unwrap());
    let verifier = verifier(&cluster);
    let good: Arc<str> = objects.pod_with_token("first").await.into();
    online(&cluster, &verifier).verify(good.as_bytes()).await.unwrap();

    let before = servers.requests(&["/openid/v1/jwks"]);
    let unknown = Arc::new(AtomicUsize::new(0));
    // From now on, the follower may request the key set again.
    tokio::time::sleep(INTERVAL).await;
    let begin = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let (cluster, verifier) = (Arc::clone(&cluster), Arc::clone(&verifier));
        let (good, unknown) = (Arc::clone(&good), Arc::clone(&unknown));
        callers.spawn(async move {
            for number in (caller..TOKENS).step_by(CALLERS) {
                let (token, expected) = if number % 2 == 0 {
                    unknown.fetch_add(1, Ordering::Relaxed);
                    (with_unknown_key(&good, number), Reason::KeyUnknown)
                } else {
                    (forged(&good, number), Reason::SignatureInvalid)
                };
                let refused = online(&cluster, &verifier).verify(token.as_bytes()).await.unwrap_err();
                assert_eq!(refused.reason(), expected, "{number}");
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    let requests = servers.requests(&["/openid/v1/jwks"]) - before;
    let took = begin.elapsed();
    println!(
        "  {TOKENS} tokens in {:.1} s, {} with an unknown key: the key set was requested {requests} times",
        took.as_secs_f64(),
        unknown.load(Ordering::Relaxed)
    );
    let intervals = usize::try_from(took.as_secs() / INTERVAL.as_secs()).unwrap();
    assert!((1..=1 + intervals).contains(&requests), "{requests} requests in {took:?}");
    assert_eq!(servers.requests(&["/pods/"]), 0, "no object is asked for on behalf of a forged token");
    assert_eq!(verdict(&verifier, &good), Ok(()));
}

/// The token with an unknown key id, which differs for each number.
fn with_unknown_key(token: &str, number: usize) -> String {
    let header = base64url(&format!(r#"{{"alg":"RS256","kid":"unknown-{number}"}}"#));
    let (_, rest) = token.split_once('.').unwrap();
    format!("{header}.{rest}")
}

/// Other claims with the token's signature.
fn forged(token: &str, number: usize) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let claims = base64url(&format!(r#"{{"iss":"someone","sub":"{number}"}}"#));
    [parts[0], &claims, parts[2]].join(".")
}

fn base64url(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}
