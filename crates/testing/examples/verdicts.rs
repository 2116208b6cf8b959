//! Prints what the library says of every captured token, a line of JSON for each case. Tests in other languages compare
//! themselves with it.
//!
//! The line of a folder comes before those of its cases, and has the keys. A case says what the cluster knew of the objects that its
//! token names. The record is in base64.
#![allow(clippy::restriction)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use boundtoken::{ObjectKind, ObjectReference, ObjectState, ObjectStore, UnixSeconds, record};
use boundtoken_testing::Folder;
use serde_json::{Value, json};

fn main() {
    for (index, folder) in boundtoken_testing::folders().iter().enumerate() {
        print(index, folder);
    }
}

fn print(index: usize, folder: &Folder) {
    let Some(keys) = folder.keys() else { return };
    let stores = folder.stores();
    println!(
        "{}",
        json!({"folder": folder.name, "index": index, "issuers": folder.issuers, "jwks": folder.jwks})
    );
    for case in &folder.cases {
        let store = &stores[case.objects];
        let verifier = folder.verifier(&keys, case, store);
        let token = case.token.as_bytes();
        let now = UnixSeconds(case.now);
        let mut buffer = vec![0; verifier.largest_record()];
        let verdict = verifier.verify_at(token, now);
        let size = match &verdict {
            Ok(verified) => record::accepted(&mut buffer, verified),
            Err(rejection) => record::refused(&mut buffer, rejection),
        };
        let objects: Vec<Value> = match verifier.check_at(token, now) {
            Ok(checked) => checked.bound_objects().map(|object| state(store, &object.reference)).collect(),
            Err(_) => Vec::new(),
        };
        println!(
            "{}",
            json!({
                "name": case.name,
                "of": index,
                "token": case.token,
                "audiences": case.audiences,
                "now": case.now,
                "objects": objects,
                "record": STANDARD.encode(&buffer[..size]),
            })
        );
    }
}

fn state(store: &ObjectStore, reference: &ObjectReference<'_>) -> Value {
    let (state, uid, deleted) = match store.state(reference) {
        ObjectState::Present { uid, deletion_timestamp } => (0, uid.to_string(), deletion_timestamp),
        ObjectState::Absent => (1, String::new(), None),
        ObjectState::Unavailable => (2, String::new(), None),
        ObjectState::NotFollowed => (3, String::new(), None),
    };
    let kind: ObjectKind = reference.kind;
    json!({
        "kind": kind.number(),
        "namespace": reference.namespace,
        "name": reference.name,
        "state": state,
        "uid": uid,
        "deleted": deleted.map(|time| time.0),
    })
}
