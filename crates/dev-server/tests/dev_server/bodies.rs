//! Bodies that are wrong, and what is said of them: the words of a real API server.

use serde_json::json;

use crate::{Client, TOKENS, refusal, start};

fn bad(client: &Client, body: &str) -> String {
    refusal(&client.post(TOKENS, body), 400, "BadRequest")
}

#[test]
fn malformed_json_is_said_to_be_what_it_is() {
    let (_server, client) = start();
    let unrecognized = "the object provided is unrecognized (must be of type TokenRequest): ";
    for (body, why) in [
        ("", "unexpected end of JSON input (<empty>)"),
        ("{\"spec\":", "unexpected end of JSON input ({\"spec\":)"),
        ("xyz", "invalid character 'x' looking for beginning of value (78797a)"),
        (
            "{\"spec\":{\"audiences\":[\"vault\"],}}",
            "invalid character '}' looking for beginning of object key \
            string ({\"spec\":{\"audiences\":[\"vault\"] ...)",
        ),
        ("{} {}", "invalid character '{' after top-level value ({} {})"),
    ] {
        let expected = format!("{unrecognized}couldn't get version/kind; json parse error: {why}");
        assert_eq!(bad(&client, body), expected);
    }
    assert_eq!(
        bad(&client, "[]"),
        unrecognized.to_owned()
            + "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type \
               struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \
               \"json:\\\"kind,omitempty\\\"\" } (5b5d)"
    );
    assert_eq!(
        bad(&client, r#"{"apiVersion":"a/b/c"}"#),
        unrecognized.to_owned() + r#"unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})"#
    );
    let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
    assert!(bad(&client, &deep).contains("invalid character '[' exceeded max depth ({\"a\":[[["));
}

#[test]
fn members_of_wrong_types_are_named() {
    let (_server, client) = start();
    let handled = "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: ";
    for (body, why) in [
        (r#"{"spec":"x"}"#, "string into Go struct field TokenRequest.spec of type v1.TokenRequestSpec"),
        (r#"{"spec":[]}"#, "array into Go struct field TokenRequest.spec of type v1.TokenRequestSpec"),
        (
            r#"{"spec":{"audiences":"a"}}"#,
            "string into Go struct field TokenRequestSpec.spec.audiences of type []string",
        ),
        (
            r#"{"spec":{"audiences":[1]}}"#,
            "number into Go struct field TokenRequestSpec.spec.audiences of type string",
        ),
        (
            r#"{"spec":{"expirationSeconds":"3600"}}"#,
            "string into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64",
        ),
        (
            r#"{"spec":{"expirationSeconds":3600.0}}"#,
            "number 3600.0 into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64",
        ),
        (
            r#"{"spec":{"expirationSeconds":9223372036854775808}}"#,
            "number 9223372036854775808 into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64",
        ),
        (
            r#"{"spec":{"boundObjectRef":{"uid":true}}}"#,
            "bool into Go struct field BoundObjectReference.spec.boundObjectRef.uid of type types.UID",
        ),
        (
            r#"{"metadata":{"labels":{"a":1}}}"#,
            "number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            r#"{"status":{"expirationTimestamp":1}}"#,
            "number into Go struct field TokenRequestStatus.status.expirationTimestamp of type string",
        ),
        // The first one counts.
        (
            r#"{"metadata":1,"spec":2}"#,
            "number into Go struct field TokenRequest.metadata of type v1.ObjectMeta",
        ),
    ] {
        assert_eq!(bad(&client, body), format!("{handled}json: cannot unmarshal {why}"), "{body}");
    }
    assert_eq!(
        bad(&client, r#"{"status":{"expirationTimestamp":"soon"}}"#),
        format!(
            "{handled}parsing time \"soon\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"soon\" as \"2006\""
        )
    );
}

#[test]
fn other_kinds_are_refused_with_their_names() {
    let (_server, client) = start();
    for (body, expected) in [
        (
            r#"{"apiVersion":"v1","kind":"Pod"}"#,
            "Pod in version \"v1\" cannot be handled as a TokenRequest: converting (v1.Pod) to \
             (authentication.TokenRequest): unknown conversion",
        ),
        (
            r#"{"Kind":"Secret","APIVERSION":"v1"}"#,
            "Secret in version \"v1\" cannot be handled as a TokenRequest: converting (v1.Secret) to \
             (authentication.TokenRequest): unknown conversion",
        ),
        (
            r#"{"apiVersion":"v1","kind":"Bogus"}"#,
            "Bogus in version \"v1\" cannot be handled as a TokenRequest: no kind \"Bogus\" is registered for version \
             \"v1\" in scheme \"pkg/runtime/scheme.go:111\"",
        ),
        (
            r#"{"apiVersion":"v2"}"#,
            "TokenRequest in version \"v2\" cannot be handled as a TokenRequest: no kind \"TokenRequest\" is \
             registered for version \"v2\" in scheme \"pkg/runtime/scheme.go:111\"",
        ),
    ] {
        assert_eq!(bad(&client, body), expected);
    }
}

#[test]
fn field_validation_warns_refuses_or_is_silent() {
    let (_server, client) = start();
    let body = r#"{"spec":{"bogus":1,"audiences":["a"],"audiences":["b"]},"Spec":{}}"#;
    let problems =
        [r#"unknown field "spec.bogus""#, r#"duplicate field "spec.audiences""#, r#"unknown field "Spec""#];

    for path in [TOKENS.to_owned(), format!("{TOKENS}?fieldValidation=Warn")] {
        let reply = client.post(&path, body);
        let warnings = problems.map(|problem| format!("299 - \"{}\"", problem.replace('"', "\\\"")));
        assert_eq!((reply.status, reply.header("warning")), (201, warnings.join("\n")));
        assert_eq!(reply.json()["spec"]["audiences"], json!(["b"]), "the last one counts");
    }
    let reply = client.post(&format!("{TOKENS}?fieldValidation=Ignore"), body);
    assert_eq!((reply.status, reply.header("warning").as_str()), (201, ""));

    let reply = client.post(&format!("{TOKENS}?fieldValidation=Strict"), body);
    assert_eq!(
        refusal(&reply, 400, "BadRequest"),
        format!(
            "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: strict decoding error: {}",
            problems.join(", ")
        )
    );
    let reply = client.post(&format!("{TOKENS}?fieldValidation=Bogus"), body);
    assert!(refusal(&reply, 422, "Invalid").contains("\"Bogus\": supported values: \"\", \"Ignore\""));

    // A request that is refused later is warned of all the same.
    let reply = client.post(TOKENS, r#"{"spec":{"bogus":1,"expirationSeconds":1}}"#);
    assert_eq!(
        (reply.status, reply.header("warning").as_str()),
        (422, r#"299 - "unknown field \"spec.bogus\"""#)
    );
}

#[test]
fn bodies_are_read_by_their_content_type() {
    let (_server, client) = start();
    let send = |content_type: &str, body: &str| {
        client.send("POST", TOKENS, &[("content-type", content_type)], body.to_owned())
    };
    for (content_type, body) in [
        ("application/json; charset=utf-8", "{}"),
        ("APPLICATION/JSON", "{}"),
        ("", "{}"),
        ("application/yaml", "spec:\n  audiences: [vault]\n"),
        ("application/yaml", "# nothing\n"),
        ("application/yaml", "{\"spec\": {}}\n---\nanother: document\n"),
    ] {
        assert_eq!(send(content_type, body).status, 201, "{content_type} {body}");
    }
    assert_eq!(client.send("POST", TOKENS, &[], "{}").status, 201, "no type is JSON");
    for content_type in ["text/plain", "application/x-yaml", "application/xml", "bogus", "application/cbor"] {
        assert_eq!(
            refusal(&send(content_type, "{}"), 415, "UnsupportedMediaType"),
            "the body of the request was in an unknown format - accepted media types include: application/json, \
             application/yaml, application/vnd.kubernetes.protobuf"
        );
    }
    assert_eq!(
        refusal(&send("application/yaml", "a: b: c\n"), 400, "BadRequest"),
        "the object provided is unrecognized (must be of type TokenRequest): yaml: mapping values are not allowed in \
         this context (613a20623a20630a)"
    );
    assert_eq!(
        refusal(&send("application/vnd.kubernetes.protobuf", "{}"), 400, "BadRequest"),
        "the object provided is unrecognized (must be of type TokenRequest): provided data does not appear to be a \
         protobuf message, expected prefix [107 56 115 0] ({})"
    );
}

#[test]
fn bodies_of_more_than_3_mib_are_refused() {
    let (_server, client) = start();
    let padded = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
    let limit = 3 * 1024 * 1024;
    assert_eq!(client.post(TOKENS, &padded(limit)).status, 201);
    for client in [client, Client::admin(&_server).over_http2()] {
        let reply = client.post(TOKENS, &padded(limit + 1));
        let message = refusal(&reply, 413, "RequestEntityTooLarge");
        assert_eq!(message, "Request entity too large: limit is 3145728");
    }
}

#[test]
fn answers_are_written_as_they_are_accepted() {
    let (_server, client) = start();
    let missing = "/api/v1/namespaces/demo/pods/nope";
    let send = |path: &str, headers: &[(&str, &str)]| client.send("GET", path, headers, "");

    let reply = send(missing, &[("accept", "application/yaml")]);
    assert_eq!(reply.header("content-type"), "application/yaml");
    assert_eq!(
        reply.text(),
        "apiVersion: v1\ncode: 404\ndetails:\n  kind: pods\n  name: nope\nkind: Status\nmessage: pods \"nope\" not \
         found\nmetadata: {}\nreason: NotFound\nstatus: Failure\n"
    );
    let reply = send(missing, &[]);
    assert_eq!(reply.header("content-type"), "application/json");
    assert!(
        reply.text().starts_with(r#"{"kind":"Status","apiVersion":"v1","metadata":{},"#),
        "{}",
        reply.text()
    );
    assert!(reply.text().ends_with("}\n"));
    for headers in [
        [("user-agent", "curl/8")],
        [("accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")],
    ] {
        let reply = send(missing, &headers);
        assert!(reply.text().starts_with("{\n  \"kind\": \"Status\",\n"), "{}", reply.text());
        assert_eq!(reply.status, 404);
    }
}
