//! Accepted tokens, and tokens that were checked.

use boundtoken::{CheckedToken, VerifiedToken, record};
use napi::bindgen_prelude::{BufferSlice, External};
use napi_derive::napi;

use crate::errors::{OBJECTS, Result};
use crate::reference::Bound;

/// Writes everything that the verdict says, by the offsets of bindings/abi.json. Returns the size of the record in bytes.
///
/// A buffer that is too small receives zeros.
#[napi(catch_unwind)]
pub fn token_record(token: &External<VerifiedToken>, mut buffer: BufferSlice<'_>) -> u32 {
    u32::try_from(record::accepted(&mut buffer, token)).unwrap_or(u32::MAX)
}

/// The token as a JSON object.
#[napi(catch_unwind)]
pub fn token_json(token: &External<VerifiedToken>) -> Result<String> {
    serde_json::to_string(&**token).map_err(|error| OBJECTS.with(error))
}

/// The objects to look up.
#[napi(catch_unwind)]
pub fn checked_objects(checked: &External<CheckedToken>) -> Vec<Bound> {
    checked.bound_objects().map(Bound::from).collect()
}

/// The label of the trusted issuer.
#[napi(catch_unwind)]
pub fn checked_label(checked: &External<CheckedToken>) -> String {
    checked.issuer_label().to_owned()
}
