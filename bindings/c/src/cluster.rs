//! A cluster that a background thread follows. Only in libraries that are built with the feature `kubernetes`.

use std::ffi::{c_char, c_int};
use std::sync::Mutex;

use boundtoken_kubernetes::{Cluster, ClusterError, Step};
use boundtoken_refresh::OnlineSource as _;
use tokio::task::AbortHandle;

use crate::boundary;
use crate::builder::{self, boundtoken_verifier_builder};
use crate::error::{CallFailure, boundtoken_error};
use crate::notice::Notice;
use crate::pointer::{Out, borrow};
use crate::status::{Mistake, boundtoken_status};
use crate::string::bytes;

mod answer;
mod asking;
mod background;
mod change;
mod changes;
mod configuration;
mod connecting;
mod fork;
mod report;

use background::{Background, Connecting};
use fork::Process;

pub(crate) use asking::{Asked, Link, Questions};
pub use change::*;
pub use changes::*;
pub use connecting::*;
pub use report::*;

/// A connection to a cluster. A background thread keeps the cluster's keys and objects current.
///
/// A library that was built without its feature `kubernetes` has the cluster functions too. There they fail with
/// BOUNDTOKEN_NOT_BUILT_IN. `make capi` builds it with the feature.
///
/// Threads. Each connection has its own thread, named `boundtoken`. A second thread runs for a moment while a host
/// name is looked up. Both block all signals except those that their own faults raise. So no signal handler of the
/// program runs on them, no signal interrupts them, and a lost connection raises no SIGPIPE. A credential plug-in of
/// a kubeconfig is started with all signals blocked.
///
/// Processes. After a fork the child process has no such thread and does not follow the cluster. In the child:
///
/// - calls with the handle fail with BOUNDTOKEN_CLUSTER_FORKED;
/// - verifiers treat the cluster's objects as outdated at once. They refuse tokens with
///   BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE unless they were told to accept that;
/// - boundtoken_cluster_free does nothing.
///
/// Connect in each process, after the fork. The parent is not affected. A child that was created by a bare clone
/// system call, not through the C library, goes unnoticed.
pub struct boundtoken_cluster {
    // The first member is dropped first: the thread ends before the cluster.
    background: Background,
    cluster: Cluster,
    /// The process that the thread runs in.
    process: Process,
    /// Ends the task that reports changes.
    teller: Mutex<Option<AbortHandle>>,
}

/// Connects to a cluster. Returns once its keys are loaded and its objects are known. From then on both are kept
/// current.
///
/// `configuration`: a JSON object, `len` bytes, at most 64 KiB. Not needed after the call.
/// `cluster`: receives a handle to free with boundtoken_cluster_free. NULL on failure.
///
/// With `len` 0 all members of the configuration have their defaults. A member that is absent or null has its default
/// too. Unknown members and members that occur twice are errors. The members are:
///
/// - `kubeconfig`: the path of a kubeconfig file. Default: the pod's own configuration inside a cluster, and
///   kubectl's kubeconfig elsewhere.
/// - `context`: the context of the kubeconfig. Default: its current context.
/// - `inCluster`: true to use the pod's own configuration and nothing else.
/// - `namespaces`: an array of names. Only objects of these namespaces are followed, and tokens of other namespaces
///   are refused. Default: the whole cluster.
/// - `secrets`: true to follow the metadata of secrets. Default: false, and tokens that are bound to secrets are
///   refused.
/// - `nodes`: false not to follow nodes. Only tokens that are bound directly to a node need it. Default: true.
/// - `webhookConfigurations`: true to follow the metadata of ValidatingWebhookConfigurations and
///   MutatingWebhookConfigurations. Default: false, and tokens that are bound to them are refused. Only admission
///   webhooks receive such tokens, from Kubernetes 1.37 or later (KEP-6060).
/// - `maxStalenessSeconds`: how old the known state of objects may become before it counts as outdated. Default: 150.
///   At most 86,400. The API server confirms an idle watch only once a minute, so a limit below that refuses good
///   tokens.
/// - `maxKeyAgeSeconds`: how old the keys may become while they cannot be reloaded. Default: no limit. At most
///   31,536,000. Tokens under older keys are refused with BOUNDTOKEN_KEYS_STALE, or accepted as stale if the verifier
///   was told to accept that. A limit below one minute refuses good tokens.
/// - `unknownKeyWaitMilliseconds`: how long boundtoken_verify_online waits for new keys when a token names an unknown
///   key. Default: 300. At most 10,000. With 0 it does not wait. Anybody can send such tokens, so at most 16 calls
///   wait at a time. Further calls refuse their token at once. The keys are loaded anyway and serve the next token.
/// - `deadlineSeconds`: about how long connecting may take. Default: 30. At most 3,600.
///
/// The call blocks. Any thread.
///
/// BOUNDTOKEN_CLUSTER_CONFIGURATION, BOUNDTOKEN_CLUSTER_UNREACHABLE, BOUNDTOKEN_CLUSTER_FORBIDDEN,
/// BOUNDTOKEN_CLUSTER_NOT_IN_STEP: the message says which step failed and which address or permission is missing.
/// BOUNDTOKEN_CLUSTER_THREAD: the background thread could not be started.
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
        let connected = Connecting::start(builder, &Notice::to_nobody())?.finish()?;
        out.set_shared(boundtoken_cluster::new(connected, process));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Accepts tokens of this cluster. It is like boundtoken_verifier_builder_issuer with the cluster's own name, keys
/// and objects.
///
/// The verifier shares them with the cluster and stays valid after the cluster is freed. Nothing updates them then,
/// and the objects count as outdated after `maxStalenessSeconds`.
///
/// BOUNDTOKEN_CLUSTER_FORKED: the cluster was connected to before a fork.
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

/// Returns 1 if the cluster's objects or keys are outdated, and 0 if not. Meant for a readiness probe.
///
/// While they are outdated, verifiers refuse tokens or mark them as stale. It returns 1 too if `cluster` is NULL or
/// was connected to before a fork. Any thread. It takes no lock.
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

/// Retains the handle and returns it, like boundtoken_verifier_retain. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_retain(
    cluster: *const boundtoken_cluster,
) -> *mut boundtoken_cluster {
    // SAFETY: the caller promises NULL or a live cluster.
    unsafe { boundary::retain(cluster) }
}

/// Ends the connection and waits for its thread to end. If the handle was retained, the last call does. NULL is ignored. No
/// other thread may be using the handle.
///
/// Verifiers built from it stay valid: see boundtoken_verifier_builder_cluster.
///
/// Do not call it from a callback of boundtoken_cluster_on_change if you can avoid it. It cannot wait there. The
/// thread ends by itself after the callback returns.
///
/// In a child process after a fork it does nothing, because the memory of the handle cannot be freed safely there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_free(cluster: *mut boundtoken_cluster) {
    // SAFETY: the caller promises NULL or a live cluster.
    let has_forked = unsafe { cluster.as_ref() }.is_some_and(|cluster| cluster.process.has_forked());
    // The thread to wait for is in the parent, and a lock that it held at the fork is never released here.
    if !has_forked {
        // SAFETY: the caller promises NULL or a live cluster and gives it up.
        unsafe { boundary::release(cluster) };
    }
}

impl boundtoken_cluster {
    fn new((background, cluster): (Background, Cluster), process: Process) -> Self {
        Self { background, cluster, process, teller: Mutex::default() }
    }

    /// Fails in a child process, where nothing follows the cluster.
    fn in_its_process(&self) -> Result<&Self, CallFailure> {
        if self.process.has_forked() { Err(Mistake::ClusterForked.into()) } else { Ok(self) }
    }

    /// What a verifier needs to ask this cluster.
    fn link(&self) -> Link {
        Link::new(self.background.runtime(), self.cluster.source(), self.cluster.objects(), self.process)
    }
}

impl From<ClusterError> for CallFailure {
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
