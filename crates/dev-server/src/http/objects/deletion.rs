//! How to delete, as the body or the query says (`metav1.DeleteOptions`).

use axum::body::Body;
use axum::http::request::Parts;
use serde_json::Value;

use super::super::body;
use super::listing::Query;
use crate::store::{DeleteOptions, WriteOptions};
use boundtoken::api::{Status, StatusCause};

/// Reads the options: from the body, or from the query when there is none.
///
/// # Errors
///
/// 400 when they cannot be read, 422 when they are not allowed.
pub(super) async fn options(parts: &Parts, body: Body) -> Result<DeleteOptions, Status> {
    let given = match body::delete_options(parts, body).await? {
        Some(document) => Given::in_body(&document),
        None => Given::in_query(&Query::of(parts))?,
    };
    given.check()?;
    let write = WriteOptions { dry_run: !given.dry_run.is_empty(), ..WriteOptions::now() };
    let Given { grace_period_seconds, uid, resource_version, .. } = given;
    Ok(DeleteOptions { grace_period_seconds, uid, resource_version, write })
}

struct Given {
    grace_period_seconds: Option<i64>,
    uid: Option<String>,
    resource_version: Option<String>,
    orphan_dependents: Option<bool>,
    propagation_policy: Option<String>,
    dry_run: Vec<String>,
}

impl Given {
    fn in_body(document: &Value) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let precondition =
            |name| text(document.get("preconditions").and_then(|preconditions| preconditions.get(name)));
        let dry_run = document.get("dryRun").and_then(Value::as_array);
        Self {
            grace_period_seconds: document.get("gracePeriodSeconds").and_then(Value::as_i64),
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
            orphan_dependents: document.get("orphanDependents").and_then(Value::as_bool),
            propagation_policy: text(document.get("propagationPolicy")),
            dry_run: dry_run.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    fn in_query(query: &Query) -> Result<Self, Status> {
        Ok(Self {
            grace_period_seconds: query.integer("gracePeriodSeconds")?,
            uid: None,
            resource_version: None,
            orphan_dependents: query.boolean("orphanDependents"),
            propagation_policy: query.first("propagationPolicy").map(str::to_owned),
            dry_run: query.all("dryRun").map(str::to_owned).collect(),
        })
    }

    fn check(&self) -> Result<(), Status> {
        let mut faults = Vec::new();
        let mut fault = |reason: &str, field: &str, message: String| {
            faults.push(StatusCause { reason: reason.to_owned(), message, field: field.to_owned() });
        };
        let not_supported = "FieldValueNotSupported";
        if let Some(policy) = &self.propagation_policy {
            if self.orphan_dependents.is_some() {
                let why = "orphanDependents and deletionPropagation cannot be both set";
                fault("FieldValueInvalid", "propagationPolicy", format!("Invalid value: {policy:?}: {why}"));
            }
            if !matches!(policy.as_str(), "Foreground" | "Background" | "Orphan") {
                let supported = "supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"";
                fault(
                    not_supported,
                    "propagationPolicy",
                    format!("Unsupported value: {policy:?}: {supported}"),
                );
            }
        }
        if self.dry_run.iter().any(|value| value != "All") {
            let values: Vec<_> = self.dry_run.iter().map(|value| format!("{value:?}")).collect();
            let message = format!("Unsupported value: [{}]: supported values: \"All\"", values.join(","));
            fault(not_supported, "dryRun", message);
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Status::invalid("meta.k8s.io", "DeleteOptions", "", faults))
        }
    }
}
