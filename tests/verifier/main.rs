//! What a verifier accepts and refuses, and why. The tokens are made on the fly.
#![allow(clippy::restriction)]

mod again;
mod audiences;
mod batch;
mod bound_objects;
mod building;
mod cache;
mod cached;
mod headers;
mod input;
mod issuers;
mod live;
mod old_keys;
mod output;
mod reasons;
mod revocation;
mod revocation_at_random;
mod times;
mod webhooks;

use std::sync::LazyLock;

use boundtoken::{Algorithm, Reason, UnixSeconds, VerifiedToken, Verifier};
use boundtoken_testing::mint::{self, Mint, NOW};
use serde_json::Value;

/// The issuer of most tests.
static MINT: LazyLock<Mint> = LazyLock::new(|| Mint::new(Algorithm::ES256, mint::KID));

fn verify(verifier: &Verifier, token: impl AsRef<[u8]>) -> Result<VerifiedToken, Reason> {
    verify_at(verifier, token, NOW)
}

fn verify_at(verifier: &Verifier, token: impl AsRef<[u8]>, now: u64) -> Result<VerifiedToken, Reason> {
    verifier.verify_at(token.as_ref(), UnixSeconds(now)).map_err(|rejection| rejection.reason())
}

/// The verdict alone.
fn verdict(verifier: &Verifier, token: impl AsRef<[u8]>) -> Result<(), Reason> {
    verify(verifier, token).map(drop)
}

/// The verdict on [`MINT`]'s token with changed claims.
fn verdict_with(patch: &Value) -> Result<(), Reason> {
    verdict(&MINT.verifier(), MINT.token(&mint::claims_with(patch)))
}
