//! A proxy that can cut, refuse or slow down connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    refuses: AtomicBool,
    cut: Notify,
    connections: AtomicU64,
}

impl Proxy {
    /// Forwards connections to `target`. Delays responses by `delay`.
    pub async fn start(target: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((inward, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let state = Arc::clone(&shared);
                if !state.refuses.load(Ordering::SeqCst) {
                    tokio::spawn(async move {
                        tokio::select! {
                            () = state.cut.notified() => {}
                            () = pass_on(inward, target, delay) => {}
                        }
                    });
                }
            }
        });
        Self { port, state, task }
    }

    /// Closes all connections. Still accepts new ones.
    pub fn cut(&self) {
        self.state.cut.notify_waiters();
    }

    /// With true, closes all connections, and every new one at once. With false, accepts connections again.
    pub fn refuse(&self, refuse: bool) {
        self.state.refuses.store(refuse, Ordering::SeqCst);
        if refuse {
            self.cut();
        }
    }

    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn pass_on(inward: TcpStream, target: u16, delay: Duration) {
    let Ok(outward) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let (from_client, to_client) = inward.into_split();
    let (from_server, to_server) = outward.into_split();
    tokio::select! {
        () = copy(from_client, to_server, Duration::ZERO) => {}
        () = copy(from_server, to_client, delay) => {}
    }
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        tokio::time::sleep(delay).await;
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
