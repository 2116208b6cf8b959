//! kubectl creates, shows, changes and deletes objects.

use serde_json::json;

use super::Kubectl;

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {tier: front}}
spec:
  serviceAccountName: app
  nodeName: node-1
  containers: [{name: web, image: registry.example.com/web}]
";
const NODE: &str = r#"{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}"#;

const WEBHOOKS: &str = "
apiVersion: admissionregistration.k8s.io/v1
kind: KIND
metadata: {name: policy}
webhooks:
- name: check.example.com
  clientConfig: {url: https://hook.example.com/check}
  rules: [{operations: [CREATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments], scope: '*'}]
  sideEffects: None
  admissionReviewVersions: [v1]
";

#[test]
fn objects_of_every_kind_are_created_and_shown() {
    let Some(kubectl) = Kubectl::start("create") else { return };
    kubectl.file("pod.yaml", POD);
    kubectl.file("node.json", NODE);
    for (arguments, answer) in [
        ("create namespace demo", "namespace/demo created\n"),
        ("create -f node.json", "node/node-1 created\n"),
        ("create serviceaccount app", "serviceaccount/app created\n"),
        ("create -f pod.yaml", "pod/web created\n"),
        ("run other --image=registry.example.com/other -n demo", "pod/other created\n"),
        ("create secret generic password --from-literal=key=value", "secret/password created\n"),
        ("get pods,secrets -A -o name", "pod/web\npod/other\nsecret/password\n"),
        ("get pod -l tier=front -o name", "pod/web\n"),
        ("get pod -l tier!=front -o name", ""),
        ("get pod -A --field-selector spec.nodeName=node-1 -o name", "pod/web\n"),
        ("get serviceaccounts -n demo -o name", "serviceaccount/default\n"),
        ("get secret password -o jsonpath={.data.key}", "dmFsdWU="),
    ] {
        assert_eq!(kubectl.ok(arguments), answer, "{arguments}");
    }

    let pod = kubectl.json("get pod web");
    assert_eq!(pod["metadata"]["namespace"], "default");
    assert_eq!(pod["spec"]["serviceAccountName"], "app");
    let yaml: serde_json::Value = yaml_serde::from_str(&kubectl.ok("get pod web -o yaml")).unwrap();
    assert_eq!(yaml, pod);
    let list = kubectl.json("get pods -A");
    assert_eq!((&list["kind"], list["items"].as_array().unwrap().len()), (&json!("List"), 2));
    let table = kubectl.ok("get nodes");
    assert!(table.starts_with("NAME") && table.contains("node-1"), "{table}");

    for (object, line) in [
        ("pod web", "Service Account:  app"),
        ("serviceaccount app", "Name:                app"),
        ("secret password", "key:  5 bytes"),
        ("namespace demo", "Status:       Active"),
    ] {
        let description = kubectl.ok(&format!("describe {object}"));
        assert!(description.lines().any(|found| found.trim_end() == line), "{description}");
    }

    assert_eq!(
        kubectl.refused("create -f pod.yaml"),
        "Error from server (AlreadyExists): error when creating \"pod.yaml\": pods \"web\" already exists"
    );
    assert_eq!(
        kubectl.refused("get pod missing"),
        "Error from server (NotFound): pods \"missing\" not found"
    );
    assert_eq!(
        kubectl.refused("create serviceaccount app -n nowhere"),
        "error: failed to create serviceaccount: namespaces \"nowhere\" not found"
    );
}

#[test]
fn objects_are_shown_in_the_columns_of_a_cluster() {
    let Some(kubectl) = Kubectl::start("columns") else { return };
    kubectl.file("pod.yaml", POD);
    kubectl.file("node.json", NODE);
    kubectl.ok("create -f node.json");
    kubectl.ok("create serviceaccount app");
    kubectl.ok("create secret generic password --from-literal=key=value");
    kubectl.ok("create -f pod.yaml");
    // Ages vary.
    let rows = |arguments: &str| -> Vec<Vec<String>> {
        let table = kubectl.ok(&format!("get {arguments}"));
        let cells = |line: &str| {
            line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
        };
        table.lines().map(cells).collect()
    };
    let pods = rows("pods -o wide");
    assert_eq!(
        pods[0],
        ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"]
    );
    assert_eq!(pods[1][..4], ["web", "1/1", "Running", "0"]);
    assert_eq!(pods[1][5..], ["<none>", "node-1", "<none>", "<none>"]);
    assert_eq!(rows("pods -A")[0], ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
    assert_eq!(rows("nodes")[0], ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]);
    assert_eq!(rows("nodes")[1][..3], ["node-1", "Unknown", "<none>"]);
    assert_eq!(rows("secrets")[0], ["NAME", "TYPE", "DATA", "AGE"]);
    assert_eq!(rows("secrets")[1][..3], ["password", "Opaque", "1"]);
    assert_eq!(rows("serviceaccounts")[0], ["NAME", "AGE"]);
    assert_eq!(rows("namespace default")[1][..2], ["default", "Active"]);
    assert_eq!(rows("pods -L tier --sort-by=.metadata.name")[1][5], "front");

    kubectl.ok("delete pod web --wait=false");
    assert_eq!(rows("pods")[1][2], "Terminating");
}

#[test]
fn a_kind_that_is_not_served_is_said_to_be_unknown() {
    let Some(kubectl) = Kubectl::start("unknown") else { return };
    kubectl.file(
        "mixed.yaml",
        "
apiVersion: v1
kind: ServiceAccount
metadata: {name: app}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app}
",
    );
    // As against a cluster, what is known is applied.
    let (status, stdout, stderr) = kubectl.run("apply -f mixed.yaml");
    assert_eq!((status, stdout.as_str()), (Some(1), "serviceaccount/app created\n"), "{stderr}");
    for words in [
        "no matches for kind \"Deployment\" in version \"apps/v1\"",
        "no matches for kind \"ConfigMap\" in version \"v1\"",
    ] {
        assert!(stderr.contains(words), "{stderr}");
    }
    assert!(!stderr.contains("validate") && !stderr.contains("openapi"), "{stderr}");

    // Fields are validated still.
    kubectl.file("typo.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: b}\nautomount: true\n");
    let refused = kubectl.refused("apply -f typo.yaml");
    assert!(refused.contains("unknown field \"automount\""), "{refused}");
}

#[test]
fn objects_are_changed_by_labels_patches_apply_and_replace() {
    let Some(kubectl) = Kubectl::start("change") else { return };
    let account = |labels: &str| {
        kubectl.file(
            "account.yaml",
            &format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: app, labels: {{{labels}}}}}\n"),
        );
    };
    let labels = || kubectl.json("get serviceaccount app")["metadata"]["labels"].clone();
    account("one: '1'");
    assert_eq!(kubectl.ok("apply -f account.yaml"), "serviceaccount/app created\n");
    assert_eq!(kubectl.ok("apply -f account.yaml"), "serviceaccount/app unchanged\n");
    let uid = kubectl.uid("serviceaccount/app");

    kubectl.ok("label serviceaccount app two=2");
    account("three: '3'");
    assert_eq!(kubectl.ok("apply -f account.yaml"), "serviceaccount/app configured\n");
    assert_eq!(labels(), json!({"two": "2", "three": "3"}), "only what was applied before is taken away");
    assert_eq!(kubectl.ok("annotate serviceaccount app note=text"), "serviceaccount/app annotated\n");
    for (kind, patch) in [
        ("strategic", r#"{"metadata":{"labels":{"four":"4"}}}"#),
        ("merge", r#"{"metadata":{"labels":{"two":null}}}"#),
        ("json", r#"[{"op":"remove","path":"/metadata/labels/three"}]"#),
    ] {
        kubectl.ok(&format!("patch serviceaccount app --type={kind} -p {patch}"));
    }
    assert_eq!(labels(), json!({"four": "4"}));
    assert_eq!(kubectl.ok("get serviceaccount app -o jsonpath={.metadata.annotations.note}"), "text");

    account("five: '5'");
    assert_eq!(kubectl.ok("replace -f account.yaml"), "serviceaccount/app replaced\n");
    assert_eq!((labels(), kubectl.uid("serviceaccount/app")), (json!({"five": "5"}), uid));

    let invalid = kubectl.refused("label serviceaccount app five=no!");
    assert!(invalid.contains("five"), "{invalid}");
    kubectl.refused("label serviceaccount app five=6");
    kubectl.ok("label serviceaccount app five=6 --overwrite");
}

#[test]
fn webhook_configurations_are_applied_shown_changed_and_deleted() {
    let Some(kubectl) = Kubectl::start("webhooks") else { return };
    for (kind, resource) in [
        ("ValidatingWebhookConfiguration", "validatingwebhookconfiguration"),
        ("MutatingWebhookConfiguration", "mutatingwebhookconfiguration"),
    ] {
        let manifest = WEBHOOKS.replace("KIND", kind);
        let full = format!("{resource}.admissionregistration.k8s.io/policy");
        kubectl.file("hook.yaml", &manifest);
        assert_eq!(kubectl.ok("apply -f hook.yaml"), format!("{full} created\n"));
        assert_eq!(kubectl.ok("apply -f hook.yaml"), format!("{full} unchanged\n"));
        assert_eq!(kubectl.ok(&format!("get {resource}s -o name")), format!("{full}\n"));
        kubectl.file("hook.yaml", &manifest.replace("/check", "/other"));
        assert_eq!(kubectl.ok("apply -f hook.yaml"), format!("{full} configured\n"));
        let changed = kubectl.json(&format!("get {resource} policy"));
        assert_eq!(changed["webhooks"][0]["clientConfig"]["url"], "https://hook.example.com/other");
        let deleted = kubectl.ok(&format!("delete {resource} policy"));
        assert!(deleted.contains("\"policy\" deleted"), "{deleted}");
        kubectl.refused(&format!("get {resource} policy"));
    }
}

#[test]
fn deletion_has_grace_and_can_be_waited_for() {
    let Some(kubectl) = Kubectl::start("delete") else { return };
    kubectl.file("node.json", NODE);
    kubectl.file("pod.yaml", &POD.replace("serviceAccountName: app", "serviceAccountName: default"));
    kubectl.ok("create -f node.json -f pod.yaml");
    assert_eq!(kubectl.ok("wait --for=condition=Ready pod/web --timeout=10s"), "pod/web condition met\n");

    assert_eq!(kubectl.ok("delete pod web --grace-period=1 --wait=false"), "pod \"web\" deleted\n");
    let pod = kubectl.json("get pod web");
    assert_eq!(pod["metadata"]["deletionGracePeriodSeconds"], 1);
    assert!(pod["metadata"]["deletionTimestamp"].is_string());
    kubectl.ok("wait --for=delete pod/web --timeout=10s");
    kubectl.refused("get pod web");

    kubectl.ok("create -f pod.yaml");
    let (status, stdout, _) = kubectl.run("delete pod web --grace-period=0 --force");
    assert_eq!((status, stdout.as_str()), (Some(0), "pod \"web\" force deleted\n"));

    // By default, kubectl waits for the deletion.
    kubectl.ok("create -f pod.yaml");
    kubectl.ok("delete -f pod.yaml --grace-period=1");
    kubectl.refused("get pod web");

    kubectl.ok("create namespace demo");
    kubectl.ok("run other --image=registry.example.com/other -n demo");
    kubectl.ok("delete namespace demo");
    assert_eq!(kubectl.ok("get pods -A -o name"), "");
    let forbidden = kubectl.refused("delete namespace default");
    assert!(forbidden.contains("(Forbidden)"), "{forbidden}");
}
