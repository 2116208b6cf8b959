//! Connections: the listener, its limits, and its end.

use std::future::Future;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, thread};

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// How every connection of HTTP/2 begins.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What clients are allowed.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Further connections wait.
    pub connections: usize,
    /// Requests at once on one connection of HTTP/2.
    pub streams: u32,
    /// All headers of a request together, in bytes.
    pub header_bytes: u16,
    /// For a TLS handshake, or for the first bytes without TLS.
    pub handshake: Duration,
    /// For the headers of a request; an idle connection may wait that long for the next.
    pub headers: Duration,
    /// For requests under way when the server stops.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            streams: 1_000,
            header_bytes: u16::MAX,
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(60),
            farewell: Duration::from_secs(3),
        }
    }
}

/// What is served, and how.
pub(super) struct Service {
    pub listener: TcpListener,
    pub tls: Option<Arc<ServerConfig>>,
    pub router: Router,
    pub limits: Limits,
}

impl Service {
    /// Serves on threads of its own until it is stopped. The task runs as long.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(super) fn start(self, task: impl Future<Output = ()> + Send + 'static) -> io::Result<Running> {
        self.listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("boundtoken-dev-server")
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("boundtoken-dev-server".to_owned()).spawn(move || {
            runtime.block_on(async {
                let task = tokio::spawn(task);
                if let Err(error) = self.run(stopped).await {
                    tracing::error!(%error, "the development server cannot accept connections");
                }
                task.abort();
            });
            runtime.shutdown_timeout(Duration::from_millis(100));
        })?;
        Ok(Running { stop: Mutex::new(Some(stop)), thread: Mutex::new(Some(thread)) })
    }

    async fn run(self, mut stopped: oneshot::Receiver<()>) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let limits = self.limits;
        let connections = Arc::new(Semaphore::new(limits.connections));
        let tls = self.tls.map(TlsAcceptor::from);
        let app = TowerToHyperService::new(self.router);
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = async {
                let permit = Arc::clone(&connections).acquire_owned().await;
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                _ = &mut stopped => break,
                accepted = accepted => accepted,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // No more files, most likely. It passes when connections end.
                    tracing::warn!(%error, "a connection is not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let connection = Connection {
                stream,
                limits,
                watcher: graceful.watcher(),
                app: app.clone(),
                tls: tls.clone(),
            };
            tokio::spawn(async move {
                connection.serve().await;
                drop(permit);
            });
        }
        drop(listener);
        // What takes longer is broken off.
        let _ = tokio::time::timeout(limits.farewell, graceful.shutdown()).await;
        Ok(())
    }
}

struct Connection {
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    app: TowerToHyperService<Router>,
    limits: Limits,
    watcher: Watcher,
}

impl Connection {
    /// Serves until the client goes or the server stops.
    async fn serve(self) {
        // Small answers are not to wait for more.
        let _ = self.stream.set_nodelay(true);
        let Self { stream, tls, app, limits, watcher } = self;
        match tls {
            Some(tls) => {
                let Ok(Ok(stream)) = tokio::time::timeout(limits.handshake, tls.accept(stream)).await else {
                    return;
                };
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                talk(stream, is_http2, app, limits, watcher).await;
            }
            None => {
                let first = tokio::time::timeout(limits.handshake, begins_http2(&stream)).await;
                if let Ok(Ok(is_http2)) = first {
                    talk(stream, is_http2, app, limits, watcher).await;
                }
            }
        }
    }
}

/// Whether the client speaks HTTP/2 without having been asked, by its first bytes. Reads none of them.
async fn begins_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut bytes = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut bytes).await?;
        let begins = bytes.get(..count).is_some_and(|bytes| PREFACE.starts_with(bytes));
        if count == 0 || !begins || count == PREFACE.len() {
            return Ok(count > 0 && begins);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn talk<S>(
    stream: S,
    is_http2: bool,
    app: TowerToHyperService<Router>,
    limits: Limits,
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let builder = Builder::new(TokioExecutor::new());
    let mut builder = if is_http2 { builder.http2_only() } else { builder.http1_only() };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(limits.header_bytes.into());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_bytes.into())
        .keep_alive_interval(limits.headers)
        .keep_alive_timeout(limits.handshake);
    let connection = builder.serve_connection(TokioIo::new(stream), app).into_owned();
    let _ = watcher.watch(connection).await;
}

/// A server that runs.
pub(super) struct Running {
    stop: Mutex<Option<oneshot::Sender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Running {
    /// Stops accepting, lets requests end, and waits for it.
    pub(super) fn stop(&self) {
        if let Some(stop) = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = stop.send(());
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic there has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};
    use std::time::Instant;

    use axum::routing::get;

    use super::*;
    use crate::tls::Tls;

    const SHORT: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(10);

    fn start(limits: Limits, tls: bool) -> (Running, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let slow = get(|| async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            "slow"
        });
        let router = Router::new().route("/", get(|| async { "ok" })).route("/slow", slow);
        let tls = tls.then(|| Tls::generate(address.ip(), std::iter::empty()).unwrap().config);
        let running = Service { listener, tls, router, limits }.start(std::future::pending()).unwrap();
        (running, address)
    }

    /// Sends this, and reads until the server closes; tells what it said and how long it took.
    fn say(address: SocketAddr, bytes: &[u8]) -> (String, Duration) {
        let started = Instant::now();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        (answer, started.elapsed())
    }

    #[test]
    fn who_sends_headers_too_slowly_is_cut_off() {
        let (_running, address) = start(Limits { headers: SHORT, ..Limits::default() }, false);
        for begun in ["G", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
            let (answer, took) = say(address, begun.as_bytes());
            assert!(took >= SHORT && took < LONG, "{begun:?}: {took:?}");
            assert_eq!(answer.contains("200 OK"), begun.ends_with("\r\n\r\n"), "{answer}");
        }
    }

    #[test]
    fn who_says_nothing_or_half_a_preface_is_cut_off() {
        for tls in [false, true] {
            let (_running, address) = start(Limits { handshake: SHORT, ..Limits::default() }, tls);
            for begun in ["", "PRI * HTTP/2"] {
                let (answer, took) = say(address, begun.as_bytes());
                assert!(took < LONG && !answer.contains("200"), "{tls} {begun:?}: {took:?} {answer}");
            }
        }
    }

    #[test]
    fn connections_beyond_the_limit_wait_for_a_place() {
        let (_running, address) = start(Limits { connections: 2, ..Limits::default() }, false);
        let ask = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let held: Vec<_> = (0..2).map(|_| TcpStream::connect(address).unwrap()).collect();
        let third = thread::spawn(move || say(address, ask.as_bytes()));
        thread::sleep(SHORT);
        assert!(!third.is_finished());
        drop(held);
        assert!(third.join().unwrap().0.contains("200 OK"));
    }

    #[test]
    fn a_request_that_does_not_end_delays_the_end_no_longer_than_said() {
        let (running, address) = start(Limits { farewell: SHORT, ..Limits::default() }, false);
        let client = thread::spawn(move || say(address, b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
        thread::sleep(SHORT);
        let started = Instant::now();
        running.stop();
        assert!(started.elapsed() >= SHORT && started.elapsed() < LONG, "{:?}", started.elapsed());
        assert_eq!(client.join().unwrap().0, "");
    }
}
