//! Bodies that are wrong, and what is said of them.

use serde_json::json;

use crate::{Client, TOKENS, refusal, start};

fn bad(client: &Client, body: &str) -> String {
    refusal(&client.post(TOKENS, body), 400, "BadRequest")
}

#[test]
fn what_is_no_object_is_refused_with_its_beginning() {
    let (_server, client) = start();
    let unrecognized = "the object provided is unrecognized (must be of type TokenRequest): ";
    for (body, beginning) in [
        ("", "<empty>"),
        ("{\"spec\":", "{\"spec\":"),
        ("xyz\n", "xyz\\n"),
        ("{} {}", "{} {}"),
        ("[]", "[]"),
        ("{\"spec\":{\"audiences\":[\"vault\"],}}", "{\"spec\":{\"audiences\":[\"vault\"] ..."),
        ("{\"kind\":1}", "{\"kind\":1}"),
    ] {
        let message = bad(&client, body);
        assert!(message.starts_with(unrecognized), "{message}");
        assert!(message.ends_with(&format!(" ({beginning})")), "{message}");
    }
    let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
    assert!(bad(&client, &deep).starts_with(unrecognized));
}

#[test]
fn members_of_wrong_types_are_named() {
    let (_server, client) = start();
    let handled = "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: ";
    for (body, why) in [
        (r#"{"spec":"x"}"#, "string into Go struct field TokenRequest.spec of type v1.TokenRequestSpec"),
        (
            r#"{"spec":{"audiences":"a"}}"#,
            "string into Go struct field TokenRequestSpec.spec.audiences of type []string",
        ),
        (
            r#"{"spec":{"audiences":["a",1]}}"#,
            "number into Go struct field TokenRequestSpec.spec.audiences[1] of type string",
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
            r#"{"metadata":{"labels":{"a":1}}}"#,
            "number into Go struct field ObjectMeta.metadata.labels.a of type string",
        ),
    ] {
        assert_eq!(bad(&client, body), format!("{handled}json: cannot unmarshal {why}"), "{body}");
    }
    let time = bad(&client, r#"{"status":{"expirationTimestamp":"soon"}}"#);
    assert!(time.starts_with(&format!("{handled}parsing time")) && !time.contains("soon"), "{time}");
}

#[test]
fn other_kinds_are_refused_with_their_names() {
    let (_server, client) = start();
    for (body, kind, version) in [
        (r#"{"apiVersion":"v1","kind":"Pod"}"#, "Pod", "v1"),
        (r#"{"apiVersion":"v1","kind":"Bogus"}"#, "Bogus", "v1"),
        (r#"{"apiVersion":"authentication.k8s.io/v2"}"#, "TokenRequest", "v2"),
    ] {
        assert_eq!(
            bad(&client, body),
            format!(
                "{kind} in version {version:?} cannot be handled as a TokenRequest: converting ({version}.{kind}) to \
                 (authentication.TokenRequest): unknown conversion"
            )
        );
    }
}

#[test]
fn field_validation_warns_refuses_or_is_silent() {
    let (_server, client) = start();
    let body = r#"{"spec":{"bogus":1,"audiences":["a"],"audiences":["b"]},"Spec":{}}"#;
    let problems =
        [r#"duplicate field "spec.audiences""#, r#"unknown field "Spec""#, r#"unknown field "spec.bogus""#];

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
    for (content_type, body) in
        [("application/json; charset=utf-8", "{}"), ("APPLICATION/JSON", "{}"), ("", "{}")]
    {
        assert_eq!(send(content_type, body).status, 201, "{content_type} {body}");
    }
    assert_eq!(client.send("POST", TOKENS, &[], "{}").status, 201, "no type is JSON");
    for content_type in ["text/plain", "application/yaml", "bogus", "application/cbor"] {
        assert_eq!(
            refusal(&send(content_type, "{}"), 415, "UnsupportedMediaType"),
            "the body of the request was in an unknown format - accepted media types include: application/json, \
             application/vnd.kubernetes.protobuf"
        );
    }
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
