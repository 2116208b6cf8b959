//! The keys of an issuer.

use std::ffi::c_char;

use super::boundary;
use super::error::{Failure, boundtoken_error};
use super::pointer::{Out, borrow};
use super::status::{Mistake, boundtoken_status};
use super::string::bytes;
use boundtoken::{KeyError, KeySet, KeyStore};

/// The public keys of one issuer. They may be replaced at any time, also while threads verify with them.
pub struct boundtoken_keys(pub(super) KeyStore);

/// Reads a JSON Web Key Set (RFC 7517 section 5), as a cluster serves it at `/openid/v1/jwks`.
///
/// `data`: the document, `len` bytes, at most 1 MiB; not needed after the call. Keys that cannot be used are passed
/// over: see boundtoken_keys_skipped. `keys`: receives a handle to free with boundtoken_keys_free; NULL on failure.
/// Any thread.
///
/// BOUNDTOKEN_JWKS_UNREADABLE: no key set. BOUNDTOKEN_NO_USABLE_KEY: no key of it can be used; the message says why.
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
/// Public keys, certificates and, for their public half only, private keys are taken. Otherwise as
/// boundtoken_keys_from_jwks. Any thread.
///
/// BOUNDTOKEN_PEM_UNREADABLE: no PEM file. BOUNDTOKEN_NO_USABLE_KEY: no block of it holds a usable key.
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

/// Replaces the keys by those of a JSON Web Key Set, at once for all verifiers that use them.
///
/// Verifications under way finish with the keys they began with. After a failure, the same as of
/// boundtoken_keys_from_jwks, the old keys stay. Any thread.
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

/// Replaces the keys by those of a PEM file. Otherwise as boundtoken_keys_replace_jwks. Any thread.
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

/// How many keys can be used now. 0 if `keys` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_count(keys: *const boundtoken_keys) -> usize {
    // SAFETY: the caller promises NULL or live keys.
    let keys = unsafe { keys.as_ref() };
    boundary::infallible(0, || keys.map_or(0, |keys| keys.0.load().len()))
}

/// How many keys of the document were passed over. 0 if `keys` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_skipped_count(keys: *const boundtoken_keys) -> usize {
    // SAFETY: the caller promises NULL or live keys.
    let keys = unsafe { keys.as_ref() };
    boundary::infallible(0, || keys.map_or(0, |keys| keys.0.load().skipped().len()))
}

/// Why the key at `index`, counted from 0, was passed over: an error with status BOUNDTOKEN_KEY_SKIPPED, whose message
/// names the key's place in the document and its kid.
///
/// NULL if there is no such index or `keys` is NULL. Free it with boundtoken_error_free. Any thread.
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

/// Frees the handle. NULL is ignored. Verifiers that use the keys keep them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_keys_free(keys: *mut boundtoken_keys) {
    // SAFETY: the caller promises NULL or live keys, and gives them up.
    unsafe { boundary::free(keys) };
}

/// How a document becomes keys.
type Read = fn(&[u8]) -> Result<KeySet, Failure>;

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
        out.set(boundtoken_keys(KeyStore::new(read(document)?)));
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

fn read_jwks(document: &[u8]) -> Result<KeySet, Failure> {
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

fn read_pem(document: &[u8]) -> Result<KeySet, Failure> {
    KeySet::from_pem(document).map_err(|error| {
        let mistake = match &error {
            KeyError::NoUsableKey { found } if !found.is_empty() => Mistake::NoUsableKey,
            _ => Mistake::PemUnreadable,
        };
        mistake.with(error.to_string())
    })
}
