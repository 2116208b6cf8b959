//! Faults on demand.

use std::time::{Duration, Instant};

use boundtoken_dev_server::Fault;

use crate::{Client, builder, start};

#[test]
fn latency_delays_everything_but_health_checks() {
    let latency = Duration::from_secs(2);
    let server = builder().fault(Fault::Latency(latency)).start().unwrap();
    let client = Client::admin(&server);
    let took = |path: &str| {
        let started = Instant::now();
        assert_eq!(client.get(path).status, 200);
        started.elapsed()
    };
    assert!(took("/api") >= latency && took("/openid/v1/jwks") >= latency);
    assert!(took("/healthz") < latency);
    server.set_faults([]);
    assert!(took("/api") < latency);
}

#[test]
fn errors_are_statuses_at_the_rate_asked_for_and_health_is_true() {
    let server = builder().fault(Fault::ErrorRate(0.5)).start().unwrap();
    let client = Client::admin(&server);
    let mut codes = Vec::new();
    for _ in 0..40 {
        let reply = client.get("/api");
        if reply.status != 200 {
            let body = reply.json();
            assert_eq!((&body["kind"], &body["code"]), (&"Status".into(), &reply.status.into()));
            codes.push(reply.status);
        }
        assert_eq!(client.get("/readyz").status, 200);
    }
    assert!((15..=25).contains(&codes.len()), "{codes:?}");
    assert!(codes.contains(&500) && codes.contains(&503), "{codes:?}");
}

#[test]
fn watches_break_after_the_time_asked_for() {
    let server = builder().fault(Fault::WatchDisconnect(Duration::from_millis(200))).start().unwrap();
    for client in [Client::admin(&server), Client::admin(&server).over_http2()] {
        let started = Instant::now();
        assert!(client.watch_breaks("/api/v1/pods?watch=true", || ()));
        assert!(started.elapsed() >= Duration::from_millis(200));
    }
    server.set_faults([]);
    let client = Client::admin(&server);
    assert!(!client.watch_breaks("/api/v1/pods?watch=true&timeoutSeconds=1", || ()), "an orderly end");
}

#[test]
fn all_watches_break_at_once() {
    let (server, client) = start();
    let breaker = server.clone();
    assert!(client.watch_breaks("/api/v1/pods?watch=true", move || breaker.disconnect_watches()));
}

#[test]
fn a_forgotten_version_is_gone() {
    let (server, client) = start();
    let version =
        client.get("/api/v1/pods").json()["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    server.forget_history();
    let reply = client.get(&format!("/api/v1/pods?watch=true&resourceVersion={version}"));
    assert!(reply.status == 410 || reply.json()["object"]["code"] == 410, "{}", reply.text());
}
