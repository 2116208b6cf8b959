//! The thread that follows a cluster.

use std::cell::Cell;
use std::convert::Infallible;
use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::answer::{Giver, awaited};
use crate::error::Failure;
use crate::status::Mistake;
use boundtoken_kubernetes::{Cluster, ClusterBuilder};

/// How long a look-up of a host's name is waited for at the end. It cannot be cut short.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

thread_local! {
    static IS_BACKGROUND: Cell<bool> = const { Cell::new(false) };
}

/// A thread with a runtime of its own. It ends, and is waited for, when this is dropped.
pub(super) struct Background {
    runtime: Handle,
    /// Nothing is ever sent: that it is dropped is the sign.
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

type Connected = Result<(Handle, Cluster), Failure>;

impl Background {
    /// Starts the thread and connects on it.
    pub(super) fn connect(builder: ClusterBuilder) -> Result<(Self, Cluster), Failure> {
        let (connected, outcome) = awaited();
        let (stop, stopped) = oneshot::channel();
        let body = move || follow(builder, connected, stopped);
        let start = || thread::Builder::new().name("boundtoken".to_owned()).spawn(body);
        let thread = without_signals(start).map_err(|error| failure(&error))?;
        // It has a deadline of its own.
        match outcome.take(Duration::MAX) {
            Some(Ok((runtime, cluster))) => {
                Ok((Self { runtime, stop: Some(stop), thread: Some(thread) }, cluster))
            }
            failed => {
                // It has nothing left to do.
                let _ = thread.join();
                Err(failed.and_then(Result::err).unwrap_or(Mistake::Panic.into()))
            }
        }
    }

    /// Whether this is such a thread, of any cluster: then nothing that happens on one can be waited for.
    pub(super) fn is_current() -> bool {
        IS_BACKGROUND.get()
    }

    /// What starts work on the thread. Once the thread has ended, all work is dropped at once.
    pub(super) fn runtime(&self) -> Handle {
        self.runtime.clone()
    }

    /// Has something done on the thread until that ends, or this is aborted.
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
            // It cannot have anything to say: a panic of it has ended it, too.
            let _ = thread.join();
        }
    }
}

fn follow(builder: ClusterBuilder, connected: Giver<Connected>, stopped: oneshot::Receiver<Infallible>) {
    IS_BACKGROUND.set(true);
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return connected.give(Err(failure(&error))),
    };
    match runtime.block_on(builder.connect()) {
        Ok(cluster) => {
            connected.give(Ok((runtime.handle().clone(), cluster)));
            let _ = runtime.block_on(stopped);
        }
        Err(error) => connected.give(Err(error.into())),
    }
    runtime.shutdown_timeout(LAST_PATIENCE);
}

fn failure(error: &io::Error) -> Failure {
    let mistake = Mistake::ClusterThread;
    mistake.with(format!("{}: {error}; {}", mistake.description(), mistake.remedy()))
}

/// Starts a thread that no signal handler of the program will run on: a thread blocks what its creator blocked.
///
/// With SIGPIPE among the signals a write to a lost connection is an error, and no more. Those that tell of a fault of
/// the thread itself stay: blocked, they would end the process past its crash handlers.
#[cfg(unix)]
fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    use std::mem::MaybeUninit;
    use std::ptr;

    const FAULTS: [libc::c_int; 6] =
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];
    let mut blocked = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: the set may be written to.
    unsafe { libc::sigfillset(blocked.as_mut_ptr()) };
    for signal in FAULTS {
        // SAFETY: the set was filled, and the number is that of a signal.
        unsafe { libc::sigdelset(blocked.as_mut_ptr(), signal) };
    }
    // SAFETY: the first set was filled, and the second may be written to.
    let failed = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, blocked.as_ptr(), before.as_mut_ptr()) };
    let started = start();
    if failed == 0 {
        // SAFETY: the set was written by the call that did not fail.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    }
    started
}

#[cfg(not(unix))]
fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    start()
}
