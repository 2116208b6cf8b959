//! Many tokens at once.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

use boundtoken::{ObjectReference, ObjectState, TrustedIssuer, UnixSeconds};
use serde_json::json;

use super::*;
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, claims_with};

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// Tokens with different jti. Every seventh is bad.
fn tokens(count: usize) -> Vec<String> {
    let good: Vec<_> =
        (0..10).map(|number| MINT.token(&claims_with(&json!({"jti": number.to_string()})))).collect();
    let token = |number: usize| if number % 7 == 3 { "bad".to_owned() } else { good[number % 10].clone() };
    (0..count).map(token).collect()
}

#[test]
fn verdicts_are_in_the_order_of_the_tokens_however_many_threads_there_are() {
    let verifier = MINT.verifier();
    for count in [0, 1, 31, 32, 33, 64, 65, 1_000] {
        let tokens = tokens(count);
        for number in [1, 2, 3, 16, 10_000] {
            let verdicts = verifier.verify_batch_at(&tokens, threads(number), UnixSeconds(NOW));
            assert_eq!(verdicts.len(), count);
            for (place, verdict) in verdicts.iter().enumerate() {
                match verdict {
                    Ok(verified) => {
                        assert_eq!(verified.claims().jti(), Some(&*(place % 10).to_string()));
                        assert_ne!(place % 7, 3);
                    }
                    Err(rejection) => {
                        assert_eq!((rejection.reason(), place % 7), (Reason::TokenPartCount, 3));
                    }
                }
            }
        }
    }
}

#[test]
fn a_batch_has_its_time_from_the_caller_or_from_the_clock() {
    let verifier = MINT.verifier();
    let now = UnixSeconds::now().0;
    let tokens = [MINT.token(&mint::claims(now)), MINT.token(&mint::claims(now - 10_000))];
    let reasons = |verdicts: Vec<Result<VerifiedToken, _>>| -> Vec<Option<Reason>> {
        verdicts
            .into_iter()
            .map(|verdict| verdict.err().map(|rejection: boundtoken::Rejection| rejection.reason()))
            .collect()
    };
    let by_the_clock = verifier.verify_batch(&tokens, threads(2));
    assert_eq!(reasons(by_the_clock), [None, Some(Reason::Expired)]);
    let earlier = verifier.verify_batch_at(&tokens, threads(2), UnixSeconds(now - 9_000));
    assert_eq!(reasons(earlier), [Some(Reason::NotYetValid), None]);
}

/// A verifier that asks `objects` for each object.
fn asking(objects: impl Fn() -> ObjectState + Send + Sync + 'static) -> Verifier {
    let issuer =
        TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(move |_: &ObjectReference<'_>| objects());
    Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap()
}

#[test]
fn as_many_threads_work_as_were_asked_for_and_no_more() {
    static SEEN: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());
    let verifier = asking(|| {
        let mut seen = SEEN.lock().unwrap();
        let current = std::thread::current().id();
        if !seen.contains(&current) {
            seen.push(current);
        }
        drop(seen);
        std::thread::sleep(Duration::from_millis(1));
        ObjectState::Absent
    });
    for count in [1, 3] {
        SEEN.lock().unwrap().clear();
        verifier.verify_batch_at(&tokens(300), threads(count), UnixSeconds(NOW));
        let seen = SEEN.lock().unwrap();
        assert_eq!(seen.len(), count);
        assert!(seen.contains(&std::thread::current().id()), "the caller's is one of them");
    }
}

#[test]
fn a_call_back_that_panics_is_passed_on_and_spoils_nothing() {
    static PANICS: AtomicBool = AtomicBool::new(true);
    let verifier = asking(|| {
        assert!(!PANICS.load(Ordering::Relaxed), "the call-back's own words");
        ObjectState::Absent
    });
    let tokens = tokens(200);
    for number in [1, 2, 4] {
        PANICS.store(true, Ordering::Relaxed);
        let verify = || verifier.verify_batch_at(&tokens, threads(number), UnixSeconds(NOW));
        let panic = catch_unwind(AssertUnwindSafe(verify)).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"the call-back's own words"));
        PANICS.store(false, Ordering::Relaxed);
        assert!(verify().iter().all(Result::is_err));
    }
}
