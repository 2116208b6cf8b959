//! Checks of webhook configurations: the members that clients of tokens need.

use serde_json::Value;

use boundtoken::Webhook;
use boundtoken::api::StatusCause;

use super::super::names;
use super::super::object::{member, text, texts};
use super::super::refusals::{duplicate, invalid_text, invalid_value, required};

pub(super) fn of_configuration(configuration: &Value) -> Vec<StatusCause> {
    let mut faults = Vec::new();
    let mut seen = Vec::new();
    if let Some(Err(why)) = configuration.get("webhooks").map(Webhook::read_all) {
        faults.push(invalid_value("webhooks", "(not shown)", &why.to_string()));
    }
    let webhooks = configuration.get("webhooks").and_then(Value::as_array);
    for (index, webhook) in webhooks.into_iter().flatten().enumerate() {
        let field = format!("webhooks[{index}]");
        faults.extend(of_webhook(&field, webhook));
        let name = text(webhook, &["name"]);
        if !name.is_empty() && seen.contains(&name) {
            faults.push(duplicate(format!("{field}.name"), name));
        }
        seen.push(name);
    }
    faults
}

fn of_webhook(field: &str, webhook: &Value) -> Vec<StatusCause> {
    let mut faults = of_name(&format!("{field}.name"), text(webhook, &["name"]));
    if webhook.get("sideEffects").is_none() {
        faults.push(required(format!("{field}.sideEffects"), "must specify one of None, NoneOnDryRun"));
    }
    let has = |way| member(webhook, &["clientConfig", way]).is_some();
    if has("url") == has("service") {
        faults.push(required(format!("{field}.clientConfig"), "exactly one of url or service is required"));
    }
    if texts(webhook, &["admissionReviewVersions"]).is_empty() {
        let versions = "must specify one of v1, v1beta1";
        faults.push(required(format!("{field}.admissionReviewVersions"), versions));
    }
    faults
}

fn of_name(field: &str, name: &str) -> Vec<StatusCause> {
    if name.is_empty() {
        return vec![required(field, "")];
    }
    let mut faults: Vec<_> =
        names::faults_of_subdomain(name).iter().map(|fault| invalid_text(field, name, fault)).collect();
    if faults.is_empty() && name.split('.').count() < 3 {
        faults.push(invalid_text(
            field,
            name,
            "should be a domain with at least three segments separated by dots",
        ));
    }
    faults
}
