//! Tells who sent a token: `cargo run --example verify JWKS ISSUER AUDIENCE TOKEN-FILE [OBJECTS]`
//!
//! `boundtoken demo --directory demo` writes files to try it with.
#![allow(clippy::restriction)]

use std::error::Error;
use std::process::ExitCode;

use boundtoken::{Confirmed, KeySet, ObjectStore, TrustedIssuer, Verifier};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (jwks, issuer, audience, token, objects) = match arguments.as_slice() {
        [jwks, issuer, audience, token] => (jwks, issuer, audience, token, None),
        [jwks, issuer, audience, token, objects] => (jwks, issuer, audience, token, Some(objects)),
        _ => return Err("expected JWKS ISSUER AUDIENCE TOKEN-FILE [OBJECTS]".into()),
    };

    let keys = KeySet::from_jwks(&std::fs::read(jwks)?)?;
    for skipped in keys.skipped() {
        eprintln!("key {} is not used: {}", skipped.index(), skipped.error());
    }
    let mut issuer = TrustedIssuer::new(issuer.as_str(), keys);
    if let Some(objects) = objects {
        issuer = issuer.bound_objects(ObjectStore::from_json(&std::fs::read(objects)?)?);
    }
    let verifier = Verifier::builder().issuer(issuer).audience(audience.as_str()).build()?;

    match verifier.verify(std::fs::read(token)?.trim_ascii_end()) {
        Ok(caller) => {
            println!("{}", caller.user_info().username);
            if caller.confirmed() != Confirmed::Live {
                println!("its bound objects were not checked");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(rejection) => {
            println!("refused: {rejection}");
            Ok(ExitCode::FAILURE)
        }
    }
}
