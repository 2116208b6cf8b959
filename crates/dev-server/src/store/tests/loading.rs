use super::*;
use boundtoken::{BoundObjects as _, IssuerObjects as _, ObjectKind, ObjectReference, ObjectState, Uid};

#[test]
fn manifests_may_come_in_any_order_and_in_lists() {
    let store = Store::new().unwrap();
    let count = store
        .load(&[
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app", "namespace": "new"},
                "spec": {"serviceAccountName": "runner", "containers": [{"name": "a", "image": "b"}]}}),
            json!({"apiVersion": "v1", "kind": "List", "items": [
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "runner", "namespace": "new", "uid": "u1"}},
                {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}},
            ]}),
            json!({"apiVersion": "v1", "kind": "SecretList", "items": [{"metadata": {"name": "s"}}]}),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new", "labels": {"a": "b"}}}),
            Value::Null,
        ])
        .unwrap();
    assert_eq!(count, 5);
    let account = store.get(Resource::ServiceAccounts, "new", "runner", 0).unwrap();
    assert_eq!(meta(&account, "uid"), "u1");
    assert!(store.get(Resource::Pods, "new", "app", 0).is_ok());
    assert!(store.get(Resource::Secrets, "default", "s", 0).is_ok());
    let namespace = store.get(Resource::Namespaces, "", "new", 0).unwrap();
    assert_eq!(namespace["metadata"]["labels"]["a"], "b");
}

#[test]
fn a_terminating_object_can_be_loaded_and_is_what_verifiers_see() {
    let store = Store::new().unwrap();
    store
        .load(&[json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "app", "namespace": "new", "uid": "u1", "deletionTimestamp": "2026-11-24T12:11:52Z",
                "deletionGracePeriodSeconds": 30},
            "spec": {"nodeName": "node-1", "serviceAccountName": "runner", "containers": [{"name": "a", "image": "b"}]}})])
        .unwrap();
    assert_eq!(store.next_expiry(), None);
    let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "new", name: "app" };
    let state =
        ObjectState::Present { uid: Uid::from("u1"), deletion_timestamp: Some(UnixSeconds(1_795_522_312)) };
    assert_eq!(store.state(&pod), state);
    let spec = store.pod_spec(&pod, &Uid::from("u1")).unwrap();
    assert_eq!((spec.service_account_name.as_str(), spec.node_name.as_str()), ("runner", "node-1"));
    assert_eq!(store.pod_spec(&pod, &Uid::from("u2")), None);
    assert_eq!(store.state(&ObjectReference { name: "nope", ..pod }), ObjectState::Absent);
    // The service account that it runs as has been made.
    let account = ObjectReference { kind: ObjectKind::ServiceAccount, name: "runner", ..pod };
    assert!(matches!(store.state(&account), ObjectState::Present { .. }));
}

#[test]
fn loading_twice_replaces() {
    let store = Store::new().unwrap();
    let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": value}});
    store.load(&[secret("1")]).unwrap();
    store.load(&[secret("2")]).unwrap();
    let object = store.get(Resource::Secrets, "default", "s", 0).unwrap();
    assert_eq!(object["data"]["a"], "Mg==");
}

#[test]
fn what_is_not_served_is_named_with_what_is() {
    let store = Store::new().unwrap();
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}});
    assert_eq!(
        store.load(&[deployment]).unwrap_err().to_string(),
        "\"Deployment\" (\"apps/v1\") \"web\" is not served here; kinds that are: Namespace (\"v1\"), ServiceAccount (\"v1\"), Pod \
         (\"v1\"), Secret (\"v1\"), Node (\"v1\"), ValidatingWebhookConfiguration (\"admissionregistration.k8s.io/v1\"), \
         MutatingWebhookConfiguration (\"admissionregistration.k8s.io/v1\")"
    );
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app"}});
    assert_eq!(
        store.load(&[pod]).unwrap_err().to_string(),
        "Pod \"app\": Pod \"app\" is invalid: spec.containers: Required value"
    );
}
