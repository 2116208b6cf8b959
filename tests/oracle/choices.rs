//! The changes that a test may make to header and claims.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use crate::draft::{Draft, Edit};
use boundtoken_testing::mint::ISSUER;

/// Values of every type, among them values that parsers read differently.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "1.5",
    "1e3",
    "1e300",
    "1e999",
    "18446744073709551616",
    "253402300800",
    "4000000000",
    "4000000000.25",
    "4e9",
    "\"\"",
    "\"x\"",
    "\"JWT\"",
    "\"vault\"",
    "\"4000000000\"",
    "[]",
    "[\"vault\"]",
    "[[]]",
    "[null]",
    "{}",
    "{\"a\":{\"b\":[{}]}}",
    "{\"a\":1,\"a\":2}",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "1111111111111111111111111111111111111111111111111111111111111111111111",
    "01",
    "tru",
    "'x'",
    "\"\t\"",
    "",
];

const NAMES: &[&str] = &[
    "\"exp\"",
    "\"nbf\"",
    "\"iat\"",
    "\"aud\"",
    "\"iss\"",
    "\"sub\"",
    "\"Exp\"",
    "\"AUD\"",
    "\"i\u{17f}s\"",
    "\"alg\"",
    "\"kid\"",
    "\"KID\"",
    "\"typ\"",
    "\"name\"",
    "\"uid\"",
    "\"pod\"",
    "\"x\"",
    "\"\"",
    "\"e\\u0078p\"",
    "exp",
];

fn edit(now: u64) -> impl Strategy<Value = Edit> {
    let (index, value) = (any::<Index>, || select(VALUES));
    let set = |place, choices: &[(&'static str, Vec<String>)]| {
        let pairs =
            choices.iter().flat_map(|(name, values)| values.iter().map(|value| (*name, value.clone())));
        select(pairs.collect::<Vec<_>>()).prop_map(move |(name, value)| Edit::Set(place, name, value))
    };
    let texts = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).to_owned()).collect() };
    // Well away from the boundaries.
    let mut dates = texts(&["0", "null", "-1", "\"x\"", "1e300", "253402300800", "18446744073709551615"]);
    for date in [now - 100_000, now - 1_000, now + 1_000, now + 100_000] {
        dates.extend([date.to_string(), format!("{date}.5"), format!("{date}e0")]);
    }
    let name = |name: &str| format!("{{\"name\":\"{name}\",\"uid\":\"x\"}}");
    let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let many = |count: usize| {
        let members: Vec<String> = (0..count).map(|number| format!("\"m{number}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    let large = vec![
        r#"{"a":1,"a":2}"#.to_owned(),
        deep(20),
        deep(40),
        deep(200),
        many(20),
        many(40),
        "1".repeat(70),
        format!("\"{}\"", "x".repeat(5_000)),
    ];
    let mut larger = large.clone();
    larger.push(format!("\"{}\"", "x".repeat(20_000)));

    let header = set(
        0,
        &[
            (
                "alg",
                texts(&[
                    "\"RS256\"",
                    "\"ES256\"",
                    "\"ES384\"",
                    "\"PS256\"",
                    "\"EdDSA\"",
                    "\"HS256\"",
                    "\"none\"",
                    "null",
                ]),
            ),
            ("kid", texts(&["null", "\"\"", "5", "\"other\""])),
            ("typ", texts(&["\"JWT\"", "\"JWT\"", "\"jwt\"", "\"at+jwt\"", "null", "5"])),
            ("cty", texts(&["\"JWT\"", "5"])),
            ("nonce", texts(&["\"x\"", "5"])),
            ("crit", texts(&["[]", "[\"b64\"]", "[\"exp\"]", "5"])),
            ("b64", texts(&["true", "false"])),
            ("jku", texts(&["\"https://example.com/keys\""])),
            ("x5u", texts(&["\"https://example.com/keys\""])),
            ("x5c", texts(&["[]"])),
            ("x5t", texts(&["\"x\"", "[]"])),
            ("url", texts(&["\"x\"", "{}"])),
            ("zip", texts(&["\"DEF\""])),
            ("x", large),
        ],
    );
    let claims = set(
        1,
        &[
            ("exp", dates.clone()),
            ("nbf", dates.clone()),
            ("iat", dates),
            (
                "iss",
                vec![
                    format!("[\"{ISSUER}\"]"),
                    format!("\"{ISSUER}/\""),
                    "\"x\"".to_owned(),
                    "5".to_owned(),
                    "null".to_owned(),
                ],
            ),
            (
                "aud",
                texts(&[
                    "\"vault\"",
                    "[\"old\",\"x\"]",
                    "[\"vault\"]",
                    "[\"vault\",\"vault\"]",
                    "\"Vault\"",
                    "[]",
                    "[\"x\"]",
                    "null",
                    "[\"vault\",5]",
                    "[\"vault\",null]",
                    "[[\"vault\"]]",
                    "{\"vault\":1}",
                    "\"v\\u0061ult\"",
                ]),
            ),
            ("sub", texts(&["\"system:serviceaccount:demo:other\"", "\"\"", "5", "null"])),
            ("x", larger),
        ],
    );
    let kubernetes = set(
        2,
        &[
            ("namespace", texts(&["\"other\"", "\"a/b\"", "\"\"", "5", "null"])),
            (
                "serviceaccount",
                vec![
                    name("other"),
                    name("app"),
                    name("a/b"),
                    "{}".to_owned(),
                    "null".to_owned(),
                    "5".to_owned(),
                ],
            ),
            ("pod", vec![name("other"), name("a/b"), "{}".to_owned(), "null".to_owned()]),
            ("secret", vec![name("s"), name("S"), "null".to_owned(), "[]".to_owned()]),
            ("mutatingwebhookconfiguration", vec![name("m"), "{}".to_owned(), "null".to_owned()]),
            (
                "attestations",
                texts(&["{\"admissionReviewAPIGroups\":[\"apps\"]}", "{\"x\":5}", "{}", "null"]),
            ),
            ("apiservice", vec![name("a"), "{\"name\":5}".to_owned(), "\"name\"".to_owned()]),
        ],
    );
    let other_name = prop_oneof![
        any::<String>().prop_map(|name| Value::from(name).to_string()),
        select(NAMES).prop_map(str::to_owned)
    ];
    prop_oneof![
        2 => header,
        4 => claims,
        2 => kubernetes,
        1 => (index(), index()).prop_map(|(place, member)| Edit::Remove(place, member)),
        1 => (index(), index(), value()).prop_map(|(place, member, value)| Edit::Retype(place, member, value)),
        1 => (index(), index(), select(NAMES)).prop_map(|(place, member, name)| Edit::Rename(place, member, name)),
        1 => (index(), index(), prop::option::of(value()))
            .prop_map(|(place, member, value)| Edit::Duplicate(place, member, value)),
        3 => (index(), index()).prop_map(|(place, member)| Edit::Escape(place, member)),
        3 => (index(), index(), index()).prop_map(|(place, one, other)| Edit::Swap(place, one, other)),
        3 => (index(), other_name, value()).prop_map(|(place, name, value)| Edit::Add(place, name, value)),
    ]
}

pub fn draft(now: u64) -> impl Strategy<Value = Draft> {
    let space = select(&["", "", " ", "\n", "\t", "\r\n  ", "\u{a0}", "/**/"][..]);
    let space = prop_oneof![9 => Just(""), 1 => space];
    (prop::collection::vec(edit(now), 0..4), space).prop_map(|(edits, space)| Draft { edits, space })
}
