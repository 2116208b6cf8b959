use super::*;

fn replace(store: &Store, resource: Resource, object: Value) -> Result<Arc<Value>, Status> {
    let namespace = if resource.is_namespaced() { "demo" } else { "" };
    store.replace(resource, namespace, "app", Part::Main, object, AT_ONCE)
}

#[test]
fn an_object_is_replaced_but_not_its_identity() {
    let store = store();
    let old = create(&store, Resource::ServiceAccounts, "demo", account("app"));
    let sent = json!({"metadata": {
        "name": "app",
        "labels": {"a": "b"},
        "creationTimestamp": "2001-01-01T00:00:00Z",
        "generation": 5,
    }});
    let new = replace(&store, Resource::ServiceAccounts, sent).unwrap();
    assert_eq!(new["metadata"]["labels"], json!({"a": "b"}));
    for name in ["uid", "creationTimestamp", "generation"] {
        assert_eq!(new["metadata"].get(name), old["metadata"].get(name), "{name}");
    }
    assert_eq!(revision(&new), revision(&old) + 1);
}

#[test]
fn a_write_based_on_an_earlier_version_or_another_instance_is_refused() {
    let store = store();
    let old = create(&store, Resource::ServiceAccounts, "demo", account("app"));
    let sent = |name: &str, value: &str| {
        let mut object = json!({"metadata": {"name": "app", "labels": {"a": "b"}}});
        object["metadata"][name] = json!(value);
        object
    };
    assert_eq!(
        refusal(replace(&store, Resource::ServiceAccounts, sent("resourceVersion", "1"))),
        refused(
            409,
            "Conflict",
            "Operation cannot be fulfilled on serviceaccounts \"app\": the object has been modified; please apply your \
             changes to the latest version and try again"
        )
    );
    let uid = meta(&old, "uid");
    assert_eq!(
        refusal(replace(&store, Resource::ServiceAccounts, sent("uid", "zz"))),
        refused(
            409,
            "Conflict",
            format!(
                "Operation cannot be fulfilled on serviceaccounts \"app\": Precondition failed: UID in precondition: \
                 zz, UID in object meta: {uid}"
            )
        )
    );
    let current = sent("resourceVersion", meta(&old, "resourceVersion"));
    assert!(replace(&store, Resource::ServiceAccounts, current).is_ok());
}

#[test]
fn the_document_must_be_of_the_object_in_the_url() {
    let store = store();
    create(&store, Resource::ServiceAccounts, "demo", account("app"));
    let message = |object| refusal(replace(&store, Resource::ServiceAccounts, object)).2;
    assert_eq!(message(account("b")), "the name of the object (b) does not match the name on the URL (app)");
    assert_eq!(
        message(json!({})),
        "the name of the object (app based on URL) was undeterminable: name must be provided"
    );
    assert_eq!(
        refusal(replace(&store, Resource::Secrets, account("app"))),
        refused(404, "NotFound", "secrets \"app\" not found")
    );
}

#[test]
fn a_pods_node_and_service_account_cannot_be_changed() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", ""));
    create(&store, Resource::ServiceAccounts, "demo", account("other"));
    for (name, value) in [("nodeName", "node-1"), ("serviceAccountName", "other")] {
        let mut changed = pod("app", "");
        changed["spec"]["serviceAccountName"] = json!("default");
        changed["spec"][name] = json!(value);
        let message = refusal(replace(&store, Resource::Pods, changed)).2;
        let begin = "Pod \"app\" is invalid: spec: Forbidden: pod updates may not change fields other than";
        assert!(message.starts_with(begin), "{message}");
    }
    let mut with_another_image = pod("app", "");
    with_another_image["spec"]["serviceAccountName"] = json!("default");
    with_another_image["spec"]["containers"][0]["image"] = json!("registry.example.com/app:2");
    let new = replace(&store, Resource::Pods, with_another_image).unwrap();
    assert_eq!(new["metadata"]["generation"], 2);
}

#[test]
fn the_status_has_a_door_of_its_own() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", ""));
    let mut sent = pod("app", "");
    sent["spec"]["serviceAccountName"] = json!("default");
    sent["status"] = json!({"phase": "Failed"});
    let by_the_main_one = replace(&store, Resource::Pods, sent.clone()).unwrap();
    assert_eq!(by_the_main_one["status"]["phase"], "Running");
    sent["spec"]["nodeName"] = json!("node-1");
    let by_its_own = store.replace(Resource::Pods, "demo", "app", Part::Status, sent, AT_ONCE).unwrap();
    assert_eq!(by_its_own["status"], json!({"phase": "Failed"}));
    assert!(by_its_own["spec"].get("nodeName").is_none());
}

#[test]
fn an_immutable_secret_stays_as_it_is() {
    let store = store();
    let sent = json!({"metadata": {"name": "app"}, "immutable": true, "data": {"a": "YQ=="}});
    create(&store, Resource::Secrets, "demo", sent.clone());
    let mut changed = sent;
    changed["data"] = json!({"a": "Yg=="});
    assert_eq!(
        refusal(replace(&store, Resource::Secrets, changed.clone())).2,
        "Secret \"app\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
    );
    changed["type"] = json!("other");
    let message = refusal(replace(&store, Resource::Secrets, changed)).2;
    assert!(message.contains("type: Invalid value: \"other\": field is immutable"), "{message}");
}

#[test]
fn a_dry_run_changes_nothing() {
    let store = store();
    let old = create(&store, Resource::ServiceAccounts, "demo", account("app"));
    let sent = json!({"metadata": {"name": "app", "labels": {"a": "b"}}});
    let options = WriteOptions { dry_run: true, ..AT_ONCE };
    let shown = store.replace(Resource::ServiceAccounts, "demo", "app", Part::Main, sent, options).unwrap();
    assert_eq!(shown["metadata"]["labels"], json!({"a": "b"}));
    assert_eq!(get(&store, Resource::ServiceAccounts, "app"), Ok(old));
}
