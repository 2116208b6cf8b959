//! Any bytes as a signature, and as a change to a good one. The fast path for RS256 must say what the library says.
//! With `--features fast-rsa`; where the CPU lacks the instructions, the plain model of the same algorithm stands in.
#![no_main]

use std::num::NonZeroU32;
use std::sync::LazyLock;

use boundtoken::fast_rsa::{self, Checks, PathState};
use boundtoken::{Key, KeySet};
use libfuzzer_sys::fuzz_target;

const JWKS: &[u8] = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
const TOKENS: &[u8] = include_bytes!("../../tests/vectors/apiserver-rs256/tokens.json");

/// A key, what it signed, and the signature.
static GOOD: LazyLock<(Key, Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    use base64::Engine as _;
    // The library checks every verdict.
    fast_rsa::set_checks(Checks { accepted_one_in: NonZeroU32::MIN, refused_per_second: u32::MAX });
    let keys = KeySet::from_jwks(JWKS).expect("a key set");
    let tokens: std::collections::BTreeMap<String, String> = serde_json::from_slice(TOKENS).expect("tokens");
    let (signed, signature) = tokens["pod-live"].rsplit_once('.').expect("a token");
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).expect("base64");
    let key = keys.keys().iter().find(|key| key.verify(signed.as_bytes(), &signature)).expect("its key");
    assert_eq!(fast_rsa::status().state, PathState::On, "there is nothing to compare");
    (key.clone(), signed.as_bytes().to_vec(), signature)
});

fuzz_target!(|bytes: &[u8]| {
    let (key, signed, signature) = &*GOOD;
    assert!(!key.verify(signed, bytes) || bytes == *signature);
    let mut changed = signature.clone();
    for (place, byte) in changed.iter_mut().zip(bytes) {
        *place ^= byte;
    }
    assert_eq!(key.verify(signed, &changed), changed == *signature);
    assert_eq!(key.verify(bytes, signature), bytes == *signed);
    assert_eq!(fast_rsa::status().disagreements, 0);
});
