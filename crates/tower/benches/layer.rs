//! What the layer costs: `cargo bench -p boundtoken-tower`.
//!
//! - One request in process, with the layer and without it, in alternating rounds of one run.
//! - How long good callers wait while another thread sends a flood of bad tokens.
#![allow(clippy::restriction)]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use boundtoken::api::{BoundObjectReference, TokenRequest};
use boundtoken::{
    Algorithm, Issuer, ObjectKind, ObjectReference, ObjectStore, PodSpec, SigningKey, Verifier,
};
use boundtoken_testing::mint::base64url;
use boundtoken_tower::{AuthLayer, Caller, Policy};
use http::header::{ACCEPT, AUTHORIZATION, HOST, USER_AGENT};
use http::{HeaderValue, Request, Response};
use tower::{Layer as _, Service};

const ROUNDS: usize = 400;
const CALLS_IN_A_ROUND: u32 = 1_000;
const FLOOD: usize = 100_000;

/// A service that looks at its caller and does nothing else.
#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request.extensions().get::<Caller>());
        ready(Ok(Response::new(())))
    }
}

fn main() {
    let (verifier, token) = setup();
    let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header");
    let layer = AuthLayer::new(Arc::clone(&verifier));
    let allowed = layer.clone().policy(Policy::namespace("demo"));
    one_request(&verifier, &token, &value, &layer, &allowed);
    flood(&value, &layer);
}

fn setup() -> (Arc<Verifier>, String) {
    let objects = ObjectStore::new();
    let account = ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name: "app" };
    objects.upsert(&account, "31d77ff4-a560-4d3e-9466-d3c89e0b90d4".into(), None);
    let spec = PodSpec { service_account_name: "app".into(), node_name: String::new() };
    objects.upsert_pod("demo", "live", "e5bf3f7d-fbca-403d-a58f-f50f44e8da63".into(), None, spec);
    let key = SigningKey::generate(Algorithm::ES256).expect("a key");
    let issuer = Issuer::builder("https://kubernetes.default.svc.cluster.local", key);
    let issuer = issuer.bound_objects(objects).build().expect("an issuer");
    let mut request = TokenRequest::default();
    request.spec.audiences.push("vault".into());
    request.spec.bound_object_ref =
        Some(BoundObjectReference { kind: "Pod".into(), name: "live".into(), ..Default::default() });
    let token = issuer.issue("demo", "app", request).expect("a token").token().to_owned();
    let verifier =
        Verifier::builder().issuer(issuer.trusted()).audience("vault").build().expect("a verifier");
    (Arc::new(verifier), token)
}

/// A request as curl sends it.
fn request(token: &HeaderValue) -> Request<()> {
    let mut request = Request::new(());
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("vault.demo.svc"));
    headers.insert(USER_AGENT, HeaderValue::from_static("curl/8.5.0"));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(AUTHORIZATION, token.clone());
    request
}

fn call<S: Service<Request<()>, Response = Response<()>, Error = Infallible>>(
    service: &mut S,
    request: Request<()>,
) -> u16 {
    let mut context = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut context).is_ready());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut context) else {
        panic!("it waits")
    };
    response.status().as_u16()
}

fn one_request(
    verifier: &Verifier,
    token: &str,
    value: &HeaderValue,
    layer: &AuthLayer,
    allowed: &AuthLayer,
) {
    let (mut plain, mut with, mut policy) = (Inner, layer.layer(Inner), allowed.layer(Inner));
    let mut contenders: [(&str, &mut dyn FnMut()); 4] = [
        ("request without the layer", &mut || assert_eq!(call(&mut plain, request(value)), 200)),
        ("with it, a token seen again", &mut || assert_eq!(call(&mut with, request(value)), 200)),
        ("with a policy too", &mut || assert_eq!(call(&mut policy, request(value)), 200)),
        ("Verifier::verify alone", &mut || {
            black_box(verifier.verify(token.as_bytes()).expect("accepted"));
        }),
    ];
    let mut best = [f64::MAX; 4];
    for _ in 0..ROUNDS {
        for ((_, contender), best) in contenders.iter_mut().zip(&mut best) {
            let start = Instant::now();
            for _ in 0..CALLS_IN_A_ROUND {
                contender();
            }
            *best = best.min(start.elapsed().as_secs_f64() / f64::from(CALLS_IN_A_ROUND));
        }
    }
    println!("one request in process, the best of {ROUNDS} alternating rounds");
    for ((name, _), time) in contenders.iter().zip(best) {
        println!("  {name:<30}{:>8.1} ns{:>+9.1} ns", time * 1e9, (time - best[0]) * 1e9);
    }
}

/// Measures good callers alone, and then while another thread sends bad tokens.
fn flood(value: &HeaderValue, layer: &AuthLayer) {
    let bad: Vec<HeaderValue> = (0..FLOOD)
        .map(|number| {
            let header = base64url(format!(r#"{{"alg":"ES256","kid":"{number}"}}"#).as_bytes());
            let claims = base64url(format!(r#"{{"sub":"{number}"}}"#).as_bytes());
            HeaderValue::from_str(&format!("Bearer {header}.{claims}.{}", "A".repeat(86))).expect("a header")
        })
        .collect();
    println!("good callers, one in turn with the time given, in microseconds");
    let is_flooding = AtomicBool::new(false);
    let is_over = AtomicBool::new(false);
    let sent = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut service = layer.layer(Inner);
            while !is_over.load(Ordering::Relaxed) {
                if !is_flooding.load(Ordering::Relaxed) {
                    // It keeps a core as busy as the flood does.
                    black_box(bad.iter().map(HeaderValue::len).sum::<usize>());
                    continue;
                }
                for token in &bad {
                    assert_eq!(call(&mut service, request(token)), 401);
                }
                sent.fetch_add(bad.len(), Ordering::Relaxed);
            }
        });
        for (name, flooding) in [("another thread is busy", false), ("and sends bad tokens", true)] {
            is_flooding.store(flooding, Ordering::Relaxed);
            let mut service = layer.layer(Inner);
            let mut times = Vec::new();
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(2) {
                let begun = Instant::now();
                assert_eq!(call(&mut service, request(value)), 200);
                times.push(begun.elapsed());
            }
            times.sort_unstable();
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
            let [p50, p99, p999] = [at(0.5), at(0.99), at(0.999)];
            println!("  {name:<30} p50 {p50:>6.2}  p99 {p99:>6.2}  p99.9 {p999:>6.2}");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    println!("  bad tokens sent: {}", sent.load(Ordering::Relaxed));
}
