//! Refusals that several operations share, in the words of an API server.

pub(super) use boundtoken::api::quoted;
use boundtoken::api::{Status, StatusCause, StatusDetails};

use super::Resource;

pub(super) fn not_found(resource: Resource, name: &str) -> Status {
    let message = format!("{} {} not found", qualified(resource), quoted(name));
    Status::failure(404, "NotFound", message).about(about(resource, name))
}

pub(super) fn already_exists(resource: Resource, name: &str) -> Status {
    let message = format!("{} {} already exists", qualified(resource), quoted(name));
    Status::failure(409, "AlreadyExists", message).about(about(resource, name))
}

pub(super) fn forbidden(resource: Resource, name: &str, why: &str) -> Status {
    let what = match name {
        "" => qualified(resource),
        name => format!("{} {}", qualified(resource), quoted(name)),
    };
    Status::failure(403, "Forbidden", format!("{what} is forbidden: {why}")).about(about(resource, name))
}

pub(super) fn conflict(resource: Resource, name: &str, why: &str) -> Status {
    Status::conflict(resource.group(), resource.plural(), name, why)
}

/// 409: the write is based on an outdated version of the object.
pub(super) fn outdated(resource: Resource, name: &str) -> Status {
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    conflict(resource, name, why)
}

/// 410: the history does not reach that far back.
pub(super) fn expired(message: String) -> Status {
    Status::failure(410, "Expired", message)
}

/// 504: the revision lies in the future.
pub(super) fn too_large_revision(asked: u64, current: u64) -> Status {
    let what = "Too large resource version";
    Status::failure(504, "Timeout", format!("Timeout: {what}: {asked}, current: {current}")).about(
        StatusDetails {
            causes: vec![StatusCause {
                reason: "ResourceVersionTooLarge".to_owned(),
                message: what.to_owned(),
                field: String::new(),
            }],
            retry_after_seconds: 1,
            ..StatusDetails::default()
        },
    )
}

/// 507: the server keeps everything in memory, within this bound.
pub(super) fn full(what: &str) -> Status {
    Status::failure(507, "InsufficientStorage", format!("the development server holds at most {what}"))
}

pub(super) fn about(resource: Resource, name: &str) -> StatusDetails {
    StatusDetails {
        name: name.to_owned(),
        group: resource.group().to_owned(),
        kind: resource.plural().to_owned(),
        ..StatusDetails::default()
    }
}

/// `pods`, or `validatingwebhookconfigurations.admissionregistration.k8s.io`.
fn qualified(resource: Resource) -> String {
    match resource.group() {
        "" => resource.plural().to_owned(),
        group => format!("{}.{group}", resource.plural()),
    }
}

pub(super) fn invalid(resource: Resource, name: &str, causes: Vec<StatusCause>) -> Status {
    Status::invalid(resource.group(), resource.kind(), name, causes)
}

/// A cause of 422 `Invalid`: the value is quoted as the API server quotes it.
pub(super) fn invalid_value(field: impl Into<String>, value: &str, why: &str) -> StatusCause {
    cause("FieldValueInvalid", field, format!("Invalid value: {value}: {why}"))
}

pub(super) fn invalid_text(field: impl Into<String>, text: &str, why: &str) -> StatusCause {
    invalid_value(field, &quoted(text), why)
}

pub(super) fn required(field: impl Into<String>, why: &str) -> StatusCause {
    let message = if why.is_empty() { "Required value".into() } else { format!("Required value: {why}") };
    cause("FieldValueRequired", field, message)
}

pub(super) fn forbidden_value(field: impl Into<String>, why: &str) -> StatusCause {
    cause("FieldValueForbidden", field, format!("Forbidden: {why}"))
}

pub(super) fn duplicate(field: impl Into<String>, text: &str) -> StatusCause {
    cause("FieldValueDuplicate", field, format!("Duplicate value: {}", quoted(text)))
}

fn cause(reason: &str, field: impl Into<String>, message: String) -> StatusCause {
    StatusCause { reason: reason.to_owned(), message, field: field.into() }
}
