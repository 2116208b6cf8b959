//! Refusals of a TokenRequest in the API server's words.

use crate::api::{Status, StatusCause, quoted};
use crate::bound_object::{ObjectKind, ObjectReference};
use crate::keys::KeyError;

/// The API group of a TokenRequest.
pub(super) const GROUP: &str = "authentication.k8s.io";

/// A name under which an object can be looked up at all.
pub(super) fn usable_name(name: &str) -> Result<(), Status> {
    if name.is_empty() {
        return Err(Status::bad_request("Name parameter required."));
    }
    let mut wrong = Vec::new();
    if name == "." || name == ".." {
        wrong.push(format!("may not be '{name}'"));
    } else {
        wrong.extend(
            ['/', '%']
                .iter()
                .filter(|letter| name.contains(**letter))
                .map(|letter| format!("may not contain '{letter}'")),
        );
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Status::bad_request(format!("Name parameter invalid: {}: {}", quoted(name), wrong.join(";"))))
}

pub(super) fn pod_of_another_account(account: &str) -> Status {
    Status::bad_request(format!(
        "cannot bind token for serviceaccount {} to pod running with different serviceaccount name.",
        quoted(account)
    ))
}

/// A member that must not have this value, which is given as the server writes it.
pub(super) fn invalid_value(name: &str, field: &str, value: &str, why: &str) -> Status {
    let cause = StatusCause {
        reason: "FieldValueInvalid".to_owned(),
        message: format!("Invalid value: {value}: {why}"),
        field: field.to_owned(),
    };
    Status::invalid(GROUP, "TokenRequest", name, vec![cause])
}

pub(super) fn unavailable(reference: &ObjectReference<'_>) -> Status {
    Status::internal_error(&format!("{reference} cannot be looked up at the moment"))
}

pub(super) fn cannot_sign(error: KeyError) -> Status {
    Status::internal_error(&format!("failed to generate token: {error}"))
}

/// The kind's name in the paths of the API.
pub(super) fn resource(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::ServiceAccount => "serviceaccounts",
        ObjectKind::Secret => "secrets",
        ObjectKind::Pod => "pods",
        ObjectKind::Node => "nodes",
    }
}
