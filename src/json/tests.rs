//! Compares the reader with serde_json: it accepts a subset, and reads the same values.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Kind, Known, KnownName, Member, Object, Reader, Rules, utf8};
use crate::rejection::{PartName, Reason};

/// Rules with the reasons of claims. The limit on members is the header's.
fn rules(limit_members: bool) -> &'static Rules {
    static UNLIMITED: Rules = test_rules(None);
    static LIMITED: Rules = test_rules(Some(Reason::HeaderTooManyMembers));
    if limit_members { &LIMITED } else { &UNLIMITED }
}

const fn test_rules(too_many_members: Option<Reason>) -> Rules {
    Rules {
        part: PartName::Claims,
        not_utf8: Reason::ClaimsNotUtf8,
        malformed: Reason::ClaimsMalformed,
        too_deep: Reason::ClaimsTooDeep,
        duplicate_member: Reason::ClaimsDuplicateMember,
        number_out_of_range: Reason::ClaimsNumberOutOfRange,
        wrong_type: Reason::ClaimsWrongType,
        too_many_members,
    }
}

/// Some of the names in the tests, to cover both known and unknown names.
const KNOWN: Known<&str> = &[
    KnownName::new("a", "a"),
    KnownName::new("name", "name"),
    KnownName::new("long-member-name", "long-member-name"),
    KnownName::new("x", "x"),
];

fn resolve(name: Member<'_, &str>) -> String {
    match name {
        Member::Known(name) => name.to_owned(),
        Member::Unknown(name) => name.chars().collect(),
    }
}

/// Reads a whole document into a serde_json value.
fn read(json: &[u8], limit_members: bool) -> Result<Value, Reason> {
    let rules = rules(limit_members);
    let text = utf8(json, rules).map_err(|rejection| rejection.reason())?;
    Reader::read(text, rules, object).map_err(|rejection| rejection.reason())
}

fn object(reader: &mut Reader<'_>) -> Result<Value, Reason> {
    let mut members = Map::new();
    let mut object = Object::default();
    while let Some(name) = reader.member(&mut object, KNOWN)? {
        members.insert(resolve(name), value(reader)?);
    }
    Ok(Value::Object(members))
}

fn value(reader: &mut Reader<'_>) -> Result<Value, Reason> {
    Ok(match reader.kind()? {
        Kind::Object => object(reader)?,
        Kind::Array => {
            let mut elements = Vec::new();
            let mut begun = false;
            while reader.element(&mut begun)? {
                elements.push(value(reader)?);
            }
            Value::Array(elements)
        }
        Kind::String => Value::String(reader.string()?.chars().collect()),
        Kind::Number => serde_json::from_str(reader.number()?).unwrap_or(Value::Null),
        Kind::Boolean => {
            let is_true = reader.peek() == Some(b't');
            reader.skip()?;
            Value::Bool(is_true)
        }
        Kind::Null => {
            reader.skip()?;
            Value::Null
        }
    })
}

fn accepts(json: &str) -> Result<(), Reason> {
    read(json.as_bytes(), false).map(drop)
}

#[test]
fn the_limits_are_where_the_documentation_says() {
    let nested = |levels: usize| format!("{{\"x\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert_eq!(accepts(&nested(32)), Ok(()));
    assert_eq!(accepts(&nested(33)), Err(Reason::ClaimsTooDeep));
    assert_eq!(accepts(&format!("{{\"x\":{}", "[".repeat(100_000))), Err(Reason::ClaimsTooDeep));
    assert_eq!(accepts(&"{\"x\":".repeat(100_000)), Err(Reason::ClaimsTooDeep));

    let number = |digits: usize| format!("{{\"x\":{}}}", "1".repeat(digits));
    assert_eq!(accepts(&number(64)), Ok(()));
    assert_eq!(accepts(&number(65)), Err(Reason::ClaimsNumberOutOfRange));
    assert_eq!(accepts(&number(100_000)), Err(Reason::ClaimsNumberOutOfRange));
    assert_eq!(accepts(&format!("{{\"x\":0.{}}}", "0".repeat(100_000))), Err(Reason::ClaimsNumberOutOfRange));
    assert_eq!(accepts(&format!("{{\"x\":1e{}}}", "9".repeat(100_000))), Err(Reason::ClaimsNumberOutOfRange));

    assert_eq!(accepts("{\"x\":[1e308,-1e-999,0e999]}"), Ok(()));
    for number in ["1e309", "-1E+400", "1e99999999999999999999"] {
        assert_eq!(accepts(&format!("{{\"x\":{number}}}")), Err(Reason::ClaimsNumberOutOfRange), "{number}");
    }

    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|n| format!("\"{n}\":{n}")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(read(members(32).as_bytes(), true).is_ok());
    assert_eq!(read(members(33).as_bytes(), true), Err(Reason::HeaderTooManyMembers));
    assert_eq!(accepts(&members(20_000)), Ok(()));
}

#[test]
fn a_member_that_stands_twice_is_found_wherever_it_is_and_however_it_is_spelled() {
    let padding = |count: usize| (0..count).map(|n| format!("\"p{n}\":0,")).collect::<String>();
    for before in [0, 1, 31, 32, 33, 500] {
        for between in [0, 1, 40] {
            let (before, between) = (padding(before), padding(between).replace('p', "q"));
            for second in ["name", "\\u006eame", "n\\u0061me"] {
                for document in [
                    format!("{{{before}\"name\":1,{between}\"{second}\":2}}"),
                    format!("{{{before}\"x\":[{{\"name\":1,{between}\"{second}\":2}}]}}"),
                ] {
                    assert_eq!(accepts(&document), Err(Reason::ClaimsDuplicateMember), "{document}");
                }
            }
        }
        let before = padding(before);
        let siblings = format!("{{{before}\"a\":{{{before}\"x\":1}},\"b\":{{{before}\"x\":1}},\"x\":1}}");
        assert_eq!(accepts(&siblings), Ok(()), "{siblings}");
    }
}

#[test]
fn what_is_not_json_by_the_letter_is_refused() {
    for json in [
        "",
        " ",
        "null",
        "[]",
        "\"x\"",
        "1",
        "{",
        "}",
        "{}}",
        "{}{}",
        "{} x",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":--1}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":tru}",
        "{\"a\":nulll}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u+123\"}",
        "{\"a\":\"",
        "{\"a\":1}/**/",
        "\u{feff}{}",
        "{}\0",
        "{\"a\":1}\u{a0}",
        "\u{b}{}",
    ] {
        assert_eq!(accepts(json), Err(Reason::ClaimsMalformed), "{json:?}");
        assert!(!serde_json::from_str::<Value>(json).is_ok_and(|value| value.is_object()), "{json:?}");
    }
    for json in [
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\n\"}",
        "{\"a\":\"\\ud800\\ud800\"}",
        "{\"\\udfff\":1}",
    ] {
        assert_eq!(accepts(json), Err(Reason::ClaimsNotUtf8), "{json:?}");
    }
    for bytes in
        [&b"{\"a\":\"\xff\"}"[..], b"{\"a\":\"\xc0\x80\"}", b"{\"a\":\"\xed\xa0\x80\"}", b"\xff\xfe{\0}\0"]
    {
        assert_eq!(read(bytes, false), Err(Reason::ClaimsNotUtf8), "{bytes:?}");
    }
}

fn name() -> impl Strategy<Value = String> {
    static NAMES: [&str; 6] = ["a", "name", "long-member-name", "long-member-namf", "long-member", "x"];
    prop_oneof![any::<String>(), prop::sample::select(&NAMES[..]).prop_map(str::to_owned)]
}

/// Generates JSON objects of every shape that serde_json can hold.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\\\\\"/\u{0}-\u{1f}\u{10000}-\u{10010}]{0,8}".prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::btree_map(name(), tree, 0..12)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// Writes a value with every character of every string as an escape.
fn escaped(value: &Value) -> String {
    let string = |text: &str| {
        let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        format!("\"{units}\"")
    };
    match value {
        Value::String(text) => string(text),
        Value::Array(elements) => {
            format!("[ {} ]", elements.iter().map(escaped).collect::<Vec<_>>().join(" , "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}\t:\r\n{}", string(name), escaped(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read_as_the_same_value(value in document()) {
        for json in [value.to_string(), format!("{value:#}"), escaped(&value)] {
            prop_assert_eq!(read(json.as_bytes(), false).ok(), serde_json::from_str::<Value>(&json).ok());
        }
    }

    #[test]
    fn whatever_is_accepted_serde_json_accepts_as_the_same_value(
        value in document(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 0..4),
    ) {
        let mut json = value.to_string().into_bytes();
        for (place, byte, edit) in edits {
            let place = place.index(json.len());
            match edit {
                0 => json[place] = byte,
                1 => json.insert(place, byte),
                _ => drop(json.remove(place)),
            }
            if json.is_empty() {
                break;
            }
        }
        if let Ok(read) = read(&json, false) {
            prop_assert_eq!(serde_json::from_slice::<Value>(&json).ok(), Some(read));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(json in prop::collection::vec(any::<u8>(), 0..200)) {
        let _verdict = read(&json, true);
    }
}

/// Headers of about `size` bytes that are expensive to read.
fn expensive_headers(size: usize) -> Vec<(&'static str, String)> {
    let filled = |piece: &dyn Fn(usize) -> String| {
        let mut pieces = Vec::new();
        let mut length = 0;
        while length < size {
            pieces.push(piece(pieces.len()));
            length += pieces.last().unwrap().len() + 1;
        }
        pieces.join(",")
    };
    let array = |piece: &dyn Fn(usize) -> String| format!(r#"{{"x":[{}]}}"#, filled(piece));
    let escaped = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
    let long = "x".repeat(size / 40);
    vec![
        (
            "escaped names",
            format!("{{{}}}", filled(&|n| format!(r#""{}{n:03}":0"#, escaped(&long[..size / 240])))),
        ),
        ("long names", format!("{{{}}}", filled(&|n| format!(r#""{long}{n:03}":0"#)))),
        ("long names with one escape", format!("{{{}}}", filled(&|n| format!(r#""{long}\u0061{n:03}":0"#)))),
        ("short names", format!("{{{}}}", filled(&|n| format!(r#""{n}":0"#)))),
        ("one name of escapes", format!(r#"{{"{}":0}}"#, "\\n".repeat(size / 2))),
        ("one value of escapes", format!(r#"{{"x":"{}"}}"#, escaped(&"x".repeat(size / 6)))),
        ("one plain value", format!(r#"{{"x":"{}"}}"#, "x".repeat(size))),
        ("white space", format!(r#"{{{}"x":0}}"#, " ".repeat(size))),
        ("numbers", array(&|_| "1e9".to_owned())),
        ("long numbers", array(&|_| "1".repeat(64))),
        ("empty objects", array(&|_| "{}".to_owned())),
        ("objects with names", array(&|_| r#"{"a":0,"b":0,"c":0}"#.to_owned())),
        ("depth", array(&|_| format!("{}{}", "[".repeat(29), "]".repeat(29)))),
    ]
}

#[test]
fn no_header_costs_more_than_in_proportion_to_its_length() {
    for size in [256, 1_024, 4_096] {
        for (what, header) in expensive_headers(size) {
            let steps = super::steps::of(|| drop(read(header.as_bytes(), true)));
            // A byte is read at most twice, the second time for a name's hash. A name is compared with at most 32
            // others. Reading ends at the first piece above the limit.
            let most = 2 * header.len() + super::MAX_PIECES * 33;
            assert!(steps <= most, "{what}, {} bytes: {steps} steps, at most {most}", header.len());
        }
    }
}

#[test]
fn pieces_are_counted_at_every_level_and_in_headers_alone() {
    let elements = |count| format!(r#"{{"x":[{}]}}"#, vec!["0"; count].join(","));
    let escapes = |count| format!(r#"{{"x":"{}"}}"#, "\\n".repeat(count));
    let nested = |count| format!(r#"{{"x":[{}]}}"#, vec![r#"{"a":0}"#; count].join(","));
    for (at_most, too_many) in
        [(elements(63), elements(64)), (escapes(63), escapes(64)), (nested(31), nested(32))]
    {
        assert!(read(at_most.as_bytes(), true).is_ok(), "{at_most}");
        assert_eq!(read(too_many.as_bytes(), true), Err(Reason::HeaderTooManyMembers), "{too_many}");
        assert!(read(too_many.as_bytes(), false).is_ok(), "{too_many}");
    }
}

#[test]
fn strings_between_expected_texts_are_read_at_once_or_not_at_all() {
    let read = |text: &'static str| {
        let mut read = None;
        let end = Reader::read(text, rules(false), |reader| {
            let strings = reader.verbatim_strings([r#"{"name":"#, r#","uid":"#], "}");
            read = strings.map(|strings| strings.map(|string| &text[string]));
            // Whatever was not read at once is read as ever.
            if read.is_none() { reader.skip() } else { Ok(()) }
        });
        assert!(end.is_ok(), "{text}");
        read
    };
    assert_eq!(read(r#"{"name":"live","uid":"e5bf3f7d-fbca"} "#), Some(["live", "e5bf3f7d-fbca"]));
    assert_eq!(read(r#"{"name":"","uid":""}"#), Some(["", ""]));
    for otherwise in [
        r#"{"name": "live","uid":"1"}"#,
        r#"{"name":"live","uid":"1" }"#,
        r#"{"name":"live","uid":"1","more":"2"}"#,
        r#"{"uid":"1","name":"live"}"#,
        r#"{"name":"l\u0069ve","uid":"1"}"#,
        r#"{"name":"live","uid":null}"#,
        r#"{"name":"live"}"#,
        r#"{"name":["live"],"uid":"1"}"#,
    ] {
        assert_eq!(read(otherwise), None, "{otherwise}");
    }
}
