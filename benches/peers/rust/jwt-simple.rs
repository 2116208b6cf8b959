//! The crate jwt-simple. It takes its options by value, so each call needs a copy.

use std::collections::HashSet;
use std::hint::black_box;

use jwt_simple::prelude::*;
use peers::Kubernetes;

#[derive(Serialize, Deserialize)]
struct Custom {
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes,
}

fn main() {
    peers::serve(peers::version_of("jwt-simple"), |inputs, algorithm| {
        let pem = String::from_utf8(inputs.read(format!("{algorithm}/public.pem"))).expect("text");
        let options = VerificationOptions {
            allowed_issuers: Some(HashSet::from([inputs.issuer.clone()])),
            allowed_audiences: Some(HashSet::from([inputs.audience.clone()])),
            ..VerificationOptions::default()
        };
        Some(match algorithm {
            "RS256" => {
                let key = RS256PublicKey::from_pem(&pem).expect("key");
                Box::new(move |token| {
                    black_box(key.verify_token::<Custom>(token, Some(options.clone()))).is_ok()
                })
            }
            "ES256" => {
                let key = ES256PublicKey::from_pem(&pem).expect("key");
                Box::new(move |token| {
                    black_box(key.verify_token::<Custom>(token, Some(options.clone()))).is_ok()
                })
            }
            _ => {
                let key = Ed25519PublicKey::from_pem(&pem).expect("key");
                Box::new(move |token| {
                    black_box(key.verify_token::<Custom>(token, Some(options.clone()))).is_ok()
                })
            }
        })
    });
}
