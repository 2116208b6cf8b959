use super::*;

#[test]
fn a_watch_tells_the_whole_story_and_ends_in_time() {
    let server = server();
    create(&server, "a");
    let options =
        "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let begin = Instant::now();
    let (code, head, mut events) =
        send(&server, &format!("GET {SECRETS}?{options}&timeoutSeconds=4"), "", "");
    assert_eq!(code, 200);
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    assert_eq!(short(&event(&mut events)), ("ADDED", "a"));
    let mark = event(&mut events);
    assert_eq!(mark["type"], "BOOKMARK");
    assert_eq!(mark["object"]["metadata"]["annotations"], json!({"k8s.io/initial-events-end": "true"}));
    assert_eq!(mark["object"]["kind"], "Secret");

    let created = create(&server, "b");
    assert_eq!(event(&mut events), json!({"type": "ADDED", "object": created}));
    call(&server, &format!("PATCH {SECRETS}/b"), &patch(MERGE), r#"{"metadata":{"labels":{"a":"b"}}}"#);
    assert_eq!(short(&event(&mut events)), ("MODIFIED", "b"));
    call(&server, &format!("DELETE {SECRETS}/b"), "", "");
    let gone = event(&mut events);
    assert_eq!(short(&gone), ("DELETED", "b"));

    let last = event(&mut events);
    assert_eq!(last["type"], "BOOKMARK");
    assert_eq!(
        last["object"]["metadata"],
        json!({"resourceVersion": gone["object"]["metadata"]["resourceVersion"]})
    );
    let mut rest = String::new();
    events.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!((3..7).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
}

#[test]
fn one_object_can_be_watched() {
    let server = server();
    create(&server, "a");
    create(&server, "b");
    let watch = format!("GET {SECRETS}?watch=true&fieldSelector=metadata.name%3Db");
    let (_, _, mut events) = send(&server, &watch, "", "");
    assert_eq!(short(&event(&mut events)), ("ADDED", "b"));
    call(&server, &format!("DELETE {SECRETS}/a"), "", "");
    call(&server, &format!("DELETE {SECRETS}/b"), "", "");
    assert_eq!(short(&event(&mut events)), ("DELETED", "b"));
}

#[test]
fn a_watch_from_a_forgotten_version_is_an_error_event() {
    let server = server();
    let created = create(&server, "a");
    server.forget_history();
    let version = created["metadata"]["resourceVersion"].as_str().unwrap();
    let watch = format!("GET {SECRETS}?watch=true&resourceVersion={version}");
    let (code, _, mut events) = send(&server, &watch, "", "");
    let error = event(&mut events);
    assert_eq!((code, &error["type"], &error["object"]["code"]), (200, &json!("ERROR"), &json!(410)));
    assert_eq!(error["object"]["reason"], "Expired");
    let floor = version.parse::<u64>().unwrap() + 1;
    assert_eq!(error["object"]["message"], format!("too old resource version: {version} ({floor})"));
    let mut rest = String::new();
    events.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn a_disconnected_watch_breaks_off_where_one_that_is_over_ends() {
    let server = server();
    let watch = |query: &str| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let token = server.admin_token();
        let head =
            format!("GET {SECRETS}?watch=true{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        stream.write_all(format!("{head}Authorization: Bearer {token}\r\n\r\n").as_bytes()).unwrap();
        stream
    };
    let rest = |mut stream: TcpStream| {
        let mut bytes = Vec::new();
        // A broken connection may also be an error here.
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8(bytes).unwrap()
    };
    create(&server, "a");
    assert!(rest(watch("&timeoutSeconds=1")).ends_with("\n\r\n0\r\n\r\n"));

    let mut stream = watch("");
    let mut seen = String::new();
    while !seen.ends_with("\n\r\n") || !seen.contains("ADDED") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        seen.push(char::from(byte[0]));
    }
    server.disconnect_watches();
    assert_eq!(rest(stream), "");
}

#[test]
fn hundreds_of_watches_at_once_hear_of_everything() {
    let server = server();
    let watch = format!("GET {SECRETS}?watch=true");
    let mut watches: Vec<_> = (0..300).map(|_| send(&server, &watch, "", "").2).collect();
    for name in ["a", "b", "c"] {
        create(&server, name);
    }
    for events in &mut watches {
        for name in ["a", "b", "c"] {
            assert_eq!(short(&event(events)), ("ADDED", name));
        }
    }
    // They do not outlive the server.
    server.shutdown();
    for mut events in watches {
        let mut rest = String::new();
        events.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}
