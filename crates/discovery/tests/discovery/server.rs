//! A TLS server that sends any answer, whether it is HTTP or not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use boundtoken::Issuer;
use boundtoken_discovery::{Discovery, DiscoveryBuilder};
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// An answer to a request.
pub enum Answer {
    /// These bytes, and then the end of the connection.
    Bytes(String),
    /// These bytes, and then one piece again and again, with a pause before each.
    Endless(String, String, Duration),
}

impl Answer {
    /// A successful answer.
    pub fn ok(body: impl AsRef<str>) -> Self {
        let body = body.as_ref();
        Self::Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    }

    pub fn status(status: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
    }

    pub fn redirect(location: impl AsRef<str>) -> Self {
        let location = location.as_ref();
        Self::Bytes(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
    }
}

/// The server. Its certificate is its own authority.
pub struct Server {
    pub url: String,
    pub authority: String,
    requests: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Starts a server on 127.0.0.1. `answer` receives the server's URL and the requested path.
    pub async fn start(answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let (acceptor, authority) = tls();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (heard, own_url, answer) = (Arc::clone(&requests), url.clone(), Arc::new(answer));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let stream = listener.accept().await.unwrap().0;
                let (acceptor, heard, url) = (acceptor.clone(), Arc::clone(&heard), own_url.clone());
                let answer = Arc::clone(&answer);
                connections.spawn(async move {
                    // A client that does not trust us, or has read enough, hangs up. Some tests are about that.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8(head).unwrap();
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    heard.lock().unwrap().push(head);
                    match answer(&url, &path) {
                        Answer::Bytes(bytes) => {
                            let _ = stream.write_all(bytes.as_bytes()).await;
                        }
                        Answer::Endless(begun, piece, pause) => {
                            let mut written = stream.write_all(begun.as_bytes()).await;
                            while written.is_ok() {
                                tokio::time::sleep(pause).await;
                                written = stream.write_all(piece.as_bytes()).await;
                            }
                        }
                    }
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { url, authority, requests, _tasks: tasks }
    }

    /// A server that publishes an issuer's document, and its keys at `/keys`.
    pub async fn of_issuer(issuer: impl Fn(&str) -> Arc<Issuer> + Send + Sync + 'static) -> Self {
        Self::start(move |url, path| match path {
            "/.well-known/openid-configuration" => Answer::ok(issuer(url).openid_configuration().unwrap()),
            "/keys" => Answer::ok(issuer(url).jwks()),
            _ => Answer::status("404 Not Found"),
        })
        .await
    }

    pub fn discovery(&self) -> DiscoveryBuilder {
        Discovery::builder(self.url.as_str()).certificate_authority(&self.authority)
    }

    /// The requests so far, with their headers.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The requested paths, in order.
    pub fn paths(&self) -> Vec<String> {
        self.requests().iter().map(|head| head.split(' ').nth(1).unwrap().to_owned()).collect()
    }
}

fn tls() -> (TlsAcceptor, String) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), certificate.pem())
}

fn provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    Arc::new(provider)
}
