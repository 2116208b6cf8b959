//! Any bytes as a PEM file, of public keys and of a private one.
#![no_main]

use boundtoken::{KeySet, SigningKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pem: &[u8]| {
    match KeySet::from_pem(pem) {
        Ok(keys) => {
            let published = serde_json::to_string(&keys.to_jwks()).expect("JSON");
            let again = KeySet::from_jwks(published.as_bytes()).expect("a key set");
            assert_eq!(again.len(), keys.len());
            assert!(keys.keys().iter().all(|key| key.kid().is_some_and(|kid| kid.len() == 43)));
        }
        Err(error) => {
            std::hint::black_box(error.to_string());
        }
    }
    match SigningKey::from_pem(pem) {
        Ok(key) => {
            // A private key that is damaged may turn out when it signs; then there is no token.
            if let Ok(token) = key.sign(b"{}") {
                let (signed, signature) = token.rsplit_once('.').expect("three parts");
                assert!(!signature.is_empty() && !key.public_key().verify(signed.as_bytes(), &[0; 64]));
            }
        }
        Err(error) => {
            std::hint::black_box(error.to_string());
        }
    }
});
