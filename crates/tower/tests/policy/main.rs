//! Tests of policies: rules, files, files that change, and access reviews.
#![allow(clippy::restriction)]

use std::sync::LazyLock;

use boundtoken::{Algorithm, TrustedIssuer, UnixSeconds, VerifiedToken, Verifier};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, Mint, NOW, claims_with};
use serde_json::{Value, json};

#[cfg(feature = "kubernetes")]
mod access_review;
mod file;
#[cfg(unix)]
mod follow;
mod log;
mod rules;
mod schema;

static MINT: LazyLock<Mint> = LazyLock::new(|| Mint::new(Algorithm::ES256, mint::KID));

/// A verified token: that of the service account demo/app in a pod on node-1, with this patch merged into its claims. Its
/// objects are not checked.
fn caller(patch: &Value) -> VerifiedToken {
    let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).label("blue");
    let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).audience("other").build().unwrap();
    verifier.verify_at(MINT.token(&claims_with(patch)).as_bytes(), UnixSeconds(NOW)).unwrap()
}

/// The token of another service account.
fn account(namespace: &str, name: &str) -> VerifiedToken {
    caller(&json!({
        "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name}},
        "sub": format!("system:serviceaccount:{namespace}:{name}"),
    }))
}
