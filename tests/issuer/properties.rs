//! A verifier with the same objects accepts every token that the issuer can make. So does jsonwebtoken.

use std::sync::LazyLock;

use boundtoken::{Confirmed, Verifier};
use jsonwebtoken::{DecodingKey, Validation};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

static ISSUERS: LazyLock<Vec<Issuer>> = LazyLock::new(|| {
    let pem = include_bytes!("../vectors/apiserver-rs256/signing-key.pem");
    let mut keys = vec![SigningKey::from_pem(pem).unwrap()];
    for algorithm in [Algorithm::ES256, Algorithm::ES384] {
        keys.push(SigningKey::generate(algorithm).unwrap());
    }
    keys.into_iter()
        .map(|key| {
            Issuer::builder(ISSUER, key)
                .bound_objects(objects())
                .api_audience(ISSUER)
                .api_audience("api")
                .build()
                .unwrap()
        })
        .collect()
});

fn requests() -> impl Strategy<Value = TokenRequest> {
    let audience = prop_oneof![
        select(vec![ISSUER, "api", "vault"]).prop_map(str::to_owned),
        "\\PC{1,30}",
        any::<String>()
    ];
    let lifetime = prop_oneof![
        Just(None),
        Just(Some(3_607)),
        (500..20_000_i64).prop_map(Some),
        any::<i64>().prop_map(Some)
    ];
    let name = select(vec!["app-0", "unscheduled", "lost", "ending", "secret", "node-1", "nope", ""]);
    let kind = select(vec!["Pod", "Secret", "Node", "ConfigMap"]);
    let bound_to = proptest::option::of((kind, name));
    (proptest::collection::vec(audience, 0..5), lifetime, bound_to).prop_map(
        |(audiences, lifetime, bound_to)| {
            let audiences: Vec<_> = audiences.iter().map(String::as_str).collect();
            request(&audiences, lifetime, bound_to)
        },
    )
}

proptest! {
    #[test]
    fn what_is_issued_is_accepted(issuer in 0..3_usize, request in requests()) {
        let issuer = &ISSUERS[issuer];
        // jsonwebtoken knows only the system clock.
        let Ok(issued) = issuer.issue("demo", "app", request) else { return Ok(()) };
        let now = UnixSeconds::now();
        let kind = issued.response.spec.bound_object_ref.as_ref().map(|reference| reference.name.clone());
        for audience in issued.response.spec.audiences.iter().filter(|audience| !audience.is_empty()) {
            let verifier = Verifier::builder().issuer(issuer.trusted()).audience(audience.as_str()).build().unwrap();
            match verifier.verify_at(issued.token().as_bytes(), now) {
                Ok(verified) => prop_assert_eq!(verified.confirmed(), Confirmed::Live),
                // This pod has been terminating for longer than the grace period.
                Err(rejection) => prop_assert_eq!(kind.as_deref(), Some("ending"), "{}", rejection),
            }

            let jwks: Value = serde_json::from_str(&issuer.jwks()).unwrap();
            let jwk = serde_json::from_value(jwks["keys"][0].clone()).unwrap();
            let algorithm = jwks["keys"][0]["alg"].as_str().unwrap();
            let mut validation = Validation::new(algorithm.parse().unwrap());
            validation.set_audience(&[audience]);
            validation.set_issuer(&[ISSUER]);
            let key = DecodingKey::from_jwk(&jwk).unwrap();
            jsonwebtoken::decode::<Value>(issued.token().as_bytes(), &key, &validation).unwrap();
        }
    }
}
