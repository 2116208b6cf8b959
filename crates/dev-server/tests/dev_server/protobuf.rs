//! Writes what clients send in protobuf.

use serde_json::Value;

pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// A field of bytes.
pub fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = varint(u64::try_from(content.len()).unwrap());
    [vec![number << 3 | 2], length, content.to_vec()].concat()
}

/// A body with one object of the group `authentication.k8s.io` in it.
pub fn body(kind: &str, object: &[u8]) -> Vec<u8> {
    body_of("authentication.k8s.io/v1", kind, object)
}

/// A body with one object in it.
pub fn body_of(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
    let type_meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [b"k8s\0".to_vec(), field(1, &type_meta), field(2, object), field(3, b""), field(4, b"")].concat()
}

/// The body of a TokenRequest with this spec.
pub fn token_request(spec: &Value) -> Vec<u8> {
    let text = |value: &Value| value.as_str().unwrap_or_default().as_bytes().to_vec();
    let mut fields = Vec::new();
    for audience in spec["audiences"].as_array().into_iter().flatten() {
        fields.extend(field(1, &text(audience)));
    }
    if spec["boundObjectRef"].is_object() {
        let members = [(1, "kind"), (2, "apiVersion"), (3, "name"), (4, "uid")];
        let reference = members.map(|(number, member)| field(number, &text(&spec["boundObjectRef"][member])));
        fields.extend(field(3, &reference.concat()));
    }
    if let Some(seconds) = spec["expirationSeconds"].as_i64() {
        fields.extend([vec![4 << 3], varint(seconds.cast_unsigned())].concat());
    }
    for (name, values) in spec["attestations"].as_object().into_iter().flatten() {
        let values = values.as_array().into_iter().flatten();
        let values: Vec<_> = values.flat_map(|value| field(1, &text(value))).collect();
        fields.extend(field(5, &[field(1, name.as_bytes()), field(2, &values)].concat()));
    }
    body("TokenRequest", &[field(1, &field(1, b"")), field(2, &fields)].concat())
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}
