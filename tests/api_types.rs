//! Compares the API types with what a real API server read and wrote.
#![allow(clippy::restriction)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use boundtoken::UnixSeconds;
use boundtoken::api::{
    ObjectMeta, Status, Time, TokenRequest, TokenRequestStatus, TokenReview, TokenReviewSpec,
    TokenReviewStatus, UserInfo,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Every folder of captured behaviour.
fn folders() -> Vec<PathBuf> {
    let folders: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(!folders.is_empty(), "no folder of vectors");
    folders
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The exchanges of every folder. Each is one TokenRequest and its answer.
fn exchanges() -> Vec<Exchange> {
    let mut all = Vec::new();
    for folder in folders() {
        let before = all.len();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.starts_with("tokenrequest-") && name.ends_with(".json") {
                let text = read(&path);
                all.push(Exchange {
                    name: path.display().to_string(),
                    content: serde_json::from_str(&text).unwrap(),
                    text: without_white_space(&text),
                });
            }
        }
        assert!(all.len() > before, "{}: no tokenrequest-*.json", folder.display());
    }
    all
}

struct Exchange {
    name: String,
    content: Value,
    /// The file, without white space outside of JSON strings.
    text: String,
}

impl Exchange {
    fn issued(&self) -> bool {
        match self.content["status"].as_u64() {
            Some(201) => true,
            Some(400..500) => false,
            other => panic!("{}: unexpected status {other:?}", self.name),
        }
    }

    /// The response as the API server wrote it: the last member of the file.
    fn response(&self) -> &str {
        let (_, response) = self.text.split_once(r#","response":"#).unwrap();
        response.strip_suffix('}').unwrap()
    }
}

/// Removes the white space outside of JSON strings, so that the order of members can be compared.
fn without_white_space(json: &str) -> String {
    let (mut within_string, mut escaped) = (false, false);
    json.chars()
        .filter(|&character| {
            let keep = within_string || !character.is_ascii_whitespace();
            if character == '"' && !escaped {
                within_string = !within_string;
            }
            escaped = within_string && character == '\\' && !escaped;
            keep
        })
        .collect()
}

/// Removes members that are `null` or an empty list, at every level. Both mean the same as an absent member.
fn without_unset(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !member.is_null() && **member != json!([]))
            .map(|(name, member)| (name.clone(), without_unset(member)))
            .collect(),
        other => other.clone(),
    }
}

/// Reads JSON, writes it, and reads it again. Returns the object and the text that was written.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, json: &str) -> (T, String) {
    let object: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{name}: {error}: {json}"));
    let written = serde_json::to_string(&object).unwrap();
    assert_eq!(serde_json::from_str::<T>(&written).unwrap(), object, "{name}");
    (object, written)
}

#[test]
fn every_issued_token_request_is_written_as_the_api_server_wrote_it() {
    for exchange in exchanges().iter().filter(|exchange| exchange.issued()) {
        let (response, written) = round_trip::<TokenRequest>(&exchange.name, exchange.response());
        assert_eq!(written, exchange.response(), "{}", exchange.name);

        let expected = &exchange.content["response"];
        let status = response.status.unwrap();
        assert_eq!(status.token, expected["status"]["token"], "{}", exchange.name);
        let expiry = status.expiration_timestamp.unwrap();
        assert_eq!(expiry.to_string(), expected["status"]["expirationTimestamp"], "{}", exchange.name);
        assert_eq!(response.spec.expiration_seconds, expected["spec"]["expirationSeconds"].as_i64());
        assert_eq!(json!(response.spec.audiences), expected["spec"]["audiences"]);
        assert_eq!(json!(response.spec.bound_object_ref), expected["spec"]["boundObjectRef"]);
        assert_eq!(response.metadata.uid, expected["metadata"]["uid"]);
        assert_eq!(response.metadata.managed_fields.len(), 1);
    }
}

#[test]
fn every_refusal_is_written_as_the_api_server_wrote_it_and_is_no_token_request() {
    for exchange in exchanges().iter().filter(|exchange| !exchange.issued()) {
        let (refusal, written) = round_trip::<Status>(&exchange.name, exchange.response());
        assert_eq!(written, exchange.response(), "{}", exchange.name);
        assert_eq!(refusal.status, "Failure");
        assert_eq!(Some(i64::from(refusal.code)), exchange.content["status"].as_i64(), "{}", exchange.name);

        let error = serde_json::from_str::<TokenRequest>(exchange.response()).unwrap_err();
        assert_eq!(
            error.to_string().split(" at line").next(),
            Some(r#"invalid value: string "Status", expected TokenRequest as kind"#),
            "{}",
            exchange.name
        );
    }
}

#[test]
fn every_request_is_read_in_full_and_written_with_the_members_that_are_always_there() {
    for exchange in exchanges() {
        let Some(request) = exchange.content.get("request") else {
            assert!(exchange.content["requestBody"].is_string(), "{}: no request", exchange.name);
            continue;
        };
        let mut request = request.clone();
        // Like the API server, we do not write empty members.
        if request["spec"]["attestations"] == json!({}) {
            request["spec"].as_object_mut().unwrap().remove("attestations");
        }
        let (_, written) = round_trip::<TokenRequest>(&exchange.name, &request.to_string());
        let mut written: Value = serde_json::from_str(&written).unwrap();
        let spec = written["spec"].as_object().unwrap();
        assert!(spec.contains_key("audiences") && spec.contains_key("expirationSeconds"), "{spec:?}");
        assert!(spec.contains_key("boundObjectRef"), "{spec:?}");
        assert_eq!(written.as_object_mut().unwrap().remove("metadata"), Some(json!({})), "{}", exchange.name);
        assert_eq!(without_unset(&written), without_unset(&request), "{}", exchange.name);
    }
}

#[test]
fn a_raw_body_is_refused_when_the_api_server_could_not_read_it_and_only_then() {
    let mut bodies = 0;
    for exchange in exchanges() {
        let Some(body) = exchange.content["requestBody"].as_str() else { continue };
        bodies += 1;
        let message = exchange.content["response"]["message"].as_str().unwrap_or_default();
        let unreadable =
            message.contains("cannot be handled as a TokenRequest") || message.contains("is unrecognized");
        let read = serde_json::from_str::<TokenRequest>(body);
        assert_eq!(read.is_err(), unreadable, "{}: {read:?}, but the server: {message}", exchange.name);
    }
    assert!(bodies > 0, "no tokenrequest-raw-*.json");
}

#[test]
fn the_yaml_of_a_token_request_says_the_same_as_its_json() {
    for folder in folders() {
        let exchange: Value =
            serde_json::from_str(&read(&folder.join("tokenrequest-pod-live.json"))).unwrap();
        let from_json: TokenRequest = serde_json::from_value(exchange["response"].clone()).unwrap();

        let from_yaml: TokenRequest =
            yaml_serde::from_str(&read(&folder.join("tokenrequest-pod-live.yaml"))).unwrap();
        // The two come from different requests, so times and token are compared separately.
        let comparable = |request: &TokenRequest| {
            let mut request = request.clone();
            let status = request.status.take().unwrap();
            let lifetime = request.spec.expiration_seconds.unwrap();
            let created = request.metadata.creation_timestamp.take().unwrap();
            assert_eq!(request.metadata.managed_fields[0].time.take(), Some(created));
            assert_eq!(seconds(status.expiration_timestamp.unwrap()) - seconds(created), lifetime);
            assert_eq!(status.token.split('.').count(), 3);
            request
        };
        assert_eq!(comparable(&from_yaml), comparable(&from_json), "{}", folder.display());

        let written = yaml_serde::to_string(&from_yaml).unwrap();
        let again: TokenRequest = yaml_serde::from_str(&written).unwrap();
        assert_eq!(again, from_yaml, "{}", folder.display());
        assert_eq!(yaml_serde::to_string(&again).unwrap(), written, "{}", folder.display());
    }
}

fn seconds(time: Time) -> i64 {
    UnixSeconds::from(time).0.try_into().unwrap()
}

#[test]
fn every_review_is_written_as_the_api_server_wrote_it() {
    for folder in folders() {
        let text = read(&folder.join("reviews.json"));
        let rounds: Value = serde_json::from_str(&text).unwrap();
        let text = without_white_space(&text);
        let mut reviews = 0;
        for round in rounds.as_array().unwrap() {
            for (name, result) in round["results"].as_object().unwrap() {
                assert_eq!(result["status"], 201, "{name}");
                let review = &result["review"];
                let (status, written) = round_trip::<TokenReviewStatus>(name, &review.to_string());
                assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), *review, "{name}");
                let in_place = format!("{}:{{\"status\":201,\"review\":{written}}}", json!(name));
                assert!(text.contains(&in_place), "{name}: not in this order: {written}");
                assert_eq!(status.authenticated, review.get("authenticated").is_some(), "{name}");
                assert_ne!(status.authenticated, status.user == UserInfo::default(), "{name}");
                reviews += 1;
            }
        }
        assert!(reviews > 0, "{}: no reviews", folder.display());
    }
}

#[test]
fn every_review_of_a_crafted_token_round_trips() {
    for folder in folders() {
        for file in ["crafted.json", "random.json"] {
            let crafted: Value = serde_json::from_str(&read(&folder.join(file))).unwrap();
            for case in crafted["cases"].as_array().unwrap() {
                let name = case["name"].to_string();
                // If the server refused the review itself, the file has only its message.
                if case["status"] == 201 {
                    let (_, written) = round_trip::<TokenReviewStatus>(&name, &case["review"].to_string());
                    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), case["review"], "{name}");
                } else {
                    assert!(case["review"].is_string(), "{name}");
                }
            }
        }
    }
}

#[test]
fn the_metadata_of_every_captured_object_round_trips() {
    for folder in folders() {
        let states: Value = serde_json::from_str(&read(&folder.join("objects.json"))).unwrap();
        let mut deleted = 0;
        for state in ["before", "after"] {
            for object in
                states[state].as_object().unwrap().values().flat_map(|kind| kind.as_array().unwrap())
            {
                let expected = &object["metadata"];
                let (metadata, written) =
                    round_trip::<ObjectMeta>(&folder.display().to_string(), &expected.to_string());
                assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), *expected);
                deleted += usize::from(metadata.deletion_timestamp.is_some());
            }
        }
        assert!(deleted > 0, "{}: no object that is being deleted", folder.display());
    }
}

#[test]
fn debug_never_shows_a_token() {
    for folder in folders() {
        let tokens: BTreeMap<String, String> =
            serde_json::from_str(&read(&folder.join("tokens.json"))).unwrap();
        assert!(!tokens.is_empty(), "{}: no tokens", folder.display());
        for (name, token) in tokens {
            let status = TokenRequestStatus { token: token.clone(), expiration_timestamp: None };
            let spec = TokenReviewSpec { token: token.clone(), audiences: vec!["vault".into()] };
            let request = TokenRequest { status: Some(status.clone()), ..Default::default() };
            let review = TokenReview { spec: spec.clone(), ..Default::default() };
            for shown in [
                format!("{status:?}"),
                format!("{status:#?}"),
                format!("{spec:?}"),
                format!("{spec:#?}"),
                format!("{request:?}"),
                format!("{request:#?}"),
                format!("{review:?}"),
                format!("{review:#?}"),
            ] {
                for part in token.split('.') {
                    assert!(!shown.contains(part), "{name}");
                }
                assert!(
                    shown.contains(&format!("token: [redacted, {} bytes]", token.len())),
                    "{name}: {shown}"
                );
            }
        }
    }
}
