//! The keys of an issuer.

use std::ffi::c_char;

use boundtoken::{KeyError, KeySet, KeyStore};

use crate::boundary;
use crate::error::{CallFailure, boundtoken_error};
use crate::pointer::{Out, borrow};
use crate::status::{Mistake, boundtoken_status};
use crate::string::bytes;

/// The public keys of one issuer. They may be replaced at any time, even while threads verify with them.
pub struct boundtoken_keys(pub(super) KeyStore);

/// Reads a JSON Web Key Set (RFC 7517 section 5), such as a cluster serves at `/openid/v1/jwks`.
///
/// `data`: the document, `len` bytes, at most 1 MiB. Not needed after the call.
/// `keys`: receives a handle to free with boundtoken_keys_free. NULL on failure.
///
/// Keys that cannot be used are skipped: see boundtoken_keys_skipped. Any thread.
///
/// BOUNDTOKEN_JWKS_UNREADABLE: the document is not a key set.
/// BOUNDTOKEN_NO_USABLE_KEY: none of its keys can be used. The message says why.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_from_jwks(
    data: *const c_char,
    len: usize,
    keys: *mut *mut boundtoken_keys,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { create(read_jwks, data, len, keys, error) }
}

/// Reads the keys of a PEM file, such as the API server's `--service-account-key-file`.
///
/// It takes public keys, certificates, and the public half of private keys. In all else it is like
/// boundtoken_keys_from_jwks. Any thread.
///
/// BOUNDTOKEN_PEM_UNREADABLE: the document is not a PEM file.
/// BOUNDTOKEN_NO_USABLE_KEY: none of its blocks has a usable key. The message says why.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_from_pem(
    data: *const c_char,
    len: usize,
    keys: *mut *mut boundtoken_keys,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { create(read_pem, data, len, keys, error) }
}

/// Replaces the keys with the keys of a JSON Web Key Set, at once for all verifiers that use them.
///
/// A verification that is running finishes with the keys it began with. It fails like boundtoken_keys_from_jwks. On
/// failure the old keys stay. Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_replace_jwks(
    keys: *const boundtoken_keys,
    data: *const c_char,
    len: usize,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { replace(read_jwks, keys, data, len, error) }
}

/// Replaces the keys with the keys of a PEM file. It fails like boundtoken_keys_from_pem. In all else it is like
/// boundtoken_keys_replace_jwks. Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_replace_pem(
    keys: *const boundtoken_keys,
    data: *const c_char,
    len: usize,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { replace(read_pem, keys, data, len, error) }
}

/// Returns the number of usable keys. 0 if `keys` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_count(keys: *const boundtoken_keys) -> usize {
    // SAFETY: the caller promises NULL or live keys.
    let keys = unsafe { keys.as_ref() };
    boundary::infallible(0, || keys.map_or(0, |keys| keys.0.load().len()))
}

/// Returns the number of keys of the document that were skipped. 0 if `keys` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_skipped_count(keys: *const boundtoken_keys) -> usize {
    // SAFETY: the caller promises NULL or live keys.
    let keys = unsafe { keys.as_ref() };
    boundary::infallible(0, || keys.map_or(0, |keys| keys.0.load().skipped().len()))
}

/// Returns why a key was skipped, as an error with status BOUNDTOKEN_KEY_SKIPPED. Its message names the key's place
/// in the document and its kid.
///
/// `index`: counts the skipped keys from 0.
///
/// Free the error with boundtoken_error_free. NULL if there is no such index or `keys` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_skipped(
    keys: *const boundtoken_keys,
    index: usize,
) -> *mut boundtoken_error {
    // SAFETY: the caller promises NULL or live keys.
    let keys = unsafe { keys.as_ref() };
    boundary::infallible(std::ptr::null_mut(), || {
        let current = keys.map(|keys| keys.0.load());
        let skipped = current.as_ref().and_then(|keys| keys.skipped().get(index));
        skipped.map_or(std::ptr::null_mut(), |skipped| {
            let kid = skipped.kid().map(|kid| format!(" (kid {kid:?})")).unwrap_or_default();
            let message = format!("key {}{kid} was skipped: {}", skipped.index(), skipped.error());
            boundtoken_error::new_handle(Mistake::KeySkipped.with(message))
        })
    })
}

/// Retains the handle and returns it, like boundtoken_verifier_retain. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_retain(keys: *const boundtoken_keys) -> *mut boundtoken_keys {
    // SAFETY: the caller promises NULL or live keys.
    unsafe { boundary::retain(keys) }
}

/// Frees the handle. NULL is ignored. Verifiers that use the keys keep them alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_free(keys: *mut boundtoken_keys) {
    // SAFETY: the caller promises NULL or live keys, and gives them up.
    unsafe { boundary::release(keys) };
}

/// Reads the keys of a document.
type Read = fn(&[u8]) -> Result<KeySet, CallFailure>;

/// # Safety
/// As the header says of `boundtoken_keys_from_jwks`.
unsafe fn create(
    read: Read,
    data: *const c_char,
    len: usize,
    keys: *mut *mut boundtoken_keys,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(keys, "keys") }?;
        // SAFETY: the caller promises `len` readable bytes.
        let document = unsafe { bytes(data, len, "data") }?;
        out.set_shared(boundtoken_keys(KeyStore::new(read(document)?)));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// # Safety
/// As the header says of `boundtoken_keys_replace_jwks`.
unsafe fn replace(
    read: Read,
    keys: *const boundtoken_keys,
    data: *const c_char,
    len: usize,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or live keys.
        let keys = unsafe { borrow(keys, "keys") }?;
        // SAFETY: the caller promises `len` readable bytes.
        let document = unsafe { bytes(data, len, "data") }?;
        keys.0.replace(read(document)?);
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

fn read_jwks(document: &[u8]) -> Result<KeySet, CallFailure> {
    let keys =
        KeySet::from_jwks(document).map_err(|error| Mistake::JwksUnreadable.with(error.to_string()))?;
    if !keys.is_empty() {
        return Ok(keys);
    }
    if keys.skipped().is_empty() {
        return Err(Mistake::NoUsableKey
            .with("the key set has no keys; pass the document that the cluster serves at /openid/v1/jwks"));
    }
    let found = keys.skipped().iter().map(|key| key.error().clone()).collect();
    Err(Mistake::NoUsableKey.with(KeyError::NoUsableKey { found }.to_string()))
}

fn read_pem(document: &[u8]) -> Result<KeySet, CallFailure> {
    KeySet::from_pem(document).map_err(|error| {
        let mistake = match &error {
            KeyError::NoUsableKey { found } if !found.is_empty() => Mistake::NoUsableKey,
            _ => Mistake::PemUnreadable,
        };
        mistake.with(error.to_string())
    })
}
