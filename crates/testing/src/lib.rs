//! Shared by the tests of several crates: vectors captured from real API servers, and tokens made on the fly.
//!
//! The vectors are the folders under tests/vectors and the folders that the environment variable BOUNDTOKEN_VECTORS
//! names, separated by colons.
#![allow(missing_docs, clippy::restriction)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use boundtoken::{KeySet, ObjectStore, TrustedIssuer, UnixSeconds, UserInfo, Verifier};
use serde::Deserialize;
use serde_json::Value;

/// The captured verdicts of one API server.
pub struct Folder {
    pub name: String,
    pub issuers: Vec<String>,
    pub jwks: String,
    /// States of the cluster, as JSON documents for `ObjectStore::from_json`. Cases refer to them by index.
    pub objects: Vec<String>,
    pub cases: Vec<Case>,
    pub tokens: BTreeMap<String, String>,
}

/// One token that was shown to the server for some audiences at some time.
pub struct Case {
    pub name: String,
    pub token: String,
    pub audiences: Vec<String>,
    pub now: u64,
    pub objects: usize,
    pub server: ServerVerdict,
}

/// The server's `TokenReview.status`. For a request that the server refused, only `error` is set.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ServerVerdict {
    pub authenticated: bool,
    pub user: UserInfo,
    pub audiences: Vec<String>,
    pub error: String,
}

#[derive(Deserialize)]
struct CaseFile {
    jwks: Value,
    issuers: Vec<String>,
    audiences: Vec<String>,
    objects: Value,
    cases: Vec<CraftedCase>,
}

#[derive(Deserialize)]
struct CraftedCase {
    name: String,
    token: String,
    now: f64,
    review: Value,
}

#[derive(Deserialize)]
struct Round {
    now: f64,
    tag: String,
    results: BTreeMap<String, RoundResult>,
}

#[derive(Deserialize)]
struct RoundResult {
    review: Value,
}

#[derive(Deserialize)]
struct Objects {
    before: Value,
    after: Value,
}

pub mod mint;
pub mod requests;
pub mod server_rules;
pub mod tools;

/// The root folder of the repository.
pub fn repository() -> &'static Path {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    crates.and_then(Path::parent).expect("the repository has a folder crates/testing")
}

/// The folder of this name under tests/vectors.
pub fn folder(name: &str) -> Folder {
    let found = folders().into_iter().find(|folder| folder.name == name);
    found.unwrap_or_else(|| panic!("no vectors {name}"))
}

pub fn folders() -> Vec<Folder> {
    paths().iter().flat_map(|path| Folder::read(path)).collect()
}

fn paths() -> Vec<PathBuf> {
    let own = repository().join("tests/vectors");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&own)
        .expect("tests/vectors")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    if let Some(others) = std::env::var_os("BOUNDTOKEN_VECTORS") {
        paths.extend(std::env::split_paths(&others).filter(|path| !path.as_os_str().is_empty()));
    }
    assert!(!paths.is_empty(), "no vectors");
    paths
}

impl Folder {
    /// Reads one folder. It gives several if the servers that judged the crafted or random tokens had other keys.
    fn read(path: &Path) -> Vec<Self> {
        let tokens = read_json(&path.join("tokens.json"));
        let jwks = std::fs::read_to_string(path.join("jwks.json")).expect("jwks.json");
        let files: Vec<(&str, CaseFile)> =
            ["crafted", "random"].map(|name| (name, read_json(&path.join(format!("{name}.json"))))).into();
        let mut folder = Self {
            name: path.file_name().expect("folder name").to_string_lossy().into_owned(),
            issuers: files.first().expect("case file").1.issuers.clone(),
            jwks,
            objects: Vec::new(),
            cases: Vec::new(),
            tokens,
        };
        folder.read_reviews(path);
        let mut folders = vec![folder];
        for (name, file) in files {
            let same_server = |folder: &&mut Self| {
                let jwks: Value = serde_json::from_str(&folder.jwks).expect("jwks");
                (&jwks, &folder.issuers) == (&file.jwks, &file.issuers)
            };
            match folders.iter_mut().find(same_server) {
                Some(folder) => folder.add_cases(name, file),
                None => {
                    let mut folder = Self {
                        name: format!("{}/{name}", folders[0].name),
                        issuers: file.issuers.clone(),
                        jwks: file.jwks.to_string(),
                        objects: Vec::new(),
                        cases: Vec::new(),
                        tokens: BTreeMap::new(),
                    };
                    folder.add_cases(name, file);
                    folders.push(folder);
                }
            }
        }
        folders
    }

    fn read_reviews(&mut self, path: &Path) {
        // A token that was requested for no audience has the server's own audiences. A review that names none uses
        // them too.
        let request: Value = read_json(&path.join("tokenrequest-default-audience.json"));
        let api_audiences: Vec<String> =
            serde_json::from_value(request["response"]["spec"]["audiences"].clone()).expect("API audiences");
        let objects: Objects = read_json(&path.join("objects.json"));
        let before = self.add_objects(&objects.before);
        let after = self.add_objects(&objects.after);
        let rounds: Vec<Round> = read_json(&path.join("reviews.json"));
        for round in rounds {
            for (key, result) in round.results {
                let (token, audiences) = key.split_once('|').expect("TOKEN|AUDIENCES");
                self.cases.push(Case {
                    name: format!("{}/{key}", round.tag),
                    token: self.tokens.get(token).unwrap_or_else(|| panic!("no token {token}")).clone(),
                    audiences: match audiences {
                        "" => api_audiences.clone(),
                        list => list.split(',').map(str::to_owned).collect(),
                    },
                    now: whole_seconds(round.now),
                    objects: if round.tag == "before" { before } else { after },
                    server: verdict(result.review),
                });
            }
        }
    }

    fn add_cases(&mut self, name: &str, file: CaseFile) {
        let objects = self.add_objects(&file.objects);
        self.cases.extend(file.cases.into_iter().map(|case| Case {
            name: format!("{name}/{}", case.name),
            token: case.token,
            audiences: file.audiences.clone(),
            now: whole_seconds(case.now),
            objects,
            server: verdict(case.review),
        }));
    }

    fn add_objects(&mut self, objects: &Value) -> usize {
        self.objects.push(objects.to_string());
        self.objects.len() - 1
    }

    /// The keys. Prints a note and returns `None` if the compiled backend supports none of their algorithms.
    pub fn keys(&self) -> Option<KeySet> {
        let keys = KeySet::from_jwks(self.jwks.as_bytes()).expect("jwks.json");
        for skipped in keys.skipped() {
            println!("{}: key {:?} is SKIPPED: {}", self.name, skipped.kid(), skipped.error());
        }
        if keys.is_empty() {
            println!(
                "{}: ALL {} CASES SKIPPED: no key for this backend; run with --features aws-lc-rs",
                self.name,
                self.cases.len()
            );
            return None;
        }
        Some(keys)
    }

    pub fn verifier(&self, keys: &KeySet, case: &Case, objects: &ObjectStore) -> Verifier {
        let (first, others) = self.issuers.split_first().expect("issuer");
        let issuer = others.iter().fold(TrustedIssuer::new(first.as_str(), keys.clone()), |issuer, name| {
            issuer.also_named(name.as_str())
        });
        let builder = Verifier::builder().issuer(issuer.bound_objects(objects.clone()));
        let builder =
            case.audiences.iter().fold(builder, |builder, audience| builder.audience(audience.as_str()));
        builder.build().expect("verifier")
    }

    pub fn stores(&self) -> Vec<ObjectStore> {
        self.objects.iter().map(|json| ObjectStore::from_json(json.as_bytes()).expect("objects")).collect()
    }
}

/// The server's clock has fractions of a second. A verifier's clock has none.
fn whole_seconds(now: f64) -> u64 {
    UnixSeconds::from(std::time::UNIX_EPOCH + std::time::Duration::from_secs_f64(now)).0
}

/// Reads a review. If the request itself was refused (the empty token), it is a Status, whose `status` is not an
/// object.
fn verdict(review: Value) -> ServerVerdict {
    if review["kind"] == "Status" || review["status"] == "Failure" || review.is_string() {
        return ServerVerdict { error: "the request was refused".to_owned(), ..ServerVerdict::default() };
    }
    serde_json::from_value(review).expect("TokenReview status")
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
