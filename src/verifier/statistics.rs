//! Counting verdicts.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Verifier;
use crate::keys::VerificationPath;
use crate::rejection::Rejection;

/// What a verifier has decided since it was built, and what it remembers.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
/// # let jwks = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
/// # let tokens: std::collections::BTreeMap<String, String> =
/// #     serde_json::from_slice(include_bytes!("../../tests/vectors/apiserver-rs256/tokens.json"))?;
/// # let (token, now) = (tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300));
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
/// #     .audience("vault")
/// #     .build()?;
/// for _ in 0..3 {
///     verifier.verify_at(token, now)?;
/// }
/// let _refused = verifier.verify(b"not a token");
/// let statistics = verifier.statistics();
/// assert_eq!((statistics.accepted_first, statistics.accepted_again), (1, 2));
/// assert_eq!((statistics.refused_for_form, statistics.remembered_tokens), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Tokens that were accepted after their signature was checked.
    pub accepted_first: u64,
    /// Tokens that were accepted because they had been accepted before.
    pub accepted_again: u64,
    /// Refusals for the form of the token: reasons 100 to 199.
    pub refused_for_form: u64,
    /// Refusals for the header: reasons 200 to 299.
    pub refused_for_header: u64,
    /// Refusals for the key or the signature: reasons 300 to 399.
    pub refused_for_key: u64,
    /// Refusals for the claims: reasons 400 to 499.
    pub refused_for_claims: u64,
    /// Refusals for the bound objects: reasons 500 to 599.
    pub refused_for_objects: u64,
    /// Tokens that the cache holds now.
    pub remembered_tokens: u64,
    /// About how much memory they take, in bytes.
    pub cache_size: u64,
    /// Keys of all issuers now.
    pub keys: u64,
    /// Keys of all issuers that the [fast path for RS256](crate::fast_rsa) serves now.
    pub fast_rsa_keys: u64,
    /// Keys of all issuers that the [fast path for ES256](crate::fast_p256) serves now.
    pub fast_p256_keys: u64,
}

/// The numbers that one thread counts.
const COUNTED: usize = 7;

/// How many threads count on their own. Further threads share one place.
const OWN_PLACES: usize = 64;

/// Counts verdicts. A thread with a place of its own needs no atomic addition, and waits for no cache line.
pub(super) struct Counters {
    own: Box<[Place]>,
    shared: Place,
}

/// One cache line.
#[derive(Default)]
#[repr(align(64))]
struct Place([AtomicU64; COUNTED]);

/// What is counted. The numbers are places in [`Place`].
#[derive(Clone, Copy)]
pub(super) enum Counted {
    AcceptedFirst,
    AcceptedAgain,
    /// By the hundreds of the reason, from 1 on.
    Refused(u16),
}

impl Counted {
    pub(super) fn refusal(rejection: &Rejection) -> Self {
        Self::Refused(rejection.number() / 100)
    }

    fn place(self) -> usize {
        match self {
            Self::AcceptedFirst => 0,
            Self::AcceptedAgain => 1,
            Self::Refused(hundreds) => usize::from(hundreds).saturating_add(1),
        }
    }
}

impl Counters {
    pub(super) fn new() -> Self {
        Self {
            own: std::iter::repeat_with(Place::default).take(OWN_PLACES).collect(),
            shared: Place::default(),
        }
    }

    pub(super) fn count(&self, what: Counted) {
        match self.own.get(own_place()).and_then(|own| own.0.get(what.place())) {
            // No other thread writes here.
            Some(number) => number.store(number.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed),
            None => {
                if let Some(number) = self.shared.0.get(what.place()) {
                    number.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    fn sum(&self, what: Counted) -> u64 {
        let places = self.own.iter().chain([&self.shared]);
        let numbers = places.filter_map(|place| place.0.get(what.place()));
        numbers.fold(0, |sum, number| sum.wrapping_add(number.load(Ordering::Relaxed)))
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Counters").finish_non_exhaustive()
    }
}

/// Returns the place of this thread. No two threads of the process ever have the same.
fn own_place() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    thread_local! {
        /// One more than the place. 0 if the thread has none yet. So it needs neither a first use nor an end.
        static OWN: Cell<usize> = const { Cell::new(0) };
    }
    OWN.with(|own| {
        if own.get() == 0 {
            own.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        own.get().wrapping_sub(1)
    })
}

impl Verifier {
    /// Returns what this verifier has decided so far, and what it remembers. The numbers are read one by one, so a verdict
    /// may be in one and not yet in another.
    ///
    /// To count costs a nanosecond a verdict. Of a verification in two steps, the second counts, and a first that refuses.
    /// [`verify_again`](Self::verify_again) counts as a token seen again. Polls of a [`Revocation`](super::Revocation) do not count.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let refused = |hundreds| self.counters.sum(Counted::Refused(hundreds));
        let (remembered_tokens, cache_size) = self.cache.as_ref().map_or((0, 0), |cache| cache.content());
        let (mut keys, mut fast_rsa_keys, mut fast_p256_keys) = (0_u64, 0_u64, 0_u64);
        for issuer in &self.issuers {
            for key in issuer.keys.load().keys() {
                keys = keys.saturating_add(1);
                let served = |path| u64::from(self.fast_paths.may_serve(key) && key.path() == path);
                fast_rsa_keys = fast_rsa_keys.saturating_add(served(VerificationPath::FastRsa));
                fast_p256_keys = fast_p256_keys.saturating_add(served(VerificationPath::FastP256));
            }
        }
        Statistics {
            accepted_first: self.counters.sum(Counted::AcceptedFirst),
            accepted_again: self.counters.sum(Counted::AcceptedAgain),
            refused_for_form: refused(1),
            refused_for_header: refused(2),
            refused_for_key: refused(3),
            refused_for_claims: refused(4),
            refused_for_objects: refused(5),
            remembered_tokens,
            cache_size,
            keys,
            fast_rsa_keys,
            fast_p256_keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_of_every_thread_is_kept() {
        const THREADS: usize = OWN_PLACES + 10;
        const ROUNDS: usize = 1_000;
        let counters = Counters::new();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        counters.count(Counted::AcceptedAgain);
                        counters.count(Counted::Refused(5));
                    }
                });
            }
        });
        for what in [Counted::AcceptedAgain, Counted::Refused(5)] {
            assert_eq!(counters.sum(what), (THREADS * ROUNDS) as u64);
        }
        assert_eq!(counters.sum(Counted::AcceptedFirst), 0);
    }
}
