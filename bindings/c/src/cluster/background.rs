//! The thread that follows a cluster.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use boundtoken_kubernetes::{Cluster, ClusterBuilder};
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::answer::{Giver, Taker, awaited};
use crate::error::CallFailure;
use crate::notice::{Notice, Noticed};
use crate::status::Mistake;

/// How long to wait at the end for a lookup of a host name, which cannot be cancelled.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

thread_local! {
    static IS_BACKGROUND: Cell<bool> = const { Cell::new(false) };
}

/// A thread with its own runtime. Dropping this ends the thread and waits for it.
pub(super) struct Background {
    runtime: Handle,
    /// Dropping the sender stops the thread. Nothing is ever sent.
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

type Connected = Result<(Handle, Cluster), CallFailure>;

/// A thread that connects. Dropping this gives up: the thread ends soon.
pub(super) struct Connecting {
    outcome: Taker<Connected>,
    stop: oneshot::Sender<Infallible>,
    thread: JoinHandle<()>,
}

impl Connecting {
    /// Starts the thread. `notice` hears when it is connected, or has failed.
    pub(super) fn start(builder: ClusterBuilder, notice: &Arc<Notice>) -> Result<Self, CallFailure> {
        let (connected, outcome) = awaited();
        let (stop, stopped) = oneshot::channel();
        notice.expect();
        let notice = Arc::clone(notice);
        // If there is no thread, nothing is noticed.
        let body = move || follow(builder, connected, Noticed::expected(notice), stopped);
        let start = || thread::Builder::new().name("boundtoken".to_owned()).spawn(body);
        let thread = without_signals(start).map_err(|error| failure(&error))?;
        Ok(Self { outcome, stop, thread })
    }

    /// Waits for the outcome. There is no time-out: connecting has its own deadline.
    pub(super) fn finish(self) -> Result<(Background, Cluster), CallFailure> {
        let Self { outcome, stop, thread } = self;
        match outcome.take(Duration::MAX) {
            Some(Ok((runtime, cluster))) => {
                Ok((Background { runtime, stop: Some(stop), thread: Some(thread) }, cluster))
            }
            failed => {
                // The thread has nothing left to do. If it panicked, it gave no answer, which is handled below.
                let _ = thread.join();
                Err(failed.and_then(Result::err).unwrap_or(Mistake::Panic.into()))
            }
        }
    }
}

impl Background {
    /// Whether the current thread is the background thread of any cluster. Such a thread must not wait for another.
    pub(super) fn is_current() -> bool {
        IS_BACKGROUND.get()
    }

    /// Starts work on the thread. Once the thread has ended, new work is dropped at once.
    pub(super) fn runtime(&self) -> Handle {
        self.runtime.clone()
    }

    /// Runs work on the thread until the thread ends or the work is aborted.
    pub(super) fn spawn(&self, work: impl Future<Output = Infallible> + Send + 'static) -> AbortHandle {
        self.runtime.spawn(work).abort_handle()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && !Self::is_current()
        {
            // A panic has ended the thread too, and there is nobody to tell.
            let _ = thread.join();
        }
    }
}

/// Connects, and follows the cluster until it is told to stop.
fn follow(
    builder: ClusterBuilder,
    connected: Giver<Connected>,
    noticed: Noticed,
    mut stopped: oneshot::Receiver<Infallible>,
) {
    IS_BACKGROUND.set(true);
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            connected.give(Err(failure(&error)));
            return drop(noticed);
        }
    };
    let mut connecting = pin!(builder.connect());
    let outcome = runtime.block_on(poll_fn(|context| match connecting.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        // Nobody waits any more.
        Poll::Pending => Pin::new(&mut stopped).poll(context).map(|_| None),
    }));
    // The answer is there before the notice is given.
    match outcome {
        Some(Ok(cluster)) => {
            connected.give(Ok((runtime.handle().clone(), cluster)));
            drop(noticed);
            let _ = runtime.block_on(stopped);
        }
        Some(Err(error)) => {
            connected.give(Err(error.into()));
            drop(noticed);
        }
        None => {}
    }
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
}

fn failure(error: &io::Error) -> CallFailure {
    let mistake = Mistake::ClusterThread;
    mistake.with(format!("{}: {error}; {}", mistake.description(), mistake.remedy()))
}

/// Runs `start`, which starts a thread, with signals blocked. The thread inherits that, so no signal handler of the
/// program runs on it.
///
/// SIGPIPE is blocked too, so a write to a lost connection only returns an error. Signals for faults of the thread
/// itself are not blocked. Blocked, they would kill the process without its crash handlers.
#[cfg(unix)]
fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    use std::mem::MaybeUninit;
    use std::ptr;

    const FAULTS: [libc::c_int; 6] =
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];
    let mut blocked = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: the set is a local variable.
    unsafe { libc::sigfillset(blocked.as_mut_ptr()) };
    for signal in FAULTS {
        // SAFETY: the set is initialised, and the number is a signal.
        unsafe { libc::sigdelset(blocked.as_mut_ptr(), signal) };
    }
    // SAFETY: the first set is initialised, and the second is a local variable.
    let failed = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, blocked.as_ptr(), before.as_mut_ptr()) };
    let started = start();
    if failed == 0 {
        // SAFETY: the call above succeeded, so it has initialised the set.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    }
    started
}

#[cfg(not(unix))]
fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    start()
}
