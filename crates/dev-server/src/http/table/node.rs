//! Nodes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{AGE, Column, NAME, column, items, text, text_or, wide};

const UNKNOWN: &str = "<unknown>";

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Status", "The status of the node"),
    column("Roles", "The roles of the node"),
    AGE,
    column("Version", "The version of the kubelet."),
    wide("Internal-IP", "The address within the cluster."),
    wide("External-IP", "The address outside the cluster."),
    wide("OS-Image", "The operating system."),
    wide("Kernel-Version", "The version of the kernel."),
    wide("Container-Runtime", "The version of the container runtime."),
];

pub(super) fn cells(node: &Value, name: Value, age: Value) -> Vec<Value> {
    let information = "/status/nodeInfo";
    let of = |member: &str, absent: &str| text_or(node, &format!("{information}/{member}"), absent);
    let kernel =
        match (text(node, "/status/nodeInfo/kernelVersion"), text(node, "/status/nodeInfo/architecture")) {
            ("", "") => UNKNOWN.to_owned(),
            (version, "") => version.to_owned(),
            ("", architecture) => format!("{UNKNOWN} ({architecture})"),
            (version, architecture) => format!("{version} ({architecture})"),
        };
    vec![
        name,
        status(node).into(),
        roles(node).into(),
        age,
        of("kubeletVersion", ""),
        address(node, "InternalIP").into(),
        address(node, "ExternalIP").into(),
        of("osImage", UNKNOWN),
        kernel.into(),
        of("containerRuntimeVersion", UNKNOWN),
    ]
}

fn status(node: &Value) -> String {
    let ready =
        items(node, "/status/conditions").iter().rev().find(|condition| text(condition, "/type") == "Ready");
    let status = match ready.map(|condition| text(condition, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    match node.pointer("/spec/unschedulable") {
        Some(Value::Bool(true)) => format!("{status},SchedulingDisabled"),
        _ => status.to_owned(),
    }
}

fn roles(node: &Value) -> String {
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let roles: BTreeSet<_> = labels
        .filter_map(|(name, value)| match name.as_str() {
            "kubernetes.io/role" => value.as_str(),
            name => name.strip_prefix("node-role.kubernetes.io/"),
        })
        .filter(|role| !role.is_empty())
        .collect();
    if roles.is_empty() { "<none>".to_owned() } else { roles.into_iter().collect::<Vec<_>>().join(",") }
}

fn address<'a>(node: &'a Value, kind: &str) -> &'a str {
    let found = items(node, "/status/addresses").iter().find(|address| text(address, "/type") == kind);
    found.map_or("<none>", |address| text(address, "/address"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_is_shown_as_kubectl_shows_it() {
        let cells = |node: &Value| cells(node, "n".into(), "1s".into());
        assert_eq!(
            cells(&json!({})),
            ["n", "Unknown", "<none>", "1s", "", "<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"]
        );
        let node = json!({
            "metadata": {"labels": {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": ""}},
            "spec": {"unschedulable": true},
            "status": {
                "conditions": [{"type": "Ready", "status": "True"}],
                "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
                "nodeInfo": {"kubeletVersion": "v1.37.0", "kernelVersion": "6.1", "architecture": "arm64"},
            },
        });
        assert_eq!(
            cells(&node)[1..7],
            ["Ready,SchedulingDisabled", "control-plane,worker", "1s", "v1.37.0", "10.0.0.1", "<none>"]
        );
        assert_eq!(cells(&node)[8], "6.1 (arm64)");
    }
}
