//! What an API server, its admission plugins and its controllers would set, by kind.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use boundtoken::UnixSeconds;

use super::Resource;
use super::object::{default, member, meta, pairs, remove, set, text};

/// The service account that every namespace has, and that pods run as unless they say otherwise.
pub(super) const DEFAULT_ACCOUNT: &str = "default";

/// Applies to every object that a client sends, also when it replaces one.
pub(super) fn complete(resource: Resource, object: &mut Value) {
    for path in [
        ["metadata", "labels"].as_slice(),
        &["metadata", "annotations"],
        &["metadata", "finalizers"],
        &["metadata", "ownerReferences"],
        &["metadata", "name"],
        &["metadata", "generateName"],
        &["metadata", "namespace"],
        &["metadata", "uid"],
        &["metadata", "resourceVersion"],
        &["spec", "finalizers"],
        &["spec", "nodeName"],
        &["spec", "serviceAccountName"],
        &["spec", "serviceAccount"],
        &["data"],
        &["secrets"],
        &["imagePullSecrets"],
        &["webhooks"],
    ] {
        if member(object, path).is_some_and(is_empty) {
            remove(object, path);
        }
    }
    match resource {
        Resource::Namespaces => {
            default(object, &["spec"], json!({}));
            default(object, &["status"], json!({}));
            if !meta(object, "name").is_empty() {
                let name = meta(object, "name").to_owned();
                set(object, &["metadata", "labels", "kubernetes.io/metadata.name"], name);
            }
        }
        Resource::ServiceAccounts => {}
        Resource::Pods => complete_pod(object),
        Resource::Secrets => complete_secret(object),
        Resource::Nodes => {
            default(object, &["spec"], json!({}));
            default(object, &["status"], json!({}));
        }
        Resource::ValidatingWebhookConfigurations => webhooks_of(object).for_each(complete_webhook),
        Resource::MutatingWebhookConfigurations => webhooks_of(object).for_each(|webhook| {
            complete_webhook(webhook);
            default(webhook, &["reinvocationPolicy"], "Never");
        }),
    }
}

fn webhooks_of(configuration: &mut Value) -> impl Iterator<Item = &mut Value> {
    configuration.get_mut("webhooks").and_then(Value::as_array_mut).into_iter().flatten()
}

fn complete_webhook(webhook: &mut Value) {
    for (name, value) in [
        ("failurePolicy", "Fail".into()),
        ("matchPolicy", "Equivalent".into()),
        ("namespaceSelector", json!({})),
        ("objectSelector", json!({})),
        ("timeoutSeconds", 10.into()),
    ] {
        default(webhook, &[name], value);
    }
    if member(webhook, &["clientConfig", "service"]).is_some() {
        default(webhook, &["clientConfig", "service", "port"], 443);
    }
    let rules = webhook.get_mut("rules").and_then(Value::as_array_mut);
    rules.into_iter().flatten().for_each(|rule| default(rule, &["scope"], "*"));
}

/// What the API server leaves out when it writes the members of metadata.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn complete_secret(secret: &mut Value) {
    let texts: Vec<_> =
        pairs(secret, &["stringData"]).map(|(key, value)| (key.to_owned(), STANDARD.encode(value))).collect();
    for (key, value) in texts {
        set(secret, &["data", &key], value);
    }
    remove(secret, &["stringData"]);
    if text(secret, &["type"]).is_empty() {
        set(secret, &["type"], "Opaque");
    }
}

fn complete_pod(pod: &mut Value) {
    default(pod, &["spec"], json!({}));
    default(pod, &["status"], json!({}));
    // The older name of the same member.
    let account = [["spec", "serviceAccountName"], ["spec", "serviceAccount"]]
        .map(|path| text(pod, &path).to_owned())
        .into_iter()
        .find(|account| !account.is_empty());
    if let Some(account) = account {
        set(pod, &["spec", "serviceAccountName"], account.clone());
        set(pod, &["spec", "serviceAccount"], account);
    }
    default(pod, &["spec", "restartPolicy"], "Always");
    default(pod, &["spec", "terminationGracePeriodSeconds"], 30);
}

/// What is set when an object is created, before it is validated.
pub(super) fn prepare(resource: Resource, object: &mut Value, now: UnixSeconds) {
    match resource {
        Resource::Namespaces => {
            set(object, &["spec", "finalizers"], json!(["kubernetes"]));
            set(object, &["status"], json!({"phase": "Active"}));
        }
        Resource::Pods => {
            set(object, &["metadata", "generation"], 1);
            set(object, &["status"], running(object, now));
        }
        Resource::ValidatingWebhookConfigurations | Resource::MutatingWebhookConfigurations => {
            set(object, &["metadata", "generation"], 1);
        }
        Resource::ServiceAccounts | Resource::Secrets | Resource::Nodes => {}
    }
}

/// The status of a pod that runs. No scheduler and no kubelet will ever report one.
fn running(pod: &Value, now: UnixSeconds) -> Value {
    let now = now.to_string();
    let conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(|condition| {
        json!({"type": condition, "status": "True", "lastProbeTime": null, "lastTransitionTime": now})
    });
    let containers = pod.get("spec").and_then(|spec| spec.get("containers")).and_then(Value::as_array);
    let containers = containers.into_iter().flatten().map(|container| {
        json!({
            "name": text(container, &["name"]),
            "image": text(container, &["image"]),
            "imageID": "",
            "ready": true,
            "restartCount": 0,
            "started": true,
            "state": {"running": {"startedAt": now}},
            "lastState": {},
        })
    });
    json!({
        "phase": "Running",
        "qosClass": "BestEffort",
        "startTime": now,
        "conditions": conditions,
        "containerStatuses": containers.collect::<Vec<_>>(),
    })
}
