//! Verifies a token into a buffer of the caller.

use std::ffi::{c_char, c_void};
use std::fmt::Display;
use std::ptr;

use boundtoken::VerifiedToken;
use boundtoken::record::{self, Failure};

use crate::boundary;
use crate::error::CallFailure;
use crate::options::Options;
use crate::pointer::borrow;
use crate::status::{Mistake, boundtoken_status};
use crate::string::{boundtoken_str, bytes};
use crate::verify::boundtoken_verifier;

/// Verify at the time `now` of the options, instead of the time of the system's clock.
pub const BOUNDTOKEN_VERIFY_AT: u32 = 1;
/// Verify for the audiences of the options, even if there are none. Without this flag, no audiences in the options mean the
/// audiences of the verifier.
pub const BOUNDTOKEN_VERIFY_FOR: u32 = 2;
/// Decide only what takes no signature check: tokens that were accepted before, and tokens that are refused before their
/// signature. Any other token gives BOUNDTOKEN_NOT_CACHED. Such a call takes less than a microsecond and calls no callback
/// that boundtoken_verify would not call.
pub const BOUNDTOKEN_VERIFY_CACHED_ONLY: u32 = 4;
/// Ask the verifier's clusters when their latest changes may not have arrived yet, as boundtoken_verify_online does. The
/// call may then wait for a network. It cannot be combined with BOUNDTOKEN_VERIFY_CACHED_ONLY.
pub const BOUNDTOKEN_VERIFY_ONLINE: u32 = 8;

/// How to verify a token. Initialise it with its size: `boundtoken_verify_options options = {sizeof options};`
///
/// Zero in all other members means what boundtoken_verify does. Later versions append members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_verify_options {
    /// The caller sets it to the size of the struct.
    pub size: usize,
    /// A sum of BOUNDTOKEN_VERIFY_AT, BOUNDTOKEN_VERIFY_FOR, BOUNDTOKEN_VERIFY_CACHED_ONLY and BOUNDTOKEN_VERIFY_ONLINE.
    /// Other numbers are BOUNDTOKEN_UNKNOWN_VALUE.
    pub flags: u32,
    /// With BOUNDTOKEN_VERIFY_AT: the time, in Unix seconds.
    pub now: i64,
    /// The audiences of this call, instead of the verifier's own. See boundtoken_verify_for.
    pub audiences: *const boundtoken_str,
    /// The number of audiences.
    pub audiences_len: usize,
    /// With BOUNDTOKEN_VERIFY_ONLINE: how long the call may wait for the clusters, in milliseconds. After that it decides by
    /// what it knows. 0 means 20,000.
    pub timeout_milliseconds: u32,
    /// Must be 0.
    pub reserved: u32,
}

/// The size of [`boundtoken_verify_options`] in the first version of the header.
pub(super) const SMALLEST_OPTIONS: usize = if cfg!(target_pointer_width = "64") { 48 } else { 32 };

impl boundtoken_verify_options {
    pub(super) const DEFAULT: Self = Self {
        size: size_of::<Self>(),
        flags: 0,
        now: 0,
        audiences: ptr::null(),
        audiences_len: 0,
        timeout_milliseconds: 0,
        reserved: 0,
    };
}

/// Where a text stands in a record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_record_text {
    /// The offset of its first byte in the record. 0 if it is absent.
    pub offset: u32,
    /// The number of bytes. 0 if it is absent.
    pub len: u32,
}

/// Where an array stands in a record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_record_array {
    /// The offset of its first element in the record, a multiple of 8.
    pub offset: u32,
    /// The number of elements.
    pub count: u32,
}

/// An object that a token is bound to, as an element of an array.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_record_object {
    /// A boundtoken_object_kind.
    pub kind: u32,
    /// 0.
    pub reserved: u32,
    /// The namespace. Absent for a kind without namespaces.
    pub object_namespace: boundtoken_record_text,
    /// The name.
    pub name: boundtoken_record_text,
    /// The uid.
    pub uid: boundtoken_record_text,
}

/// An attestation, as an element of an array.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_record_attestation {
    /// The name.
    pub name: boundtoken_record_text,
    /// An array of boundtoken_record_text: the attested values.
    pub values: boundtoken_record_array,
}

/// The header of a record: what boundtoken_verify_into writes at the start of the buffer.
///
/// All numbers are little-endian. On little-endian machines, C programs may read a buffer that is aligned to 8 bytes through
/// this struct. Other languages read at the offsets of its members, which never change. Members are never absent: before
/// the call writes a verdict, the header is all zeros.
///
/// Texts are UTF-8 and do not end with NUL. The offset 0 stands for an absent text. Times are Unix seconds, and -1 if
/// absent. Later versions append members: `header_size` says which there are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_record {
    /// Offset 0. The version of the form of records: 1. 0 if the call decided nothing.
    pub version: u32,
    /// Offset 4. The status that the call returned. Only BOUNDTOKEN_OK accepts the token.
    pub status: u32,
    /// Offset 8. The size of the record in bytes: how much of the buffer was written.
    pub size: u32,
    /// Offset 12. The status of an HTTP answer that refuses the request: 401, 503 if the same token may be accepted soon,
    /// and 500 for mistakes of the program. 200 if the token is accepted.
    pub http_status: u32,
    /// Offset 16. A boundtoken_confirmed: whether the objects that the token is bound to were confirmed to exist.
    pub confirmed: u32,
    /// Offset 20. The size of this header in bytes: 296 in version 1.
    pub header_size: u32,
    /// Offset 24. A number that stands for the claims, for programs that keep an object of their own for them. 0 if the
    /// verifier does not remember the token. Two records of this process with the same number have the same claims.
    /// `confirmed` and the matched audiences can be different each time.
    pub claims_id: u64,
    /// Offset 32. `exp`: when the token expires.
    pub expires_at: i64,
    /// Offset 40. `nbf`: when the token becomes valid.
    pub not_before: i64,
    /// Offset 48. `iat`: when the token was issued.
    pub issued_at: i64,
    /// Offset 56. When the API server begins to count the token as stale. It does not affect the verdict.
    pub warn_after: i64,
    /// Offset 64. An array of boundtoken_record_text: the accepted audiences that the token names.
    pub matched_audiences: boundtoken_record_array,
    /// Offset 72. The stable name of the status. Absent if the token is accepted.
    pub name: boundtoken_record_text,
    /// Offset 80. What was wrong, and what to do. For the log, not for the client. In a small buffer it is cut. Absent if the
    /// token is accepted.
    pub message: boundtoken_record_text,
    /// Offset 88. The value of the header `WWW-Authenticate` of an answer that refuses the request. Absent if the token is
    /// accepted, and for mistakes of the program.
    pub www_authenticate: boundtoken_record_text,
    /// Offset 96. The claims as they were signed: one JSON object. From here on, all members are absent unless the token is
    /// accepted.
    pub payload: boundtoken_record_text,
    /// Offset 104. `iss`.
    pub issuer: boundtoken_record_text,
    /// Offset 112. The verifier's label for the issuer. It says which cluster the token belongs to.
    pub issuer_label: boundtoken_record_text,
    /// Offset 120. `sub`, which is the user name too: `system:serviceaccount:NAMESPACE:NAME`.
    pub subject: boundtoken_record_text,
    /// Offset 128. The namespace of the service account, and of the pod or secret that the token is bound to.
    pub service_account_namespace: boundtoken_record_text,
    /// Offset 136. The name of the service account.
    pub service_account_name: boundtoken_record_text,
    /// Offset 144. The uid of the service account.
    pub service_account_uid: boundtoken_record_text,
    /// Offset 152. `jti`.
    pub jti: boundtoken_record_text,
    /// Offset 160. The credential id: `JTI=` and the `jti`.
    pub credential_id: boundtoken_record_text,
    /// Offset 168. The name of the pod that the token is bound to.
    pub pod_name: boundtoken_record_text,
    /// Offset 176. The uid of the pod.
    pub pod_uid: boundtoken_record_text,
    /// Offset 184. The name of the secret that the token is bound to.
    pub secret_name: boundtoken_record_text,
    /// Offset 192. The uid of the secret.
    pub secret_uid: boundtoken_record_text,
    /// Offset 200. The name of the node that the token is bound to. For a token bound to a pod, the node that the pod runs
    /// on.
    pub node_name: boundtoken_record_text,
    /// Offset 208. The uid of the node. For a token bound to a pod it may be absent.
    pub node_uid: boundtoken_record_text,
    /// Offset 216. The name of the validating webhook configuration that the token is bound to.
    pub validating_webhook_configuration_name: boundtoken_record_text,
    /// Offset 224. The uid of the validating webhook configuration.
    pub validating_webhook_configuration_uid: boundtoken_record_text,
    /// Offset 232. The name of the mutating webhook configuration that the token is bound to.
    pub mutating_webhook_configuration_name: boundtoken_record_text,
    /// Offset 240. The uid of the mutating webhook configuration.
    pub mutating_webhook_configuration_uid: boundtoken_record_text,
    /// Offset 248. An array of boundtoken_record_text: all audiences of the token.
    pub audiences: boundtoken_record_array,
    /// Offset 256. An array of boundtoken_record_text: the groups of the user.
    pub groups: boundtoken_record_array,
    /// Offset 264. An array of pairs of boundtoken_record_text, 16 bytes each: the keys and values of the user's `extra`,
    /// ordered by key. A key with several values occurs several times.
    pub extra: boundtoken_record_array,
    /// Offset 272. An array of boundtoken_record_object: the objects that must exist, in the order in which they are judged.
    pub bound_objects: boundtoken_record_array,
    /// Offset 280. An array of boundtoken_record_text: the API groups for which the caller may send admission reviews.
    pub attested_api_groups: boundtoken_record_array,
    /// Offset 288. An array of boundtoken_record_attestation.
    pub attestations: boundtoken_record_array,
}

/// Verifies a token, and writes everything that the verdict says into one buffer: a boundtoken_record, followed by its texts
/// and arrays. It creates no handle and allocates nothing for the caller.
///
/// `token`: the bare token, `token_len` bytes. Not needed after the call.
/// `options`: how to verify it. NULL does what boundtoken_verify does.
/// `buffer`: receives the record, at most `capacity` bytes. It must not overlap the arguments. It may be NULL, which
/// is like a `capacity` of 0. 2,048 bytes hold the record of
/// nearly every token. On a stack or in a pool, 4,096 do no harm. boundtoken_verifier_largest_record holds any.
/// `needed`: receives the size of the whole record. May be NULL.
///
/// The status is the verdict, and the same as that of boundtoken_verify. The record repeats it.
///
/// - BOUNDTOKEN_OK accepts the token. The record is complete.
/// - BOUNDTOKEN_BUFFER_TOO_SMALL: the token would be accepted, but its record does not fit. Call again with `needed` bytes. It
///   can become more between the two calls only if other audiences are given.
/// - BOUNDTOKEN_NOT_CACHED: nothing was decided. See BOUNDTOKEN_VERIFY_CACHED_ONLY.
/// - Every other status refuses the token. If the buffer is small, the message is cut.
///
/// The header is set to zeros before anything else is done, as far as the buffer reaches. So no record of an earlier call is
/// ever taken for this one. In a buffer that is smaller than the header, only the first 8 bytes are used after that: the version
/// stays 0, and the status is that of the call. Any thread. It takes no lock, never blocks and does no I/O, except for what a callback does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify_into(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    options: *const boundtoken_verify_options,
    buffer: *mut c_void,
    capacity: usize,
    needed: *mut usize,
) -> boundtoken_status {
    let judge = || {
        // SAFETY: the caller promises NULL or a live verifier.
        let verifier = unsafe { borrow(verifier, "verifier") }?;
        // SAFETY: the caller promises `token_len` readable bytes.
        let token = unsafe { bytes(token, token_len, "token") }?;
        // SAFETY: the caller promises NULL or options whose texts can be read.
        let options = unsafe { Options::read(options) }?;
        options.verify(verifier, token)
    };
    // SAFETY: the caller promises `capacity` bytes to write to, and NULL or a place for `needed`.
    unsafe { into_record(buffer, capacity, needed, judge) }
}

/// Returns the size in bytes of the largest record that a verifier can make for its own audiences. For other audiences it
/// takes 8 bytes more for each.
///
/// The largest record is many times larger than a usual one. 0 if `verifier` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_largest_record(verifier: *const boundtoken_verifier) -> usize {
    // SAFETY: the caller promises NULL or a live verifier.
    let verifier = unsafe { verifier.as_ref() };
    boundary::infallible(0, || verifier.map_or(0, |verifier| verifier.verifier.largest_record()))
}

/// Runs a judgement and writes its record.
///
/// # Safety
/// `buffer` is NULL or points to `capacity` bytes that may be written, and `needed` is NULL or may be written to.
pub(super) unsafe fn into_record(
    buffer: *mut c_void,
    capacity: usize,
    needed: *mut usize,
    judge: impl FnOnce() -> Result<VerifiedToken, CallFailure>,
) -> boundtoken_status {
    let buffer: &mut [u8] = if buffer.is_null() || isize::try_from(capacity).is_err() {
        &mut []
    } else {
        // SAFETY: not NULL, its size fits into isize, and the caller promises bytes that may be written and that nobody
        // else uses during the call.
        unsafe { std::slice::from_raw_parts_mut(buffer.cast(), capacity) }
    };
    record::clear(buffer);
    let outcome = boundary::infallible(None, || {
        let failure = match judge() {
            Ok(token) => {
                let size = record::accepted(buffer, &token);
                if size <= buffer.len() {
                    return Some((boundtoken_status::OK, size));
                }
                // No reader may take this for an accepted token.
                let failure = CallFailure::from(Mistake::BufferTooSmall);
                failure.write_record(buffer);
                return Some((failure.status(), size));
            }
            Err(failure) => failure,
        };
        Some((failure.status(), failure.write_record(buffer)))
    });
    let (status, size) = outcome.unwrap_or_else(|| {
        let failure = CallFailure::from(Mistake::Panic);
        (failure.status(), failure.write_record(buffer))
    });
    if !needed.is_null() {
        // SAFETY: not NULL, and the caller promises that it may be written to.
        unsafe { needed.write(size) };
    }
    status
}

impl CallFailure {
    pub(super) fn write_record(&self, buffer: &mut [u8]) -> usize {
        match self {
            Self::Refused(rejection) => record::refused(buffer, rejection),
            Self::Mistake { mistake, message } => {
                let message: &dyn Display = match message {
                    Some(message) => message,
                    None => mistake,
                };
                let failure = Failure {
                    status: boundtoken_status::from(*mistake).number(),
                    http_status: mistake.http_status(),
                    name: mistake.name(),
                    message,
                    www_authenticate: &"",
                };
                record::failed(buffer, &failure)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn the_header_of_a_record_has_the_documented_offsets() {
        for (documented, offset) in [
            (0, offset_of!(boundtoken_record, version)),
            (4, offset_of!(boundtoken_record, status)),
            (8, offset_of!(boundtoken_record, size)),
            (12, offset_of!(boundtoken_record, http_status)),
            (16, offset_of!(boundtoken_record, confirmed)),
            (20, offset_of!(boundtoken_record, header_size)),
            (24, offset_of!(boundtoken_record, claims_id)),
            (32, offset_of!(boundtoken_record, expires_at)),
            (40, offset_of!(boundtoken_record, not_before)),
            (48, offset_of!(boundtoken_record, issued_at)),
            (56, offset_of!(boundtoken_record, warn_after)),
            (64, offset_of!(boundtoken_record, matched_audiences)),
            (72, offset_of!(boundtoken_record, name)),
            (80, offset_of!(boundtoken_record, message)),
            (88, offset_of!(boundtoken_record, www_authenticate)),
            (96, offset_of!(boundtoken_record, payload)),
            (104, offset_of!(boundtoken_record, issuer)),
            (112, offset_of!(boundtoken_record, issuer_label)),
            (120, offset_of!(boundtoken_record, subject)),
            (128, offset_of!(boundtoken_record, service_account_namespace)),
            (136, offset_of!(boundtoken_record, service_account_name)),
            (144, offset_of!(boundtoken_record, service_account_uid)),
            (152, offset_of!(boundtoken_record, jti)),
            (160, offset_of!(boundtoken_record, credential_id)),
            (168, offset_of!(boundtoken_record, pod_name)),
            (176, offset_of!(boundtoken_record, pod_uid)),
            (184, offset_of!(boundtoken_record, secret_name)),
            (192, offset_of!(boundtoken_record, secret_uid)),
            (200, offset_of!(boundtoken_record, node_name)),
            (208, offset_of!(boundtoken_record, node_uid)),
            (216, offset_of!(boundtoken_record, validating_webhook_configuration_name)),
            (224, offset_of!(boundtoken_record, validating_webhook_configuration_uid)),
            (232, offset_of!(boundtoken_record, mutating_webhook_configuration_name)),
            (240, offset_of!(boundtoken_record, mutating_webhook_configuration_uid)),
            (248, offset_of!(boundtoken_record, audiences)),
            (256, offset_of!(boundtoken_record, groups)),
            (264, offset_of!(boundtoken_record, extra)),
            (272, offset_of!(boundtoken_record, bound_objects)),
            (280, offset_of!(boundtoken_record, attested_api_groups)),
            (288, offset_of!(boundtoken_record, attestations)),
        ] {
            assert_eq!(offset, documented);
        }
        assert_eq!(size_of::<boundtoken_record>(), record::HEADER_SIZE);
        assert_eq!(offset_of!(boundtoken_record, attestations) + 8, size_of::<boundtoken_record>());
        assert_eq!(size_of::<boundtoken_record_object>(), 32);
        assert_eq!(size_of::<boundtoken_record_attestation>(), 16);
    }

    #[test]
    fn options_have_the_offsets_and_the_size_of_the_first_version() {
        let pointer = size_of::<usize>();
        let first = [
            offset_of!(boundtoken_verify_options, size),
            offset_of!(boundtoken_verify_options, flags),
            offset_of!(boundtoken_verify_options, now),
            offset_of!(boundtoken_verify_options, audiences),
            offset_of!(boundtoken_verify_options, audiences_len),
            offset_of!(boundtoken_verify_options, timeout_milliseconds),
            offset_of!(boundtoken_verify_options, reserved),
        ];
        let texts = (pointer + 4).next_multiple_of(8) + 8;
        let last = texts + 2 * pointer;
        assert_eq!(first, [0, pointer, texts - 8, texts, texts + pointer, last, last + 4]);
        assert_eq!(SMALLEST_OPTIONS, last + 8);
    }
}
