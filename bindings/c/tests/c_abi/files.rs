//! Writes the files that the C programs read: tokens, keys, objects, and the verdicts of the Rust API.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use boundtoken::{Algorithm, KeySet, ObjectStore, Reason, Rejection, SigningKey, UnixSeconds, VerifiedToken};
use serde_json::{Value, json};

use crate::tools::scratch;
use boundtoken_testing::server_rules::ServerRules;
use boundtoken_testing::{self, Case, Folder};

/// The vectors with the token that the programs verify.
const FOLDER: &str = "apiserver-rs256";
/// The issuer of the token.
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// A time at which the tokens are valid.
pub const NOW: &str = "1795522300";
/// The uid of the pod `live`.
pub const LIVE_POD_UID: &str = "e5bf3f7d-fbca-403d-a58f-f50f44e8da63";

/// A folder with a file cases.txt for tests/c/cases.c, which describes the format.
pub struct CaseFolder {
    pub name: String,
    pub path: PathBuf,
}

/// One folder for each of the vectors whose keys the compiled cryptography supports.
pub fn case_folders() -> Vec<CaseFolder> {
    let folders: Vec<CaseFolder> = boundtoken_testing::folders().iter().filter_map(write_cases).collect();
    assert!(!folders.is_empty(), "no folder that decides anything");
    folders
}

fn write_cases(folder: &Folder) -> Option<CaseFolder> {
    let keys = folder.keys()?;
    let thread = format!("{:?}", std::thread::current().id());
    let path = scratch(&format!("cases-{}-{}", folder.name, thread.replace(['(', ')'], "")));
    let write = |name: &str, text: &str| std::fs::write(path.join(name), text).expect("written");
    let mut text = String::new();
    for issuer in &folder.issuers {
        put(&mut text, "issuer", issuer);
    }
    write("jwks.json", &folder.jwks);
    text.push_str("jwks jwks.json\n");
    for (index, objects) in folder.objects.iter().enumerate() {
        let name = format!("objects-{index}.json");
        write(&name, objects);
        writeln!(text, "objects {name}").expect("a String");
    }
    let stores = folder.stores();
    let rules = ServerRules::of(folder, &keys);
    for case in &folder.cases {
        put(&mut text, "case", &case.name);
        writeln!(text, "now {}\nuse {}", case.now, case.objects).expect("a String");
        for audience in &case.audiences {
            put(&mut text, "audience", audience);
        }
        put(&mut text, "token", &case.token);
        for line in expected(folder, &keys, &rules, case, &stores[case.objects]).lines() {
            writeln!(text, "> {line}").expect("a String");
        }
        text.push_str("end\n");
    }
    write("cases.txt", &text);
    Some(CaseFolder { name: format!("{} ({} cases)", folder.name, folder.cases.len()), path })
}

/// The lines that the C program should print, by the verdict of the Rust API. It is never looser than the server's.
fn expected(
    folder: &Folder,
    keys: &KeySet,
    rules: &ServerRules<'_>,
    case: &Case,
    objects: &ObjectStore,
) -> String {
    let verifier = folder.verifier(keys, case, objects);
    match verifier.verify_at(case.token.as_bytes(), UnixSeconds(case.now)) {
        Ok(verified) => {
            assert!(case.server.authenticated, "{}: looser than the server", case.name);
            let user = rules.user_known_to_the_server(verified.user_info());
            assert_eq!(user, case.server.user, "{}", case.name);
            expected_claims(&verified)
        }
        Err(rejection) => {
            let reason = rejection.reason();
            let stricter = Reason::STRICTER.contains(&reason)
                || rules.do_not_know(case, reason)
                || rules.needs_another_backend(case, reason);
            assert!(stricter || !case.server.authenticated, "{}: {rejection}", case.name);
            expected_refusal(&rejection)
        }
    }
}

fn expected_refusal(rejection: &Rejection) -> String {
    let mut text = format!("status {}\n", rejection.number());
    put_text(&mut text, "name", Some(rejection.name()));
    put_text(&mut text, "message", Some(&rejection.to_string()));
    put_text(&mut text, "challenge", Some(&rejection.www_authenticate()));
    text
}

fn expected_claims(verified: &VerifiedToken) -> String {
    let claims = verified.claims();
    let user = verified.user_info();
    let account = claims.service_account();
    let mut text = String::from("status 0\n");
    writeln!(text, "confirmed {}", verified.confirmed().number()).expect("a String");
    put_text(&mut text, "issuer", Some(claims.issuer()));
    put_text(&mut text, "subject", Some(claims.subject()));
    put_text(&mut text, "username", Some(&user.username));
    put_text(&mut text, "service_account_namespace", Some(account.reference.namespace));
    put_text(&mut text, "service_account_name", Some(account.reference.name));
    put_text(&mut text, "service_account_uid", Some(&user.uid));
    for group in &user.groups {
        put_text(&mut text, "group", Some(group));
    }
    for (key, value) in
        user.extra.iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value)))
    {
        put_text(&mut text, "key", Some(key));
        put_text(&mut text, "value", Some(value));
    }
    for audience in claims.audiences() {
        put_text(&mut text, "audience", Some(audience));
    }
    for audience in verified.matched_audiences() {
        put_text(&mut text, "matched_audience", Some(audience));
    }
    let times = [
        ("expires_at", Some(claims.expires_at())),
        ("not_before", claims.not_before()),
        ("issued_at", claims.issued_at()),
        ("warn_after", claims.warn_after()),
    ];
    for (name, time) in times {
        let seconds = time.map_or(-1, |time| i64::try_from(time.0).expect("a date"));
        writeln!(text, "{name} {seconds}").expect("a String");
    }
    put_text(&mut text, "jti", claims.jti());
    for (name, object) in [("pod", claims.pod()), ("secret", claims.secret()), ("node", claims.node())] {
        put_text(&mut text, &format!("{name}_name"), object.map(|object| object.reference.name));
        put_text(&mut text, &format!("{name}_uid"), object.map(|object| object.uid));
    }
    put_text(&mut text, "payload", Some(claims.payload()));
    for (name, object) in [
        ("validating_webhook_configuration", claims.validating_webhook_configuration()),
        ("mutating_webhook_configuration", claims.mutating_webhook_configuration()),
    ] {
        put_text(&mut text, &format!("{name}_name"), object.map(|object| object.reference.name));
        put_text(&mut text, &format!("{name}_uid"), object.map(|object| object.uid));
    }
    for group in claims.attested_api_groups() {
        put_text(&mut text, "attested_api_group", Some(group));
    }
    put_text(&mut text, "issuer_label", Some(verified.issuer_label()));
    put_text(&mut text, "json", Some(&serde_json::to_string(verified).expect("JSON")));
    text
}

/// A line of input.
fn put(text: &mut String, name: &str, value: &str) {
    writeln!(text, "{name} {}", encoded(value)).expect("a String");
}

/// A line of output.
fn put_text(text: &mut String, name: &str, value: Option<&str>) {
    match value {
        Some(value) => writeln!(text, "{name} ={}", encoded(value)),
        None => writeln!(text, "{name} absent"),
    }
    .expect("a String");
}

fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'!'..=b'~' if byte != b'%' => text.push(char::from(byte)),
            _ => write!(text, "%{byte:02X}").expect("a String"),
        }
        text
    })
}

/// A folder for programs that verify one token. It is valid at [`NOW`] for the audience `vault` and bound to a pod.
pub fn token_folder() -> PathBuf {
    let folder = boundtoken_testing::folder(FOLDER);
    let token = folder.tokens["pod-live"].clone();
    write_folder("token", &folder, &token)
}

/// The same folder with a token that is valid now, signed with the same key.
pub fn fresh_token_folder() -> PathBuf {
    let folder = boundtoken_testing::folder(FOLDER);
    let token = fresh_token(&folder, "0");
    write_folder("fresh-token", &folder, &token)
}

/// A token that is valid now and has an additional claim with this number.
fn fresh_token(folder: &Folder, number: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let claims = json!({
        "iss": ISSUER, "aud": ["vault"], "sub": "system:serviceaccount:demo:app",
        "iat": now, "nbf": now, "exp": now + 3600, "number": "NUMBER",
        "kubernetes.io": {
            "namespace": "demo",
            "serviceaccount": {"name": "app", "uid": uid(folder, "serviceaccounts", "app")},
            "pod": {"name": "live", "uid": LIVE_POD_UID},
        },
    });
    let claims = claims.to_string().replace("\"NUMBER\"", number);
    let key = SigningKey::from_pem(&vector("signing-key.pem")).expect("signing key");
    key.sign(claims.as_bytes()).expect("signed")
}

fn write_folder(name: &str, folder: &Folder, token: &str) -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let path = scratch(&format!("{name}-{}", thread.replace(['(', ')'], "")));
    let write = |name: &str, bytes: &[u8]| std::fs::write(path.join(name), bytes).expect("written");
    write("token", token.as_bytes());
    write("huge-number-token", fresh_token(folder, "1e999").as_bytes());
    write("jwks.json", folder.jwks.as_bytes());
    write("objects.json", folder.objects[0].as_bytes());
    let mut after: Value = serde_json::from_str(&folder.objects[0]).expect("objects");
    after["pods"].as_array_mut().expect("pods").retain(|pod| pod["metadata"]["name"] != "live");
    write("objects-after.json", after.to_string().as_bytes());
    write("signing-key.pem", &vector("signing-key.pem"));
    let other = SigningKey::generate(Algorithm::ES256).expect("a key");
    let other = json!({ "keys": [serde_json::to_value(other.public_key().to_jwk()).expect("a JWK")] });
    write("other-jwks.json", other.to_string().as_bytes());
    path
}

fn vector(name: &str) -> Vec<u8> {
    let path = crate::tools::root().join("tests/vectors").join(FOLDER).join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn uid(folder: &Folder, resource: &str, name: &str) -> String {
    let objects: Value = serde_json::from_str(&folder.objects[0]).expect("objects");
    let found = objects[resource]
        .as_array()
        .expect("a list")
        .iter()
        .find(|object| object["metadata"]["name"] == name);
    found.and_then(|object| object["metadata"]["uid"].as_str()).expect("a uid").to_owned()
}
