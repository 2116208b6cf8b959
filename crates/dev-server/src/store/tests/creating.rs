use super::*;

#[test]
fn an_object_gets_its_identity_from_the_server_whatever_the_client_says() {
    let store = store();
    let mut sent = account("app");
    sent["metadata"]["uid"] = json!("mine");
    sent["metadata"]["creationTimestamp"] = json!("2001-01-01T00:00:00Z");
    sent["metadata"]["deletionTimestamp"] = json!("2001-01-01T00:00:00Z");
    sent["metadata"]["managedFields"] = json!([{"manager": "kubectl"}]);
    let created = create(&store, Resource::ServiceAccounts, "demo", sent);
    assert_eq!(meta(&created, "uid").len(), 36);
    assert_eq!(
        *created,
        json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {
                "name": "app",
                "namespace": "demo",
                "uid": meta(&created, "uid"),
                "resourceVersion": meta(&created, "resourceVersion"),
                "creationTimestamp": "2026-11-24T12:11:18Z",
            },
        })
    );
    assert_eq!(get(&store, Resource::ServiceAccounts, "app"), Ok(created));
}

#[test]
fn every_change_gets_the_next_resource_version() {
    let store = store();
    let one = create(&store, Resource::ServiceAccounts, "demo", account("one"));
    let two = create(&store, Resource::Secrets, "demo", account("two"));
    assert_eq!(revision(&two), revision(&one) + 1);
}

#[test]
fn a_name_is_made_up_after_generate_name() {
    let store = store();
    let sent = json!({"metadata": {"generateName": "app-"}});
    let one = create(&store, Resource::ServiceAccounts, "demo", sent.clone());
    let other = create(&store, Resource::ServiceAccounts, "demo", sent);
    assert_ne!(meta(&one, "name"), meta(&other, "name"));
    let (prefix, end) = meta(&one, "name").split_at(4);
    assert_eq!((prefix, end.len()), ("app-", 5));
}

#[test]
fn names_are_checked_by_the_rules_of_the_kind() {
    let store = store();
    let create = |resource, namespace, name: &str| {
        refusal(store.create(resource, namespace, json!({"metadata": {"name": name}}), AT_ONCE))
    };
    assert_eq!(
        create(Resource::ServiceAccounts, "demo", ""),
        refused(
            422,
            "Invalid",
            "ServiceAccount \"\" is invalid: metadata.name: Required value: name or generateName is required"
        )
    );
    assert_eq!(
        create(Resource::Namespaces, "", "a.b"),
        refused(
            422,
            "Invalid",
            "Namespace \"a.b\" is invalid: metadata.name: Invalid value: \"a.b\": must not contain dots"
        )
    );
    assert_eq!(
        create(Resource::Secrets, "demo", "A_b"),
        refused(
            422,
            "Invalid",
            "Secret \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must \
             consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric \
             character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        )
    );
    let message = create(Resource::Secrets, "demo", &"a".repeat(254)).2;
    assert!(message.ends_with("must be no more than 253 characters"), "{message}");
    assert!(store.create(Resource::Secrets, "demo", account("a.b"), AT_ONCE).is_ok());
}

#[test]
fn a_second_object_of_the_name_is_refused() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    let again = || refusal(store.create(Resource::Pods, "demo", pod("app", ""), AT_ONCE));
    assert_eq!(again(), refused(409, "AlreadyExists", "pods \"app\" already exists"));
    delete(&store, Resource::Pods, "app", AT_ONCE).unwrap();
    assert_eq!(
        again(),
        refused(409, "AlreadyExists", "object is being deleted: pods \"app\" already exists")
    );
}

#[test]
fn the_namespace_must_exist_and_be_the_one_of_the_request() {
    let store = store();
    assert_eq!(
        refusal(store.create(Resource::Secrets, "nope", account("a"), AT_ONCE)),
        refused(404, "NotFound", "namespaces \"nope\" not found")
    );
    let elsewhere = json!({"metadata": {"name": "a", "namespace": "other"}});
    assert_eq!(
        refusal(store.create(Resource::Secrets, "demo", elsewhere.clone(), AT_ONCE)),
        refused(
            400,
            "BadRequest",
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    );
    // What is of the whole cluster has none.
    let node = create(&store, Resource::Nodes, "", elsewhere);
    assert_eq!(meta(&node, "namespace"), "");
}

#[test]
fn a_dry_run_answers_and_stores_nothing() {
    let store = store();
    let options = WriteOptions { dry_run: true, ..AT_ONCE };
    let dry = store.create(Resource::ServiceAccounts, "demo", account("app"), options).unwrap();
    assert_eq!(meta(&dry, "resourceVersion"), "");
    assert_eq!(get(&store, Resource::ServiceAccounts, "app").unwrap_err().code, 404);
}

#[test]
fn a_new_object_has_no_resource_version() {
    let store = store();
    let sent = json!({"metadata": {"name": "a", "resourceVersion": "5"}});
    assert_eq!(
        refusal(store.create(Resource::Secrets, "demo", sent, AT_ONCE)),
        refused(500, "", "resourceVersion should not be set on objects to be created")
    );
}

#[test]
fn a_pod_runs_at_once_as_a_service_account_that_exists() {
    let store = store();
    let created = create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    assert_eq!(text(&created, &["spec", "serviceAccountName"]), "default");
    assert_eq!(text(&created, &["spec", "serviceAccount"]), "default");
    assert_eq!(text(&created, &["spec", "nodeName"]), "node-1");
    assert_eq!(created["spec"]["terminationGracePeriodSeconds"], 30);
    assert_eq!(created["metadata"]["generation"], 1);
    assert_eq!(text(&created, &["status", "phase"]), "Running");
    let ready = |condition: &&Value| condition["type"] == "Ready" && condition["status"] == "True";
    assert!(created["status"]["conditions"].as_array().unwrap().iter().find(ready).is_some());

    let mut of_nobody = pod("other", "");
    of_nobody["spec"]["serviceAccountName"] = json!("nobody");
    assert_eq!(
        refusal(store.create(Resource::Pods, "demo", of_nobody, AT_ONCE)),
        refused(
            403,
            "Forbidden",
            "pods \"other\" is forbidden: error looking up service account demo/nobody: serviceaccount \"nobody\" not found"
        )
    );
}

#[test]
fn a_pod_needs_a_container_with_name_and_image() {
    let store = store();
    let with = |containers: Value| {
        let sent = json!({"metadata": {"name": "app"}, "spec": {"containers": containers}});
        refusal(store.create(Resource::Pods, "demo", sent, AT_ONCE)).2
    };
    assert_eq!(with(json!([])), "Pod \"app\" is invalid: spec.containers: Required value");
    assert_eq!(
        with(json!([{}])),
        "Pod \"app\" is invalid: [spec.containers[0].name: Required value, spec.containers[0].image: Required value]"
    );
    assert_eq!(
        with(json!([{"name": "a", "image": "b"}, {"name": "a", "image": "b"}])),
        "Pod \"app\" is invalid: spec.containers[1].name: Duplicate value: \"a\""
    );
}

#[test]
fn a_secret_takes_its_texts_into_its_data() {
    let store = store();
    let sent = json!({"metadata": {"name": "s"}, "data": {"a": "YQ==", "n": null}, "stringData": {"b": "c", "a": "d"}});
    let created = create(&store, Resource::Secrets, "demo", sent);
    assert_eq!(created["data"], json!({"a": "ZA==", "b": "Yw==", "n": ""}));
    assert_eq!(created["type"], "Opaque");
    assert!(created.get("stringData").is_none());
}

#[test]
fn members_of_a_wrong_type_and_objects_of_another_kind_are_refused() {
    let store = store();
    for sent in [
        json!({"metadata": {"name": "a", "labels": {"a": 1}}}),
        json!({"kind": "Pod", "metadata": {"name": "a"}}),
        json!({"apiVersion": "v2", "metadata": {"name": "a"}}),
        json!({"metadata": "a"}),
        json!([]),
    ] {
        let refusal = refusal(store.create(Resource::ServiceAccounts, "demo", sent.clone(), AT_ONCE));
        assert_eq!((refusal.0, refusal.1.as_str()), (400, "BadRequest"), "{sent}: {}", refusal.2);
    }
}

#[test]
fn labels_annotations_and_finalizers_are_checked() {
    let store = store();
    let sent = json!({"metadata": {
        "name": "a",
        "labels": {"-": "-"},
        "annotations": {"/x": "y"},
        "finalizers": ["nope"],
    }});
    let status = store.create(Resource::Secrets, "demo", sent, AT_ONCE).unwrap_err();
    let causes = status.details.unwrap().causes;
    let fields: Vec<_> = causes.iter().map(|cause| cause.field.as_str()).collect();
    assert_eq!(
        fields,
        ["metadata.labels", "metadata.labels", "metadata.annotations", "metadata.finalizers[0]"]
    );
    assert_eq!(causes[2].message, "Invalid value: \"/x\": prefix part must be non-empty");
}
