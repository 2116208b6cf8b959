//! The lifetimes of tokens.

use super::*;

#[test]
fn both_bounds_are_allowed_and_nothing_beyond() {
    for (seconds, expected) in [
        (600, None),
        (1 << 32, None),
        (599, Some("Invalid value: 599: may not specify a duration less than 10 minutes")),
        (0, Some("Invalid value: 0: may not specify a duration less than 10 minutes")),
        (
            i64::MIN,
            Some("Invalid value: -9223372036854775808: may not specify a duration less than 10 minutes"),
        ),
        (
            (1 << 32) + 1,
            Some("Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds"),
        ),
        (
            i64::MAX,
            Some("Invalid value: 9223372036854775807: may not specify a duration larger than 2^32 seconds"),
        ),
    ] {
        match (issue(&issuer(), request(&["vault"], Some(seconds), None)), expected) {
            (Ok(issued), None) => {
                assert_eq!(claims(&issued)["exp"], NOW.0 + seconds.unsigned_abs());
            }
            (Err(refusal), Some(cause)) => {
                let details = refusal.details.unwrap();
                assert_eq!((refusal.code, &*details.name, &*details.kind), (422, "", "TokenRequest"));
                assert_eq!(details.causes[0].message, cause);
            }
            (answer, _) => panic!("{seconds}: {answer:?}"),
        }
    }
}

#[test]
fn a_lifetime_over_the_maximum_is_shortened_with_a_warning() {
    let issuer = builder().max_expiration(3_600).build().unwrap();
    let issued = issue(&issuer, request(&["vault"], Some(7_200), None)).unwrap();
    assert_eq!(issued.response.spec.expiration_seconds, Some(3_600));
    assert_eq!(claims(&issued)["exp"], NOW.0 + 3_600);
    assert_eq!(issued.warnings, ["requested expiration of 7200 seconds shortened to 3600 seconds"]);
    assert!(issue(&issuer, request(&["vault"], Some(3_600), None)).unwrap().warnings.is_empty());
}

#[test]
fn the_kubelets_lifetime_stands_for_a_year_for_the_api_server_only() {
    let pod = Some(("Pod", "app-0"));
    let issued = issue(&issuer(), request(&[], Some(3_607), pod)).unwrap();
    let year = claims(&issued);
    assert_eq!(year["exp"], NOW.0 + 31_536_000);
    assert_eq!(year["kubernetes.io"]["warnafter"], NOW.0 + 3_607);
    // The answer does not show it.
    assert_eq!(issued.response.spec.expiration_seconds, Some(3_607));
    let told = issued.response.status.as_ref().unwrap().expiration_timestamp.unwrap();
    assert_eq!(UnixSeconds::from(told).0, NOW.0 + 3_607);

    let [capped, plain] = [builder().max_expiration(3_600), builder().extend_expiration(false)]
        .map(|builder| builder.api_audience(ISSUER).api_audience("api").build().unwrap());
    for (issuer, request, seconds) in [
        (&issuer(), request(&["api"], Some(3_607), pod), 31_536_000),
        (&issuer(), request(&["vault", "api"], Some(3_607), pod), 3_607),
        (&issuer(), request(&[], Some(3_607), None), 3_607),
        (&issuer(), request(&[], Some(3_607), Some(("Secret", "secret"))), 3_607),
        (&issuer(), request(&[], Some(3_607), Some(("Node", "node-1"))), 3_607),
        (&issuer(), request(&[], Some(3_600), pod), 3_600),
        (&capped, request(&[], Some(3_607), pod), 3_600),
        (&plain, request(&[], Some(3_607), pod), 3_607),
    ] {
        let claims = claims(&issue(issuer, request.clone()).unwrap());
        assert_eq!(claims["exp"], NOW.0 + seconds, "{request:?}");
        assert_eq!(claims["kubernetes.io"].get("warnafter").is_some(), seconds > 3_607, "{request:?}");
    }
}
