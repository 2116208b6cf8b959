//! Many tokens in one call.

use std::ffi::c_void;
use std::num::NonZeroUsize;

use boundtoken::record;

use crate::boundary;
use crate::error::{CallFailure, boundtoken_error};
use crate::options::Options;
use crate::pointer::borrow;
use crate::record::boundtoken_verify_options;
use crate::status::{Mistake, boundtoken_status};
use crate::string::{boundtoken_str, bytes};
use crate::verify::boundtoken_verifier;

/// Verifies many tokens in one call, on several threads, and writes one record for each, as boundtoken_verify_into does.
///
/// `tokens`: `count` bare tokens. They need not be UTF-8. Not needed after the call.
/// `options`: the time. NULL stands for zeros. Only BOUNDTOKEN_VERIFY_AT can be set.
/// `threads`: how many threads work at once, this one among them. The others run during the call. At most 1,024.
/// `buffer`: receives the record of the first token at its start, of the second at `stride`, and so on: `count` times `stride`
/// bytes. A `stride` of 2,048 holds the record of nearly every token. It must not overlap the tokens.
///
/// BOUNDTOKEN_OK says that every token has a record. Each record has its own status: the verdict on its token, or
/// BOUNDTOKEN_BUFFER_TOO_SMALL if `stride` is too small for the record of an accepted token. Any thread.
///
/// BOUNDTOKEN_UNKNOWN_VALUE: `threads` is 0 or too large, other options are set, or `stride` is smaller than the header of a
/// record or no multiple of 8. Nothing was decided.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify_batch(
    verifier: *const boundtoken_verifier,
    tokens: *const boundtoken_str,
    count: usize,
    options: *const boundtoken_verify_options,
    threads: u32,
    buffer: *mut c_void,
    stride: usize,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live verifier.
        let verifier = unsafe { borrow(verifier, "verifier") }?;
        // SAFETY: the caller promises NULL or options that can be read.
        let now = unsafe { Options::read(options) }?.of_a_batch()?;
        let threads =
            usize::try_from(threads).ok().filter(|threads| *threads <= 1_024).and_then(NonZeroUsize::new);
        let threads = threads.ok_or_else(|| Mistake::UnknownValue.of("threads"))?;
        if stride < record::HEADER_SIZE || !stride.is_multiple_of(8) {
            return Err(Mistake::UnknownValue.of("stride"));
        }
        let mut read = Vec::new();
        for place in 0..count {
            // SAFETY: the caller promises `count` tokens that can be read.
            let token = unsafe { borrow(tokens.wrapping_add(place), "tokens") }?;
            // SAFETY: the caller promises readable bytes.
            read.push(unsafe { bytes(token.data, token.len, "tokens") }?);
        }
        let size = count.checked_mul(stride).filter(|size| isize::try_from(*size).is_ok());
        let size = size.ok_or_else(|| Mistake::LengthOutOfRange.of("stride"))?;
        if size == 0 {
            return Ok(());
        }
        if buffer.is_null() {
            return Err(Mistake::NullArgument.of("buffer"));
        }
        // SAFETY: not NULL, its size fits into isize, and the caller promises bytes that may be written and that nobody else
        // uses during the call.
        let buffer = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u8>(), size) };
        let verdicts = verifier.judge().verify_batch_at(&read, threads, now);
        for (verdict, record) in verdicts.into_iter().zip(buffer.chunks_exact_mut(stride)) {
            let failure = match verdict {
                Ok(token) if record::accepted(record, &token) <= stride => continue,
                Ok(_) => CallFailure::from(Mistake::BufferTooSmall),
                Err(rejection) => rejection.into(),
            };
            failure.write_record(record);
        }
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}
