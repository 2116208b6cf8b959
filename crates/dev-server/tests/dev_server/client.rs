//! A client that blocks, over HTTP/1.1 or HTTP/2, with or without TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use boundtoken_dev_server::DevServer;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::HeaderMap;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// Longer than any answer takes, and shorter than anybody waits.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

pub struct Client {
    runtime: Runtime,
    address: SocketAddr,
    tls: Option<TlsConnector>,
    http2: bool,
    token: Option<String>,
}

pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Client {
    /// Speaks as the administrator.
    pub fn admin(server: &DevServer) -> Self {
        Self::with(server, server.admin_token())
    }

    /// Speaks with this token.
    pub fn with(server: &DevServer, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::nobody(server) }
    }

    /// Speaks without credentials.
    pub fn nobody(server: &DevServer) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().expect("runtime");
        let tls = server.ca_certificate().map(connector);
        Self { runtime, address: server.address(), tls, http2: false, token: None }
    }

    pub fn over_http2(self) -> Self {
        Self { http2: true, tls: self.tls.map(|tls| speaking(&tls, b"h2")), ..self }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, body: &str) -> Reply {
        self.send("POST", path, &[("content-type", "application/json")], body.to_owned())
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], "")
    }

    /// One request on a connection of its own.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let body = body.into();
        self.block(async {
            let mut connection = self.connect().await;
            let response = connection.send(self.request(method, path, headers, body)).await;
            let (head, body) = response.expect("answer").into_parts();
            let body = body.collect().await.expect("body").to_bytes();
            Reply { status: head.status.as_u16(), headers: head.headers, body }
        })
    }

    /// Reads a watch to its end; tells whether it broke. What happens `meanwhile` does so once it has begun.
    pub fn watch_breaks(&self, path: &str, meanwhile: impl FnOnce() + Send + 'static) -> bool {
        self.block(async {
            let mut connection = self.connect().await;
            let response = connection.send(self.request("GET", path, &[], "")).await.expect("answer");
            assert_eq!(response.status(), 200);
            let meanwhile = std::thread::spawn(meanwhile);
            let is_broken = response.into_body().collect().await.is_err();
            meanwhile.join().expect("done");
            is_broken
        })
    }

    pub fn block<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime
            .block_on(async { tokio::time::timeout(ANSWER_TIMEOUT, future).await })
            .expect("an answer in time")
    }

    /// Whether the server's certificate is for this name.
    pub fn trusts(&self, name: &str) -> bool {
        let tls = self.tls.as_ref().expect("TLS");
        let name = ServerName::try_from(name.to_owned()).expect("name");
        self.block(async {
            let stream = TcpStream::connect(self.address).await.expect("connection");
            tls.connect(name, stream).await.is_ok()
        })
    }

    pub async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).await.expect("connection");
        match &self.tls {
            None => Connection::over(stream, self.http2).await,
            Some(tls) => {
                let name = ServerName::IpAddress(self.address.ip().into());
                Connection::over(tls.connect(name, stream).await.expect("TLS"), self.http2).await
            }
        }
    }

    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Request<Full<Bytes>> {
        // HTTP/2 takes the host from the URI.
        let uri = if self.http2 { format!("http://{}{path}", self.address) } else { path.to_owned() };
        let mut request = Request::builder().method(method).uri(uri);
        if !self.http2 {
            request = request.header("host", self.address.to_string());
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Full::new(body.into())).expect("request")
    }
}

fn connector(authority: &str) -> TlsConnector {
    #[cfg(feature = "aws-lc-rs")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = rustls::crypto::ring::default_provider();

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).expect("PEM")).expect("certificate");
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// The same for another protocol.
fn speaking(tls: &TlsConnector, protocol: &[u8]) -> TlsConnector {
    let mut config = ClientConfig::clone(tls.config());
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// A connection that stays open as long as this is kept.
pub enum Connection {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    async fn over<S>(stream: S, http2: bool) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if http2 {
            let (sender, connection) =
                http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
            tokio::spawn(connection);
            Self::Http2(sender)
        } else {
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
            tokio::spawn(connection);
            Self::Http1(sender)
        }
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => sender.send_request(request).await,
            Self::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The value of a header, or nothing; several with a line each.
    pub fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join("\n")
    }
}
