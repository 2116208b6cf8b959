//! Pods.

use serde_json::Value;

use super::{AGE, Column, NAME, age, column, items, text, text_or, wide};
use boundtoken::UnixSeconds;

const NONE: &str = "<none>";

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Ready", "The aggregate readiness state of this pod for accepting traffic."),
    column("Status", "The aggregate status of the containers in this pod."),
    column("Restarts", "How often the containers of this pod have been restarted, and when last."),
    AGE,
    wide("IP", "The address of the pod."),
    wide("Node", "The node that the pod runs on."),
    wide("Nominated Node", "The node that the pod is to run on once there is room."),
    wide("Readiness Gates", "How many of the conditions hold that must hold before the pod is ready."),
];

pub(super) fn cells(pod: &Value, name: Value, age: Value, now: UnixSeconds) -> Vec<Value> {
    let containers = items(pod, "/status/containerStatuses");
    let ready = containers.iter().filter(|container| is_running(container) && is_true(container, "/ready"));
    let total = items(pod, "/spec/containers").len();
    vec![
        name,
        format!("{}/{total}", ready.count()).into(),
        status(pod, containers).into(),
        restarts(containers, now).into(),
        age,
        text_or(pod, "/status/podIPs/0/ip", NONE),
        text_or(pod, "/spec/nodeName", NONE),
        text_or(pod, "/status/nominatedNodeName", NONE),
        readiness_gates(pod).into(),
    ]
}

/// The phase, or what keeps a container from running, or that the pod is on its way out. Init containers are not looked
/// at: here they have no status unless a client writes one.
fn status(pod: &Value, containers: &[Value]) -> String {
    let (phase, reason) = (text(pod, "/status/phase"), text(pod, "/status/reason"));
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        if reason == "NodeLost" {
            return "Unknown".to_owned();
        }
        if !matches!(phase, "Succeeded" | "Failed") {
            return "Terminating".to_owned();
        }
    }
    let mut shown = if reason.is_empty() { phase } else { reason }.to_owned();
    let mut failed = None;
    // The first container that does not run decides.
    for container in containers.iter().rev() {
        let waits_for = text(container, "/state/waiting/reason");
        if !waits_for.is_empty() {
            waits_for.clone_into(&mut shown);
        } else if let Some(terminated) = container.pointer("/state/terminated") {
            shown = end_of(terminated);
            if terminated.pointer("/exitCode").and_then(Value::as_i64) != Some(0) {
                failed = Some(shown.clone());
            }
        }
    }
    if shown != "Completed" {
        return shown;
    }
    let runs = containers.iter().any(|container| is_running(container) && is_true(container, "/ready"));
    let ready = items(pod, "/status/conditions").iter().find(|condition| text(condition, "/type") == "Ready");
    let is_ready = ready.is_some_and(|condition| text(condition, "/status") == "True");
    match (runs, failed) {
        (true, _) if is_ready => "Running".to_owned(),
        (_, Some(failed)) => failed,
        (true, None) => "NotReady".to_owned(),
        (false, None) => shown,
    }
}

fn end_of(terminated: &Value) -> String {
    let number = |place: &str| terminated.pointer(place).and_then(Value::as_i64).unwrap_or_default();
    match (text(terminated, "/reason"), number("/signal")) {
        ("", 0) => format!("ExitCode:{}", number("/exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn restarts(containers: &[Value], now: UnixSeconds) -> String {
    let counts = containers.iter().filter_map(|container| container.pointer("/restartCount")?.as_u64());
    let count = counts.fold(0, u64::saturating_add);
    // Times of this form sort as texts do.
    let last = containers.iter().map(|container| text(container, "/lastState/terminated/finishedAt")).max();
    match last.filter(|last| count > 0 && !last.is_empty()) {
        Some(last) => format!("{count} ({} ago)", age::since(last, now)),
        None => count.to_string(),
    }
}

fn readiness_gates(pod: &Value) -> String {
    let gates = items(pod, "/spec/readinessGates");
    let holds = |gate: &&Value| {
        let mut conditions = items(pod, "/status/conditions").iter();
        let wanted = text(gate, "/conditionType");
        let found = conditions.find(|condition| text(condition, "/type") == wanted);
        found.is_some_and(|condition| text(condition, "/status") == "True")
    };
    match gates.len() {
        0 => NONE.to_owned(),
        total => format!("{}/{total}", gates.iter().filter(holds).count()),
    }
}

fn is_running(container: &Value) -> bool {
    container.pointer("/state/running").is_some()
}

fn is_true(object: &Value, place: &str) -> bool {
    object.pointer(place) == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use boundtoken::api::Time;

    fn shown(pod: &Value) -> Vec<Value> {
        let now = UnixSeconds::from("2026-11-30T12:00:00Z".parse::<Time>().unwrap());
        cells(pod, "p".into(), "1s".into(), now)
    }

    #[test]
    fn a_pod_that_runs_is_shown_with_its_node() {
        let pod = json!({
            "spec": {"nodeName": "node-1", "containers": [{}, {}], "readinessGates": [{"conditionType": "a"}]},
            "status": {
                "phase": "Running",
                "podIPs": [{"ip": "10.0.0.2"}],
                "conditions": [{"type": "a", "status": "True"}],
                "containerStatuses": [
                    {"ready": true, "state": {"running": {}}, "restartCount": 2,
                     "lastState": {"terminated": {"finishedAt": "2026-11-30T11:59:30Z"}}},
                    {"ready": false, "state": {"running": {}}},
                ],
            },
        });
        assert_eq!(
            shown(&pod),
            ["p", "1/2", "Running", "2 (30s ago)", "1s", "10.0.0.2", "node-1", "<none>", "1/1"]
        );
        assert_eq!(
            shown(&json!({"status": {"phase": "Pending"}})),
            ["p", "0/0", "Pending", "0", "1s", "<none>", "<none>", "<none>", "<none>"]
        );
    }

    #[test]
    fn the_status_tells_what_keeps_a_pod_from_running() {
        let container = |state: Value| json!({"ready": true, "state": state});
        let waiting = container(json!({"waiting": {"reason": "ImagePullBackOff"}}));
        let completed = container(json!({"terminated": {"exitCode": 0, "reason": "Completed"}}));
        let failed = container(json!({"terminated": {"exitCode": 3}}));
        let killed = container(json!({"terminated": {"exitCode": 137, "signal": 9}}));
        let running = container(json!({"running": {}}));
        for (containers, status) in [
            (vec![&waiting], "ImagePullBackOff"),
            (vec![&failed], "ExitCode:3"),
            (vec![&killed, &waiting], "Signal:9"),
            (vec![&completed], "Completed"),
            (vec![&completed, &running], "NotReady"),
            (vec![&completed, &failed], "ExitCode:3"),
            (vec![&running], "Running"),
        ] {
            let pod = json!({"status": {"phase": "Running", "containerStatuses": containers}});
            assert_eq!(shown(&pod)[2], status, "{pod}");
        }
        let going = |phase: &str, reason: &str| {
            let metadata = json!({"deletionTimestamp": "2026-11-30T12:00:00Z"});
            shown(&json!({"metadata": metadata, "status": {"phase": phase, "reason": reason}}))[2].clone()
        };
        assert_eq!(going("Running", ""), "Terminating");
        assert_eq!(going("Running", "NodeLost"), "Unknown");
        assert_eq!(going("Succeeded", ""), "Succeeded");
        assert_eq!(going("Failed", "Evicted"), "Evicted");
    }
}
