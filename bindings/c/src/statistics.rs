//! The statistics of a verifier.

use std::ptr;

use boundtoken::Statistics;
use boundtoken::{fast_p256, fast_rsa};

use crate::boundary;
use crate::pointer::{StructOut, Versioned, borrow};
use crate::status::boundtoken_status;
use crate::verify::boundtoken_verifier;

/// Whether the library checks common RS256 signatures with its own fast path, which runs on x86-64 CPUs with AVX-512
/// IFMA. The fast path for ES256 has the same states, and runs on every CPU.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum boundtoken_fast_rsa_state {
    /// The library was built without it.
    BOUNDTOKEN_FAST_RSA_NOT_COMPILED = 0,
    /// The CPU or the operating system does not support the instructions.
    BOUNDTOKEN_FAST_RSA_NO_INSTRUCTIONS = 1,
    /// The environment variable BOUNDTOKEN_FAST_RSA turned it off. Any value except `on` and the empty text does
    /// that.
    BOUNDTOKEN_FAST_RSA_TURNED_OFF = 2,
    /// It failed its self-test and serves no key. Please report it.
    BOUNDTOKEN_FAST_RSA_SELF_TEST_FAILED = 3,
    /// It serves all keys that it supports: RS256 keys of 2,048 bits with the exponent 65537.
    BOUNDTOKEN_FAST_RSA_ON = 4,
    /// It disagreed once with the cryptography library and has been off since then. Please report it.
    BOUNDTOKEN_FAST_RSA_SWITCHED_OFF = 5,
}

/// A [`boundtoken_fast_rsa_state`] as it is in memory, where later versions can write other numbers.
pub type FastRsaStateNumber = u32;

/// What a verifier has decided since it was built, what it remembers, and how the fast paths do. Initialise it with
/// its size: `boundtoken_statistics statistics = {sizeof statistics};`
///
/// Later versions append members. A program that was compiled with an older header gets the members that it knows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_statistics {
    /// The caller sets it to the size of the struct. Afterwards it is the number of bytes that were filled in.
    pub size: usize,
    /// A boundtoken_fast_rsa_state: whether this process has the fast path.
    pub fast_rsa_state: FastRsaStateNumber,
    /// Tokens that were accepted after their signature was checked.
    pub accepted_first: u64,
    /// Tokens that were accepted because they had been accepted before.
    pub accepted_again: u64,
    /// Refusals for the form of the token: statuses 101 to 199.
    pub refused_for_form: u64,
    /// Refusals for the header: statuses 201 to 299.
    pub refused_for_header: u64,
    /// Refusals for the key or the signature: statuses 301 to 399.
    pub refused_for_key: u64,
    /// Refusals for the claims: statuses 401 to 499.
    pub refused_for_claims: u64,
    /// Refusals for the bound objects: statuses 501 to 599.
    pub refused_for_objects: u64,
    /// Tokens that the verifier remembers now.
    pub remembered_tokens: u64,
    /// About how much memory they take, in bytes.
    pub cache_size: u64,
    /// Keys of all issuers now.
    pub keys: u64,
    /// Keys of all issuers that the fast path serves now.
    pub fast_rsa_keys: u64,
    /// In this process: keys that the fast path supports but does not serve because they failed their self-test.
    pub fast_rsa_keys_refused: u64,
    /// In this process: signatures that the fast path accepted and that the cryptography library checked again.
    pub fast_rsa_accepted_checked: u64,
    /// In this process: signatures that the fast path refused and that the cryptography library checked again.
    pub fast_rsa_refused_checked: u64,
    /// In this process: signatures that the fast path refused and that were not checked again, because there were too many.
    pub fast_rsa_refused_unchecked: u64,
    /// In this process: how often the cryptography library came to another verdict, which was then used.
    pub fast_rsa_disagreements: u64,
    /// A boundtoken_fast_rsa_state: whether this process has the fast path for ES256. Its environment variable is
    /// BOUNDTOKEN_FAST_P256.
    pub fast_p256_state: FastRsaStateNumber,
    /// 1 if that fast path uses AVX-512 IFMA, and 0 if it runs in portable code or is not there.
    pub fast_p256_has_lanes: u32,
    /// Keys of all issuers that the fast path for ES256 serves now.
    pub fast_p256_keys: u64,
    /// In this process: how much memory the tables of its keys take, in bytes.
    pub fast_p256_table_bytes: u64,
    /// In this process: keys that the fast path for ES256 does not serve because their tables failed the self-test.
    pub fast_p256_keys_refused: u64,
    /// As fast_rsa_accepted_checked, for the fast path for ES256.
    pub fast_p256_accepted_checked: u64,
    /// As fast_rsa_refused_checked, for the fast path for ES256.
    pub fast_p256_refused_checked: u64,
    /// As fast_rsa_refused_unchecked, for the fast path for ES256.
    pub fast_p256_refused_unchecked: u64,
    /// As fast_rsa_disagreements, for the fast path for ES256.
    pub fast_p256_disagreements: u64,
}

// SAFETY: its first member is its size, and it consists of numbers.
unsafe impl Versioned for boundtoken_statistics {}

/// The size of [`boundtoken_statistics`] in the first version of the header. No caller has a smaller struct. Later versions
/// append members and do not change this number.
const SMALLEST: usize = if cfg!(target_pointer_width = "64") { 144 } else { 136 };

/// Returns what a verifier has decided so far, and what it remembers.
///
/// `statistics`: its member `size` must be set. At most `size` bytes are written, and none on failure.
///
/// The numbers are read one by one, so a verdict may be in one and not yet in another. Of a verification in two steps the
/// second counts, and a first that refuses. Any thread.
///
/// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_statistics(
    verifier: *const boundtoken_verifier,
    statistics: *mut boundtoken_statistics,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live verifier.
        let verifier = unsafe { borrow(verifier, "verifier") }?;
        // SAFETY: the caller promises NULL or a struct of the size in its first member.
        let place = unsafe { StructOut::new(statistics, SMALLEST, "statistics") }?;
        place.set(boundtoken_statistics::of(&verifier.verifier.statistics()));
        Ok(())
    };
    // SAFETY: there is no error to write.
    unsafe { boundary::fallible(ptr::null_mut(), body) }
}

impl boundtoken_statistics {
    fn of(statistics: &Statistics) -> Self {
        let (fast_rsa, fast_p256) = (fast_rsa::status(), fast_p256::status());
        let tables = fast_p256::tables();
        Self {
            size: size_of::<Self>(),
            fast_rsa_state: fast_rsa.state.number(),
            accepted_first: statistics.accepted_first,
            accepted_again: statistics.accepted_again,
            refused_for_form: statistics.refused_for_form,
            refused_for_header: statistics.refused_for_header,
            refused_for_key: statistics.refused_for_key,
            refused_for_claims: statistics.refused_for_claims,
            refused_for_objects: statistics.refused_for_objects,
            remembered_tokens: statistics.remembered_tokens,
            cache_size: statistics.cache_size,
            keys: statistics.keys,
            fast_rsa_keys: statistics.fast_rsa_keys,
            fast_rsa_keys_refused: fast_rsa.keys_refused,
            fast_rsa_accepted_checked: fast_rsa.accepted_checked,
            fast_rsa_refused_checked: fast_rsa.refused_checked,
            fast_rsa_refused_unchecked: fast_rsa.refused_unchecked,
            fast_rsa_disagreements: fast_rsa.disagreements,
            fast_p256_state: fast_p256.state.number(),
            fast_p256_has_lanes: tables.has_lanes.into(),
            fast_p256_keys: statistics.fast_p256_keys,
            fast_p256_table_bytes: u64::try_from(tables.bytes).unwrap_or(u64::MAX),
            fast_p256_keys_refused: fast_p256.keys_refused,
            fast_p256_accepted_checked: fast_p256.accepted_checked,
            fast_p256_refused_checked: fast_p256.refused_checked,
            fast_p256_refused_unchecked: fast_p256.refused_unchecked,
            fast_p256_disagreements: fast_p256.disagreements,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use boundtoken::fast_rsa::PathState;

    use super::*;

    #[test]
    fn the_library_numbers_the_states_as_the_header_does() {
        use boundtoken_fast_rsa_state::*;
        for (state, number) in [
            (PathState::NotCompiled, BOUNDTOKEN_FAST_RSA_NOT_COMPILED),
            (PathState::NoInstructions, BOUNDTOKEN_FAST_RSA_NO_INSTRUCTIONS),
            (PathState::TurnedOff, BOUNDTOKEN_FAST_RSA_TURNED_OFF),
            (PathState::SelfTestFailed, BOUNDTOKEN_FAST_RSA_SELF_TEST_FAILED),
            (PathState::On, BOUNDTOKEN_FAST_RSA_ON),
            (PathState::SwitchedOff, BOUNDTOKEN_FAST_RSA_SWITCHED_OFF),
        ] {
            assert_eq!(state.number(), number as u32, "{state:?}");
        }
    }

    #[test]
    fn members_are_appended_and_the_first_size_of_the_struct_stays() {
        assert_eq!(offset_of!(boundtoken_statistics, fast_rsa_state), size_of::<usize>());
        let first = (size_of::<usize>() + 4).next_multiple_of(8);
        assert_eq!(offset_of!(boundtoken_statistics, accepted_first), first);
        assert_eq!(offset_of!(boundtoken_statistics, fast_rsa_keys), first + 8 * 10);
        assert_eq!(offset_of!(boundtoken_statistics, fast_rsa_disagreements), first + 8 * 15);
        assert_eq!(SMALLEST, offset_of!(boundtoken_statistics, fast_rsa_disagreements) + 8);
        assert_eq!(SMALLEST, offset_of!(boundtoken_statistics, fast_p256_state));
    }
}
