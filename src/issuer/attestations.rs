//! The rules for the attestations of a request, in the API server's words.

use std::collections::BTreeMap;

use super::refusals::{as_json, invalid, unsupported};
use crate::api::{StatusCause, TokenRequestSpec, names, quoted};
use crate::claims::Attestation;

const FIELD: &str = "spec.attestations";

/// Returns what is wrong with a request that is not bound to a webhook configuration.
pub(super) fn faults_without_webhooks(spec: &TokenRequestSpec) -> Option<StatusCause> {
    let given = spec.attestations.as_ref().filter(|attestations| !attestations.is_empty())?;
    let why = "attestations may only be specified with a webhook bound object reference";
    Some(invalid(FIELD, &as_json(given), why))
}

/// Returns what is wrong with a request that is bound to a webhook configuration.
pub(super) fn faults_with_webhooks(spec: &TokenRequestSpec) -> Vec<StatusCause> {
    let mut faults = Vec::new();
    if spec.audiences.len() != 1 {
        let why = "must be length 1 when bound to a webhook config";
        faults.push(invalid("spec.audiences", &as_json(&spec.audiences), why));
    }
    let mut attestations = spec.attestations.iter().flat_map(BTreeMap::iter);
    match (attestations.next(), attestations.next()) {
        (Some((name, values)), None) => faults.extend(faults_of(name, values)),
        _ => {
            let why = "webhook bound requests require exactly one admissionReviewAPIGroups attestation";
            faults.push(invalid(FIELD, &as_json(&spec.attestations), why));
        }
    }
    faults
}

fn faults_of(name: &str, values: &[String]) -> Vec<StatusCause> {
    let field = format!("{FIELD}[{name}]");
    if name != Attestation::API_GROUPS {
        return vec![unsupported(&field, name, Attestation::API_GROUPS)];
    }
    match values {
        [group] => faults_of_group(&format!("{field}[0]"), group),
        _ => vec![invalid(&field, &as_json(&values), "must specify a single value")],
    }
}

fn faults_of_group(field: &str, group: &str) -> Vec<StatusCause> {
    if group == "*" {
        return Vec::new();
    }
    if group.is_empty() {
        return vec![invalid(field, "\"\"", "may not be an empty string")];
    }
    let faults = names::faults_of_subdomain(group, "characters").into_iter();
    faults
        .map(|fault| invalid(field, &quoted(group), &format!("must specify a valid API Group: {fault}")))
        .collect()
}
