use super::*;

fn error(text: &[u8]) -> String {
    Json::parse(text).err().unwrap_or_else(|| panic!("{} is accepted", String::from_utf8_lossy(text)))
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_go() {
    let table: &[(&[u8], &str)] = &[
        (b"", "unexpected end of JSON input"),
        (b" ", "unexpected end of JSON input"),
        (b"{\"spec\":", "unexpected end of JSON input"),
        (b"{\"spec\"", "unexpected end of JSON input"),
        (b"{", "unexpected end of JSON input"),
        (b"[1", "unexpected end of JSON input"),
        (b"\"abc", "unexpected end of JSON input"),
        (b"x", "invalid character 'x' looking for beginning of value"),
        (b"\xff", "invalid character '\u{ff}' looking for beginning of value"),
        (b"\x80", "invalid character '\\u0080' looking for beginning of value"),
        (b"\x00", "invalid character '\\x00' looking for beginning of value"),
        (b"'", "invalid character '\\'' looking for beginning of value"),
        (b"{a", "invalid character 'a' looking for beginning of object key string"),
        (b"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
        (b"{\"a\" 1}", "invalid character '1' after object key"),
        (b"{\"a\":1 \"b\"", "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"[1,]", "invalid character ']' looking for beginning of value"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (b"01", "invalid character '1' after top-level value"),
        (b"-", "invalid character ' ' in numeric literal"),
        (b"-x", "invalid character 'x' in numeric literal"),
        (b"1.x", "invalid character 'x' after decimal point in numeric literal"),
        (b"1e+", "invalid character ' ' in exponent of numeric literal"),
        (b"tru", "invalid character ' ' in literal true (expecting 'e')"),
        (b"nil", "invalid character 'i' in literal null (expecting 'u')"),
        (b"falsy", "invalid character 'y' in literal false (expecting 'e')"),
        (b"\"\n\"", "invalid character '\\n' in string literal"),
        (b"\"\\x\"", "invalid character 'x' in string escape code"),
        (b"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
    ];
    for (text, expected) in table {
        assert_eq!(error(text), *expected, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn texts_are_read_as_go_reads_them() {
    let table: &[(&[u8], &str)] = &[
        (br#""a\"\\\/\b\f\n\r\t\u00e9""#, "a\"\\/\u{8}\u{c}\n\r\t\u{e9}"),
        (br#""\ud83d\ude00""#, "\u{1f600}"),
        (br#""\ud83d""#, "\u{fffd}"),
        (br#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        (br#""\ud83d\u0041""#, "\u{fffd}A"),
        (b"\"a\xffb\"", "a\u{fffd}b"),
    ];
    for (text, expected) in table {
        assert!(Json::parse(text) == Ok(Json::Text((*expected).to_owned())), "{expected}");
    }
}

#[test]
fn numbers_keep_their_text_and_members_their_order() {
    let read = Json::parse(br#" {"b": -1.50e+3 , "a":[true,null], "b":0} "#);
    let number = |text: &str| Json::Number(text.to_owned());
    let expected = vec![
        ("b".to_owned(), number("-1.50e+3")),
        ("a".to_owned(), Json::Array(vec![Json::Boolean(true), Json::Null])),
        ("b".to_owned(), number("0")),
    ];
    assert!(read == Ok(Json::Object(expected)));
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(Json::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    let refusal = error(nested(MAX_DEPTH + 1).as_bytes());
    assert_eq!(refusal, "invalid character '[' exceeded max depth");
    assert_eq!(error("[".repeat(3_000_000).as_bytes()), refusal);
}

proptest::proptest! {
    #[test]
    fn what_serde_json_accepts_and_refuses_is_accepted_and_refused(
        pieces in proptest::collection::vec(
            proptest::sample::select(&[
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u00e9\\n\"", "\"", "\\", "null", "true", "fals", "0", "-1",
                "1.5e-3", ".", "e", " ", "\n", "\u{e9}", "\u{1}",
            ][..]),
            0..12,
        )
    ) {
        let text = pieces.concat();
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        let ours = Json::parse(text.as_bytes());
        // Numbers that no double can hold are left to the type that they are for.
        if !theirs.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range")) {
            proptest::prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}", text);
        }
    }

    #[test]
    fn no_bytes_are_too_much(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
        let _ = Json::parse(&bytes);
    }
}
