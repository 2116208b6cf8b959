//! The thread that follows clusters. A process has one, from the first connection on, for all its workers.

use std::sync::OnceLock;

use napi::Env;
use napi::bindgen_prelude::{External, Object, ToNapiValue};
use napi_derive::napi;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::errors::{CONFIGURATION, Result};

/// It is never dropped: when the process ends, so does the thread.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Runs work on the thread, which is started if need be.
pub fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Result<AbortHandle> {
    Ok(runtime()?.spawn(work).abort_handle())
}

fn runtime() -> Result<&'static Runtime> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let started =
        Builder::new_multi_thread().worker_threads(1).thread_name("boundtoken").enable_all().build();
    let started =
        started.map_err(|error| CONFIGURATION.with(format!("no thread can be started: {error}")))?;
    Ok(RUNTIME.get_or_init(|| started))
}

/// Gives up work when JavaScript asks for it, or when the worker ends that waits for it.
pub struct Canceller {
    sender: watch::Sender<bool>,
}

/// Makes something to cancel work with.
#[napi(catch_unwind)]
pub fn canceller() -> External<Canceller> {
    External::new(Canceller { sender: watch::Sender::new(false) })
}

/// Cancels the work.
#[napi(catch_unwind)]
pub fn cancel(canceller: &External<Canceller>) {
    canceller.sender.send_replace(true);
}

/// A promise for the result of work on the thread. `None` if it was cancelled.
pub fn promise<'env, T, R>(
    env: &'env Env,
    canceller: &Canceller,
    work: impl Future<Output = T> + Send + 'static,
    result: impl FnOnce(Option<T>) -> R + Send + 'static,
) -> Result<Object<'env>>
where
    T: Send + 'static,
    R: ToNapiValue + 'static,
{
    let (deferred, promise) = env.create_deferred().map_err(unexpected)?;
    let work = unless_cancelled(canceller, work);
    spawn(async move {
        let outcome = work.await;
        deferred.resolve(move |_| Ok(result(outcome)));
    })?;
    Ok(promise)
}

/// The result of work. `None` if it was cancelled, or if the canceller was dropped.
pub fn unless_cancelled<T>(
    canceller: &Canceller,
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Option<T>> + Send + 'static {
    let mut cancelled = canceller.sender.subscribe();
    async move {
        tokio::select! {
            _ = cancelled.wait_for(|is_cancelled| *is_cancelled) => None,
            outcome = work => Some(outcome),
        }
    }
}

fn unexpected(error: napi::Error) -> napi::Error<crate::errors::Code> {
    CONFIGURATION.with(error.reason)
}
