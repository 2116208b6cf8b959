//! Any bytes as claims, signed on the spot, so that what stands behind the signature is reached.
//!
//! What is accepted must be JSON to serde_json too, and the same claims to it.
#![no_main]

use std::sync::LazyLock;

use boundtoken::{Algorithm, KeySet, ObjectStore, SigningKey, TrustedIssuer, UnixSeconds, Verifier};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const NOW: UnixSeconds = UnixSeconds(1_795_522_300);

struct Issuer {
    key: SigningKey,
    with_objects: Verifier,
    without_objects: Verifier,
}

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| {
    let key = SigningKey::generate(Algorithm::ES256).expect("key");
    let keys: KeySet = [key.public_key().clone()].into_iter().collect();
    let verifier = |issuer: TrustedIssuer| {
        let builder = Verifier::builder().issuer(issuer).audience("vault").audience("api");
        builder.max_token_size(1 << 20).build().expect("verifier")
    };
    let issuer = TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", keys);
    Issuer {
        with_objects: verifier(issuer.clone().bound_objects(ObjectStore::new())),
        without_objects: verifier(issuer),
        key,
    }
});

fuzz_target!(|claims: &[u8]| {
    let issuer = &*ISSUER;
    let token = issuer.key.sign(claims).expect("signature");
    let verdict = issuer.without_objects.verify_at(token.as_bytes(), NOW);
    assert!(issuer.with_objects.verify_at(token.as_bytes(), NOW).is_err(), "an empty store has no objects");
    let verified = match verdict {
        Ok(verified) => verified,
        Err(rejection) => {
            std::hint::black_box(rejection.to_string());
            return;
        }
    };
    let ours = verified.claims();
    assert_eq!(ours.payload().as_bytes(), claims);
    let value: Value = serde_json::from_slice(claims).expect("serde_json reads what was accepted");
    assert_eq!(value["iss"], ours.issuer());
    assert_eq!(value["sub"], ours.subject());
    assert_eq!(value["jti"].as_str().unwrap_or_default(), ours.jti().unwrap_or_default());
    let audiences: Vec<&str> = ours.audiences().collect();
    match &value["aud"] {
        Value::String(audience) => assert_eq!(audiences, [audience]),
        list => assert_eq!(*list, Value::from(audiences)),
    }
    assert!(ours.matched_audiences().len() > 0);
    let date = |name: &str| value[name].as_f64().map(|seconds| UnixSeconds(seconds.trunc() as u64));
    assert_eq!(date("exp"), Some(ours.expires_at()));
    assert_eq!(date("nbf"), ours.not_before());
    assert_eq!(date("iat"), ours.issued_at());
    let kubernetes = &value["kubernetes.io"];
    assert_eq!(kubernetes["namespace"], ours.namespace());
    for (name, object) in [
        ("serviceaccount", Some(ours.service_account())),
        ("secret", ours.secret()),
        ("pod", ours.pod()),
        ("node", ours.node()),
    ] {
        assert_eq!(kubernetes[name].is_object(), object.is_some(), "{name}");
        if let Some(object) = object {
            assert_eq!(kubernetes[name]["name"], object.reference.name);
            assert_eq!(kubernetes[name]["uid"].as_str().unwrap_or_default(), object.uid);
        }
    }
    std::hint::black_box(serde_json::to_string(&verified).expect("what was read can be written"));
});
