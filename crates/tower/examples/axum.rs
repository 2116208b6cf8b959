//! A web service that knows its callers by their bound tokens, and whose streams end with them.
//!
//!     make example-axum       runs it against the development server, and calls it
//!     cargo run -p boundtoken-tower --example axum --features axum,kubernetes,metrics -- AUDIENCE ADDRESS
//!
//! - `/` answers with the caller's name, and `/admin` only to callers of the namespace `admin`.
//! - `/events` is a stream of server-sent events, and `/socket` a WebSocket. Both end when the caller's pod is gone.
//! - `/readyz` says whether the service can decide about callers, and `/metrics` what it decided.
//! - In a pod it needs no configuration. Elsewhere `KUBECONFIG` says where the cluster is.
//! - SIGTERM stops it, once the calls that it has begun are answered.
//!
//! Tokens are secrets: put TLS in front of it.
#![allow(clippy::restriction)]

use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use boundtoken_kubernetes::Cluster;
use boundtoken_tower::{AuthLayer, Caller, Policy, metrics, require};
use futures_util::stream::{self, Stream, StreamExt as _};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio_stream::wrappers::IntervalStream;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [audience, address] = arguments.as_slice() else { return Err("expected AUDIENCE ADDRESS".into()) };
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let stopped = stopped()?;
    let recorder = PrometheusBuilder::new().install_recorder()?;
    metrics::describe();

    let auth = match std::env::var_os("KUBECONFIG") {
        None => AuthLayer::in_cluster(audience.as_str()).await?,
        Some(_) => AuthLayer::of_cluster(Cluster::builder().connect().await?, audience.as_str())?,
    };
    let observed = auth.clone();
    let numbers = move || {
        metrics::record_verifier(observed.authenticator().verifier().verifier());
        observed.clusters().iter().for_each(|cluster| metrics::record_cluster("main", &cluster.status()));
        std::future::ready(recorder.render())
    };
    let router = Router::new()
        .route("/admin", get(|| async { "you may\n" }).route_layer(require(Policy::namespace("admin"))))
        .route("/", get(greet))
        .route("/events", get(events))
        .route("/socket", get(socket))
        .layer(auth.clone())
        // Who asks for these has no token.
        .route_service("/readyz", auth.readiness())
        .route("/metrics", get(numbers));

    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router).with_graceful_shutdown(stopped).await?;
    Ok(())
}

async fn greet(caller: Caller) -> String {
    format!("hello, {}\n", caller.claims().subject())
}

/// Counts the seconds until the caller is no longer good.
async fn events(caller: Caller) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let revoked = caller.revoked();
    let ticks = IntervalStream::new(tokio::time::interval(Duration::from_secs(1))).enumerate();
    let ticks = ticks.map(|(second, _)| Event::default().data(second.to_string())).boxed();
    // Either the next tick, or the end.
    let events = stream::unfold(Some((ticks, Box::pin(revoked))), |waiting| async move {
        let (mut ticks, mut revoked) = waiting?;
        tokio::select! {
            tick = ticks.next() => Some((Ok(tick?), Some((ticks, revoked)))),
            rejection = &mut revoked => Some((Ok(Event::default().event("end").data(rejection.name())), None)),
        }
    });
    Sse::new(events)
}

async fn socket(caller: Caller, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| echo(caller, socket)).into_response()
}

/// Sends every message back until the caller is no longer good.
async fn echo(caller: Caller, mut socket: WebSocket) {
    let mut revoked = Box::pin(caller.revoked());
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    if socket.send(message).await.is_err() {
                        return;
                    }
                }
                Some(Ok(_)) => {}
                _ => return,
            },
            rejection = &mut revoked => {
                // 1008: policy violation (RFC 6455 section 7.4.1).
                let close = CloseFrame { code: 1008, reason: rejection.name().into() };
                let _ = socket.send(Message::Close(Some(close))).await;
                return;
            }
        }
    }
}

/// Completes at SIGTERM, by which Kubernetes stops a container. Listens for it from the call on.
#[cfg(unix)]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        terminate.recv().await;
    })
}

#[cfg(not(unix))]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
