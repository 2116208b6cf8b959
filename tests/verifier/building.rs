//! Building a verifier finds mistakes in the configuration.

use boundtoken::{BuildError, KeySet, KeyStore, Reason, TrustedIssuer, Verifier, VerifierBuilder};

use crate::{MINT, verdict};
use boundtoken_testing::mint::{AUDIENCE, ISSUER, claims_with};

fn trusted() -> TrustedIssuer {
    TrustedIssuer::new(ISSUER, MINT.keys())
}

fn complete() -> VerifierBuilder {
    Verifier::builder().issuer(trusted()).audience(AUDIENCE)
}

#[test]
fn every_mistake_has_its_own_error_which_says_what_to_do() {
    let label_not_unique = || BuildError::LabelNotUnique { label: ISSUER.into() };
    let no_keys = || TrustedIssuer::new("https://second.example.com", KeySet::default());
    for (builder, error, text) in [
        (Verifier::builder(), BuildError::NoIssuer, "no issuer"),
        (Verifier::builder().audience(AUDIENCE), BuildError::NoIssuer, "/.well-known/openid-configuration"),
        (Verifier::builder().issuer(trusted()), BuildError::NoAudience, "no audience"),
        (complete().audience(""), BuildError::EmptyAudience, "an audience is empty"),
        (complete().issuer(TrustedIssuer::new("", MINT.keys())), BuildError::EmptyIssuer, "name is empty"),
        (
            Verifier::builder().issuer(trusted().also_named("")).audience(AUDIENCE),
            BuildError::EmptyIssuer,
            "as the cluster writes it",
        ),
        (
            complete().issuer(no_keys()),
            BuildError::NoKey { issuer: "https://second.example.com".into() },
            "\"https://second.example.com\" has no usable key",
        ),
        (complete().issuer(trusted()), label_not_unique(), "give each cluster a label of its own"),
        (
            Verifier::builder().issuer(trusted().label("")).audience(AUDIENCE),
            BuildError::EmptyLabel,
            "leave it out",
        ),
        (
            complete().issuer(trusted().label("x")),
            BuildError::IssuersAmbiguous { labels: [ISSUER.into(), "x".into()] },
            "nobody can tell",
        ),
        (complete().leeway(3601), BuildError::LeewayTooLong, "one hour"),
        (complete().leeway(u64::MAX), BuildError::LeewayTooLong, "one hour"),
        (complete().max_token_size(0), BuildError::TokenSizeOutOfRange, "between 1 and 1048576"),
        (complete().max_token_size((1 << 20) + 1), BuildError::TokenSizeOutOfRange, "between 1 and 1048576"),
        (complete().max_token_size(usize::MAX), BuildError::TokenSizeOutOfRange, "between 1 and 1048576"),
    ] {
        let found = builder.build().unwrap_err();
        assert_eq!(found, error);
        assert!(found.to_string().contains(text), "{found}");
    }
}

#[test]
fn the_limits_themselves_are_fine() {
    for builder in [
        complete().leeway(0),
        complete().leeway(3600),
        complete().max_token_size(1),
        complete().max_token_size(1 << 20),
        complete().audience(AUDIENCE),
    ] {
        assert!(builder.build().is_ok());
    }
}

#[test]
fn keys_that_are_all_skipped_are_no_keys() {
    let symmetric = KeySet::from_jwks(br#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#).unwrap();
    let builder = Verifier::builder().issuer(TrustedIssuer::new(ISSUER, symmetric)).audience(AUDIENCE);
    assert_eq!(builder.build().unwrap_err(), BuildError::NoKey { issuer: ISSUER.into() });
}

#[test]
fn a_store_may_lose_its_keys_later() {
    let store = KeyStore::new(MINT.keys());
    let verifier = Verifier::builder()
        .issuer(TrustedIssuer::new(ISSUER, store.clone()))
        .audience(AUDIENCE)
        .build()
        .unwrap();
    let token = MINT.token(&claims_with(&serde_json::json!({})));
    assert_eq!(verdict(&verifier, &token), Ok(()));
    store.replace(KeySet::default());
    assert_eq!(verdict(&verifier, &token), Err(Reason::KeyUnknown));
}

#[test]
fn a_verifier_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync + 'static>(_: &T) {}
    is_shared(&complete().build().unwrap());
}
