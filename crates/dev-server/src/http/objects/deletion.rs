//! How to delete, as the body or the query says (`metav1.DeleteOptions`).

use axum::body::Body;
use axum::http::request::Parts;
use serde_json::Value;

use super::super::body;
use super::super::options::is_dry_run;
use super::listing::Query;
use crate::store::{DeleteOptions, WriteOptions};
use boundtoken::api::Status;

/// Reads the options: from the body, or from the query when there is none. Nothing is owned here, so the policy for
/// dependents makes no difference.
///
/// # Errors
///
/// 400 when they cannot be read, 422 when they are not allowed.
pub(super) async fn options(parts: &Parts, body: Body) -> Result<DeleteOptions, Status> {
    let write = |dry_runs: &[&str]| {
        Ok(WriteOptions { dry_run: is_dry_run("DeleteOptions", dry_runs)?, ..WriteOptions::now() })
    };
    let Some(document) = body::delete_options(parts, body).await? else {
        let query = Query::of(parts)?;
        return Ok(DeleteOptions {
            grace_period_seconds: query.integer("gracePeriodSeconds")?,
            ..DeleteOptions::of(write(&query.all("dryRun").collect::<Vec<_>>())?)
        });
    };
    let precondition = |name| {
        let precondition = document.get("preconditions").and_then(|preconditions| preconditions.get(name));
        precondition.and_then(Value::as_str).map(str::to_owned)
    };
    let dry_runs = document.get("dryRun").and_then(Value::as_array).into_iter().flatten();
    Ok(DeleteOptions {
        grace_period_seconds: document.get("gracePeriodSeconds").and_then(Value::as_i64),
        uid: precondition("uid"),
        resource_version: precondition("resourceVersion"),
        write: write(&dry_runs.filter_map(Value::as_str).collect::<Vec<_>>())?,
    })
}
