//! Everything that a real API server was shown: nothing of it panics, and nothing of it is printed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use boundtoken::{KeySet, UnixSeconds};

use crate::Secrets;

#[test]
fn no_token_that_an_api_server_was_shown_makes_us_panic_or_tell_it() {
    let mut refused = 0;
    for folder in boundtoken_testing::folders() {
        let Some(keys) = folder.keys() else { continue };
        let stores = folder.stores();
        for case in &folder.cases {
            let verifier = folder.verifier(&keys, case, &stores[case.objects]);
            let token = case.token.as_bytes();
            let verify = || verifier.verify_at(token, UnixSeconds(case.now));
            let Ok(verdict) = catch_unwind(AssertUnwindSafe(verify)) else {
                panic!("{}: {}: a panic", folder.name, case.name)
            };
            let secrets = Secrets::of_token(token);
            match verdict {
                Ok(verified) => secrets.assert_unseen_in(&case.name, &format!("{verified:?}")),
                Err(rejection) => {
                    refused += 1;
                    let shown = format!("{rejection}{rejection:?}{}", rejection.www_authenticate());
                    secrets.assert_unseen_in(&case.name, &shown);
                }
            }
        }
    }
    println!("{refused} refused");
    assert!(refused > 100);
}

#[test]
fn no_token_of_an_api_server_cut_or_changed_anywhere_makes_us_panic() {
    for folder in boundtoken_testing::folders() {
        let Some(keys) = folder.keys() else { continue };
        let case = folder.cases.iter().find(|case| case.server.authenticated).expect("an accepted case");
        let verifier = folder.verifier(&keys, case, &folder.stores()[case.objects]);
        let token = case.token.as_bytes();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            for place in 0..token.len() {
                let verify = |token: &[u8]| verifier.verify_at(token, UnixSeconds(case.now)).is_ok();
                assert!(!verify(&token[..place]) && !verify(&token[place + 1..]));
                // The signature is long, and each check of one takes a while.
                let changes = if place % 16 == 0 { &[b'.', b'A', 0xff][..] } else { b"." };
                for &byte in changes {
                    let mut changed = token.to_vec();
                    changed[place] = byte;
                    assert!(!verify(&changed) || changed == token);
                }
            }
        }));
        assert!(outcome.is_ok(), "{}", folder.name);
        let jwks = folder.jwks.as_bytes();
        let outcome = catch_unwind(|| (0..jwks.len()).for_each(|end| drop(KeySet::from_jwks(&jwks[..end]))));
        assert!(outcome.is_ok(), "{}", folder.name);
    }
}
