//! Refusals of a TokenRequest, in the API server's words.

use serde::Serialize;

use crate::api::{GoJson, InvalidTime, Status, StatusCause, StatusDetails, quoted};
use crate::claims::Attestation;
use crate::keys::KeyError;
use crate::objects::ObjectReference;

/// The API group of a TokenRequest.
pub(super) const GROUP: &str = "authentication.k8s.io";

/// Refuses a name under which no object can be looked up.
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

/// The refusal for an account that may not attest this API group.
pub(super) fn may_not_attest(account: &ObjectReference<'_>, group: &str) -> Status {
    let (namespace, name) = (account.namespace, account.name);
    let user = quoted(&format!("system:serviceaccount:{namespace}:{name}"));
    let resource = Attestation::API_GROUPS;
    let message = format!(
        "{resource}.{GROUP} {} is forbidden: User {user} cannot attest resource {} in API group {} at the cluster scope",
        quoted(group),
        quoted(resource),
        quoted(GROUP)
    );
    Status::failure(403, "Forbidden", message).about(StatusDetails {
        name: group.to_owned(),
        group: GROUP.to_owned(),
        kind: resource.to_owned(),
        ..StatusDetails::default()
    })
}

/// The refusal for an account that gets no token for a webhook configuration. The API server does not say why.
pub(super) fn token_request_denied(account: &str) -> Status {
    let resource = "serviceaccounts/token";
    let message = format!("{resource} {} is forbidden: token request denied", quoted(account));
    Status::failure(403, "Forbidden", message).about(StatusDetails {
        name: account.to_owned(),
        kind: resource.to_owned(),
        ..StatusDetails::default()
    })
}

/// The refusal for members with invalid values.
pub(super) fn invalid_request(name: &str, causes: Vec<StatusCause>) -> Status {
    Status::invalid(GROUP, "TokenRequest", name, causes)
}

/// The cause for a member with an invalid value. `value` is the text that the API server writes for it.
pub(super) fn invalid(field: &str, value: &str, why: &str) -> StatusCause {
    StatusCause {
        reason: "FieldValueInvalid".to_owned(),
        message: format!("Invalid value: {value}: {why}"),
        field: field.to_owned(),
    }
}

/// The cause for a member that supports only one value.
pub(super) fn unsupported(field: &str, value: &str, supported: &str) -> StatusCause {
    StatusCause {
        reason: "FieldValueNotSupported".to_owned(),
        message: format!("Unsupported value: {}: supported values: {}", quoted(value), quoted(supported)),
        field: field.to_owned(),
    }
}

/// Formats a list or a map as the API server's messages do.
pub(super) fn as_json(value: &impl Serialize) -> String {
    match GoJson::write(value) {
        Ok(json) => String::from_utf8_lossy(&json).into_owned(),
        // Does not happen: the values are texts.
        Err(error) => error.to_string(),
    }
}

pub(super) fn unavailable(reference: &ObjectReference<'_>) -> Status {
    Status::internal_error(&format!("{reference} cannot be looked up at the moment"))
}

/// The refusal for a token that would name a time after the year 9999.
pub(super) fn cannot_write(error: InvalidTime) -> Status {
    Status::internal_error(&format!("failed to generate token: {error}"))
}

pub(super) fn cannot_sign(error: KeyError) -> Status {
    Status::internal_error(&format!("failed to generate token: {error}"))
}
