//! boundtoken as a service uses it. It does more than the others: it also looks up the pods of the tokens.

use std::hint::black_box;

use boundtoken::{KeySet, ObjectStore, TrustedIssuer, Verifier};

fn main() {
    peers::serve(peers::version_of("boundtoken"), |inputs, algorithm| {
        let keys = KeySet::from_jwks(&inputs.read(format!("{algorithm}/jwks.json"))).expect("keys");
        let objects = ObjectStore::from_json(&inputs.read("objects.json")).expect("objects");
        let builder = Verifier::builder()
            .issuer(TrustedIssuer::new(inputs.issuer.as_str(), keys).bound_objects(objects))
            .audience(inputs.audience.as_str());
        let builder = if inputs.again { builder } else { builder.cached_tokens(0) };
        let verifier = builder.build().expect("verifier");
        Some(Box::new(move |token| black_box(verifier.verify(token.as_bytes())).is_ok()))
    });
}
