//! The API server's refusals, word for word.

use std::fmt;

use super::go_text::quoted;
use super::{Status, StatusCause, StatusDetails};

impl Status {
    /// Creates a refusal with this HTTP status code, reason and message, and without details.
    ///
    /// ```
    /// use boundtoken::api::Status;
    ///
    /// let refusal = Status::failure(401, "Unauthorized", "Unauthorized");
    /// assert_eq!(
    ///     serde_json::to_string(&refusal)?,
    ///     r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#.to_owned()
    ///         + r#""message":"Unauthorized","reason":"Unauthorized","code":401}"#
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn failure(code: i32, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: "Failure".to_owned(),
            message: message.into(),
            reason: reason.into(),
            code,
            ..Self::default()
        }
    }

    /// Adds details about the object.
    #[must_use]
    pub fn about(mut self, details: StatusDetails) -> Self {
        self.details = Some(details);
        self
    }

    /// Creates a 400 `BadRequest`: the request makes no sense, whatever objects there are.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::failure(400, "BadRequest", message)
    }

    /// Creates a 404 `NotFound`: there is no such object. `resource` is a resource of the core group, such as `pods`.
    ///
    /// ```
    /// use boundtoken::api::Status;
    ///
    /// assert_eq!(Status::not_found("pods", "nope").message, "pods \"nope\" not found");
    /// ```
    #[must_use]
    pub fn not_found(resource: &str, name: &str) -> Self {
        Self::failure(404, "NotFound", format!("{resource} {} not found", quoted(name))).about(
            StatusDetails { name: name.to_owned(), kind: resource.to_owned(), ..StatusDetails::default() },
        )
    }

    /// Creates a 409 `Conflict`: the object is not the one that the request means. `group` may be empty. `kind` is
    /// the kind or the resource.
    #[must_use]
    pub fn conflict(group: &str, kind: &str, name: &str, why: &str) -> Self {
        let what = qualified(kind, group);
        Self::failure(
            409,
            "Conflict",
            format!("Operation cannot be fulfilled on {what} {}: {why}", quoted(name)),
        )
        .about(StatusDetails {
            name: name.to_owned(),
            group: group.to_owned(),
            kind: kind.to_owned(),
            ..StatusDetails::default()
        })
    }

    /// Creates a 422 `Invalid`: members of the object have invalid values. There is one cause for each.
    ///
    /// ```
    /// use boundtoken::api::{Status, StatusCause};
    ///
    /// let cause = StatusCause {
    ///     reason: "FieldValueRequired".into(),
    ///     message: "Required value".into(),
    ///     field: "metadata.name".into(),
    /// };
    /// let refusal = Status::invalid("", "Pod", "", vec![cause]);
    /// assert_eq!(refusal.message, "Pod \"\" is invalid: metadata.name: Required value");
    /// ```
    #[must_use]
    pub fn invalid(group: &str, kind: &str, name: &str, causes: Vec<StatusCause>) -> Self {
        let faults: Vec<_> =
            causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let faults = match faults.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let what = qualified(kind, group);
        Self::failure(422, "Invalid", format!("{what} {} is invalid: {faults}", quoted(name))).about(
            StatusDetails {
                name: name.to_owned(),
                group: group.to_owned(),
                kind: kind.to_owned(),
                causes,
                ..StatusDetails::default()
            },
        )
    }

    /// Creates a 500 `InternalError`: the server cannot do what was asked, and the request is not to blame.
    #[must_use]
    pub fn internal_error(why: &str) -> Self {
        Self::failure(500, "InternalError", format!("Internal error occurred: {why}")).about(StatusDetails {
            causes: vec![StatusCause { message: why.to_owned(), ..StatusCause::default() }],
            ..StatusDetails::default()
        })
    }
}

impl fmt::Display for Status {
    /// Writes the message, or the reason if there is no message.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.message.is_empty() { &self.reason } else { &self.message })
    }
}

impl std::error::Error for Status {}

/// Returns `TokenRequest.authentication.k8s.io`, for example. For the core group, returns the kind alone.
fn qualified(kind: &str, group: &str) -> String {
    if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") }
}
