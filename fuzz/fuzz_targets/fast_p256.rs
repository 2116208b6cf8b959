//! Any bytes as a signature, and as a change to a good one. The fast path for ES256 must say what the library says.
//! With `--features fast-p256`. Another s can be as good as the genuine one, so only the library knows what is right.
#![no_main]

use std::num::NonZeroU32;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::fast_p256::{self, Checks};
use boundtoken::{Key, KeySet, VerificationPath};
use libfuzzer_sys::fuzz_target;

const POINT: &[u8; 64] = include_bytes!("../../src/crypto/p256/known_point.bin");
const SIGNATURE: &[u8; 64] = include_bytes!("../../src/crypto/p256/known_signature.bin");
const MESSAGE: &[u8] = b"boundtoken tries the fast path";

/// A key with a table.
static KEY: LazyLock<Key> = LazyLock::new(|| {
    // The library checks every verdict.
    fast_p256::set_checks(Checks { accepted_one_in: NonZeroU32::MIN, refused_per_second: u32::MAX });
    let [x, y] = [&POINT[..32], &POINT[32..]].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    let jwks = format!(r#"{{"keys":[{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}]}}"#);
    let key = KeySet::from_jwks(jwks.as_bytes()).expect("a key set").keys()[0].clone();
    while key.path() != VerificationPath::FastP256 {
        assert!(key.verify(MESSAGE, SIGNATURE));
    }
    key
});

fuzz_target!(|bytes: &[u8]| {
    // The verdicts are compared inside.
    std::hint::black_box(KEY.verify(MESSAGE, bytes));
    let mut changed = *SIGNATURE;
    for (place, byte) in changed.iter_mut().zip(bytes) {
        *place ^= byte;
    }
    assert!(!KEY.verify(MESSAGE, &changed) || changed[..32] == SIGNATURE[..32]);
    assert_eq!(KEY.verify(bytes, SIGNATURE), bytes == MESSAGE);
    let status = fast_p256::status();
    assert_eq!((status.disagreements, status.refused_unchecked), (0, 0));
});
