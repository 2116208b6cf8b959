//! A Kubernetes cluster that the background thread follows.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use boundtoken_kubernetes::{Cluster, ClusterError, Step};
use napi::bindgen_prelude::{External, FnArgs, Function, Object};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, Status};
use napi_derive::napi;

use crate::background::{self, Canceller};
use crate::errors::{CLOSED, CONFIGURATION, Code, Result};

mod configuration;

pub use configuration::Configuration;

/// A connection until it is closed.
pub struct Connection(Mutex<Option<Arc<Cluster>>>);

impl Connection {
    fn new(cluster: Cluster) -> Self {
        Self(Mutex::new(Some(Arc::new(cluster))))
    }

    /// The cluster. Fails if the connection was closed.
    pub fn get(&self) -> Result<Arc<Cluster>> {
        let cluster = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        cluster.ok_or_else(|| CLOSED.with("the cluster was closed"))
    }
}

/// How connecting ended. Both members are missing if it was cancelled.
#[napi(object, object_from_js = false)]
pub struct Connected {
    pub cluster: Option<External<Connection>>,
    pub failure: Option<Failure>,
}

/// Why connecting failed.
#[napi(object)]
pub struct Failure {
    pub code: String,
    pub message: String,
}

impl From<Option<std::result::Result<Cluster, ClusterError>>> for Connected {
    fn from(outcome: Option<std::result::Result<Cluster, ClusterError>>) -> Self {
        match outcome {
            None => Self { cluster: None, failure: None },
            Some(Ok(cluster)) => {
                Self { cluster: Some(External::new(Connection::new(cluster))), failure: None }
            }
            Some(Err(error)) => Self { cluster: None, failure: Some(Failure::from(&error)) },
        }
    }
}

impl From<&ClusterError> for Failure {
    fn from(error: &ClusterError) -> Self {
        let code = match (&error.step, error.http_status) {
            (_, Some(401 | 403)) => "ERR_BOUNDTOKEN_CLUSTER_FORBIDDEN",
            (Step::Configuration, _) => CONFIGURATION.name(),
            (Step::Watch { .. }, _) => "ERR_BOUNDTOKEN_CLUSTER_NOT_IN_STEP",
            (_, _) => "ERR_BOUNDTOKEN_CLUSTER_UNREACHABLE",
        };
        Self { code: code.to_owned(), message: error.to_string() }
    }
}

/// Connects, and waits until keys and objects are known.
#[napi(catch_unwind)]
pub fn cluster_connect<'env>(
    env: &'env Env,
    configuration: Configuration,
    canceller: &External<Canceller>,
) -> Result<Object<'env>> {
    background::promise(env, canceller, configuration.builder()?.connect(), Connected::from)
}

/// The name of the cluster's issuer.
#[napi(catch_unwind)]
pub fn cluster_issuer(connection: &External<Connection>) -> Result<String> {
    Ok(connection.get()?.issuer().to_owned())
}

/// Whether verifiers refuse tokens because what is known is outdated. True once it is closed.
#[napi(catch_unwind)]
pub fn cluster_is_stale(connection: &External<Connection>) -> bool {
    connection.get().map_or(true, |cluster| cluster.is_stale())
}

/// What is known and how current it is, as JSON.
#[napi(catch_unwind)]
pub fn cluster_status(connection: &External<Connection>) -> Result<String> {
    json(&connection.get()?.status())
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| CONFIGURATION.with(error))
}

/// Ends the connection.
#[napi(catch_unwind)]
pub fn cluster_close(connection: &External<Connection>) {
    let cluster = connection.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(cluster);
}

type Change = FnArgs<(String,)>;

/// How many changes wait for JavaScript. Further ones are dropped.
const MOST_WAITING: usize = 1_024;
/// How often to see whether the cluster was closed.
const LOOK: Duration = Duration::from_millis(100);

/// Reports changes, as JSON, until the cluster is closed. It keeps no program running.
#[napi(catch_unwind)]
pub fn cluster_changes(
    connection: &External<Connection>,
    report: Function<'_, Change, ()>,
) -> std::result::Result<(), napi::Error<Code>> {
    let cluster = connection.get()?;
    let report = report.build_threadsafe_function::<Change>();
    let report = report.weak::<true>().max_queue_size::<MOST_WAITING>().build();
    let report = report.map_err(|error| CONFIGURATION.with(error.reason))?;
    let mut changes = cluster.changes();
    let cluster = Arc::downgrade(&cluster);
    background::spawn(async move {
        while cluster.strong_count() > 0 && !report.aborted() {
            let Ok(change) = tokio::time::timeout(LOOK, changes.next()).await else { continue };
            let Ok(change) = json(&change) else { continue };
            let status = report.call((change,).into(), ThreadsafeFunctionCallMode::NonBlocking);
            if status == Status::Closing {
                break;
            }
        }
    })?;
    Ok(())
}
