//! TokenRequests that real API servers answered, from the folders of the vectors.

use std::path::Path;

use boundtoken::{Issuer, KeySet, ObjectReference, ObjectStore, SigningKey};
use serde_json::Value;

use super::read_json;

/// One API server: its configuration, and its answers.
pub struct Server {
    pub name: String,
    pub directory: std::path::PathBuf,
    pub issuer: String,
    pub api_audiences: Vec<String>,
    pub signing_key: String,
    /// The cluster when the tokens were requested.
    pub objects: Value,
    pub requests: Vec<Request>,
}

/// Reviews of all tokens at about the same time.
pub struct Round {
    pub name: String,
    pub now: boundtoken::UnixSeconds,
    /// For each review: the request that the token came from, the audiences, and the `status` of the answer.
    pub reviews: Vec<(String, Vec<String>, Value)>,
}

/// One request and its answer.
pub struct Request {
    pub name: String,
    pub namespace: String,
    pub service_account: String,
    pub body: Vec<u8>,
    pub status: u16,
    pub response: Value,
}

pub fn servers() -> Vec<Server> {
    super::paths().iter().map(|path| Server::read(path)).collect()
}

impl Server {
    fn read(path: &Path) -> Self {
        let discovery: Value = read_json(&path.join("openid-configuration.json"));
        let defaulted: Value = read_json(&path.join("tokenrequest-default-audience.json"));
        let objects: Value = read_json(&path.join("objects.json"));
        let mut files: Vec<_> = std::fs::read_dir(path)
            .expect("vectors")
            .map(|entry| entry.expect("entry").file_name().into_string().expect("name"))
            .filter_map(|name| Some(name.strip_prefix("tokenrequest-")?.strip_suffix(".json")?.to_owned()))
            .collect();
        files.sort();
        assert!(files.len() > 20, "{}: few requests", path.display());
        Self {
            name: path.file_name().expect("folder name").to_string_lossy().into_owned(),
            directory: path.to_owned(),
            issuer: discovery["issuer"].as_str().expect("issuer").to_owned(),
            api_audiences: serde_json::from_value(defaulted["response"]["spec"]["audiences"].clone())
                .expect("API audiences"),
            signing_key: std::fs::read_to_string(path.join("signing-key.pem")).expect("signing-key.pem"),
            objects: objects["before"].clone(),
            requests: files.iter().map(|name| Request::read(path, name)).collect(),
        }
    }

    /// The server's signing key. Prints a note and returns `None` if the compiled backend cannot sign with it.
    pub fn key(&self) -> Option<SigningKey> {
        SigningKey::from_pem(self.signing_key.as_bytes())
            .inspect_err(|error| {
                println!("{}: ALL REQUESTS SKIPPED: {error}; run with --features aws-lc-rs", self.name);
            })
            .ok()
    }

    pub fn issuer(&self) -> Option<Issuer> {
        let objects = ObjectStore::from_json(self.objects.to_string().as_bytes()).expect("objects");
        let builder = Issuer::builder(self.issuer.as_str(), self.key()?).bound_objects(objects);
        let discovery: Value = read_json(&self.directory.join("openid-configuration.json"));
        let builder = builder.jwks_uri(discovery["jwks_uri"].as_str().expect("jwks_uri"));
        let builder = self.api_audiences.iter().fold(builder, |builder, name| builder.api_audience(name));
        let issuer = builder.may_attest(may_attest).build().expect("issuer");
        issuer.keys().replace(self.published()?);
        Some(issuer)
    }

    /// The keys that the server publishes, among them its signing key. Prints a note and returns `None` if the
    /// compiled backend does not support all of their algorithms.
    pub fn published(&self) -> Option<KeySet> {
        let jwks = std::fs::read(self.directory.join("jwks.json")).expect("jwks.json");
        let keys = KeySet::from_jwks(&jwks).expect("jwks.json");
        if let Some(skipped) = keys.skipped().first() {
            println!(
                "{}: ALL REQUESTS SKIPPED: {}; run with --features aws-lc-rs",
                self.name,
                skipped.error()
            );
            return None;
        }
        Some(keys)
    }

    /// The server's reviews of the tokens that it issued: the rounds of `reviews.json`. The name of a review is the
    /// name of the token's request, `|`, and the audiences.
    pub fn reviews(&self) -> Vec<Round> {
        let rounds: Vec<Value> = read_json(&self.directory.join("reviews.json"));
        let round = |round: &Value| Round {
            name: round["tag"].as_str().expect("tag").to_owned(),
            now: boundtoken::UnixSeconds(super::whole_seconds(round["now"].as_f64().expect("now"))),
            reviews: round["results"]
                .as_object()
                .expect("results")
                .iter()
                .map(|(name, result)| {
                    let (request, audiences) = name.split_once('|').expect("TOKEN|AUDIENCES");
                    let audiences = audiences.split(',').filter(|audience| !audience.is_empty());
                    (request.to_owned(), audiences.map(str::to_owned).collect(), result["review"].clone())
                })
                .collect(),
        };
        rounds.iter().map(round).collect()
    }

    /// The objects after some were deleted, for the later rounds of reviews.
    pub fn objects_after(&self) -> Value {
        let objects: Value = read_json(&self.directory.join("objects.json"));
        objects["after"].clone()
    }

    /// The requests that the server understood. An older server cannot bind tokens to some kinds of objects. Such
    /// requests are left out with a printed note.
    pub fn understood(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(|request| {
            let skipped = request.is_for_a_newer_server();
            if skipped {
                println!("{}: {} is SKIPPED: {}", self.name, request.name, request.response["message"]);
            }
            !skipped
        })
    }
}

/// Whether an account of the vectors may attest an API group: see SOURCE.md of `apiserver-1.37-rs256`.
pub fn may_attest(account: &ObjectReference<'_>, api_group: &str) -> bool {
    (account.namespace, account.name) == ("demo", "app") && ["apps", "batch"].contains(&api_group)
}

impl Request {
    /// Whether the request needs a binding that the server does not support yet: to a node, in 1.30 without the
    /// feature gate.
    fn is_for_a_newer_server(&self) -> bool {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let kind = body["spec"]["boundObjectRef"]["kind"].as_str().unwrap_or_default();
        let message = self.response["message"].as_str().unwrap_or_default();
        self.status == 400 && kind == "Node" && message.starts_with("cannot bind token to")
    }

    fn read(directory: &Path, name: &str) -> Self {
        let file: Value = read_json(&directory.join(format!("tokenrequest-{name}.json")));
        let text = |member: &str, default: &str| file[member].as_str().unwrap_or(default).to_owned();
        Self {
            name: name.to_owned(),
            // All raw bodies were sent for this account.
            namespace: text("namespace", "demo"),
            service_account: text("serviceAccount", "app"),
            body: match &file["requestBody"] {
                Value::String(body) => body.clone().into_bytes(),
                _ => file["request"].to_string().into_bytes(),
            },
            status: file["status"].as_u64().expect("status").try_into().expect("status"),
            response: file["response"].clone(),
        }
    }

    /// Whether the body parses as a TokenRequest, so that it reaches the issuer.
    pub fn is_typed(&self) -> bool {
        serde_json::from_slice::<boundtoken::api::TokenRequest>(&self.body).is_ok()
    }
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> String {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    String::from_utf8(bytes).expect("UTF-8")
}

/// Replaces everything that differs between two answers: the token, times, and the user agent.
pub fn without_moments(mut response: Value) -> Value {
    if let Some(status) = response.get_mut("status").and_then(Value::as_object_mut) {
        status.insert("token".to_owned(), "TOKEN".into());
        status.insert("expirationTimestamp".to_owned(), "TIME".into());
    }
    if let Some(metadata) = response.get_mut("metadata").and_then(Value::as_object_mut) {
        for member in ["creationTimestamp", "uid"] {
            if let Some(value) = metadata.get_mut(member) {
                *value = member.into();
            }
        }
        for entry in metadata.get_mut("managedFields").and_then(Value::as_array_mut).into_iter().flatten() {
            entry["time"] = "TIME".into();
            entry["manager"] = "MANAGER".into();
        }
    }
    response
}

/// Replaces everything that differs between two tokens, and writes `exp` relative to `iat`. The text keeps the order
/// of the members.
pub fn claims_without_moments(claims: &str) -> String {
    let value: Value = serde_json::from_str(claims).expect("claims");
    let seconds = |member: &str| value[member].as_u64().expect("a time");
    let mut text = claims.to_owned();
    text = text.replace(
        &format!(r#""exp":{}"#, seconds("exp")),
        &format!(r#""exp":iat+{}"#, seconds("exp") - seconds("iat")),
    );
    for member in ["iat", "nbf"] {
        text = text.replace(&format!(r#""{member}":{}"#, seconds(member)), &format!(r#""{member}":iat"#));
    }
    text.replace(value["jti"].as_str().expect("jti"), "JTI")
}
