//! docs/schemas/policy.json and the reader of policies say the same.

use boundtoken_tower::Policy;
use jsonschema::Validator;

use super::*;

fn schema() -> Validator {
    let file = boundtoken_testing::repository().join("docs/schemas/policy.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

const GOOD: &[&str] = &[
    "everyone: true",
    "nobody: true",
    "namespace: demo",
    "namespace: \"1234\"",
    "serviceAccount: {namespace: demo, name: app}",
    "serviceAccount:\n  name: app.v1\n  namespace: demo",
    "audience: vault",
    "audience: 'https://vault.example/ä?x=1'",
    "audience: \" \"",
    "node: node-1.example.com",
    "issuer: https://kubernetes.default.svc.cluster.local",
    "issuer: blue",
    "apiGroup: apps",
    "apiGroup: \"*\"",
    "confirmed: live",
    "not: {confirmed: live}",
    "not: {not: {everyone: true}}",
    "any: [{namespace: demo}]",
    "all: [{namespace: demo}]",
    "any:\n- serviceAccount: {namespace: demo, name: app}\n- all:\n  - namespace: monitoring\n  - confirmed: live\n  - not: {node: node-1}\n",
    "any:\n- any: [{node: a}]\n- all: [{node: a}]\n- not: {any: [{node: a}]}\n",
    // The order makes a list another one.
    "any:\n- any: [{node: a}, {node: b}]\n- any: [{node: b}, {node: a}]\n",
    "---\n# A comment.\nnamespace: demo # Another.\n...\n",
    r#"{"any": [{"namespace": "demo"}, {"serviceAccount": {"namespace": "demo", "name": "app"}}]}"#,
    "{\n\t\"all\":[\n\t\t{\"audience\":\"https:\\/\\/vault\"},\n\t\t{\"everyone\":true}\n\t]\n}\n",
    "{namespace: !!str 12}",
];

const BAD: &[&str] = &[
    "",
    "# nothing",
    "null",
    "true",
    "namespace",
    "[]",
    "- namespace: demo",
    "{}",
    "namespace:",
    "namespace: ''",
    "namespace: 12",
    "namespace: 1.5",
    "namespace: true",
    "namespace: ~",
    "namespace: [demo]",
    "namespace: {name: demo}",
    "namespace: Demo",
    "namespace: '*'",
    "namespace: demo*",
    "namespace: ' demo'",
    "namespace: \"demo\\n\"",
    "namespaces: demo",
    "Namespace: demo",
    "namespace: demo\nnode: node-1",
    "node: Node_1",
    "node: 0x1",
    "serviceAccount: demo/app",
    "serviceAccount: {}",
    "serviceAccount: {namespace: demo}",
    "serviceAccount: {name: app}",
    "serviceAccount: {namespace: demo, name: ''}",
    "serviceAccount: {namespace: demo, name: app, uid: x}",
    "serviceAccount: {namespace: demo, name: 7}",
    "serviceAccount: [demo, app]",
    "serviceaccount: {namespace: demo, name: app}",
    "audience: ''",
    "audience: []",
    "audience: 7",
    "issuer: ''",
    "issuer: null",
    "apiGroup: ''",
    "apiGroup: false",
    "confirmed: stale",
    "confirmed: Live",
    "confirmed: true",
    "confirmed: ''",
    "everyone: false",
    "everyone: 'true'",
    "everyone:",
    "everyone: 1",
    "nobody: false",
    "nobody: {}",
    "any: []",
    "all: []",
    "any:",
    "any: {namespace: demo}",
    "any: demo",
    "any: [demo]",
    "any: [[]]",
    "any: [{}]",
    "any: [null]",
    "any: [{namespace: demo}, {namespace: demo}]",
    "any: [{serviceAccount: {namespace: a, name: b}}, {serviceAccount: {name: b, namespace: a}}]",
    "all: [{namespace: demo}, {node: a, confirmed: live}]",
    "all: [{not: {any: [{namespace: demo}, {}]}}]",
    "not: [{namespace: demo}]",
    "not: {}",
    "not: true",
    "not:",
    "<<: {namespace: demo}",
    "1: demo",
];

/// What programs without Kubernetes in mind see in the same text.
fn document(yaml: &str) -> Value {
    yaml_serde::from_str(yaml).unwrap_or_else(|error| panic!("{yaml:?}: {error}"))
}

#[test]
fn the_schema_and_the_reader_agree() {
    let schema = schema();
    for (files, good) in [(GOOD, true), (BAD, false)] {
        for yaml in files {
            let read = Policy::from_yaml(yaml);
            assert_eq!(read.is_ok(), good, "{yaml:?}: {read:?}");
            assert_eq!(schema.is_valid(&document(yaml)), good, "{yaml:?}");
        }
    }
}

#[test]
fn the_schema_and_the_reader_agree_on_long_texts() {
    let schema = schema();
    for member in ["namespace", "node", "audience", "issuer", "apiGroup"] {
        for (length, good) in [(1_024, true), (1_025, false)] {
            let yaml = json!({member: "a".repeat(length)}).to_string();
            assert_eq!(Policy::from_yaml(&yaml).is_ok(), good, "{member} {length}");
            assert_eq!(schema.is_valid(&document(&yaml)), good, "{member} {length}");
        }
    }
    let in_characters = json!({"audience": "ä".repeat(1_024)});
    assert!(Policy::from_yaml(in_characters.to_string()).is_ok());
    assert!(schema.is_valid(&in_characters));
}

/// Parts of good policies, put together at random.
#[test]
fn the_schema_and_the_reader_agree_on_random_documents() {
    const NAMES: [&str; 14] = [
        "any",
        "all",
        "not",
        "namespace",
        "serviceAccount",
        "audience",
        "node",
        "issuer",
        "apiGroup",
        "confirmed",
        "everyone",
        "nobody",
        "name",
        "other",
    ];
    struct Random(u64);
    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % limit
        }

        /// The value that belongs to this member, mostly.
        fn value(&mut self, name: &str, depth: usize) -> Value {
            match name {
                _ if self.below(24) == 0 => {
                    [json!(null), json!(1), json!("live"), json!([]), json!({})][self.below(5)].clone()
                }
                "any" | "all" if depth > 0 => (0..self.below(4)).map(|_| self.rule(depth - 1)).collect(),
                "not" if depth > 0 => self.rule(depth - 1),
                "everyone" | "nobody" => json!(true),
                "confirmed" => json!("live"),
                "serviceAccount" => json!({"namespace": self.value("", 0), "name": self.value("", 0)}),
                _ => json!(["a", "b-c", "d.e", "f/g"][self.below(4)]),
            }
        }

        fn rule(&mut self, depth: usize) -> Value {
            let members = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2][self.below(12)];
            let member = |random: &mut Self| {
                let name = NAMES[random.below(NAMES.len())];
                (name.to_owned(), random.value(name, depth))
            };
            (0..members).map(|_| member(self)).collect::<serde_json::Map<_, _>>().into()
        }
    }

    let schema = schema();
    let mut random = Random(37);
    let mut good = 0;
    for _ in 0..5_000 {
        let document = random.rule(3);
        let valid = schema.is_valid(&document);
        good += usize::from(valid);
        for text in [document.to_string(), yaml_serde::to_string(&document).unwrap()] {
            let read = Policy::from_yaml(&text);
            assert_eq!(read.is_ok(), valid, "{text} {read:?}");
        }
    }
    assert!((500..4_500).contains(&good), "{good}");
}
