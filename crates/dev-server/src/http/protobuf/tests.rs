use super::*;
use crate::http::kinds;

/// A field of bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
}

fn body(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
    let type_meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [MAGIC, &field(1, &type_meta), &field(2, object)].concat()
}

fn token_request() -> Vec<u8> {
    let reference = [field(1, b"Pod"), field(2, b"v1"), field(3, b"live"), field(4, b"")].concat();
    let spec = [field(1, b"vault"), field(1, b""), field(3, &reference), vec![4 << 3, 0xd8, 4]].concat();
    let status = [field(1, b""), field(2, b"")].concat();
    [field(1, &field(1, b"app")), field(2, &spec), field(3, &status)].concat()
}

#[test]
fn a_token_request_of_kubectl_is_read() {
    let body = body("authentication.k8s.io/v1", "TokenRequest", &token_request());
    let envelope = Envelope::open(&body).unwrap();
    assert_eq!(envelope.type_meta(), ("authentication.k8s.io/v1", "TokenRequest"));
    assert_eq!(
        envelope.decode(&kinds::TOKEN_REQUEST).unwrap(),
        serde_json::json!({
            "metadata": {"name": "app"},
            "spec": {
                "audiences": ["vault", ""],
                "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "live"},
                "expirationSeconds": 600
            },
            "status": {}
        })
    );
}

#[test]
fn every_truncation_is_an_error_or_a_smaller_object_and_never_a_panic() {
    let whole = body("authentication.k8s.io/v1", "TokenRequest", &token_request());
    for length in 0..whole.len() {
        if let Ok(envelope) = Envelope::open(&whole[..length]) {
            let _ = envelope.decode(&kinds::TOKEN_REQUEST);
        }
    }
    for (position, bit) in (0..whole.len()).flat_map(|position| (0..8).map(move |bit| (position, bit))) {
        let mut damaged = whole.clone();
        damaged[position] ^= 1 << bit;
        if let Ok(envelope) = Envelope::open(&damaged) {
            let _ = envelope.decode(&kinds::TOKEN_REQUEST);
        }
    }
}

#[test]
fn what_is_not_protobuf_is_said_to_be_not() {
    let error = |body: &[u8]| Envelope::open(body).err().unwrap();
    assert_eq!(
        error(b"{}"),
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
    );
    assert_eq!(error(b""), "empty data");
    assert_eq!(error(MAGIC), "empty body");
}
