//! A report on the state of a cluster's connection.

use super::boundtoken_cluster;
use crate::boundary;
use crate::error::boundtoken_error;
use crate::pointer::{Out, borrow};
use crate::status::{Mistake, boundtoken_status};
use crate::string::boundtoken_str;

/// What was known of a cluster at one moment, and how current it was. Immutable.
pub struct boundtoken_cluster_report {
    json: String,
}

/// Reports what is known of a cluster and how current it is, for logs and metrics.
///
/// `report`: receives a handle to free with boundtoken_cluster_report_free. NULL on failure.
///
/// Any thread. It does not wait for the network, but takes longer the more objects there are. For a check on every
/// request use boundtoken_cluster_is_stale.
///
/// BOUNDTOKEN_CLUSTER_FORKED: the cluster was connected to before a fork.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_status(
    cluster: *const boundtoken_cluster,
    report: *mut *mut boundtoken_cluster_report,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(report, "report") }?;
        // SAFETY: the caller promises NULL or a live cluster.
        let cluster = unsafe { borrow(cluster, "cluster") }?.in_its_process()?;
        let json = serde_json::to_string(&cluster.cluster.status()).map_err(|_| Mistake::Panic)?;
        out.set(boundtoken_cluster_report { json });
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Returns the report as a JSON object with these members:
///
/// - `issuer`: the issuer's name.
/// - `keyIds`: an array with the kids of the keys in use.
/// - `keysLoadedAt`: when the keys were last loaded, in UTC by RFC 3339.
/// - `keysFailure`: why the last attempt to load the keys failed. Absent if it succeeded.
/// - `keysWithdrawn`: true while the cluster publishes no usable key. All its tokens are refused then.
/// - `keysStale`: true if the keys are older than `maxKeyAgeSeconds`.
/// - `stale`: true if boundtoken_cluster_is_stale is 1.
/// - `watches`: an array with one object for each kind and namespace. Its members are `kind`, `namespace` (absent for
///   the whole cluster), `inStep`, `ageSeconds`, `objects`, `events`, `reconnects` and `failure` (absent if nothing
///   has failed since the watch last heard from the API server).
///
/// Later versions may add members. Absent if `report` is NULL. The text lives as long as `report`. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_report_json(
    report: *const boundtoken_cluster_report,
) -> boundtoken_str {
    // SAFETY: the caller promises NULL or a live report.
    let report = unsafe { report.as_ref() };
    boundtoken_str::lend_optional(report.map(|report| report.json.as_str()))
}

/// Frees a report and the text that it has lent. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_report_free(report: *mut boundtoken_cluster_report) {
    // SAFETY: the caller promises NULL or a live report, and gives it up.
    unsafe { boundary::free(report) };
}
