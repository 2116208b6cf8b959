//! Reaches every special case by a constructed signature, and shows that none is accepted or refused without being sure.
//!
//! Whoever knows the private number of a key can choose u1 and u2 freely: r and s follow from the x of u1 · G + u2 · Q, and the hash
//! follows from u1 and s. A forger who does not know it can still choose u1 and u2 for a given hash, but then r is not the x.

use num_bigint::BigUint;

use super::verdicts::{Signer, Tables, is_portable, on_every_form, signature};
use super::{multiple_of_generator, n, p, plain_multiple, plain_sum, power_of_two};
use crate::crypto::p256::verify::Adder;

/// A hash and a signature with these u1 and u2, and whether it is good. `None` if r or s would be 0.
fn with_multipliers(signer: &Signer, u1: &BigUint, u2: &BigUint) -> Option<(BigUint, [u8; 64], bool)> {
    let n = n();
    let sum = multiple_of_generator(&(u1 + u2 * signer.private()));
    // At infinity there is no x, and nothing is good.
    let (r, good) = match &sum {
        Some([x, _]) => (x % &n, true),
        None => (BigUint::from(1_u8), false),
    };
    let s = (&r * u2.modinv(&n)?) % &n;
    if r == BigUint::ZERO || s == BigUint::ZERO {
        return None;
    }
    Some(((u1 * &s) % &n, signature(&r, &s), good))
}

/// Checks that the verdict is right wherever there is one. Returns whether there is one.
fn check<A: Adder>(tables: &Tables<A>, signer: &Signer, u1: &BigUint, u2: &BigUint) -> bool {
    let Some((hash, signature, good)) = with_multipliers(signer, u1, u2) else { return true };
    let verdict = tables.verify(&hash, &signature);
    assert!(verdict.is_none_or(|verdict| verdict == good), "{u1} {u2}: {verdict:?}");
    let mut other = signature;
    other[63] ^= 1;
    assert_ne!(tables.verify(&hash, &other), Some(true), "{u1} {u2}");
    verdict.is_some()
}

/// Numbers that are small or large, have few parts that are not extreme, or lie around n/2.
fn multipliers() -> Vec<BigUint> {
    let n = n();
    let mut numbers = Vec::new();
    for small in 0_u32..10 {
        numbers.extend([BigUint::from(small), &n - 1_u8 - small, (&n >> 1) - small, (&n >> 1) + small]);
    }
    for bit in [7, 8, 9, 16, 63, 64, 72, 88, 128, 216, 247, 248, 249, 255] {
        numbers.extend([
            power_of_two(bit) % &n,
            (power_of_two(bit) - 1_u8) % &n,
            (power_of_two(bit) + 1_u8) % &n,
        ]);
    }
    numbers
}

#[test]
fn keys_that_are_small_multiples_of_the_generator_get_right_verdicts_or_none() {
    fn test<A: Adder>(adder: A) {
        let (mut sure, mut left) = (0, 0);
        // Of 6,724 pairs a key; without optimization the rest would take minutes.
        let step = if cfg!(debug_assertions) { 151 } else { 1 };
        for private in [1_u32, 2, 3, 4, 512].map(BigUint::from).into_iter().chain([n() - 1_u8, n() - 2_u8]) {
            let signer = Signer::new(private);
            let tables = Tables::new(adder, &signer.public);
            let pairs = multipliers()
                .into_iter()
                .flat_map(|u1| multipliers().into_iter().map(move |u2| (u1.clone(), u2)));
            for (u1, u2) in pairs.step_by(step) {
                *(if check(&tables, &signer, &u1, &u2) { &mut sure } else { &mut left }) += 1;
            }
        }
        println!("{sure} verdicts, {left} left to the library");
        assert!(sure > left, "{sure} {left}");
    }
    on_every_form!(test);
}

/// The key's private number, so that points of the key's table meet those of the generator's.
fn signer() -> Signer {
    Signer::new(BigUint::from(0x0dd0_1234_5678_9abc_u64))
}

/// Asserts that these multipliers are noticed, in every form or in the portable one alone.
fn assert_left<A: Adder>(adder: A, multipliers: impl Fn(&BigUint) -> [BigUint; 2]) {
    let signer = signer();
    let tables = Tables::new(adder, &signer.public);
    let [u1, u2] = multipliers(signer.private());
    let (hash, signature, _) = with_multipliers(&signer, &u1, &u2).expect("r and s are not 0");
    assert_eq!(tables.verify(&hash, &signature), None, "{u1} {u2}");
}

#[test]
fn a_sum_at_infinity_is_left_to_the_library() {
    fn test<A: Adder>(adder: A) {
        for u2 in [1_u32, 2, 77, 1 << 31] {
            // u1 G is the opposite of u2 Q.
            assert_left(adder, |private| [n() - (private * u2) % n(), BigUint::from(u2)]);
        }
    }
    on_every_form!(test);
}

/// In the portable form, the last addition of the generator's terms meets a point equal to its own.
///
/// All terms but the last add up to 255 · 2^248 - n, which is 255 · 2^248 as a multiple of the generator.
fn meets_itself() -> BigUint {
    BigUint::from(255_u8) * power_of_two(249) - n()
}

#[test]
fn a_point_that_meets_itself_is_left_to_the_library() {
    let tables = Tables::new(crate::crypto::p256::portable::Portable, &signer().public);
    let (hash, signature, good) = with_multipliers(&signer(), &meets_itself(), &BigUint::from(3_u8)).unwrap();
    assert!(good);
    assert_eq!(tables.verify(&hash, &signature), None);
    // The multiplier of the other parity takes the same terms with the opposite signs.
    let (hash, signature, good) =
        with_multipliers(&signer(), &(n() - meets_itself()), &BigUint::from(3_u8)).unwrap();
    assert!(good);
    assert_eq!(tables.verify(&hash, &signature), None);
}

/// On lanes, the terms of these in the even lanes and in the odd ones add up to the same: for the generator to numbers that differ by n,
/// and for the key, too. The last addition meets two equal points.
#[test]
fn lanes_that_meet_themselves_are_left_to_the_library() {
    fn test<A: Adder>(adder: A) {
        let signer = signer();
        let tables = Tables::new(adder, &signer.public);
        let [u1, u2] = [
            b"fe01fe0101ff007f3fe00ff803fe00ffc326e55da0eb9f7bf3c60add0c64d951",
            b"fc07f01f3f80fe0307f01fc07f01fc07b306c52d591660850db834c30262db51",
        ]
        .map(|hex| BigUint::parse_bytes(hex, 16).unwrap());
        let expected = if is_portable(adder) { Some(true) } else { None };
        for u1 in [u1.clone(), n() - u1] {
            for u2 in [u2.clone(), n() - &u2] {
                let (hash, signature, good) = with_multipliers(&signer, &u1, &u2).unwrap();
                assert!(good);
                assert_eq!(tables.verify(&hash, &signature), expected);
            }
        }
    }
    on_every_form!(test);
}

#[test]
fn points_that_meet_themselves_or_their_opposites_on_lanes_are_left_to_the_library() {
    fn test<A: Adder>(adder: A) {
        // With the key equal to the generator or its opposite, many sums of both are equal or opposite.
        let mut left = 0;
        let step = if cfg!(debug_assertions) { 3 } else { 1 };
        for private in [BigUint::from(1_u8), n() - 1_u8] {
            let signer = Signer::new(private);
            let tables = Tables::new(adder, &signer.public);
            for number in multipliers().into_iter().step_by(step) {
                left += usize::from(!check(&tables, &signer, &number, &number));
                left += usize::from(!check(&tables, &signer, &number, &(n() - &number)));
            }
        }
        assert!(left > 10, "{left}");
    }
    on_every_form!(test);
}

#[test]
fn a_hash_of_0_modulo_n_has_a_right_verdict_or_none() {
    fn test<A: Adder>(adder: A) {
        let signer = signer();
        let tables = Tables::new(adder, &signer.public);
        for hash in [BigUint::ZERO, n()] {
            let [r, s] = signer.sign(&hash, &BigUint::from(0x5ec2e7_u32));
            assert_ne!(tables.verify(&hash, &signature(&r, &s)), Some(false), "{hash}");
            assert_ne!(tables.verify(&hash, &signature(&r, &(&s + 1_u8))), Some(true), "{hash}");
        }
    }
    on_every_form!(test);
}

#[test]
fn r_and_s_of_0_or_not_below_n_are_refused() {
    fn test<A: Adder>(adder: A) {
        let signer = signer();
        let (tables, hash) = (Tables::new(adder, &signer.public), BigUint::from(7_u8));
        let [r, s] = signer.sign(&hash, &BigUint::from(9_u8));
        assert_eq!(tables.verify(&hash, &signature(&r, &s)), Some(true));
        for bad in [BigUint::ZERO, n(), n() + 1_u8, p(), power_of_two(256) - 1_u8] {
            assert_eq!(tables.verify(&hash, &signature(&bad, &s)), Some(false), "{bad}");
            assert_eq!(tables.verify(&hash, &signature(&r, &bad)), Some(false), "{bad}");
            assert_eq!(tables.verify(&hash, &signature(&bad, &bad)), Some(false), "{bad}");
        }
        // The numbers that count as r and s modulo n, but are not below it.
        for small in [1_u32, 2, 3] {
            assert_eq!(tables.verify(&hash, &signature(&(n() + small), &s)), Some(false));
            assert_eq!(tables.verify(&hash, &signature(&r, &(n() + small))), Some(false));
        }
    }
    on_every_form!(test);
}

/// Returns tables of a key, a hash and a signature with this r, so that the sum has this x. Nobody knows the private number of the point
/// with this x, so the key is made to fit: Q = (R - u1 G) / u2.
fn with_x<A: Adder>(adder: A, x: &BigUint, r: &BigUint) -> Option<(Tables<A>, BigUint, [u8; 64])> {
    let n = n();
    let [u1, u2] = [0x1111_2222_u32, 0x3333_4444].map(BigUint::from);
    let inverse = u2.modinv(&n)?;
    let opposite = multiple_of_generator(&(&n - &u1));
    let difference = plain_sum(&Some([x.clone(), super::verdicts::y_of(x)?]), &opposite)?;
    let public = plain_multiple(&difference, &inverse)?;
    let s = (r * inverse) % &n;
    Some((Tables::new(adder, &public), (u1 * &s) % &n, signature(r, &s)))
}

#[test]
fn an_x_of_n_or_more_fits_an_r_that_is_n_less() {
    fn test<A: Adder>(adder: A) {
        let cases = (1_u32..40).filter_map(|r| with_x(adder, &(n() + r), &BigUint::from(r)));
        let mut found = 0;
        for (tables, hash, signature) in cases.take(3) {
            assert_eq!(tables.verify(&hash, &signature), Some(true));
            found += 1;
        }
        assert_eq!(found, 3);
    }
    on_every_form!(test);
}

#[test]
fn an_r_for_which_r_plus_n_is_p_or_more_fits_no_x_that_is_p_less() {
    fn test<A: Adder>(adder: A) {
        let cases = (1_u32..40).filter_map(|x| with_x(adder, &BigUint::from(x), &(p() - n() + x)));
        let mut found = 0;
        for (tables, hash, signature) in cases.take(3) {
            assert_eq!(tables.verify(&hash, &signature), Some(false));
            found += 1;
        }
        assert_eq!(found, 3);
    }
    on_every_form!(test);
}
