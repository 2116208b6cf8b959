//! Streams that end with the pod of their caller.

use std::net::SocketAddr;
use std::time::Duration;

use boundtoken::Reason;
use boundtoken_tower::{AuthLayer, GrpcAuthLayer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::harness::objects::AUDIENCE;
use crate::harness::{WAIT_TIMEOUT, follower, median_and_p99, start};

/// The streams of one caller.
const STREAMS: usize = 1_000;
/// The streams of another, which go on.
const OTHERS: usize = 100;
/// How many streams share a connection.
const STREAMS_OF_A_CONNECTION: usize = 100;
/// How long the last stream may take to end, from the API server's answer to the deletion on.
const PROMISED: Duration = Duration::from_millis(100);
/// The scenario is repeated, because a machine may be busy with something else at that very moment.
const ATTEMPTS: usize = 20;

/// Serves gRPC's health service, whose `Watch` is a stream without an end.
async fn serve(layer: AuthLayer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (reporter, health) = tonic_health::server::health_reporter();
    let server = Server::builder().layer(GrpcAuthLayer::from(layer)).add_service(health);
    tokio::spawn(async move {
        let _reporter = reporter;
        server.serve_with_incoming(TcpListenerStream::new(listener)).await
    });
    address
}

/// Opens streams, and waits for the first message of each. Each then completes with its end, and when that was.
async fn watch(address: SocketAddr, token: &str, count: usize) -> JoinSet<(Status, Instant)> {
    let mut streams = JoinSet::new();
    let url = format!("http://{address}");
    let mut channel = Channel::from_shared(url.clone()).unwrap().connect().await.unwrap();
    for number in 0..count {
        if number % STREAMS_OF_A_CONNECTION == 0 {
            channel = Channel::from_shared(url.clone()).unwrap().connect().await.unwrap();
        }
        let mut request = Request::new(HealthCheckRequest::default());
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let mut stream = HealthClient::new(channel.clone()).watch(request).await.unwrap().into_inner();
        assert!(stream.message().await.unwrap().is_some());
        streams.spawn(async move {
            loop {
                if let Err(status) = stream.message().await {
                    return (status, Instant::now());
                }
            }
        });
    }
    streams
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_streams_end_within_a_moment_of_the_deletion_of_their_pod() {
    let Some((servers, objects)) = start("a thousand streams").await else { return };
    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let address = serve(AuthLayer::of_cluster(cluster, AUDIENCE).unwrap()).await;
    let other = objects.pod_with_token("other").await;
    let mut others = watch(address, &other, OTHERS).await;

    for attempt in 1..=ATTEMPTS {
        let pod = format!("caller-{attempt}");
        let token = objects.pod_with_token(&pod).await;
        let mut streams = watch(address, &token, STREAMS).await;
        objects.delete_pod(&pod).await;
        let deleted = Instant::now();
        let mut delays = Vec::new();
        while let Some(ended) =
            tokio::time::timeout(WAIT_TIMEOUT, streams.join_next()).await.expect("every stream ends")
        {
            let (status, at) = ended.unwrap();
            assert_eq!(
                (status.code(), status.message()),
                (Code::Unauthenticated, Reason::PodNotFound.description())
            );
            // The watch may report the deletion before its answer has arrived.
            delays.push(at.saturating_duration_since(deleted));
        }
        assert_eq!(delays.len(), STREAMS);
        let last = delays.iter().max().copied().unwrap();
        let (median, _) = median_and_p99(delays);
        let milliseconds = |delay: Duration| delay.as_secs_f64() * 1e3;
        println!(
            "  {STREAMS} streams ended after {:.1} ms, the last after {:.1} ms",
            milliseconds(median),
            milliseconds(last)
        );
        assert!(others.try_join_next().is_none(), "the streams of another caller go on");
        if last <= PROMISED {
            return;
        }
    }
    panic!("in {ATTEMPTS} attempts the last stream never ended within {PROMISED:?}");
}
