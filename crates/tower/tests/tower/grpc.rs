//! gRPC: statuses, and streams that end with their callers.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use boundtoken::{Algorithm, Reason, SigningKey};
use boundtoken_tower::{AuthLayer, GrpcAuthLayer, Policy, require};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::transport::{Channel, Server};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _, service_fn};

use crate::setup::Setup;

const SOON: Duration = Duration::from_secs(10);

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

async fn client(address: SocketAddr) -> HealthClient<Channel> {
    HealthClient::new(Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap())
}

fn asking(token: Option<&str>) -> tonic::Request<HealthCheckRequest> {
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_its_status() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let of_gone = setup.pod("gone");
    setup.delete_pod("gone");
    let mut open = client(serve(setup.layer()).await).await;
    let mut closed = client(serve(setup.layer().policy(Policy::nobody())).await).await;

    assert!(open.check(asking(Some(&token))).await.is_ok());
    for (token, message) in [
        (None, "the request has no token"),
        (Some("x"), Reason::TokenPartCount.description()),
        (Some(of_gone.as_str()), Reason::PodNotFound.description()),
    ] {
        let status = open.check(asking(token)).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Unauthenticated, message));
    }
    assert_eq!(closed.check(asking(Some(&token))).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_pod_of_its_caller_and_no_other() {
    let setup = Setup::new();
    let (token, others) = (setup.pod("mine"), setup.pod("other"));
    let mut client = client(serve(setup.layer()).await).await;
    let mut mine = client.watch(asking(Some(&token))).await.unwrap().into_inner();
    let mut other = client.watch(asking(Some(&others))).await.unwrap().into_inner();
    assert!(mine.message().await.unwrap().is_some() && other.message().await.unwrap().is_some());

    setup.delete_pod("mine");
    let status = timeout(SOON, mine.message()).await.unwrap().unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, Reason::PodNotFound.description()));
    assert!(timeout(Duration::from_millis(200), other.message()).await.is_err(), "it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_their_key_is_withdrawn() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let old = setup.issuer.keys().load().keys()[0].kid().unwrap().to_owned();
    let mut client = client(serve(setup.layer()).await).await;
    let mut stream = client.watch(asking(Some(&token))).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());

    setup.issuer.rotate(SigningKey::generate(Algorithm::ES256).unwrap());
    assert!(timeout(Duration::from_millis(100), stream.message()).await.is_err(), "the old key still counts");
    assert!(setup.issuer.withdraw(&old));
    let status = timeout(SOON, stream.message()).await.unwrap().unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, Reason::KeyUnknown.description()));
}

#[tokio::test]
async fn what_a_client_streams_ends_for_the_service_too() {
    let setup = Setup::new();
    let token = setup.pod("live");
    // It answers with the status that ended the messages of the client.
    let service = GrpcAuthLayer::from(setup.layer()).layer(service_fn(|request: Request<Body>| async {
        let end = request.into_body().collect().await.unwrap_err();
        Ok::<_, Infallible>(end.into_http::<Body>())
    }));
    let messages =
        StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, Infallible>>());
    let request = Request::builder().header("authorization", format!("Bearer {token}"));
    let request = request.body(Body::new(messages)).unwrap();
    let answer = tokio::spawn(service.oneshot(request));
    tokio::task::yield_now().await;
    assert!(!answer.is_finished());
    setup.delete_pod("live");
    let answer = timeout(SOON, answer).await.unwrap().unwrap().unwrap();
    let status = Status::from_header_map(answer.headers()).unwrap();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, Reason::PodNotFound.description()));
}

#[tokio::test]
async fn a_stream_that_never_runs_dry_ends_too() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let frame = || http_body::Frame::data(Bytes::from_static(b"message"));
    let service = GrpcAuthLayer::from(setup.layer()).layer(service_fn(move |_: Request<Body>| async move {
        let messages = futures_util::stream::repeat_with(move || Ok::<_, Infallible>(frame()));
        Ok::<_, Infallible>(Response::new(Body::new(StreamBody::new(messages))))
    }));
    let request = Request::builder().header("authorization", format!("Bearer {token}"));
    let answer = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let mut frames = answer.into_body().into_data_stream();
    for _ in 0..1_000 {
        assert!(frames.next().await.unwrap().is_ok());
    }
    setup.delete_pod("live");
    let left = frames.filter(|frame| std::future::ready(frame.is_ok())).count();
    assert!(timeout(SOON, left).await.unwrap() == 0);
}

#[tokio::test]
async fn a_policy_of_a_service_behind_the_layer_answers_in_grpc_too() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let service = ServiceBuilder::new()
        .layer(GrpcAuthLayer::from(setup.layer()))
        .layer(require(Policy::namespace("other")))
        .service(service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) }));
    let request = Request::builder().header("authorization", format!("Bearer {token}"));
    let answer = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(Status::from_header_map(answer.headers()).unwrap().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn gos_client_understands_every_status() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let address = serve(setup.layer()).await;
    let Some(program) = go_program() else { return };
    let mut refused = Command::new(&program);
    let refused = refused.args([&address.to_string(), "-"]).output().unwrap();
    let text = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(text.trim(), "check Unauthenticated the request has no token UNKNOWN");

    let mut running =
        Command::new(&program).args([&address.to_string(), &token]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "check OK  SERVING");
    assert_eq!(lines.next().unwrap(), "update SERVING");
    setup.delete_pod("live");
    let end = format!("end Unauthenticated {}", Reason::PodNotFound.description());
    assert_eq!(lines.next().unwrap(), end);
    assert!(running.wait().unwrap().success());
}

/// Builds the client. None, with a loud note, if Go or its module proxy is missing.
fn go_program() -> Option<std::path::PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tower/go");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grpc-client");
    let go = |arguments: &[&str]| Command::new("go").args(arguments).current_dir(&source).output();
    if !go(&["mod", "download"]).is_ok_and(|output| output.status.success()) {
        boundtoken_testing::tools::not_tested("gRPC for Go", "install Go from https://go.dev/dl");
        return None;
    }
    let built = go(&["build", "-o", program.to_str().unwrap(), "."]).unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Some(program)
}
