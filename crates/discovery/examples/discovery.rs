//! Tells who sent a token, by the keys that its issuer publishes. Asks no cluster, so bound objects are not checked.
//!
//!     cargo run -p boundtoken-discovery --example discovery -- ISSUER AUDIENCE TOKEN-FILE [CA-FILE]
//!
//! Try it with `boundtoken dev-server` as the issuer.
#![allow(clippy::restriction)]

use std::error::Error;
use std::process::ExitCode;

use boundtoken_discovery::{Discovery, OnlineVerifier};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (issuer, audience, token, authority) = match arguments.as_slice() {
        [issuer, audience, token] => (issuer, audience, token, None),
        [issuer, audience, token, authority] => (issuer, audience, token, Some(authority)),
        _ => return Err("expected ISSUER AUDIENCE TOKEN-FILE [CA-FILE]".into()),
    };

    let mut builder = Discovery::builder(issuer.as_str());
    if let Some(path) = authority {
        builder = builder.certificate_authority(std::fs::read(path)?);
    }
    let discovery = builder.connect().await?;
    println!("{} keys of {}", discovery.status().key_ids.len(), discovery.issuer());

    let verifier = discovery.verifier_builder().audience(audience.as_str()).build()?;
    let verifier = OnlineVerifier::new(verifier).asking(&discovery);
    match verifier.verify(std::fs::read(token)?.trim_ascii_end()).await {
        Ok(caller) => {
            println!("{}", caller.user_info().username);
            Ok(ExitCode::SUCCESS)
        }
        Err(rejection) => {
            println!("refused: {rejection}");
            Ok(ExitCode::FAILURE)
        }
    }
}
