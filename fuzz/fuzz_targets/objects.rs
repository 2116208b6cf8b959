//! Any bytes as a JSON document of objects. A document that is refused adds nothing.
#![no_main]

use boundtoken::ObjectStore;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let store = ObjectStore::new();
    match store.load_json(json) {
        Ok(read) => {
            // One object may stand there several times.
            assert!(store.len() <= read && store.is_empty() == (read == 0));
            assert_eq!(store.load_json(json), Ok(read));
        }
        Err(error) => {
            assert!(store.is_empty());
            std::hint::black_box(error.to_string());
        }
    }
});
