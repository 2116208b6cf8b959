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

    assert_eq!(call(&server, &format!("GET {SECRETS}"), &accept("PartialObjectMetadata"), "").0, 406);
    assert_eq!(call(&server, &item, &accept("PartialObjectMetadataList"), "").0, 406);
    // What is not served is passed over. The next in the list counts.
    let unknown = "Accept: application/json;as=Table;v=v2;g=meta.k8s.io,application/json\r\n";
    assert_eq!(call(&server, &item, unknown, ""), (200, created));
}

#[test]
fn a_table_has_a_row_for_each_object_and_as_much_of_it_as_the_client_wants() {
    const TABLE: &str = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n";

    let server = server();
    let created = create(&server, "s");
    let item = format!("GET {SECRETS}/s");
    let (code, table) = call(&server, &item, TABLE, "");
    assert_eq!(
        (code, &table["kind"], &table["apiVersion"]),
        (200, &json!("Table"), &json!("meta.k8s.io/v1"))
    );
    let columns: Vec<_> =
        table["columnDefinitions"].as_array().unwrap().iter().map(|column| &column["name"]).collect();
    assert_eq!(columns, ["Name", "Type", "Data", "Age"]);
    assert_eq!(table["metadata"]["resourceVersion"], created["metadata"]["resourceVersion"]);
    let row = &table["rows"][0];
    assert_eq!((&row["cells"][0], &row["cells"][2]), (&json!("s"), &json!(0)));
    let metadata = json!({
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": created["metadata"],
    });
    for (query, object) in [
        ("", &metadata),
        ("?includeObject=Metadata", &metadata),
        ("?includeObject=None", &Value::Null),
        ("?includeObject=Object", &created),
    ] {
        let (_, table) = call(&server, &format!("{item}{query}"), TABLE, "");
        assert_eq!(&table["rows"][0]["object"], object, "{query}");
    }
    let refused = call(&server, &format!("{item}?includeObject=x"), TABLE, "");
    assert_eq!(message(&refused), (400, "unrecognized includeObject value: \"x\""));

    let (_, list) = call(&server, &format!("GET {SECRETS}"), TABLE, "");
    assert_eq!((&list["kind"], list["rows"].as_array().unwrap().len()), (&json!("Table"), 1));
    let (_, none) = call(&server, "GET /api/v1/pods", TABLE, "");
    assert_eq!((&none["kind"], &none["rows"]), (&json!("Table"), &json!([])));

    // The first event has the columns.
    create(&server, "t");
    let (_, _, mut events) = send(&server, &format!("GET {SECRETS}?watch=true&resourceVersion=0"), TABLE, "");
    let (first, second) = (event(&mut events), event(&mut events));
    assert_eq!(
        (&first["type"], &first["object"]["columnDefinitions"][0]["name"]),
        (&json!("ADDED"), &json!("Name"))
    );
    assert_eq!(first["object"]["rows"][0]["cells"][0], "s");
    assert_eq!(
        (&second["object"]["columnDefinitions"], &second["object"]["rows"][0]["cells"][0]),
        (&Value::Null, &json!("t"))
    );
}

#[test]
fn options_that_cannot_be_followed_are_refused() {
    let server = server();
    create(&server, "s");
    for (query, code, reason) in [
        ("resourceVersionMatch=Exact&resourceVersion=1", 410, "Expired"),
        ("resourceVersion=1000000", 504, "Timeout"),
        ("sendInitialEvents=true", 422, "Invalid"),
        ("watch=1&sendInitialEvents=true", 422, "Invalid"),
        ("resourceVersion=x", 400, "BadRequest"),
        ("limit=1&continue=x", 400, "BadRequest"),
        ("timeoutSeconds=x", 400, "BadRequest"),
        ("labelSelector=a+in+b", 400, "BadRequest"),
    ] {
        let (found, answer) = call(&server, &format!("GET {SECRETS}?{query}"), "", "");
        assert_eq!((found, &answer["reason"]), (code, &json!(reason)), "{query}: {answer}");
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
    assert_eq!(delete("?gracePeriodSeconds=x", "").0, 400);
    let (code, refusal) = delete("", r#"{"dryRun":["x"]}"#);
    assert_eq!((code, &refusal["reason"]), (422, &json!("Invalid")));
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
        json!(["x.io/a", "x.io/b"])
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
    assert_eq!(send("application/json", "{}").0, 415);
    let json_patch = "application/json-patch+json";
    for (media_type, body) in
        [(MERGE, "{"), (MERGE, "[]"), (MERGE, "null"), (strategic, "{"), (json_patch, "{}")]
    {
        let (code, refusal) = send(media_type, body);
        assert_eq!((code, &refusal["reason"]), (400, &json!("BadRequest")), "{media_type} {body}");
    }
    assert_eq!(send(json_patch, "[5]").0, 422);
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
