//! Policies as files: what they mean, and how wrong ones are refused.

use std::fmt::Write as _;

use boundtoken_tower::Policy;

#[track_caller]
fn read(yaml: &str) -> String {
    format!("{:?}", Policy::from_yaml(yaml).unwrap_or_else(|error| panic!("{yaml}: {error}")))
}

#[test]
fn each_member_means_the_function_of_its_name() {
    for (yaml, policy) in [
        ("everyone: true", Policy::everyone()),
        ("nobody: true", Policy::nobody()),
        ("namespace: demo", Policy::namespace("demo")),
        ("serviceAccount: {name: app, namespace: demo}", Policy::service_account("demo", "app")),
        ("audience: vault", Policy::audience("vault")),
        ("node: node-1", Policy::node("node-1")),
        ("issuer: blue", Policy::issuer("blue")),
        ("apiGroup: apps", Policy::api_group("apps")),
        ("confirmed: live", Policy::confirmed_live()),
        ("not: {node: a}", !Policy::node("a")),
        ("any: [{node: a}, {node: b}]", Policy::any(["a", "b"].map(Policy::node))),
        ("all: [{node: a}, {node: b}]", Policy::all(["a", "b"].map(Policy::node))),
    ] {
        assert_eq!(read(yaml), format!("{policy:?}"));
    }
}

#[test]
fn json_is_read_too() {
    assert_eq!(
        read(r#"{"any":[{"namespace":"demo"},{"audience":"a\"\u00e4\\"}]}"#),
        r#"any([namespace("demo"), audience("a\"ä\\")])"#
    );
    assert!(Policy::from_yaml(b"{\"node\": \"a\"}").is_ok());
    assert!(Policy::from_yaml(Vec::from("\u{feff}node: a")).is_ok());
}

#[test]
fn an_error_says_where_and_what_to_do() {
    let members = "any, all, not, namespace, serviceAccount, audience, node, issuer, apiGroup, confirmed, everyone, nobody";
    for (yaml, line, place, message) in [
        ("", 1, "", "not a rule; write one member, which is one of MEMBERS"),
        ("- node: a", 1, "", "not a rule; write one member, which is one of MEMBERS"),
        ("{}", 1, "", "an empty rule; write one member, which is one of MEMBERS"),
        ("any:\n- node: a\n- {}", 3, "any[1]", "an empty rule; write one member, which is one of MEMBERS"),
        (
            "any:\n- node: a\n- namespaces: b",
            3,
            "any[1]",
            "unknown member `namespaces`; the members are MEMBERS",
        ),
        (
            "any:\n- all:\n  - not:\n      nodes: a",
            4,
            "any[0].all[0].not",
            "unknown member `nodes`; the members are MEMBERS",
        ),
        ("? [a]\n: b", 1, "", "the name of a member is not a text; the members are MEMBERS"),
        (
            "any:\n- node: a\n  namespace: b",
            3,
            "any[0]",
            "two members, `node` and `namespace`, where one belongs; make a list of them under `all` or `any`",
        ),
        ("node: a\nnode: b", 2, "", "two members `node`; remove one"),
        ("any:\n- serviceAccount:\n    name: a", 3, "any[0].serviceAccount", "no member `namespace`; add it"),
        ("serviceAccount: {namespace: a}", 1, "serviceAccount", "no member `name`; add it"),
        (
            "serviceAccount:\n  namespace: a\n  name: b\n  name: c",
            4,
            "serviceAccount",
            "two members `name`; remove one",
        ),
        (
            "serviceAccount:\n  namespace: a\n  uid: c",
            3,
            "serviceAccount",
            "unknown member `uid`; the members are namespace, name",
        ),
        (
            "serviceAccount: a/b",
            1,
            "serviceAccount",
            "not a service account; write {namespace: NAMESPACE, name: NAME}",
        ),
        (
            "serviceAccount:\n  namespace: a\n  name: B",
            3,
            "serviceAccount.name",
            "no name of Kubernetes; write lower-case letters, digits, `-` and `.`, and no wildcards",
        ),
        ("all:\n- audience: 7", 2, "all[0].audience", "not a text; write a number, true or null in quotes"),
        (
            "all:\n- audience: ''",
            2,
            "all[0].audience",
            "an empty text, which fits no caller; write what fits",
        ),
        ("all: []", 1, "all", "an empty list; remove it, or write `nobody: true` instead"),
        ("any:\n  node: a", 2, "any", "not a list of rules; begin each with `- `"),
        (
            "any:\n- node: a\n- not:\n    any:\n    - node: a\n    - node: b\n    - node: a",
            5,
            "any[1].not.any[2]",
            "the same rule as any[1].not.any[0]; remove one",
        ),
        ("confirmed: dead", 1, "confirmed", "not `live`; write that, which is the only value here"),
        ("everyone: false", 1, "everyone", "not `true`; write that, which is the only value here"),
    ] {
        let error = Policy::from_yaml(yaml).unwrap_err();
        let message = message.replace("MEMBERS", members);
        let colon = if place.is_empty() { "" } else { ": " };
        assert_eq!(error.to_string(), format!("line {line}: {place}{colon}{message}"), "{yaml}");
        assert_eq!((error.line(), error.place()), (Some(line), place), "{yaml}");
    }
}

#[test]
fn text_that_is_no_yaml_is_refused_with_its_line() {
    for (yaml, line) in [
        ("any:\n- node: a\n  - b", Some(3)),
        ("any: [{node: a}", Some(2)),
        ("any:\n\t- node: a", Some(2)),
        ("node: *a", Some(1)),
        ("node: a\n---\nnode: b", None),
    ] {
        let error = Policy::from_yaml(yaml).unwrap_err();
        assert_eq!(error.line(), line, "{yaml} {error}");
        assert!(error.to_string().contains("neither YAML nor JSON: "), "{error}");
    }
    let error = Policy::from_yaml(b"node: \xff").unwrap_err();
    assert_eq!(error.to_string(), "not UTF-8; is it the right file?");
}

/// In the wrong file, a value may be a secret.
#[test]
fn an_error_quotes_no_value() {
    let secret = "eyJhbGciOiJSUzI1NiIsImtpZCI6IlVKRVNyajg4QkpVeU1jY05odDlKZHllRFNWV09hQWs2SVRiRzkyZ3pUQXMifQ";
    for yaml in [
        secret.to_owned(),
        format!("namespace: {secret}"),
        format!("{secret}: x"),
        format!("confirmed: {secret}"),
        format!("everyone: {secret}"),
        format!("any: {secret}"),
        format!("any: [{secret}]"),
        format!("serviceAccount: {secret}"),
        format!("node: !{secret} x"),
        format!("? !!bool {secret}\n: x"),
        format!("node: !!int {secret}"),
        format!("node: *{secret}"),
        format!("a: [{secret}: {secret}: b"),
        format!("\"{secret}"),
        format!("%{secret} a"),
    ] {
        let error = Policy::from_yaml(&yaml).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&secret[..20]), "{error}");
    }
}

/// `not: ` this many times, around one rule.
fn nested(levels: usize) -> String {
    format!("{}everyone: true{}", "not: {".repeat(levels - 1), "}".repeat(levels - 1))
}

#[test]
fn rules_have_at_most_32_levels() {
    assert!(Policy::from_yaml(nested(32)).is_ok());
    let error = Policy::from_yaml(nested(33)).unwrap_err();
    assert!(error.to_string().ends_with("not.not: more than 32 levels of rules; nest them less"), "{error}");
    let lists =
        |levels: usize| format!("{}everyone: true{}", "any: [{".repeat(levels - 1), "}]".repeat(levels - 1));
    assert!(Policy::from_yaml(lists(32)).is_ok());
    assert!(Policy::from_yaml(lists(33)).is_err());
}

#[test]
fn a_policy_has_at_most_one_mebibyte() {
    let padded = |size: usize| format!("node: a\n#{}", "x".repeat(size - 9));
    assert!(Policy::from_yaml(padded(1 << 20)).is_ok());
    let error = Policy::from_yaml(padded((1 << 20) + 1)).unwrap_err();
    assert_eq!(error.to_string(), "more than 1 MiB; is it the right file?");
    // Many small rules fit.
    let mut many = "{any: [".to_owned();
    (0..50_000).for_each(|number| write!(many, "{{node: a{number}}},").unwrap());
    many.push_str("]}");
    assert!(Policy::from_yaml(&many).is_ok());
}

#[test]
fn an_alias_is_what_it_stands_for() {
    let yaml = "all:\n- any: &nodes [{node: a}, {node: b}]\n- not: {all: *nodes}";
    assert_eq!(read(yaml), r#"all([any([node("a"), node("b")]), not(all([node("a"), node("b")]))])"#);
    // An alias of itself has no end.
    assert!(Policy::from_yaml("&a {not: *a}").is_err());
    assert!(Policy::from_yaml("any: &a [{any: *a}]").is_err());
}

#[test]
fn aliases_do_not_make_a_small_file_large() {
    let mut laughs = "any:\n- any: &a0 [{node: a}, {node: b}]\n".to_owned();
    for level in 1..20 {
        let before = level - 1;
        writeln!(laughs, "- any: &a{level} [{{any: *a{before}}}, {{all: *a{before}}}]").unwrap();
    }
    let long = "x".repeat(1_000);
    let mut texts = format!("any:\n- audience: &a {long}\n");
    (0..2_000).for_each(|number| writeln!(texts, "- all: [{{audience: *a}}, {{node: a{number}}}]").unwrap());
    for yaml in [laughs, texts] {
        let error = Policy::from_yaml(&yaml).unwrap_err().to_string();
        assert!(
            error.ends_with("more than 1 MiB with all aliases written out; use fewer aliases"),
            "{error}"
        );
    }
}

/// A reader whose time or stack grew faster than the file would not come to the end of this test.
#[test]
fn a_long_or_deep_file_is_refused_soon() {
    let fill = |part: &str| part.repeat((1 << 18) / part.len());
    for (name, yaml) in [
        ("sequences", fill("[")),
        ("hidden", fill("[\"]\",")),
        ("mappings", fill("{a: ")),
        ("rules", fill("{any: [")),
        ("blocks", fill("- ")),
        ("keys", fill("? ")),
        ("anchors", fill("&a ")),
        ("documents", fill("---\n")),
        ("quoted", fill("\"")),
        ("commas", format!("[{}", fill("a, "))),
        ("lines", fill("any:\n")),
        ("tags", fill("!a ")),
        ("members", fill("node: a\n")),
        ("escapes", format!("\"{}", fill("\\x"))),
    ] {
        let error = Policy::from_yaml(&yaml).expect_err(name);
        assert!(error.to_string().len() < 500, "{name}: {error}");
    }
}
