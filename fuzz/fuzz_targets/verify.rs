//! Any bytes as a token, for a verifier with the key set of an API server and a store of objects.
//!
//! The fuzzer cannot sign, so nothing but the tokens that it starts from may ever be accepted: no change to one.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use boundtoken::{KeySet, ObjectStore, TrustedIssuer, UnixSeconds, Verifier};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const JWKS: &[u8] = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
const TOKENS: &[u8] = include_bytes!("../../tests/vectors/apiserver-rs256/tokens.json");
const OBJECTS: &[u8] = include_bytes!("../../tests/vectors/apiserver-rs256/objects.json");
/// Shortly after the tokens were issued.
const NOW: UnixSeconds = UnixSeconds(1_795_522_300);

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let objects: Value = serde_json::from_slice(OBJECTS).expect("objects.json");
    let objects = ObjectStore::from_json(objects["before"].to_string().as_bytes()).expect("objects");
    let keys = KeySet::from_jwks(JWKS).expect("jwks.json");
    let issuer = TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", keys);
    let builder = Verifier::builder().issuer(issuer.bound_objects(objects));
    builder.audience("vault").audience("api").build().expect("verifier")
});

static GENUINE: LazyLock<BTreeSet<Vec<u8>>> = LazyLock::new(|| {
    let tokens: Value = serde_json::from_slice(TOKENS).expect("tokens.json");
    let tokens = tokens.as_object().expect("an object").values();
    tokens.map(|token| token.as_str().expect("a token").as_bytes().to_vec()).collect()
});

fuzz_target!(|token: &[u8]| {
    match VERIFIER.verify_at(token, NOW) {
        Ok(verified) => {
            assert!(GENUINE.contains(token), "a changed token was accepted");
            std::hint::black_box(serde_json::to_string(&verified).expect("JSON"));
        }
        Err(rejection) => {
            std::hint::black_box((rejection.to_string(), rejection.www_authenticate()));
        }
    }
});
