//! An admission webhook that the API server really calls, and how the API server gets its token.

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use boundtoken_tower::AdmissionLayer;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tower::{Layer as _, ServiceExt as _, service_fn};

const ADDRESS: &str = "127.0.0.1";

/// The place of a webhook: its port and its certificate. Nothing is served there yet.
pub struct Place {
    listener: TcpListener,
    port: u16,
    acceptor: TlsAcceptor,
    authority: String,
}

/// A webhook on loopback, behind an [`AdmissionLayer`].
pub struct Hook {
    /// The certificate, in PEM.
    pub authority: String,
    calls: Arc<Mutex<Vec<Call>>>,
    task: JoinHandle<()>,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub path: String,
    pub status: u16,
    /// Whether the call reached the webhook behind the layer.
    pub reviewed: bool,
}

impl Place {
    pub async fn new() -> Self {
        let listener = TcpListener::bind((ADDRESS, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec![ADDRESS.to_owned()]).unwrap().self_signed(&key).unwrap();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        Self { listener, port, acceptor: Arc::new(config).into(), authority: certificate.pem() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{ADDRESS}:{}{path}", self.port)
    }

    /// Writes the files for `--admission-control-config-file`: the API server shows this webhook the token in `token_file`.
    /// Returns the first of the files.
    pub fn write_config(&self, folder: &Path, token_file: &Path) -> PathBuf {
        let kubeconfig = folder.join("webhooks.kubeconfig");
        let users = json!([{"name": format!("{ADDRESS}:{}", self.port), "user": {"tokenFile": token_file}}]);
        fs::write(&kubeconfig, json!({"apiVersion": "v1", "kind": "Config", "users": users}).to_string())
            .unwrap();
        let plugin = json!({
            "name": "ValidatingAdmissionWebhook",
            "configuration": {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "WebhookAdmissionConfiguration",
                "kubeConfigFile": kubeconfig,
            },
        });
        let config = json!({
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "AdmissionConfiguration",
            "plugins": [plugin],
        });
        let file = folder.join("admission.json");
        fs::write(&file, config.to_string()).unwrap();
        file
    }

    /// Serves what this layer lets through, for each path by its own layer. Objects without the label `owner` are not allowed.
    pub fn serve(self, layers: Vec<(&'static str, AdmissionLayer)>) -> Hook {
        let Self { listener, acceptor, authority, .. } = self;
        let calls = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&calls);
        let layers = Arc::new(layers);
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let path = request.uri().path().to_owned();
            let found = layers.iter().find(|(own, _)| path == *own);
            let layer = found.unwrap_or_else(|| panic!("nobody registered {path}")).1.clone();
            let calls = Arc::clone(&shared);
            async move {
                let reviewed = Arc::new(Mutex::new(false));
                let reached = Arc::clone(&reviewed);
                let webhook = layer.layer(service_fn(move |request| {
                    *reached.lock().unwrap() = true;
                    review(request)
                }));
                let response = webhook.oneshot(request).await?;
                let reviewed = *reviewed.lock().unwrap();
                calls.lock().unwrap().push(Call { path, status: response.status().as_u16(), reviewed });
                Ok::<_, Infallible>(response)
            }
        });
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(service.clone()));
                tokio::spawn(async move {
                    let stream = TokioIo::new(acceptor.accept(stream).await.unwrap());
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
                });
            }
        });
        Hook { authority, calls, task }
    }
}

impl Hook {
    /// The calls since this was last asked.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn review(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let review: Value = serde_json::from_slice(&body).unwrap();
    let request = &review["request"];
    let allowed = request["object"]["metadata"]["labels"]["owner"].is_string();
    let answer = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": request["uid"], "allowed": allowed, "status": {"message": "nobody owns this"}},
    });
    Ok(Response::new(Full::from(answer.to_string())))
}
