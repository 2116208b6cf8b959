use super::*;

#[test]
fn an_object_lives_its_life_over_http() {
    let server = server();
    let created = create(&server, "s");
    assert_eq!((&created["kind"], &created["apiVersion"]), (&json!("Secret"), &json!("v1")));
    let item = format!("{SECRETS}/s");
    assert_eq!(call(&server, &format!("GET {item}"), "", ""), (200, created.clone()));

    let (code, list) = call(&server, &format!("GET {SECRETS}"), "", "");
    assert_eq!((code, &list["kind"]), (200, &json!("SecretList")));
    assert_eq!(list["metadata"], json!({"resourceVersion": created["metadata"]["resourceVersion"]}));
    let mut item_of_list = created.clone();
    item_of_list.as_object_mut().unwrap().retain(|name, _| name != "kind" && name != "apiVersion");
    assert_eq!(list["items"], json!([item_of_list]));

    let body = json!({"metadata": {"name": "s", "labels": {"a": "b"}}}).to_string();
    let (code, replaced) = call(&server, &format!("PUT {item}"), "", &body);
    assert_eq!((code, &replaced["metadata"]["labels"]), (200, &json!({"a": "b"})));
    let (code, patched) =
        call(&server, &format!("PATCH {item}"), &patch(MERGE), r#"{"metadata":{"labels":{"a":null}}}"#);
    assert_eq!((code, patched["metadata"].get("labels")), (200, None));

    let (code, status) = call(&server, &format!("DELETE {item}"), "", "");
    assert_eq!(
        (code, &status["status"], &status["details"]["kind"]),
        (200, &json!("Success"), &json!("secrets"))
    );
    assert_eq!(message(&call(&server, &format!("GET {item}"), "", "")), (404, "secrets \"s\" not found"));
}

#[test]
fn metadata_alone_can_be_asked_for() {
    let server = server();
    let created = create(&server, "s");
    let accept =
        |form: &str| format!("Accept: application/json;as={form};g=meta.k8s.io;v=v1,application/json\r\n");
    let alone = json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": created["metadata"],
    });
    let item = format!("GET {SECRETS}/s");
    assert_eq!(call(&server, &item, &accept("PartialObjectMetadata"), ""), (200, alone.clone()));
    let (code, list) = call(&server, &format!("GET {SECRETS}"), &accept("PartialObjectMetadataList"), "");
    assert_eq!((code, &list["kind"]), (200, &json!("PartialObjectMetadataList")));
    assert_eq!((&list["apiVersion"], &list["items"]), (&json!("meta.k8s.io/v1"), &json!([alone])));
    let watch = format!("GET {SECRETS}?watch=true&resourceVersion=0");
    let (_, _, mut events) = send(&server, &watch, &accept("PartialObjectMetadata"), "");
    assert_eq!(event(&mut events), json!({"type": "ADDED", "object": alone}));

    assert_eq!(
        message(&call(&server, &format!("GET {SECRETS}"), &accept("PartialObjectMetadata"), "")),
        (406, "you requested PartialObjectMetadata, but the requested object is a list (*core.SecretList)")
    );
    // A table is not served, so that the next in the list counts.
    let table = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n";
    assert_eq!(call(&server, &item, table, ""), (200, created));
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let server = server();
    let invalid = "ListOptions.meta.k8s.io \"\" is invalid";
    for (query, code, expected) in [
        (
            "resourceVersionMatch=Exact",
            422,
            format!(
                "{invalid}: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is \
                 provided"
            ),
        ),
        (
            "sendInitialEvents=true",
            422,
            format!("{invalid}: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"),
        ),
        (
            "watch=1&sendInitialEvents=true",
            422,
            format!(
                "{invalid}: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to \
                 NotOlderThan"
            ),
        ),
        (
            "watch=1&resourceVersionMatch=x",
            422,
            format!(
                "{invalid}: [resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless \
                 sendInitialEvents is provided, resourceVersionMatch: Unsupported value: \"x\": supported values: \
                 \"NotOlderThan\"]"
            ),
        ),
        (
            "resourceVersion=x",
            400,
            "invalid resource version: resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid \
             syntax"
                .to_owned(),
        ),
        ("limit=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax".to_owned()),
        ("labelSelector=a+in+b", 400, "unable to parse requirement: found 'b' expected: '('".to_owned()),
    ] {
        let answer = call(&server, &format!("GET {SECRETS}?{query}"), "", "");
        assert_eq!(message(&answer), (code, expected.as_str()), "{query}");
    }
}

#[test]
fn a_deletion_is_told_how_by_the_body_or_else_by_the_query() {
    let server = server();
    let pods = "/api/v1/namespaces/default/pods";
    let pod = r#"{"metadata":{"name":"p"},"spec":{"nodeName":"n","containers":[{"name":"a","image":"b"}]}}"#;
    assert_eq!(call(&server, &format!("POST {pods}"), "", pod).0, 201);
    let delete = |query: &str, body: &str| call(&server, &format!("DELETE {pods}/p{query}"), "", body);
    let grace = |answer: (u16, Value)| answer.1["metadata"]["deletionGracePeriodSeconds"].clone();
    assert_eq!(grace(delete("", r#"{"dryRun":["All"]}"#)), 30);
    assert_eq!(grace(delete("?gracePeriodSeconds=20", r#"{"gracePeriodSeconds":25}"#)), 25);
    assert_eq!(grace(delete("?gracePeriodSeconds=20", "")), 20);
    assert_eq!(
        message(&delete("?gracePeriodSeconds=x", "")),
        (400, "strconv.ParseInt: parsing \"x\": invalid syntax")
    );
    assert_eq!(
        message(&delete("", r#"{"propagationPolicy":"x","orphanDependents":true,"dryRun":["x"]}"#)),
        (
            422,
            "DeleteOptions.meta.k8s.io \"\" is invalid: [propagationPolicy: Invalid value: \"x\": orphanDependents and \
             deletionPropagation cannot be both set, propagationPolicy: Unsupported value: \"x\": supported values: \
             \"Foreground\", \"Background\", \"Orphan\", \"nil\", dryRun: Unsupported value: [\"x\"]: supported values: \
             \"All\"]"
        )
    );
    let uid = delete("", r#"{"preconditions":{"uid":"x"}}"#);
    assert_eq!((uid.0, &uid.1["reason"]), (409, &json!("Conflict")));
    assert_eq!(delete("?gracePeriodSeconds=0", "").0, 200);
    assert_eq!(delete("", "").0, 404);
}

#[test]
fn patches_are_known_by_their_media_type() {
    let server = server();
    create(&server, "s");
    let send =
        |media_type: &str, body: &str| call(&server, &format!("PATCH {SECRETS}/s"), &patch(media_type), body);
    let finalizers = |answer: (u16, Value)| answer.1["metadata"]["finalizers"].clone();
    assert_eq!(finalizers(send(MERGE, r#"{"metadata":{"finalizers":["x.io/a"]}}"#)), json!(["x.io/a"]));
    let strategic = "application/strategic-merge-patch+json";
    assert_eq!(
        finalizers(send(strategic, r#"{"metadata":{"finalizers":["x.io/b"]}}"#)),
        json!(["x.io/b", "x.io/a"])
    );
    let removal = r#"[{"op":"remove","path":"/metadata/finalizers"}]"#;
    assert_eq!(finalizers(send("application/json-patch+json; charset=utf-8", removal)), Value::Null);
    assert_eq!(
        message(&send("application/apply-patch+yaml", "{}")),
        (
            415,
            "the body of the request was in an unknown format - accepted media types include: \
             application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json"
        )
    );
    assert_eq!(message(&send("application/json", "{}")), (415, "415: Unsupported Media Type"));
    for (media_type, body, expected) in [
        (MERGE, "{", "error decoding patch: unexpected end of JSON input"),
        (
            MERGE,
            "[]",
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (MERGE, "null", "Invalid JSON Patch"),
        (strategic, "{", "unexpected end of JSON input"),
        (
            "application/json-patch+json",
            "{}",
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        (
            "application/json-patch+json",
            "[5]",
            "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
        ),
    ] {
        assert_eq!(message(&send(media_type, body)), (400, expected), "{media_type} {body}");
    }
}

#[test]
fn what_cannot_be_done_with_a_resource_is_refused() {
    let server = server();
    for request in [
        "POST /api/v1/namespaces/default/secrets/x",
        "POST /api/v1/secrets",
        "DELETE /api/v1/secrets",
        "DELETE /api/v1/namespaces",
        "PUT /api/v1/nodes",
        "POST /api/v1/namespaces/default/pods/x/status",
    ] {
        let answer = call(&server, request, "", "{}");
        let expected = "the server does not allow this method on the requested resource";
        assert_eq!(message(&answer), (405, expected), "{request}");
    }
    for request in
        ["GET /api/v1/pods/x", "GET /api/v1/namespaces/default/configmaps", "PUT /api/v1/secrets/x/status"]
    {
        let answer = call(&server, request, "", "{}");
        assert_eq!(message(&answer), (404, "the server could not find the requested resource"), "{request}");
    }
}

#[test]
fn the_status_of_a_pod_is_written_at_its_own_place() {
    let server = server();
    let pods = "/api/v1/namespaces/default/pods";
    let pod = r#"{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"b"}]}}"#;
    assert_eq!(call(&server, &format!("POST {pods}"), "", pod).1["status"]["phase"], "Running");
    let change = r#"{"status":{"phase":"Failed"}}"#;
    let phase = |path: &str| {
        call(&server, &format!("PATCH {pods}/{path}"), &patch(MERGE), change).1["status"]["phase"].clone()
    };
    assert_eq!(phase("p"), "Running");
    assert_eq!(phase("p/status"), "Failed");
}
