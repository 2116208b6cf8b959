//! The crate jsonwebtoken. As its documentation recommends, the key and the rules are created once.

use std::hint::black_box;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use peers::Kubernetes;
use serde::Deserialize;

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Claims {
    aud: Vec<String>,
    exp: u64,
    iat: u64,
    iss: String,
    jti: String,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes,
    nbf: u64,
    sub: String,
}

fn main() {
    peers::serve(peers::version_of("jsonwebtoken"), |inputs, algorithm| {
        let pem = inputs.read(format!("{algorithm}/public.pem"));
        let (key, algorithm) = match algorithm {
            "RS256" => (DecodingKey::from_rsa_pem(&pem), Algorithm::RS256),
            "ES256" => (DecodingKey::from_ec_pem(&pem), Algorithm::ES256),
            _ => (DecodingKey::from_ed_pem(&pem), Algorithm::EdDSA),
        };
        let key = key.expect("key");
        let mut rules = Validation::new(algorithm);
        rules.set_issuer(&[&inputs.issuer]);
        rules.set_audience(&[&inputs.audience]);
        rules.validate_nbf = true;
        Some(Box::new(move |token| black_box(decode::<Claims>(token, &key, &rules)).is_ok()))
    });
}
