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
fn a_list_of_an_earlier_version_is_exactly_what_was_there() {
    let store = store();
    let mut states = Vec::new();
    let mut note = || {
        let list = list(&store, "", Version::Latest).unwrap();
        states.push(list);
    };
    note();
    create(&store, Resource::Secrets, "demo", account("a"));
    note();
    create(&store, Resource::Secrets, "demo", account("b"));
    let changed = json!({"metadata": {"name": "a", "labels": {"l": "m"}}});
    store.replace(Resource::Secrets, "demo", "a", Part::Main, changed, AT_ONCE).unwrap();
    note();
    delete(&store, Resource::Secrets, "b", AT_ONCE).unwrap();
    note();
    for state in states {
        assert_eq!(list(&store, "", Version::Exact(state.revision)), Ok(state));
    }
}

#[test]
fn versions_of_the_future_and_of_a_forgotten_past_are_refused() {
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
    store.forget_history();
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
fn selectors_that_make_no_sense_are_refused_in_the_servers_words() {
    for (labels, fields, message) in [
        ("a b", "", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("!!a", "", "unable to parse requirement: found '!', expected: identifier"),
        ("a in b", "", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a,", "", "found '', expected: identifier after ','"),
        (")", "", "found ')', expected: !, identifier, or 'end of string'"),
        (
            "a>x",
            "",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be \
             an integer",
        ),
        ("", "x", "invalid selector: 'x'; can't understand 'x'"),
        ("", "metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
        ("", "metadata.name=\\x", "invalid field selector: invalid escape sequence: \\x"),
        ("", "spec.foo=y", "field label not supported: spec.foo"),
    ] {
        let status = Selector::parse(Resource::Pods, labels, fields).unwrap_err();
        assert_eq!((status.code, status.message.as_str()), (400, message));
    }
    let status = Selector::parse(Resource::ServiceAccounts, "", "x=y").unwrap_err();
    let known = "only \"metadata.name\", \"metadata.namespace\"";
    assert_eq!(status.message, format!("\"x\" is not a known field selector: {known}"));
}
