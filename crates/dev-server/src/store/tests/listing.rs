use super::*;

fn list(store: &Store, namespace: &str, version: Version) -> Result<List, Status> {
    store.list(Resource::Secrets, namespace, &Selector::default(), version)
}

fn select(store: &Store, resource: Resource, labels: &str, fields: &str) -> Vec<String> {
    let selector = Selector::parse(resource, labels, fields).unwrap();
    let list = store.list(resource, "", &selector, Version::Latest).unwrap();
    names(&list).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_list_is_of_one_namespace_or_of_all_and_in_the_order_of_the_keys() {
    let store = store();
    create(&store, Resource::Namespaces, "", account("demo-b"));
    for (namespace, name) in [("demo", "b"), ("demo-b", "c"), ("demo", "a"), ("default", "d")] {
        create(&store, Resource::Secrets, namespace, account(name));
    }
    assert_eq!(names(&list(&store, "demo", Version::Latest).unwrap()), ["a", "b"]);
    // A dash sorts before the slash of the key.
    assert_eq!(names(&list(&store, "", Version::Latest).unwrap()), ["d", "c", "a", "b"]);
    assert_eq!(names(&list(&store, "nope", Version::Latest).unwrap()), [""; 0]);
}

#[test]
fn versions_of_the_future_and_exact_versions_of_the_past_are_refused() {
    let store = store();
    let now = list(&store, "", Version::Latest).unwrap().revision;
    let future = list(&store, "", Version::NotOlderThan(now + 1)).unwrap_err();
    assert_eq!((future.code, future.reason.as_str()), (504, "Timeout"));
    assert_eq!(future.message, format!("Timeout: Too large resource version: {}, current: {now}", now + 1));
    let details = future.details.unwrap();
    assert_eq!(details.causes[0].reason, "ResourceVersionTooLarge");
    assert_eq!(details.retry_after_seconds, 1);
    assert_eq!(list(&store, "", Version::Exact(now + 1)).unwrap_err().code, 504);
    assert!(list(&store, "", Version::NotOlderThan(now)).is_ok());

    assert!(list(&store, "", Version::Exact(now)).is_ok());
    create(&store, Resource::Secrets, "demo", account("a"));
    assert_eq!(
        refusal(list(&store, "", Version::Exact(now))),
        refused(410, "Expired", "The resourceVersion for the provided list is too old.")
    );
}

#[test]
fn labels_select() {
    let store = store();
    for (name, labels) in
        [("a", json!({"app": "web", "n": "5"})), ("b", json!({"app": "db"})), ("c", json!({}))]
    {
        create(&store, Resource::Secrets, "demo", json!({"metadata": {"name": name, "labels": labels}}));
    }
    for (selector, expected) in [
        ("", vec!["a", "b", "c"]),
        ("app=web", vec!["a"]),
        ("app==web", vec!["a"]),
        ("app!=web", vec!["b", "c"]),
        ("app in (web, db)", vec!["a", "b"]),
        ("app notin (web)", vec!["b", "c"]),
        ("app", vec!["a", "b"]),
        ("!app", vec!["c"]),
        ("app,n>4", vec!["a"]),
        ("n<5", vec![]),
        ("app in (web,),n=5", vec!["a"]),
    ] {
        assert_eq!(select(&store, Resource::Secrets, selector, ""), expected, "{selector}");
    }
}

#[test]
fn fields_select() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("a", "node-1"));
    create(&store, Resource::Pods, "demo", pod("b", ""));
    for (selector, expected) in [
        ("metadata.name=a", vec!["a"]),
        ("metadata.namespace==demo,metadata.name!=a", vec!["b"]),
        ("spec.nodeName=node-1", vec!["a"]),
        ("spec.nodeName=", vec!["b"]),
        ("spec.serviceAccountName=default,status.phase=Running", vec!["a", "b"]),
        ("spec.hostNetwork=false", vec!["a", "b"]),
    ] {
        assert_eq!(select(&store, Resource::Pods, "", selector), expected, "{selector}");
    }
}

#[test]
fn selectors_that_make_no_sense_are_refused() {
    for (labels, fields) in [
        ("a b", ""),
        ("!!a", ""),
        ("!a=b", ""),
        ("a in b", ""),
        ("a in (b", ""),
        ("a,", ""),
        (")", ""),
        ("a=b c", ""),
        ("a>x", ""),
        ("", "x"),
        ("", "spec.foo=y"),
    ] {
        let status = Selector::parse(Resource::Pods, labels, fields).unwrap_err();
        assert_eq!((status.code, status.reason.as_str()), (400, "BadRequest"), "{labels} {fields}");
    }
}
