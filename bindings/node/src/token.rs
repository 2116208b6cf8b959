//! Accepted tokens, and tokens that were checked.

use boundtoken::{CheckedToken, VerifiedToken, record};
use napi::bindgen_prelude::{External, Uint8Array};
use napi_derive::napi;

use crate::errors::{OBJECTS, Result};
use crate::reference::Bound;

/// Everything that the verdict says, by the offsets of bindings/abi.json.
#[napi]
pub fn token_record(token: &External<VerifiedToken>) -> Uint8Array {
    let mut buffer = vec![0; 2048];
    let size = record::accepted(&mut buffer, token);
    if size > buffer.len() {
        buffer.resize(size, 0);
        record::accepted(&mut buffer, token);
    }
    buffer.truncate(size);
    buffer.into()
}

/// The token as a JSON object.
#[napi]
pub fn token_json(token: &External<VerifiedToken>) -> Result<String> {
    serde_json::to_string(&**token).map_err(|error| OBJECTS.with(error))
}

/// The objects to look up.
#[napi]
pub fn checked_objects(checked: &External<CheckedToken>) -> Vec<Bound> {
    checked.bound_objects().map(Bound::from).collect()
}

/// The label of the trusted issuer.
#[napi]
pub fn checked_label(checked: &External<CheckedToken>) -> String {
    checked.issuer_label().to_owned()
}
