//! The fast path for RS256.

use std::ptr;

use boundtoken::VerificationPath;
use boundtoken::fast_rsa::{PathState, status};

use crate::boundary;
use crate::keys::boundtoken_keys;
use crate::pointer::{StructOut, Versioned};
use crate::status::boundtoken_status;

/// Whether the library checks common RS256 signatures with its own fast path. It runs on x86-64 CPUs with AVX-512
/// IFMA.
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

/// The state and the counters of the fast path in this process. Initialise it with its size:
/// `boundtoken_fast_rsa status = {sizeof status};`
///
/// Later versions append members. A program that was compiled with an older header gets the members that it knows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_fast_rsa {
    /// The caller sets it to the size of the struct. Afterwards it is the number of bytes that were filled in.
    pub size: usize,
    /// Whether the fast path is on.
    pub state: FastRsaStateNumber,
    /// The number of keys that it supports but does not serve because they failed their self-test.
    pub keys_refused: u64,
    /// The number of signatures that it accepted and that the cryptography library checked again.
    pub accepted_checked: u64,
    /// The number of signatures that it refused and that the cryptography library checked again.
    pub refused_checked: u64,
    /// The number of signatures that it refused and that were not checked again, because there were too many.
    pub refused_unchecked: u64,
    /// How often the cryptography library came to another verdict. The library's verdict was used then.
    pub disagreements: u64,
}

// SAFETY: its first member is its size, and it consists of numbers.
unsafe impl Versioned for boundtoken_fast_rsa {}

/// The size of [`boundtoken_fast_rsa`] in the first version of the header, which ended with `disagreements`. No
/// caller has a smaller struct. Later versions append members and do not change this number.
const SMALLEST: usize = if cfg!(target_pointer_width = "64") { 56 } else { 48 };

/// Returns the state and the counters of the fast path for RS256 in this process.
///
/// `status`: its member `size` must be set. At most `size` bytes are written, and none on failure.
///
/// Any thread.
///
/// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_fast_rsa_status(status: *mut boundtoken_fast_rsa) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a struct of the size in its first member.
        unsafe { StructOut::new(status, SMALLEST, "status") }?.set(boundtoken_fast_rsa::now());
        Ok(())
    };
    // SAFETY: there is no error to write.
    unsafe { boundary::fallible(ptr::null_mut(), body) }
}

/// Returns the number of keys that the fast path serves now. 0 if `keys` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_fast_rsa_count(keys: *const boundtoken_keys) -> usize {
    // SAFETY: the caller promises NULL or live keys.
    let keys = unsafe { keys.as_ref() };
    boundary::infallible(0, || {
        let current = keys.map(|keys| keys.0.load());
        let keys = current.iter().flat_map(|keys| keys.keys());
        keys.filter(|key| key.path() == VerificationPath::FastRsa).count()
    })
}

impl boundtoken_fast_rsa {
    fn now() -> Self {
        let status = status();
        Self {
            size: size_of::<Self>(),
            state: number(status.state),
            keys_refused: status.keys_refused,
            accepted_checked: status.accepted_checked,
            refused_checked: status.refused_checked,
            refused_unchecked: status.refused_unchecked,
            disagreements: status.disagreements,
        }
    }
}

fn number(state: PathState) -> FastRsaStateNumber {
    match state {
        PathState::NoInstructions => 1,
        PathState::TurnedOff => 2,
        PathState::SelfTestFailed => 3,
        PathState::On => 4,
        PathState::SwitchedOff => 5,
        // `PathState` is non-exhaustive. Do not claim that an unknown state serves keys.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_filled_up_to_the_callers_size_and_not_into_a_smaller_struct() {
        let mut filled = boundtoken_fast_rsa::now();
        filled.disagreements = 99;
        for size in [0, SMALLEST - 1] {
            filled.size = size;
            // SAFETY: a local variable.
            let status = unsafe { boundtoken_fast_rsa_status(&raw mut filled) };
            assert_ne!(status, boundtoken_status::OK);
            assert_eq!((filled.size, filled.disagreements), (size, 99), "written on failure");
        }
        filled.size = SMALLEST;
        // SAFETY: a local variable.
        assert_eq!(unsafe { boundtoken_fast_rsa_status(&raw mut filled) }, boundtoken_status::OK);
        assert_eq!((filled.size, filled.disagreements), (SMALLEST, 0));
        // SAFETY: NULL is allowed.
        assert_ne!(unsafe { boundtoken_fast_rsa_status(ptr::null_mut()) }, boundtoken_status::OK);
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { boundtoken_keys_fast_rsa_count(ptr::null()) }, 0);
    }

    #[test]
    fn members_are_appended_and_the_first_size_of_the_struct_stays() {
        let pointer = size_of::<usize>();
        assert_eq!(std::mem::offset_of!(boundtoken_fast_rsa, state), pointer);
        let first = (2 * pointer).max(8);
        for (place, offset) in [
            std::mem::offset_of!(boundtoken_fast_rsa, keys_refused),
            std::mem::offset_of!(boundtoken_fast_rsa, accepted_checked),
            std::mem::offset_of!(boundtoken_fast_rsa, refused_checked),
            std::mem::offset_of!(boundtoken_fast_rsa, refused_unchecked),
            std::mem::offset_of!(boundtoken_fast_rsa, disagreements),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(offset, first + 8 * place);
        }
        assert_eq!(SMALLEST, std::mem::offset_of!(boundtoken_fast_rsa, disagreements) + 8);
    }
}
