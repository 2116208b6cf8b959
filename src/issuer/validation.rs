//! The rules for requests, in the API server's order.

use super::binding::ServiceAccount;
use super::{attestations, refusals, webhooks};
use crate::api::{ObjectMeta, Status, TokenRequestSpec, quoted};

/// The lifetime if the request gives none, in seconds.
const DEFAULT_EXPIRATION: i64 = 3_600;
/// The shortest lifetime, in seconds.
const SHORTEST_EXPIRATION: i64 = 600;
/// The longest lifetime that a request may ask for, in seconds.
pub(super) const LONGEST_EXPIRATION: i64 = 1 << 32;

/// Requires that namespace and name, if the request gives them, are those of the account.
pub(super) fn metadata_names(
    metadata: &ObjectMeta,
    namespace: &str,
    service_account: &str,
) -> Result<(), Status> {
    if !metadata.namespace.is_empty() && metadata.namespace != namespace {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if !metadata.name.is_empty() && metadata.name != service_account {
        let why = "must match the service account name if specified";
        let value = quoted(&metadata.name);
        let cause = refusals::invalid("metadata.name", &value, why);
        return Err(refusals::invalid_request(service_account, vec![cause]));
    }
    Ok(())
}

/// Requires that the uid, if the request gives one, is that of the account.
pub(super) fn metadata_uid(metadata: &ObjectMeta, account: &ServiceAccount<'_>) -> Result<(), Status> {
    if metadata.uid.is_empty() || account.uid == *metadata.uid {
        return Ok(());
    }
    let why = format!(
        "the UID in the token request ({}) does not match the UID of the service account ({})",
        metadata.uid, account.uid
    );
    Err(Status::conflict(refusals::GROUP, "TokenRequest", account.reference.name, &why))
}

/// Fills in audiences and lifetime. Checks them and the attestations. Returns the lifetime.
pub(super) fn fill_in(spec: &mut TokenRequestSpec, api_audiences: &[String]) -> Result<i64, Status> {
    if spec.audiences.is_empty() {
        spec.audiences = api_audiences.to_vec();
    }
    let seconds = spec.expiration_seconds.unwrap_or(DEFAULT_EXPIRATION);
    let why = match seconds {
        ..SHORTEST_EXPIRATION => Some("may not specify a duration less than 10 minutes"),
        SHORTEST_EXPIRATION..=LONGEST_EXPIRATION => None,
        _ => Some("may not specify a duration larger than 2^32 seconds"),
    };
    let mut faults: Vec<_> = why
        .map(|why| refusals::invalid("spec.expirationSeconds", &seconds.to_string(), why))
        .into_iter()
        .collect();
    if spec.bound_object_ref.as_ref().is_some_and(|wanted| webhooks::kind_of(wanted).is_some()) {
        faults.extend(attestations::faults_with_webhooks(spec));
    } else if let Some(fault) = attestations::faults_without_webhooks(spec) {
        // The API server reports nothing else in this case.
        faults = vec![fault];
    }
    if faults.is_empty() { Ok(seconds) } else { Err(refusals::invalid_request("", faults)) }
}
