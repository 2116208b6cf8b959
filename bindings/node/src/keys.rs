//! Keys of issuers.

use boundtoken::{Key, KeySet, KeyStore};
use napi::bindgen_prelude::External;
use napi_derive::napi;

use crate::errors::{KEY_SET, Result};
use crate::seconds;

/// Reads a JSON Web Key Set.
#[napi(catch_unwind)]
pub fn key_set_from_jwks(document: &[u8]) -> Result<External<KeySet>> {
    KeySet::from_jwks(document).map(External::new).map_err(|error| KEY_SET.with(error))
}

/// Reads the keys of a PEM file.
#[napi(catch_unwind)]
pub fn key_set_from_pem(document: &[u8]) -> Result<External<KeySet>> {
    KeySet::from_pem(document).map(External::new).map_err(|error| KEY_SET.with(error))
}

/// The `kid` of each key.
#[napi(catch_unwind)]
pub fn key_set_kids(keys: &External<KeySet>) -> Vec<Option<String>> {
    keys.keys().iter().map(|key: &Key| key.kid().map(str::to_owned)).collect()
}

/// A key that cannot be used.
#[napi(object)]
pub struct Skipped {
    /// Its place in the document, counted from 0.
    pub index: u32,
    pub kid: Option<String>,
    pub reason: String,
}

/// The keys of the document that cannot be used.
#[napi(catch_unwind)]
pub fn key_set_skipped(keys: &External<KeySet>) -> Vec<Skipped> {
    let skipped = keys.skipped().iter().map(|key| Skipped {
        index: u32::try_from(key.index()).unwrap_or(u32::MAX),
        kid: key.kid().map(str::to_owned),
        reason: key.error().to_string(),
    });
    skipped.collect()
}

/// Holds keys that can be replaced.
#[napi(catch_unwind)]
pub fn key_store(keys: &External<KeySet>, max_age_seconds: Option<f64>) -> Result<External<KeyStore>> {
    let store = KeyStore::new(KeySet::clone(keys));
    if let Some(age) = max_age_seconds {
        store.set_max_age(seconds(age)?);
    }
    Ok(External::new(store))
}

/// Replaces the keys, and restarts their age.
#[napi(catch_unwind)]
pub fn key_store_replace(store: &External<KeyStore>, keys: &External<KeySet>) {
    store.replace(KeySet::clone(keys));
}

/// Restarts the age of the keys.
#[napi(catch_unwind)]
pub fn key_store_renew(store: &External<KeyStore>) {
    store.renew();
}

/// The current keys.
#[napi(catch_unwind)]
pub fn key_store_keys(store: &External<KeyStore>) -> External<KeySet> {
    External::new(store.load().clone())
}

/// Whether the keys are older than their maximum age.
#[napi(catch_unwind)]
pub fn key_store_is_stale(store: &External<KeyStore>) -> bool {
    store.is_stale()
}
