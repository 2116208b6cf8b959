use super::*;

#[test]
fn a_cluster_begins_with_its_namespaces_and_their_service_accounts() {
    let store = Store::new().unwrap();
    let namespaces = store.list(Resource::Namespaces, "", &Selector::default(), Version::Latest).unwrap();
    assert_eq!(names(&namespaces), ["default", "kube-node-lease", "kube-public", "kube-system"]);
    let accounts = store.list(Resource::ServiceAccounts, "", &Selector::default(), Version::Latest).unwrap();
    assert_eq!(names(&accounts), ["default"; 4]);
    assert!(accounts.revision > 1);
}

#[test]
fn a_namespace_is_active_and_labelled_and_has_a_service_account() {
    let store = store();
    let namespace = get(&store, Resource::Namespaces, "demo").unwrap();
    assert_eq!(namespace["status"], json!({"phase": "Active"}));
    assert_eq!(namespace["spec"], json!({"finalizers": ["kubernetes"]}));
    assert_eq!(namespace["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "demo"}));
    assert!(get(&store, Resource::ServiceAccounts, "default").is_ok());
}

#[test]
fn a_namespace_goes_when_its_content_has_gone_and_takes_nothing_new_meanwhile() {
    let store = store();
    create(&store, Resource::Secrets, "demo", account("s"));
    create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    let terminating = object(delete(&store, Resource::Namespaces, "demo", AT_ONCE).unwrap());
    assert_eq!(terminating["status"], json!({"phase": "Terminating"}));
    assert_eq!(meta(&terminating, "deletionTimestamp"), "2026-11-24T12:11:18Z");

    // What has no grace period is gone; the pod has its own.
    for (resource, name) in [(Resource::Secrets, "s"), (Resource::ServiceAccounts, "default")] {
        assert_eq!(get(&store, resource, name).unwrap_err().code, 404);
    }
    assert!(get(&store, Resource::Pods, "app").is_ok());
    let status = store.create(Resource::Secrets, "demo", account("new"), AT_ONCE).unwrap_err();
    assert_eq!((status.code, status.reason.as_str()), (403, "Forbidden"));
    assert_eq!(
        status.message,
        "secrets \"new\" is forbidden: unable to create new content in namespace demo because it is being terminated"
    );
    assert_eq!(status.details.unwrap().causes[0].reason, "NamespaceTerminating");
    let tokens = store.admits("demo", Resource::ServiceAccounts, "app");
    assert_eq!(tokens.unwrap_err().code, 403);
    assert_eq!(object(delete(&store, Resource::Namespaces, "demo", later(1)).unwrap()), terminating);

    store.expire(later(31).now);
    assert_eq!(
        refusal(get(&store, Resource::Namespaces, "demo")),
        refused(404, "NotFound", "namespaces \"demo\" not found")
    );
    assert_eq!(store.admits("demo", Resource::ServiceAccounts, "app").unwrap_err().code, 404);
    assert_eq!(store.admits("default", Resource::ServiceAccounts, "app"), Ok(()));
}

#[test]
fn an_empty_namespace_goes_at_once() {
    let store = store();
    delete(&store, Resource::Namespaces, "demo", AT_ONCE).unwrap();
    assert_eq!(get(&store, Resource::Namespaces, "demo").unwrap_err().code, 404);
}

#[test]
fn finalizers_hold_a_namespace_too() {
    let store = Store::new().unwrap();
    let held = json!({"metadata": {"name": "demo", "finalizers": ["example.com/a"]}});
    create(&store, Resource::Namespaces, "", held.clone());
    delete(&store, Resource::Namespaces, "demo", AT_ONCE).unwrap();
    let namespace = get(&store, Resource::Namespaces, "demo").unwrap();
    assert!(namespace["spec"].get("finalizers").is_none());
    let without = json!({"metadata": {"name": "demo"}});
    store.replace(Resource::Namespaces, "", "demo", Part::Main, without, AT_ONCE).unwrap();
    assert_eq!(get(&store, Resource::Namespaces, "demo").unwrap_err().code, 404);
}

#[test]
fn the_clusters_own_namespaces_stay() {
    let store = Store::new().unwrap();
    assert_eq!(
        refusal(delete(&store, Resource::Namespaces, "default", AT_ONCE)),
        refused(403, "Forbidden", "namespaces \"default\" is forbidden: this namespace may not be deleted")
    );
}
