use super::*;

fn with(grace_period_seconds: i64, options: WriteOptions) -> DeleteOptions {
    DeleteOptions { grace_period_seconds: Some(grace_period_seconds), ..DeleteOptions::of(options) }
}

#[test]
fn a_pod_on_a_node_has_its_grace_period_and_goes_when_that_has_passed() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    let terminating = object(delete(&store, Resource::Pods, "app", AT_ONCE).unwrap());
    assert_eq!(meta(&terminating, "deletionTimestamp"), "2026-11-24T12:11:48Z");
    assert_eq!(terminating["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(terminating["metadata"]["generation"], 2);

    assert_eq!(store.next_expiry(), Some(later(31).now));
    store.expire(later(30).now);
    assert_eq!(get(&store, Resource::Pods, "app"), Ok(terminating));
    store.expire(later(31).now);
    assert_eq!(get(&store, Resource::Pods, "app").unwrap_err().code, 404);
    assert_eq!(store.next_expiry(), None);
}

#[test]
fn a_pod_goes_at_once_without_a_node_or_without_grace() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("unscheduled", ""));
    create(&store, Resource::Pods, "demo", pod("forced", "node-1"));
    let gone = object(delete(&store, Resource::Pods, "unscheduled", AT_ONCE).unwrap());
    assert_eq!(meta(&gone, "deletionTimestamp"), "2026-11-24T12:11:18Z");
    store.delete(Resource::Pods, "demo", "forced", &with(0, AT_ONCE)).unwrap();
    assert_eq!(store.list(Resource::Pods, "", &Selector::default(), Version::Latest).unwrap().items, []);
}

#[test]
fn a_second_deletion_may_shorten_the_grace_period_and_never_lengthens_it() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    let first = object(store.delete(Resource::Pods, "demo", "app", &with(20, AT_ONCE)).unwrap());
    for grace in [20, 50] {
        let same = store.delete(Resource::Pods, "demo", "app", &with(grace, later(5))).unwrap();
        assert_eq!(object(same), first);
    }
    assert_eq!(object(delete(&store, Resource::Pods, "app", later(5)).unwrap()), first);

    let shorter = object(store.delete(Resource::Pods, "demo", "app", &with(10, later(5))).unwrap());
    assert_eq!(meta(&shorter, "deletionTimestamp"), "2026-11-24T12:11:28Z");
    assert_eq!(shorter["metadata"]["deletionGracePeriodSeconds"], 10);
    assert_eq!(store.next_expiry(), Some(later(11).now));

    // That much has passed already: what is left is a second, which ends now.
    let at_last = object(store.delete(Resource::Pods, "demo", "app", &with(3, later(5))).unwrap());
    assert_eq!(meta(&at_last, "deletionTimestamp"), "2026-11-24T12:11:23Z");
    assert_eq!(at_last["metadata"]["deletionGracePeriodSeconds"], 1);
}

#[test]
fn a_negative_grace_period_is_one_of_a_second() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    let terminating = object(store.delete(Resource::Pods, "demo", "app", &with(-5, AT_ONCE)).unwrap());
    assert_eq!(terminating["metadata"]["deletionGracePeriodSeconds"], 1);
}

#[test]
fn finalizers_hold_an_object_until_the_last_one_is_gone() {
    let store = store();
    let held = json!({"metadata": {"name": "s", "finalizers": ["example.com/a", "example.com/b"]}});
    create(&store, Resource::Secrets, "demo", held);
    let terminating = object(delete(&store, Resource::Secrets, "s", AT_ONCE).unwrap());
    assert_eq!(meta(&terminating, "deletionTimestamp"), "2026-11-24T12:11:18Z");
    assert_eq!(terminating["metadata"]["deletionGracePeriodSeconds"], 0);
    assert_eq!(object(delete(&store, Resource::Secrets, "s", later(5)).unwrap()), terminating);

    let patch = |finalizers: Value| {
        let patch =
            Patch::Merge(json!({"metadata": {"finalizers": finalizers}}).as_object().unwrap().clone());
        store.patch(Resource::Secrets, "demo", "s", Part::Main, &patch, later(6))
    };
    assert_eq!(
        refusal(patch(json!(["example.com/a", "example.com/c"]))),
        refused(
            422,
            "Invalid",
            "Secret \"s\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is \
             being deleted, found new finalizers []string{\"example.com/c\"}"
        )
    );
    patch(json!(["example.com/b"])).unwrap();
    assert!(get(&store, Resource::Secrets, "s").is_ok());
    patch(Value::Null).unwrap();
    assert_eq!(get(&store, Resource::Secrets, "s").unwrap_err().code, 404);
}

#[test]
fn a_pod_with_a_finalizer_outlives_its_grace_period() {
    let store = store();
    let mut held = pod("app", "node-1");
    held["metadata"]["finalizers"] = json!(["example.com/a"]);
    create(&store, Resource::Pods, "demo", held);
    delete(&store, Resource::Pods, "app", AT_ONCE).unwrap();
    store.expire(later(31).now);
    let ended = get(&store, Resource::Pods, "app").unwrap();
    assert_eq!(ended["metadata"]["deletionGracePeriodSeconds"], 0);
    assert_eq!(meta(&ended, "deletionTimestamp"), "2026-11-24T12:11:49Z");
    assert_eq!(store.next_expiry(), None);
}

#[test]
fn preconditions_are_held_against_the_object() {
    let store = store();
    let created = create(&store, Resource::Secrets, "demo", account("s"));
    let (uid, version) = (meta(&created, "uid"), meta(&created, "resourceVersion"));
    let options = |uid: &str, version: &str| DeleteOptions {
        uid: Some(uid.to_owned()),
        resource_version: Some(version.to_owned()),
        ..DeleteOptions::of(AT_ONCE)
    };
    assert_eq!(
        refusal(store.delete(Resource::Secrets, "demo", "s", &options("x", version))),
        refused(
            409,
            "Conflict",
            format!(
                "Operation cannot be fulfilled on Secret \"s\": the UID in the precondition (x) does not match the UID \
                 in record ({uid}). The object might have been deleted and then recreated"
            )
        )
    );
    assert_eq!(
        refusal(store.delete(Resource::Secrets, "demo", "s", &options(uid, "1"))),
        refused(
            409,
            "Conflict",
            format!(
                "Operation cannot be fulfilled on Secret \"s\": the ResourceVersion in the precondition (1) does not \
                 match the ResourceVersion in record ({version}). The object might have been modified"
            )
        )
    );
    store.delete(Resource::Secrets, "demo", "s", &options(uid, version)).unwrap();
}

#[test]
fn secrets_and_nodes_are_answered_by_a_status_and_other_kinds_by_their_last_state() {
    let store = store();
    let node = create(&store, Resource::Nodes, "", account("node-1"));
    create(&store, Resource::ServiceAccounts, "demo", account("app"));
    let Deleted::Status(status) = delete(&store, Resource::Nodes, "node-1", AT_ONCE).unwrap() else {
        panic!("an object")
    };
    assert_eq!(
        serde_json::to_value(status).unwrap(),
        json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": {"name": "node-1", "kind": "nodes", "uid": meta(&node, "uid")},
        })
    );
    let last = object(delete(&store, Resource::ServiceAccounts, "app", AT_ONCE).unwrap());
    assert_eq!(meta(&last, "name"), "app");
    assert_eq!(
        refusal(delete(&store, Resource::ServiceAccounts, "app", AT_ONCE)),
        refused(404, "NotFound", "serviceaccounts \"app\" not found")
    );
}

#[test]
fn a_dry_run_shows_what_a_deletion_would_do() {
    let store = store();
    let created = create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    let options = DeleteOptions::of(WriteOptions { dry_run: true, ..AT_ONCE });
    let shown = object(store.delete(Resource::Pods, "demo", "app", &options).unwrap());
    assert_eq!(meta(&shown, "deletionTimestamp"), "2026-11-24T12:11:48Z");
    assert_eq!(get(&store, Resource::Pods, "app"), Ok(created));
}

#[test]
fn the_service_account_default_comes_back_as_another_one() {
    let store = store();
    let before = get(&store, Resource::ServiceAccounts, "default").unwrap();
    delete(&store, Resource::ServiceAccounts, "default", AT_ONCE).unwrap();
    let after = get(&store, Resource::ServiceAccounts, "default").unwrap();
    assert_ne!(meta(&before, "uid"), meta(&after, "uid"));
}

#[test]
fn a_collection_is_deleted_by_selector() {
    let store = store();
    for (name, label) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let sent = json!({"metadata": {"name": name, "labels": {"l": label}}});
        create(&store, Resource::Secrets, "demo", sent);
    }
    let selector = Selector::parse(Resource::Secrets, "l=x", "").unwrap();
    let options = DeleteOptions::of(AT_ONCE);
    let deleted = store.delete_all(Resource::Secrets, "demo", &selector, &options).unwrap();
    assert_eq!(names(&deleted), ["a", "c"]);
    let left = store.list(Resource::Secrets, "demo", &Selector::default(), Version::Latest).unwrap();
    assert_eq!(names(&left), ["b"]);
}
