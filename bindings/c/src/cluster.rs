//! A cluster that is followed by a thread in the background. Only in libraries that are built with `kubernetes`.

use std::ffi::{c_char, c_int};
use std::sync::Mutex;

use tokio::task::AbortHandle;

use super::boundary;
use super::builder::{self, boundtoken_verifier_builder};
use super::error::{Failure, boundtoken_error};
use super::pointer::{Out, borrow};
use super::status::{Mistake, boundtoken_status};
use super::string::bytes;
use boundtoken_kubernetes::{Cluster, ClusterError, Step};
use boundtoken_refresh::OnlineSource as _;

mod answer;
mod asking;
mod background;
mod change;
mod configuration;
mod fork;
mod report;

use background::Background;
use fork::Process;

pub(super) use asking::Link;
pub use asking::boundtoken_verify_online;
pub use change::*;
pub use report::*;

/// A connection to a cluster: its keys and its objects, kept in step by a thread in the background.
///
/// The functions about clusters are there if the library was built with its feature `kubernetes`, as `make capi` does.
///
/// Threads. Each connection has one thread of its own, named `boundtoken`, and for a moment another one where a host's
/// name is looked up. They block all signals, but for those that a fault of their own raises: no signal handler of the
/// program ever runs on them, none is interrupted, and a lost connection raises no SIGPIPE. A credential plug-in that a
/// kubeconfig names is started with all signals blocked.
///
/// Processes. After fork the child has no such thread, and does not follow the cluster: there calls with the handle fail
/// with BOUNDTOKEN_CLUSTER_FORKED, its verifiers count what they know as outdated at once
/// (BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE unless they are to accept that), and boundtoken_cluster_free does nothing. Connect
/// in each process, after the fork. The parent is not affected. (A child that is made by a bare clone system call, past
/// the C library, is not noticed.)
pub struct boundtoken_cluster {
    // First, as it ends first.
    background: Background,
    cluster: Cluster,
    /// Where the thread runs.
    process: Process,
    /// Ends the task that tells of changes.
    teller: Mutex<Option<AbortHandle>>,
}

/// Connects to a cluster, and returns once its keys are loaded and its objects are known; from then on they are followed.
///
/// `configuration`: a JSON object, `len` bytes, at most 64 KiB; not needed after the call. With `len` 0, and for members
/// that are absent or null: the pod's own configuration in a cluster, else the kubeconfig that kubectl takes; service
/// accounts, pods and nodes of the whole cluster, no secrets and no webhook configurations. Its members, of which no others
/// are taken and none twice:
///
/// - `kubeconfig`: the path of a file; `context`: the context of it to take; `inCluster`: true for the pod's own
///   configuration, and nothing else;
/// - `namespaces`: an array of names: objects of these only. Tokens of other namespaces are refused then;
/// - `secrets`: true to follow secrets too (their metadata only). Unless it is, tokens that are bound to secrets are
///   refused; `nodes`: false not to follow nodes, which only tokens that are bound to a node alone need;
/// - `webhookConfigurations`: true to follow ValidatingWebhookConfigurations and MutatingWebhookConfigurations too (their
///   metadata only). Unless it is, tokens that are bound to one are refused; only admission webhooks are shown such tokens,
///   by Kubernetes 1.37 or later (KEP-6060);
/// - `maxStalenessSeconds`: how old the knowledge of objects may become before it counts as outdated: 150 unless set, at
///   most 86,400. The API server proves once a minute that nothing happened, so less than that refuses good tokens;
/// - `maxKeyAgeSeconds`: how old the keys may become while they cannot be loaded again: any age unless set, at most
///   31,536,000. Past it tokens are refused (BOUNDTOKEN_KEYS_STALE), or accepted as stale if the verifier is to accept that.
///   Less than a minute refuses good tokens;
/// - `unknownKeyWaitMilliseconds`: how long boundtoken_cluster_verify waits for new keys when a token names an unknown one:
///   300 unless set, at most 10,000, 0 not to wait. Anybody can send such tokens, so 16 calls wait at a time; further ones
///   refuse their token at once. The keys are loaded all the same, and serve the next token;
/// - `deadlineSeconds`: how long connecting may take, about: 30 unless set, at most 3,600.
///
/// `cluster`: receives a handle to free with boundtoken_cluster_free; NULL on failure. Blocks. Any thread.
///
/// BOUNDTOKEN_CLUSTER_CONFIGURATION, BOUNDTOKEN_CLUSTER_UNREACHABLE, BOUNDTOKEN_CLUSTER_FORBIDDEN,
/// BOUNDTOKEN_CLUSTER_NOT_IN_STEP: the message says which step failed and which address or permission is missing.
/// BOUNDTOKEN_CLUSTER_THREAD.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_connect(
    configuration: *const c_char,
    len: usize,
    cluster: *mut *mut boundtoken_cluster,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(cluster, "cluster") }?;
        // SAFETY: the caller promises `len` readable bytes.
        let configuration = unsafe { bytes(configuration, len, "configuration") }?;
        let builder = configuration::read(configuration)?;
        let process = Process::current()?;
        let (background, cluster) = Background::connect(builder)?;
        out.set(boundtoken_cluster { background, cluster, process, teller: Mutex::default() });
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Accepts tokens of this cluster: a boundtoken_verifier_builder_issuer with the cluster's own name, keys and objects.
///
/// The verifier takes a share of its own in them: it lives on when the cluster is freed, but what it knows is not followed
/// any more then, and counts as outdated after `maxStalenessSeconds`.
///
/// BOUNDTOKEN_CLUSTER_FORKED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_cluster(
    builder: *mut boundtoken_verifier_builder,
    cluster: *const boundtoken_cluster,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        // SAFETY: the caller promises NULL or a live cluster.
        let cluster = unsafe { borrow(cluster, "cluster") }?.in_its_process()?;
        builder.issuers.push(cluster.cluster.trusted_issuer());
        builder.links.push(cluster.link());
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { builder::collect(builder, step) }
}

/// Whether what is known of the cluster's objects or keys is outdated, so that verifiers refuse, or say so: 1 or 0. For a
/// readiness probe.
///
/// 1 also if `cluster` is NULL, or was connected to before a fork. Any thread; takes no lock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_is_stale(cluster: *const boundtoken_cluster) -> c_int {
    // SAFETY: the caller promises NULL or a live cluster.
    let cluster = unsafe { cluster.as_ref() };
    boundary::infallible(1, || {
        let follows =
            |cluster: &boundtoken_cluster| !cluster.process.has_forked() && !cluster.cluster.is_stale();
        c_int::from(!cluster.is_some_and(follows))
    })
}

/// Ends the connection, and its thread, which is waited for. NULL is ignored. No other thread may be using the handle.
///
/// Verifiers that were built from it live on: see boundtoken_verifier_builder_cluster. It should not be called by a
/// call-back of boundtoken_cluster_on_change: there it cannot wait, and the thread ends by itself when that returns. In
/// the child after a fork it does nothing: what the handle holds cannot be freed safely there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_free(cluster: *mut boundtoken_cluster) {
    // SAFETY: the caller promises NULL or a live cluster.
    let has_forked = unsafe { cluster.as_ref() }.is_some_and(|cluster| cluster.process.has_forked());
    // The thread to wait for, and who holds the locks, are in the parent.
    if !has_forked {
        // SAFETY: the caller promises NULL or a live cluster, and gives it up.
        unsafe { boundary::free(cluster) };
    }
}

impl boundtoken_cluster {
    /// Refuses where the cluster is not followed.
    fn in_its_process(&self) -> Result<&Self, Failure> {
        if self.process.has_forked() { Err(Mistake::ClusterForked.into()) } else { Ok(self) }
    }

    /// What a verifier of its tokens asks.
    fn link(&self) -> Link {
        Link::new(self.background.runtime(), self.cluster.source(), self.cluster.objects(), self.process)
    }
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        let mistake = match (&error.step, error.http_status) {
            (_, Some(401 | 403)) => Mistake::ClusterForbidden,
            (Step::Configuration, _) => Mistake::ClusterConfiguration,
            (Step::Watch { .. }, _) => Mistake::ClusterNotInStep,
            (_, _) => Mistake::ClusterUnreachable,
        };
        mistake.with(error.to_string())
    }
}
