//! Tests how often the backend is asked, and what a disagreement causes.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use super::Breaker;
use crate::crypto::fast_path::{Checks, PathState, PathStatus};

/// A separate breaker that counts how often the backend is asked.
struct Trial {
    breaker: Breaker,
    proven: AtomicBool,
    second: Cell<u32>,
    asked: Cell<u32>,
}

impl Trial {
    fn new(proven: bool, accepted_one_in: u32, refused_per_second: u32) -> Self {
        let breaker = Breaker::new("fast-test");
        let accepted_one_in = NonZeroU32::new(accepted_one_in).unwrap();
        breaker.set_checks(Checks { accepted_one_in, refused_per_second });
        Self { breaker, proven: AtomicBool::new(proven), second: Cell::new(7), asked: Cell::new(0) }
    }

    fn verdict(&self, fast: bool, backend: bool) -> bool {
        self.breaker.verdict(
            fast,
            &self.proven,
            || self.second.get(),
            || {
                self.asked.set(self.asked.get() + 1);
                backend
            },
        )
    }

    fn agree(&self, verdict: bool, times: u32) -> u32 {
        let before = self.asked.get();
        for _ in 0..times {
            assert_eq!(self.verdict(verdict, verdict), verdict);
        }
        self.asked.get() - before
    }

    fn status(&self) -> PathStatus {
        self.breaker.status(PathState::On)
    }
}

#[test]
fn a_new_breaker_has_the_documented_rates() {
    let trial = Trial { breaker: Breaker::new("fast-test"), ..Trial::new(true, 1, 0) };
    assert_eq!(
        Checks::default(),
        Checks { accepted_one_in: NonZeroU32::new(256).unwrap(), refused_per_second: 500 }
    );
    assert_eq!(trial.agree(true, 2560), 10);
    assert_eq!(trial.agree(false, 2000), 500);
}

#[test]
fn the_backend_decides_until_both_have_accepted_a_signature_of_the_key() {
    let trial = Trial::new(false, 1_000_000, 0);
    trial.agree(true, 0);
    assert_eq!(trial.agree(false, 20), 20, "refusals prove nothing");
    assert_eq!(trial.agree(true, 1), 1);
    assert!(trial.proven.load(Relaxed));
    trial.agree(true, 1);
    assert_eq!(trial.agree(true, 1000), 0);
    assert_eq!(trial.agree(false, 1000), 0);
}

#[test]
fn one_accepted_signature_in_so_many_is_checked() {
    for (one_in, expected) in [(1, 100), (2, 50), (10, 10), (100, 1)] {
        let trial = Trial::new(true, one_in, 0);
        assert_eq!(trial.agree(true, 100), expected, "one in {one_in}");
        assert_eq!(trial.status().accepted_checked, u64::from(expected));
        assert_eq!(trial.status().refused_checked, 0);
    }
}

#[test]
fn refusals_are_checked_up_to_the_rate_and_again_in_the_next_second() {
    let trial = Trial::new(true, 1, 5);
    assert_eq!(trial.agree(false, 100), 5);
    trial.second.set(8);
    assert_eq!(trial.agree(false, 3), 3);
    assert_eq!(trial.agree(false, 100), 2);
    trial.second.set(u32::MAX);
    assert_eq!(trial.agree(false, 100), 5);
    let status = trial.status();
    assert_eq!((status.refused_checked, status.refused_unchecked, status.accepted_checked), (15, 288, 0));
    assert_eq!(Trial::new(true, 1, 0).agree(false, 10), 0);
    assert_eq!(Trial::new(true, 1, u32::MAX).agree(false, 10_000), 10_000);
}

#[test]
fn a_disagreement_gives_the_backends_verdict_and_opens_the_breaker_for_good() {
    for fast in [true, false] {
        for proven in [true, false] {
            let trial = Trial::new(proven, 1, 1);
            assert!(trial.breaker.is_closed());
            assert_eq!(trial.verdict(fast, !fast), !fast);
            assert!(!trial.breaker.is_closed());
            assert_eq!(trial.status().state, PathState::SwitchedOff);
            assert_eq!(trial.status().disagreements, 1);
            assert_eq!(trial.proven.load(Relaxed), proven, "a disagreement proves nothing");
            trial.agree(true, 1000);
            assert!(!trial.breaker.is_closed(), "agreement later does not close it");
        }
    }
}

#[test]
fn agreement_leaves_everything_on() {
    let trial = Trial::new(false, 1, u32::MAX);
    trial.agree(true, 100);
    trial.agree(false, 100);
    let status = trial.status();
    assert_eq!((status.state, status.disagreements), (PathState::On, 0));
    assert_eq!((status.accepted_checked, status.refused_checked, status.refused_unchecked), (100, 100, 0));
}

#[test]
fn a_disagreement_is_an_error_event() {
    let events = Events::default();
    tracing::subscriber::with_default(events.clone(), || {
        // tracing caches whether anyone listens. A test that runs at the same time may cache that nobody does.
        for _ in 0..1_000 {
            tracing::callsite::rebuild_interest_cache();
            let trial = Trial::new(true, 1, 1);
            trial.agree(true, 1);
            trial.agree(false, 1);
            assert!(events.0.lock().unwrap().is_empty());
            trial.verdict(true, false);
            if !events.0.lock().unwrap().is_empty() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    });
    let events = events.0.lock().unwrap();
    assert_eq!(events.len(), 1);
    let (level, text) = &events[0];
    assert_eq!(*level, tracing::Level::ERROR);
    for part in
        ["switched off", "fast-test", "path_accepts=true", "backend_accepts=false", crate::crypto::NAME]
    {
        assert!(text.contains(part), "{text}");
    }
}

/// Records every event.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<(tracing::Level, String)>>>);

impl tracing::Subscriber for Events {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push((*event.metadata().level(), text.0));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
