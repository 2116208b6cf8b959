//! An issuer in memory, and services behind the layer.

use std::convert::Infallible;
use std::sync::Arc;

use boundtoken::api::{BoundObjectReference, TokenRequest};
use boundtoken::{
    Algorithm, Issuer, ObjectKind, ObjectReference, ObjectStore, PodSpec, SigningKey, UnixSeconds, Verifier,
};
use boundtoken_tower::{AuthLayer, Caller};
use http::{HeaderMap, Request, Response};
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, ServiceExt as _, service_fn};

pub const AUDIENCE: &str = "vault";

/// An issuer, the store with its objects, and a verifier.
pub struct Setup {
    pub objects: ObjectStore,
    pub issuer: Issuer,
    pub verifier: Arc<Verifier>,
}

impl Setup {
    pub fn new() -> Self {
        let objects = ObjectStore::new();
        let account = ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name: "app" };
        objects.upsert(&account, "31d77ff4-a560-4d3e-9466-d3c89e0b90d4".into(), None);
        let key = SigningKey::generate(Algorithm::ES256).unwrap();
        let issuer = Issuer::builder("https://issuer.example.com", key);
        let issuer = issuer.bound_objects(objects.clone()).build().unwrap();
        let verifier = Verifier::builder().issuer(issuer.trusted()).audience(AUDIENCE).build().unwrap();
        Self { objects, issuer, verifier: Arc::new(verifier) }
    }

    /// Adds a pod. Returns a token that is bound to it.
    pub fn pod(&self, name: &str) -> String {
        let spec = PodSpec { service_account_name: "app".into(), node_name: String::new() };
        self.objects.upsert_pod("demo", name, format!("uid-of-{name}").as_str().into(), None, spec);
        self.token_at(Some(name), UnixSeconds::now())
    }

    pub fn token_at(&self, pod: Option<&str>, now: UnixSeconds) -> String {
        let mut request = TokenRequest::default();
        request.spec.audiences.push(AUDIENCE.into());
        request.spec.bound_object_ref = pod.map(|name| BoundObjectReference {
            kind: "Pod".into(),
            name: name.into(),
            ..Default::default()
        });
        self.issuer.issue_at("demo", "app", request, now).unwrap().token().to_owned()
    }

    pub fn delete_pod(&self, name: &str) {
        let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name };
        assert!(self.objects.delete(&pod));
    }

    pub fn layer(&self) -> AuthLayer {
        AuthLayer::new(Arc::clone(&self.verifier))
    }
}

pub type Service = BoxCloneSyncService<Request<String>, Response<String>, Infallible>;

/// A service that answers with its caller's name, or `anonymous`. Behind a semicolon come the names of the headers that it
/// saw, and `!` if they were not marked as sensitive.
pub fn behind(layer: &AuthLayer) -> Service {
    BoxCloneSyncService::new(layer.layer(service_fn(|request: Request<String>| async move {
        let caller = request.extensions().get::<Caller>();
        let name = caller.map_or("anonymous", |caller| caller.claims().subject());
        let seen = request
            .headers()
            .iter()
            .map(|(name, value)| format!(" {name}{}", if value.is_sensitive() { "" } else { "!" }));
        Ok::<_, Infallible>(Response::new(format!("{name};{}", seen.collect::<String>())))
    })))
}

/// What a service answers.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub challenge: Option<String>,
    pub retry_after: Option<String>,
    pub body: String,
}

pub async fn answer(service: &Service, request: Request<String>) -> Answer {
    let response = service.clone().oneshot(request).await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    Answer {
        status: response.status().as_u16(),
        challenge: header("www-authenticate"),
        retry_after: header("retry-after"),
        body: response.into_body(),
    }
}

/// A request with these headers. Names may repeat.
pub fn request(headers: &[(&str, &str)]) -> Request<String> {
    let mut request = Request::new(String::new());
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

pub fn bearer(token: &str) -> Request<String> {
    request(&[("authorization", &format!("Bearer {token}"))])
}

pub fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    request(pairs).into_parts().0.headers
}
