//! When a token is valid, to the second.

use boundtoken::{Reason, TrustedIssuer, UnixSeconds, Verifier};
use serde_json::{Value, json};

use crate::{MINT, verify, verify_at};
use boundtoken_testing::mint::{AUDIENCE, ISSUER, NOW, claims_with};

fn verifier(leeway: Option<u64>) -> Verifier {
    let builder = Verifier::builder().issuer(TrustedIssuer::new(ISSUER, MINT.keys())).audience(AUDIENCE);
    match leeway {
        Some(seconds) => builder.leeway(seconds),
        None => builder,
    }
    .build()
    .unwrap()
}

fn verdict_at(leeway: Option<u64>, patch: &Value, now: u64) -> Result<(), Reason> {
    verify_at(&verifier(leeway), MINT.token(&claims_with(patch)), now).map(drop)
}

#[test]
fn the_boundaries_are_to_the_second_and_60_seconds_away_unless_configured() {
    for (configured, leeway) in [(None, 60), (Some(0), 0), (Some(1), 1), (Some(3600), 3600)] {
        let verdict_at = |patch, now| verdict_at(configured, &patch, now);
        // Expired when now - leeway >= exp.
        let far_past = json!({"exp": NOW, "nbf": 0, "iat": 0});
        assert_eq!(verdict_at(far_past.clone(), NOW + leeway), Err(Reason::Expired), "{leeway}");
        assert_eq!(verdict_at(far_past.clone(), NOW + leeway + 1), Err(Reason::Expired), "{leeway}");
        if let Some(now) = (NOW + leeway).checked_sub(1) {
            assert_eq!(verdict_at(far_past, now), Ok(()), "{leeway}");
        }
        // Not valid yet when nbf > now + leeway.
        let not_before = json!({"nbf": NOW, "iat": 0, "exp": NOW + 36_000});
        assert_eq!(verdict_at(not_before.clone(), NOW - leeway), Ok(()), "{leeway}");
        assert_eq!(verdict_at(not_before, NOW - leeway - 1), Err(Reason::NotYetValid), "{leeway}");
        let issued = json!({"nbf": 0, "iat": NOW, "exp": NOW + 36_000});
        assert_eq!(verdict_at(issued.clone(), NOW - leeway), Ok(()), "{leeway}");
        assert_eq!(verdict_at(issued, NOW - leeway - 1), Err(Reason::IssuedInFuture), "{leeway}");
    }
}

#[test]
fn the_window_of_a_token_is_when_its_times_hold() {
    for leeway in [0, 1, 60, 3600] {
        let verifier = verifier(Some(leeway));
        for patch in [
            json!({"nbf": NOW, "iat": NOW, "exp": NOW + 600}),
            json!({"nbf": NOW + 10, "iat": NOW, "exp": NOW + 600}),
            json!({"nbf": 0, "iat": NOW, "exp": NOW + 600}),
            json!({"nbf": 0, "iat": 0, "exp": NOW}),
            json!({"nbf": null, "iat": null, "exp": NOW}),
            json!({"nbf": 30, "iat": 30, "exp": 40}),
        ] {
            let (nbf, iat) = (patch["nbf"].as_u64().unwrap_or(0), patch["iat"].as_u64().unwrap_or(0));
            let token = MINT.token(&claims_with(&patch));
            let Ok(verified) = verifier.verify_at(token.as_bytes(), UnixSeconds(nbf.max(iat))) else {
                panic!("{patch} {leeway}");
            };
            let window = verifier.window(&verified);
            for edge in [window.start.0, window.end.0] {
                for now in edge.saturating_sub(2)..edge + 2 {
                    let accepted = verifier.verify_at(token.as_bytes(), UnixSeconds(now)).is_ok();
                    assert_eq!(window.contains(&UnixSeconds(now)), accepted, "{patch} {leeway} at {now}");
                }
            }
        }
    }
}

#[test]
fn times_at_the_ends_of_the_range_do_not_wrap_around() {
    let last = UnixSeconds::MAX.0;
    for (patch, now, expected) in [
        (json!({"exp": 0, "nbf": 0, "iat": 0}), 59, Ok(())),
        (json!({"exp": 0, "nbf": 0, "iat": 0}), 60, Err(Reason::Expired)),
        (json!({"exp": 30, "nbf": 0, "iat": 0}), 0, Ok(())),
        (json!({"exp": last, "nbf": last, "iat": last}), last, Ok(())),
        (json!({"exp": last, "nbf": 0, "iat": 0}), last + 59, Ok(())),
        (json!({"exp": last, "nbf": 0, "iat": 0}), last + 60, Err(Reason::Expired)),
        (json!({"exp": last, "nbf": 0, "iat": 0}), u64::MAX, Err(Reason::Expired)),
        (json!({"exp": last, "nbf": last, "iat": 0}), 0, Err(Reason::NotYetValid)),
        (json!({"exp": last, "nbf": 0, "iat": last}), 0, Err(Reason::IssuedInFuture)),
        (json!({"exp": NOW, "nbf": NOW + 1, "iat": NOW}), NOW, Ok(())), // no error by itself
    ] {
        assert_eq!(verdict_at(None, &patch, now), expected, "{patch} at {now}");
    }
}

#[test]
fn dates_are_numbers_within_the_years_1970_to_9999() {
    let text = claims_with(&json!({"exp": 4_000_000_001_u64, "nbf": 1_000_000_001, "iat": 1_000_000_002}))
        .to_string();
    for (claim, old) in [("exp", "4000000001"), ("nbf", "1000000001"), ("iat", "1000000002")] {
        for (new, expected) in [
            ("253402300799", Ok(253_402_300_799_u64)),
            ("253402300799.9", Ok(253_402_300_799)),
            ("2.53402300799e11", Ok(253_402_300_799)),
            ("1800000000.999", Ok(1_800_000_000)),
            ("18e8", Ok(1_800_000_000)),
            ("1800000000E+0", Ok(1_800_000_000)),
            ("0.1e1", Ok(1)),
            ("0", Ok(0)),
            ("0.0", Ok(0)),
            ("253402300800", Err(Reason::ClaimsDateOutOfRange)),
            ("-1", Err(Reason::ClaimsDateOutOfRange)),
            ("-0.5", Err(Reason::ClaimsDateOutOfRange)),
            ("9223372036854775807", Err(Reason::ClaimsDateOutOfRange)),
            ("18446744073709551616", Err(Reason::ClaimsDateOutOfRange)),
            ("1e300", Err(Reason::ClaimsDateOutOfRange)),
            ("1e999", Err(Reason::ClaimsNumberOutOfRange)),
            (r#""1800000000""#, Err(Reason::ClaimsWrongType)),
            ("true", Err(Reason::ClaimsWrongType)),
            ("[1800000000]", Err(Reason::ClaimsWrongType)),
            ("{}", Err(Reason::ClaimsWrongType)),
            ("01800000000", Err(Reason::ClaimsMalformed)),
            ("+1800000000", Err(Reason::ClaimsMalformed)),
            ("1800000000.", Err(Reason::ClaimsMalformed)),
            ("0x6b49d200", Err(Reason::ClaimsMalformed)),
            ("NaN", Err(Reason::ClaimsMalformed)),
        ] {
            let token = MINT.sign(MINT.header(), text.replace(old, new));
            // At a time when the date itself does not matter.
            let now = match expected {
                Ok(date) if claim == "exp" => u64::saturating_sub(date, 1),
                Ok(date) => date.min(4_000_000_000),
                Err(_) => NOW,
            };
            let read = verifier(Some(3600)).check_at(token.as_bytes(), UnixSeconds(now));
            match (read, expected) {
                (Ok(checked), Ok(date)) => {
                    let claims = checked.claims();
                    let dates = [
                        ("exp", Some(claims.expires_at())),
                        ("nbf", claims.not_before()),
                        ("iat", claims.issued_at()),
                    ];
                    assert!(dates.contains(&(claim, Some(UnixSeconds(date)))), "{claim} {new}: {dates:?}");
                }
                // Dates in the far future can be read, and then lie ahead. Before dates in the far past, nbf and iat
                // lie ahead.
                (Err(rejection), Ok(_)) => assert!(
                    matches!(rejection.reason(), Reason::NotYetValid | Reason::IssuedInFuture),
                    "{claim} {new}: {rejection}"
                ),
                (read, Err(reason)) => {
                    assert_eq!(read.map(drop).map_err(|error| error.reason()), Err(reason), "{claim} {new}")
                }
            }
        }
    }
}

#[test]
fn a_token_must_expire_but_need_not_say_when_it_begins() {
    assert_eq!(verdict_at(None, &json!({"exp": null}), NOW), Err(Reason::ExpiryMissing));
    let null = claims_with(&json!({"exp": 1})).to_string().replace("\"exp\":1,", "\"exp\":null,");
    assert_eq!(verify(&verifier(None), MINT.sign(MINT.header(), null)).map(drop), Err(Reason::ExpiryMissing));

    let token = MINT.token(&claims_with(&json!({"nbf": null, "iat": null})));
    let verified = verify(&verifier(None), token).unwrap();
    assert_eq!((verified.claims().not_before(), verified.claims().issued_at()), (None, None));
    assert_eq!(verified.claims().expires_at(), UnixSeconds(NOW + 3600));
}

#[test]
fn a_token_past_its_warning_is_as_good_as_any() {
    for (warn_after, expected) in [(json!(NOW - 1000), Some(UnixSeconds(NOW - 1000))), (json!(0), None)] {
        let token = MINT.token(&claims_with(&json!({"kubernetes.io": {"warnafter": warn_after}})));
        assert_eq!(verify(&verifier(None), token).unwrap().claims().warn_after(), expected);
    }
}

#[test]
fn verify_and_check_use_the_systems_clock() {
    let now = UnixSeconds::now().0;
    let fresh = MINT.token(&boundtoken_testing::mint::claims(now));
    let old = MINT.token(&boundtoken_testing::mint::claims(now - 100_000));
    let ahead = MINT.token(&boundtoken_testing::mint::claims(now + 100_000));
    let verifier = verifier(None);
    assert!(verifier.verify(fresh.as_bytes()).is_ok());
    assert!(verifier.check(fresh.as_bytes()).is_ok());
    assert_eq!(verifier.verify(old.as_bytes()).unwrap_err().reason(), Reason::Expired);
    assert_eq!(verifier.check(old.as_bytes()).unwrap_err().reason(), Reason::Expired);
    assert_eq!(verifier.verify(ahead.as_bytes()).unwrap_err().reason(), Reason::NotYetValid);
}
