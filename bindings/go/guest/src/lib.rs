//! The library as a module of WebAssembly, which `wasm2go` translates to Go.
//!
//! This file is the whole interface of the module. `bindings/go/internal/engine` is the other side.
//!
//! An instance holds one verifier, without a cache. It serves one call at a time. After a trap it must not be used again.
//!
//! # Calls
//!
//! The host asks [`input`] for room, fills it with the arguments, and calls. What comes of the call is at [`output`]. Both stay where
//! they are until the next call. All numbers are little-endian. A **text** is its length in 4 bytes, and its bytes.
//!
//! | export | arguments at `input` | output |
//! |---|---|---|
//! | `build(size)` | a description | 0: for each issuer in turn, the number of its skipped keys in 4 bytes, and for each a text that tells why. 1: what is wrong, as UTF-8 |
//! | `replace_keys(issuer, size)` | JWKS and PEM, as in a description | 0: one issuer's skipped keys, as above. 1: what is wrong, as UTF-8 |
//! | `verify(token_size, audiences, size, now_seconds)` | the token, then as many texts as `audiences` says: -1 stands for those of the verifier | the verdict |
//!
//! A **description** has, in this order:
//!
//! - 8 bytes: leeway in seconds
//! - 4 bytes: the size of the largest token, 0 for the library's default
//! - 4 bytes: 1 if tokens are accepted where what they need is unavailable, or 0
//! - 4 bytes: the number of audiences, then a text for each
//! - 4 bytes: the number of issuers, then for each:
//!   - 4 bytes: 1 if bound objects are asked for, or 0
//!   - a text: its label, empty for its first name
//!   - 4 bytes: the number of its names, then a text for each
//!   - two texts: JWKS and PEM, each empty if there is none
//!
//! A **verdict** has 24 bytes, followed by the record of `boundtoken::record`, which ends the output. The 24 bytes are 0 for a refusal:
//!
//! - 4 bytes: the place of the token's issuer in the description
//! - 4 bytes: 0
//! - 8 bytes: the first second at which the token's times hold, leeway included
//! - 8 bytes: the first second after it at which they no longer hold
//!
//! `verify` returns the status of the record, too: 0 alone accepts. A token that is too large need not be written: `size` is then less
//! than `token_size`. Replaced keys count from the next call on.
//!
//! # What is asked of the host
//!
//! See the functions in `imports.rs`. Nothing else is imported.

mod bytes;
mod guest;
mod imports;

use std::cell::RefCell;

use guest::Guest;

thread_local! {
    static GUEST: RefCell<Guest> = const { RefCell::new(Guest::new()) };
}

fn with_guest<T>(call: impl FnOnce(&mut Guest) -> T) -> T {
    GUEST.with_borrow_mut(call)
}

/// Returns a place for the arguments of the next call, of `size` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn input(size: usize) -> *mut u8 {
    with_guest(|guest| guest.room(size).as_mut_ptr())
}

/// Returns where the output of the last call is.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    with_guest(|guest| guest.output().as_ptr())
}

/// Returns the size of the output of the last call.
#[unsafe(no_mangle)]
pub extern "C" fn output_size() -> usize {
    with_guest(|guest| guest.output().len())
}

/// Builds the verifier of this instance. Returns 0, or 1 if the description is wrong.
#[unsafe(no_mangle)]
pub extern "C" fn build(size: usize) -> u32 {
    with_guest(|guest| guest.build(size))
}

/// Replaces the keys of an issuer. Returns 0, or 1 if the documents are wrong. The issuer then keeps its keys.
#[unsafe(no_mangle)]
pub extern "C" fn replace_keys(issuer: usize, size: usize) -> u32 {
    with_guest(|guest| guest.replace_keys(issuer, size))
}

/// Verifies a token. Returns the status of the record.
#[unsafe(no_mangle)]
pub extern "C" fn verify(token_size: usize, audiences: i32, size: usize, now: u64) -> u32 {
    with_guest(|guest| guest.verify(token_size, audiences, size, now))
}
