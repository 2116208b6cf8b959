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
    /// A verifier for the audience `vault`.
    pub fn new(issuer: &str, jwks: &str, objects_json: &str) -> Self {
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
