use super::*;

fn patched(object: Value, patch: Patch) -> Result<Arc<Value>, Status> {
    let store = store();
    let object = create(&store, Resource::ServiceAccounts, "demo", object);
    store.patch(Resource::ServiceAccounts, "demo", meta(&object, "name"), Part::Main, &patch, AT_ONCE)
}

fn merge(patch: Value) -> Patch {
    Patch::Merge(patch.as_object().unwrap().clone())
}

fn json_patch(operations: Value) -> Patch {
    Patch::Json(operations.as_array().unwrap().clone())
}

fn strategic(patch: Value) -> Patch {
    Patch::Strategic(patch.as_object().unwrap().clone())
}

fn with_labels() -> Value {
    json!({"metadata": {"name": "app", "labels": {"a": "1", "b": "2"}, "finalizers": ["x.io/a", "x.io/b"]}})
}

#[test]
fn a_merge_patch_sets_and_removes_members_and_replaces_lists() {
    let patch = merge(json!({"metadata": {"labels": {"a": null, "c": "3"}, "finalizers": ["x.io/c"]}}));
    let object = patched(with_labels(), patch).unwrap();
    assert_eq!(object["metadata"]["labels"], json!({"b": "2", "c": "3"}));
    assert_eq!(object["metadata"]["finalizers"], json!(["x.io/c"]));
}

#[test]
fn a_json_patch_does_one_thing_after_the_other() {
    let patch = json_patch(json!([
        {"op": "test", "path": "/metadata/labels/a", "value": "1"},
        {"op": "remove", "path": "/metadata/labels/a"},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "copy", "from": "/metadata/labels/b", "path": "/metadata/annotations/b~1c"},
        {"op": "move", "from": "/metadata/labels/b", "path": "/metadata/labels/d"},
        {"op": "replace", "path": "/metadata/labels/new", "value": "n"},
        {"op": "add", "path": "/metadata/finalizers/-", "value": "x.io/c"},
    ]));
    let object = patched(with_labels(), patch).unwrap();
    assert_eq!(object["metadata"]["labels"], json!({"d": "2", "new": "n"}));
    assert_eq!(object["metadata"]["annotations"], json!({"b/c": "2"}));
    assert_eq!(object["metadata"]["finalizers"], json!(["x.io/a", "x.io/b", "x.io/c"]));
}

#[test]
fn a_json_patch_that_does_not_apply_changes_nothing() {
    let store = store();
    let before = create(&store, Resource::ServiceAccounts, "demo", with_labels());
    for operation in [
        json!({"op": "test", "path": "/metadata/labels/a", "value": "2"}),
        json!({"op": "remove", "path": "/metadata/labels/nope"}),
        json!({"op": "add", "path": "/metadata/nope/x", "value": "y"}),
        json!({"op": "bogus", "path": "/metadata"}),
        json!({"op": "add", "path": "metadata", "value": 1}),
    ] {
        let patch = json_patch(json!([{"op": "remove", "path": "/metadata/labels/a"}, operation]));
        assert_eq!(
            refusal(store.patch(Resource::ServiceAccounts, "demo", "app", Part::Main, &patch, AT_ONCE)),
            refused(422, "Invalid", "the server rejected our request due to an error in our request")
        );
    }
    assert_eq!(get(&store, Resource::ServiceAccounts, "app"), Ok(before));
}

#[test]
fn no_patch_makes_an_object_that_is_large_or_deep_beyond_measure() {
    let mut doubling =
        vec![json!({"op": "add", "path": "/metadata/annotations", "value": {"a": "x".repeat(1000)}})];
    for step in 0..60 {
        let path = format!("/metadata/annotations/copy{step}");
        doubling.push(json!({"op": "copy", "from": "/metadata/annotations", "path": path}));
    }
    assert_eq!(patched(account("app"), Patch::Json(doubling)).unwrap_err().code, 413);

    let mut deepening = Vec::new();
    let mut path = "/metadata/annotations".to_owned();
    for _ in 0..5000 {
        deepening.push(json!({"op": "add", "path": path, "value": {}}));
        path.push_str("/a");
    }
    assert_eq!(patched(account("app"), Patch::Json(deepening)).unwrap_err().code, 422);

    let mut doubling_depth = vec![json!({"op": "add", "path": "/metadata/annotations", "value": {"a": {}}})];
    for step in 0..20 {
        let path = format!("/metadata/annotations{}", "/a".repeat(1 << step));
        doubling_depth.push(json!({"op": "copy", "from": "/metadata/annotations", "path": path}));
    }
    assert_eq!(patched(account("app"), Patch::Json(doubling_depth)).unwrap_err().code, 422);
}

#[test]
fn a_strategic_merge_patch_unites_finalizers_and_keeps_their_order() {
    let finalizers = |patch: Value| {
        patched(with_labels(), strategic(json!({"metadata": patch}))).unwrap()["metadata"]["finalizers"]
            .clone()
    };
    assert_eq!(
        finalizers(json!({"finalizers": ["x.io/c", "x.io/a"]})),
        json!(["x.io/a", "x.io/b", "x.io/c"])
    );
    assert_eq!(finalizers(json!({"$deleteFromPrimitiveList/finalizers": ["x.io/a"]})), json!(["x.io/b"]));
    assert_eq!(
        finalizers(json!({"$setElementOrder/finalizers": ["x.io/c", "x.io/b"], "finalizers": ["x.io/c"]})),
        json!(["x.io/c", "x.io/b", "x.io/a"])
    );
    assert_eq!(finalizers(json!({"finalizers": null})), Value::Null);
}

#[test]
fn a_strategic_merge_patch_merges_lists_by_their_keys() {
    let store = store();
    let mut object = pod("app", "");
    object["spec"]["containers"] = json!([{"name": "one", "image": "1", "env": [{"name": "A", "value": "a"}]}, {"name": "two", "image": "2"}]);
    create(&store, Resource::Pods, "demo", object);
    let patch = strategic(json!({"spec": {"containers": [{"name": "two", "image": "3"}]}}));
    let object = store.patch(Resource::Pods, "demo", "app", Part::Main, &patch, AT_ONCE).unwrap();
    let images: Vec<_> = object["spec"]["containers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["name"], &one["image"]))
        .collect();
    assert_eq!(images, [(&json!("one"), &json!("1")), (&json!("two"), &json!("3"))]);
    assert_eq!(object["spec"]["containers"][0]["env"], json!([{"name": "A", "value": "a"}]));
}

#[test]
fn the_directives_of_kubectl_delete_order_and_retain() {
    let secrets = |patch: Value| {
        let object = json!({"metadata": {"name": "app"}, "secrets": [{"name": "a"}, {"name": "b"}]});
        patched(object, strategic(patch)).map(|object| object["secrets"].clone())
    };
    assert_eq!(
        secrets(json!({"secrets": [{"name": "a", "$patch": "delete"}, {"name": "c"}]})),
        Ok(json!([{"name": "b"}, {"name": "c"}]))
    );
    assert_eq!(
        secrets(
            json!({"$setElementOrder/secrets": [{"name": "c"}, {"name": "a"}], "secrets": [{"name": "c"}]})
        ),
        Ok(json!([{"name": "c"}, {"name": "a"}, {"name": "b"}]))
    );
    for patch in
        [json!({"secrets": [{"kind": "x"}]}), json!({"metadata": {"$patch": "bogus"}}), json!({"$bogus": 1})]
    {
        assert_eq!(secrets(patch.clone()).unwrap_err().code, 400, "{patch}");
    }
    let patch = strategic(json!({"metadata": {"labels": {"$retainKeys": ["b", "c"], "c": "3"}}}));
    assert_eq!(patched(with_labels(), patch).unwrap()["metadata"]["labels"], json!({"b": "2", "c": "3"}));
    let patch = strategic(json!({"metadata": {"labels": {"$patch": "delete"}}}));
    assert_eq!(patched(with_labels(), patch).unwrap()["metadata"].get("labels"), None);
}

#[test]
fn what_a_patch_must_not_change_it_cannot_change() {
    let message = |patch: Value| refusal(patched(with_labels(), merge(patch))).2;
    assert_eq!(
        message(json!({"metadata": {"name": "b"}})),
        "the name of the object (b) does not match the name on the URL (app)"
    );
    assert_eq!(
        message(json!({"metadata": {"uid": "b"}})),
        "ServiceAccount \"app\" is invalid: metadata.uid: Invalid value: \"b\": field is immutable"
    );
    let conflict = patched(with_labels(), merge(json!({"metadata": {"resourceVersion": "1"}}))).unwrap_err();
    assert_eq!((conflict.code, conflict.reason.as_str()), (409, "Conflict"));
    let unreadable = patched(with_labels(), merge(json!({"metadata": {"labels": {"a": 5}}}))).unwrap_err();
    assert_eq!((unreadable.code, unreadable.reason.as_str()), (422, "Invalid"));
}
