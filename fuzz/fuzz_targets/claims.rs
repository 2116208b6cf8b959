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

fn audiences_of(claims: &Value) -> Vec<&str> {
    match &claims["aud"] {
        Value::String(audience) => vec![audience],
        list => list.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    }
}

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
    assert_eq!(ours.audiences().collect::<Vec<_>>(), audiences_of(&value));
    assert!(verified.matched_audiences().len() > 0);
    // Whatever else is accepted: only what the token names can match.
    if let Ok(others) = issuer.without_objects.verify_for_at(token.as_bytes(), &["x", "api"], NOW) {
        assert!(others.matched_audiences().all(|audience| audiences_of(&value).contains(&audience)));
    }
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
        ("validatingwebhookconfiguration", ours.validating_webhook_configuration()),
        ("mutatingwebhookconfiguration", ours.mutating_webhook_configuration()),
    ] {
        assert_eq!(kubernetes[name].is_object(), object.is_some(), "{name}");
        if let Some(object) = object {
            assert_eq!(kubernetes[name]["name"], object.reference.name);
            assert_eq!(kubernetes[name]["uid"].as_str().unwrap_or_default(), object.uid);
        }
    }
    for attestation in ours.attestations() {
        let values = kubernetes["attestations"][attestation.name()].as_array().map_or(&[][..], Vec::as_slice);
        let texts: Vec<&str> = values.iter().map(|value| value.as_str().unwrap_or_default()).collect();
        assert_eq!(attestation.values().collect::<Vec<_>>(), texts, "{}", attestation.name());
    }
    let attested = kubernetes["attestations"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!(ours.attestations().count(), attested);
    std::hint::black_box(serde_json::to_string(&verified).expect("what was read can be written"));
});
