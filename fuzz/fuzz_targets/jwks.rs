//! Any bytes as a JSON Web Key Set. What is published of it must be read again as the same set.
#![no_main]

use boundtoken::KeySet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let keys = match KeySet::from_jwks(json) {
        Ok(keys) => keys,
        Err(error) => {
            std::hint::black_box(error.to_string());
            return;
        }
    };
    for key in keys.keys() {
        assert!(!key.verify(b"message", &[0; 64]), "no key signed this");
        if let Some(kid) = key.kid() {
            assert!(keys.with_kid(kid).iter().any(|found| std::ptr::eq(found, key)));
        }
    }
    for skipped in keys.skipped() {
        std::hint::black_box(skipped.error().to_string());
    }
    let published = serde_json::to_string(&keys.to_jwks()).expect("JSON");
    let again = KeySet::from_jwks(published.as_bytes()).expect("a key set");
    assert!(again.skipped().is_empty(), "{:?}", again.skipped());
    assert_eq!(serde_json::to_string(&again.to_jwks()).expect("JSON"), published);
});
