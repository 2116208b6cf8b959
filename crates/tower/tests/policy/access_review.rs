//! Access reviews, against an API server in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boundtoken_dev_server::DevServer;
use boundtoken_tower::{AccessReview, AccessReviewError};
use futures_util::future::join_all;
use http_body_util::BodyExt as _;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::log::Log;
use super::*;

/// How the API server answers.
#[derive(Clone)]
struct Answers {
    after: Duration,
    http_status: u16,
    body: Value,
}

impl Answers {
    /// The review with this status.
    fn status(status: Value) -> Self {
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {},
            "spec": {}, "status": status,
        });
        Self { after: Duration::ZERO, http_status: 201, body }
    }

    fn allowed(allowed: bool) -> Self {
        Self::status(json!({"allowed": allowed}))
    }

    fn refusal(http_status: u16, message: &str) -> Self {
        let body = json!({
            "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": http_status, "message": message,
        });
        Self { after: Duration::ZERO, http_status, body }
    }

    fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

/// An API server that answers reviews, and nothing else.
struct Server {
    answers: Mutex<Answers>,
    requests: Mutex<Vec<Value>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

/// Counts a request until it is answered or dropped.
struct InFlight(Arc<Server>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Server {
    fn start(answers: Answers) -> (Arc<Self>, Client) {
        let server = Arc::new(Self {
            answers: Mutex::new(answers),
            requests: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        });
        let service = Arc::clone(&server);
        let answer = move |request| Arc::clone(&service).answer(request);
        (server, Client::new(tower::service_fn(answer), "default"))
    }

    async fn answer(
        self: Arc<Self>,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, kube::Error> {
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        let _in_flight = InFlight(Arc::clone(&self));
        self.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let (parts, body) = request.into_parts();
        assert_eq!(
            (parts.method.as_str(), parts.uri.path()),
            ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews")
        );
        let review: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
        self.requests.lock().await.push(review["spec"].clone());
        let Answers { after, http_status, body } = self.answers.lock().await.clone();
        sleep(after).await;
        let body = Body::from(body.to_string().into_bytes());
        Ok(http::Response::builder().status(http_status).body(body).unwrap())
    }

    async fn set(&self, answers: Answers) {
        *self.answers.lock().await = answers;
    }

    /// How many requests came since the last call.
    async fn requests(&self) -> usize {
        self.requests.lock().await.drain(..).count()
    }
}

/// A caller like no other.
fn other(number: usize) -> VerifiedToken {
    caller(&json!({"jti": format!("{number}")}))
}

fn deployments(client: Client) -> AccessReview {
    AccessReview::new(client).resource("get", "apps", "deployments")
}

#[tokio::test]
async fn the_question_is_the_callers_user_info_and_what_was_asked() {
    let (server, client) = Server::start(Answers::allowed(true));
    let review = AccessReview::new(client);
    let app = caller(&json!({}));
    for (asked, attributes) in [
        (
            review.clone().resource("get", "apps", "deployments"),
            json!({"resourceAttributes": {"verb": "get", "group": "apps", "resource": "deployments"}}),
        ),
        (
            review.clone().resource("list", "", "pods/log").namespace("demo").name("web"),
            json!({"resourceAttributes": {
                "verb": "list", "group": "", "resource": "pods", "subresource": "log", "namespace": "demo", "name": "web",
            }}),
        ),
        (
            review.clone().path("get", "/metrics"),
            json!({"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}),
        ),
        (
            review.resource("get", "apps", "deployments").namespace("demo").path("post", "/"),
            json!({"nonResourceAttributes": {"verb": "post", "path": "/"}}),
        ),
    ] {
        assert!(asked.allows(&app).await.unwrap());
        let user = json!({
            "user": "system:serviceaccount:demo:app",
            "uid": mint::ACCOUNT_UID,
            "groups": ["system:serviceaccounts", "system:serviceaccounts:demo", "system:authenticated"],
            "extra": {
                "authentication.kubernetes.io/credential-id": ["JTI=d40b199b-46cc-4389-93e8-d3ca3f9f4a66"],
                "authentication.kubernetes.io/node-name": ["node-1"],
                "authentication.kubernetes.io/node-uid": [mint::NODE_UID],
                "authentication.kubernetes.io/pod-name": ["live"],
                "authentication.kubernetes.io/pod-uid": [mint::POD_UID],
            },
        });
        let sent: Vec<Value> = server.requests.lock().await.drain(..).collect();
        assert_eq!(sent, [mint::merged(&user, &attributes)]);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_remembered_for_ten_seconds() {
    let (app, someone) = (caller(&json!({})), other(1));
    for allowed in [true, false] {
        let (server, client) = Server::start(Answers::allowed(allowed));
        let review = deployments(client);
        assert_eq!(review.allows(&app).await.unwrap(), allowed);
        server.set(Answers::allowed(!allowed)).await;
        sleep(Duration::from_millis(9_900)).await;
        assert_eq!(review.clone().allows(&app).await.unwrap(), allowed);
        assert_eq!(server.requests().await, 1);

        // Another caller, and another question, also by a clone.
        assert_eq!(review.allows(&someone).await.unwrap(), !allowed);
        assert_eq!(review.clone().namespace("demo").allows(&app).await.unwrap(), !allowed);
        assert_eq!(server.requests().await, 2);

        sleep(Duration::from_millis(200)).await;
        assert_eq!(review.allows(&app).await.unwrap(), !allowed);
        assert_eq!(server.requests().await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn how_long_and_how_many_can_be_chosen() {
    let app = caller(&json!({}));
    let (server, client) = Server::start(Answers::allowed(true));
    let review = deployments(client);
    let (never, long) =
        (review.clone().remember_for(Duration::ZERO), review.remember_for(Duration::from_secs(60)));
    for _ in 0..3 {
        never.allows(&app).await.unwrap();
    }
    assert_eq!(server.requests().await, 3);
    sleep(Duration::from_secs(59)).await;
    long.allows(&app).await.unwrap();
    assert_eq!(server.requests().await, 0);

    let few = long.remember_most(8);
    let callers: Vec<_> = (0..100).map(other).collect();
    for caller in &callers {
        few.allows(caller).await.unwrap();
    }
    assert_eq!(server.requests().await, 100);
    for caller in callers.iter().rev().take(4) {
        few.allows(caller).await.unwrap();
    }
    assert_eq!(server.requests().await, 0, "the last ones are remembered");
    for caller in callers.iter().take(90) {
        few.allows(caller).await.unwrap();
    }
    assert_eq!(server.requests().await, 90, "the first ones are forgotten");
}

#[tokio::test(start_paused = true)]
async fn the_same_question_at_the_same_time_is_asked_once() {
    let app = caller(&json!({}));
    let (server, client) = Server::start(Answers::allowed(true).after(Duration::from_secs(1)));
    let review = deployments(client).remember_for(Duration::ZERO);
    let start = Instant::now();
    for answer in join_all((0..100).map(|_| review.allows(&app))).await {
        assert!(answer.unwrap());
    }
    assert_eq!((server.requests().await, start.elapsed().as_secs()), (1, 1));

    // The one who asks goes away. Another one asks in its place.
    let first = tokio::time::timeout(Duration::from_millis(500), review.allows(&app));
    let (gone, answer) = futures_util::future::join(first, review.allows(&app)).await;
    assert!(gone.is_err() && answer.unwrap());
    assert_eq!(server.requests().await, 2);
}

#[tokio::test(start_paused = true)]
async fn at_most_eight_requests_are_in_flight() {
    let (server, client) = Server::start(Answers::allowed(false).after(Duration::from_secs(1)));
    let review = deployments(client);
    let callers: Vec<_> = (0..32).map(other).collect();
    let start = Instant::now();
    for answer in join_all(callers.iter().map(|caller| review.allows(caller))).await {
        assert!(!answer.unwrap());
    }
    assert_eq!(server.most_in_flight.load(Ordering::SeqCst), 8);
    assert_eq!((server.requests().await, start.elapsed().as_secs()), (32, 4));
}

#[tokio::test(start_paused = true)]
async fn a_question_takes_at_most_five_seconds_with_the_wait_for_its_turn() {
    let (server, client) = Server::start(Answers::allowed(true).after(Duration::from_secs(3_600)));
    let review = deployments(client);
    let callers: Vec<_> = (0..20).chain([0, 0]).map(other).collect();
    let start = Instant::now();
    for answer in join_all(callers.iter().map(|caller| review.allows(caller))).await {
        assert!(
            answer.unwrap_err().to_string().ends_with("what the caller may do: no answer within 5 seconds")
        );
    }
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(server.in_flight.load(Ordering::SeqCst), 0, "no request is left behind");

    server.set(Answers::allowed(true)).await;
    for answer in join_all(callers.iter().map(|caller| review.allows(caller))).await {
        assert!(answer.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_is_not_remembered_and_says_what_to_do() {
    let app = caller(&json!({}));
    let (server, client) = Server::start(Answers::allowed(true));
    let review = deployments(client);
    let forbidden = |user: &str| {
        format!(
            "subjectaccessreviews.authorization.k8s.io is forbidden: User \"{user}\" cannot create resource \
             \"subjectaccessreviews\" in API group \"authorization.k8s.io\" at the cluster scope"
        )
    };
    let binding = "allow this identity to create subjectaccessreviews.authorization.k8s.io, as `kubectl create \
                   clusterrolebinding boundtoken-access-review --clusterrole=system:auth-delegator --serviceaccount=";
    for (http_status, message, remedy) in [
        (403, forbidden("system:serviceaccount:infra:proxy"), format!("; {binding}infra:proxy` does")),
        (403, forbidden("jane"), format!("; {binding}NAMESPACE:NAME` does")),
        (403, forbidden("system:serviceaccount:a:`rm`"), format!("; {binding}NAMESPACE:NAME` does")),
        (401, "Unauthorized".to_owned(), "; the API server does not accept the credentials: renew them in the kubeconfig, or renew the pod's token".to_owned()),
        (404, "not found".to_owned(), "; the API server does not serve authorization.k8s.io/v1: check its address".to_owned()),
        (500, "etcd is gone".to_owned(), String::new()),
    ] {
        server.set(Answers::refusal(http_status, &message)).await;
        let error = review.allows(&app).await.unwrap_err();
        assert_eq!(error.http_status, Some(http_status));
        assert_eq!(
            error.to_string(),
            format!("could not ask the API server what the caller may do: {message}{remedy}")
        );
    }
    assert_eq!(server.requests().await, 6);
    server.set(Answers::status(Value::Null)).await;
    assert!(review.allows(&app).await.unwrap_err().to_string().ends_with(": the answer has no status"));
    server.set(Answers { after: Duration::ZERO, http_status: 200, body: json!("hello") }).await;
    assert_eq!(review.allows(&app).await.unwrap_err().http_status, None);
    server.set(Answers::allowed(true)).await;
    assert!(review.allows(&app).await.unwrap());
}

#[tokio::test]
async fn only_a_clear_yes_allows() {
    let log = Log::about("the webhook \\\"slow\\\" is slow");
    let error = "the webhook \"slow\" is slow";
    for (number, (status, allowed, logged)) in [
        (json!({"allowed": true}), true, 0),
        (json!({"allowed": false}), false, 0),
        (json!({"allowed": false, "denied": true, "reason": "no"}), false, 0),
        (json!({"allowed": true, "denied": true}), false, 0),
        (json!({"allowed": true, "evaluationError": error}), true, 0),
        (json!({"allowed": false, "evaluationError": error}), false, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let (_server, client) = Server::start(Answers::status(status.clone()));
        let review = deployments(client);
        for _ in 0..2 {
            assert_eq!(review.allows(&other(number)).await.unwrap(), allowed, "{status}");
        }
        let lines = log.lines();
        assert_eq!(lines.len(), logged, "{lines:?}");
        assert!(
            lines
                .iter()
                .all(|line| line.starts_with("WARN") && line.contains("system:serviceaccount:demo:app"))
        );
    }
}

#[tokio::test]
async fn a_review_that_asks_nothing_or_two_things_is_refused() {
    let app = caller(&json!({}));
    let (server, client) = Server::start(Answers::allowed(true));
    let review = AccessReview::new(client);
    for wrong in [
        review.clone(),
        review.clone().namespace("demo"),
        review.clone().name("web"),
        review.clone().path("get", "/").namespace("demo"),
    ] {
        let error: AccessReviewError = wrong.allows(&app).await.unwrap_err();
        assert!(error.to_string().contains("call `AccessReview::resource` or `path`"), "{wrong:?} {error}");
    }
    assert_eq!(server.requests().await, 0);
    assert!(review.namespace("demo").resource("get", "", "pods").allows(&app).await.unwrap());
}

#[tokio::test]
async fn a_server_that_checks_its_requests_understands_them() {
    let server = DevServer::start().unwrap();
    let kubeconfig = Kubeconfig::from_yaml(server.kubeconfig()).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    let review = AccessReview::new(Client::try_from(config).unwrap());
    let app = caller(&json!({}));
    assert!(review.clone().resource("get", "", "pods/log").namespace("demo").allows(&app).await.unwrap());
    assert!(review.path("get", "/metrics").allows(&app).await.unwrap());
}

#[test]
fn reviews_are_shared_between_threads_and_their_futures_sent() {
    fn is_shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    fn is_sendable<T: Send>(_: impl FnOnce(&'static AccessReview, &'static VerifiedToken) -> T) {}
    is_shared::<AccessReview>();
    is_sendable(AccessReview::allows);
}
