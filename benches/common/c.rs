//! A verifier that is created and called through the C ABI. It is called from Rust, so that one table can compare
//! both.

use std::ffi::c_char;
use std::ptr;

use boundtoken::UnixSeconds;
use boundtoken_capi::*;

pub struct CVerifier(*mut boundtoken_verifier);

// SAFETY: the header says that a verifier may be used from any thread.
unsafe impl Send for CVerifier {}
// SAFETY: the header says that a verifier may be used from several threads at once.
unsafe impl Sync for CVerifier {}

impl CVerifier {
    /// A verifier for the audience `vault`, which remembers tokens or not.
    pub fn new(issuer: &str, jwks: &str, objects_json: &str, remembers: bool) -> Self {
        let no_error = ptr::null_mut();
        let (mut keys, mut verifier) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: every pointer leads to a local variable or comes from an earlier call. Every text outlives the
        // block.
        unsafe {
            let status = boundtoken_keys_from_jwks(jwks.as_ptr().cast(), jwks.len(), &raw mut keys, no_error);
            expect_ok(status, "keys");
            let objects = boundtoken_objects_new();
            let (json, none) = (objects_json.as_ptr().cast::<c_char>(), ptr::null_mut());
            expect_ok(
                boundtoken_objects_load_json(objects, json, objects_json.len(), none, no_error),
                "objects",
            );
            let builder = boundtoken_verifier_builder_new();
            expect_ok(boundtoken_verifier_builder_issuer(builder, text(issuer), keys, objects), "issuer");
            expect_ok(boundtoken_verifier_builder_audience(builder, text("vault")), "audience");
            if !remembers {
                expect_ok(boundtoken_verifier_builder_cached_tokens(builder, 0), "cache");
            }
            expect_ok(boundtoken_verifier_builder_build(builder, &raw mut verifier, no_error), "verifier");
            boundtoken_keys_free(keys);
            boundtoken_objects_free(objects);
        }
        Self(verifier)
    }

    /// Verifies the token and frees the result.
    pub fn verify_at(&self, token: &str, now: UnixSeconds) {
        let mut verified = ptr::null_mut();
        let now = i64::try_from(now.0).expect("a time");
        let (data, verified_at) = (token.as_ptr().cast::<c_char>(), &raw mut verified);
        // SAFETY: the verifier is alive, the token is readable, and `verified` is a local variable.
        let status =
            unsafe { boundtoken_verify_at(self.0, data, token.len(), now, verified_at, ptr::null_mut()) };
        assert!(!verified.is_null(), "accepted: {status:?}");
        // SAFETY: it was just received and is not used again.
        unsafe { boundtoken_verified_free(std::hint::black_box(verified)) };
    }
}

impl CVerifier {
    /// Verifies the token, reads all its claims, and frees the result.
    pub fn verify_and_read_at(&self, token: &str, now: UnixSeconds) {
        let mut verified = ptr::null_mut();
        let now = i64::try_from(now.0).expect("a time");
        // SAFETY: claims are numbers and pointers.
        let mut claims: boundtoken_claims = unsafe { std::mem::zeroed() };
        claims.size = size_of::<boundtoken_claims>();
        let (data, verified_at) = (token.as_ptr().cast::<c_char>(), &raw mut verified);
        // SAFETY: the verifier is alive, the token is readable, and the others are local variables.
        unsafe {
            let status = boundtoken_verify_at(self.0, data, token.len(), now, verified_at, ptr::null_mut());
            assert!(!verified.is_null(), "accepted: {status:?}");
            std::hint::black_box(boundtoken_verified_claims(verified, &raw mut claims));
            assert!(std::hint::black_box(&claims).payload.len > 0);
            boundtoken_verified_free(verified);
        }
    }

    /// Verifies the token into a buffer, with these flags. Returns the status in the record.
    pub fn verify_into(&self, token: &str, now: UnixSeconds, flags: u32) -> u32 {
        let mut buffer = std::mem::MaybeUninit::<[u64; 512]>::uninit();
        let options = boundtoken_verify_options {
            size: size_of::<boundtoken_verify_options>(),
            flags: flags | BOUNDTOKEN_VERIFY_AT,
            now: i64::try_from(now.0).expect("a time"),
            audiences: ptr::null(),
            audiences_len: 0,
            timeout_milliseconds: 0,
            reserved: 0,
        };
        let data = token.as_ptr().cast::<c_char>();
        let (place, capacity) = (buffer.as_mut_ptr().cast(), size_of_val(&buffer));
        // SAFETY: the verifier is alive, the token is readable, and the others are local variables.
        let status = unsafe {
            boundtoken_verify_into(
                self.0,
                data,
                token.len(),
                &raw const options,
                place,
                capacity,
                ptr::null_mut(),
            )
        };
        std::hint::black_box(status);
        // SAFETY: the buffer is large enough for a header, which the call has written.
        unsafe { (*std::hint::black_box(&raw const buffer).cast::<boundtoken_record>()).status }
    }
}

impl Drop for CVerifier {
    fn drop(&mut self) {
        // SAFETY: `new` created it, and it is not used again.
        unsafe { boundtoken_verifier_free(self.0) };
    }
}

fn text(text: &str) -> boundtoken_str {
    boundtoken_str { data: text.as_ptr().cast(), len: text.len() }
}

fn expect_ok(status: boundtoken_status, what: &str) {
    assert_eq!(format!("{status:?}"), "boundtoken_status(0)", "{what}");
}
