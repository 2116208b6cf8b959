//! Compares verdicts about Ed25519 signatures where libraries are known to differ: points of small order, points with a part of small
//! order, encodings that are not canonical, and an S of L or more.

use std::fmt;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};

use crate::table_key::{TableKey, challenge};

/// How many messages each key and each R gets. The equation holds for about one in eight.
const MESSAGES: u64 = 16;

/// The lowest 32 bytes of p = 2^255 - 19.
const P: [u8; 32] = {
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    p
};

#[derive(Default)]
pub struct Counts {
    /// Signatures by keys with canonical encodings.
    canonical: usize,
    accepted: usize,
    /// Signatures by keys with other encodings.
    other: usize,
    other_accepted_by_ring: usize,
    other_accepted_by_aws_lc: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "EdDSA: {} verdicts of ring, AWS-LC, ed25519-dalek and tables are equal ({} accepted);",
            self.canonical, self.accepted
        )?;
        write!(
            out,
            "with keys that are not in canonical encoding, of {} signatures ring accepts {}, AWS-LC {}",
            self.other, self.other_accepted_by_ring, self.other_accepted_by_aws_lc
        )
    }
}

/// Compares all verdicts. Panics if those about a key in canonical encoding differ.
pub fn compare() -> Counts {
    let odd = odd_encodings();
    let mut counts = Counts::default();
    for key in &odd {
        for signature in signatures_of_small_order(&odd) {
            for message in 0..MESSAGES {
                counts.add(*key, &message.to_le_bytes(), &signature);
            }
        }
    }
    for (number, small) in EIGHT_TORSION.iter().enumerate() {
        let private = scalar(&[1, number as u64]);
        let key = (EdwardsPoint::mul_base(&private) + small).compress().0;
        for message in 0..MESSAGES {
            let nonce = scalar(&[2, number as u64, message]);
            for small in &EIGHT_TORSION {
                let r = (EdwardsPoint::mul_base(&nonce) + small).compress().0;
                let s = nonce + challenge(&r, &key, &message.to_le_bytes()) * private;
                for s in [s.to_bytes(), plus_order(&s), (s + Scalar::ONE).to_bytes()] {
                    counts.add(key, &message.to_le_bytes(), &concatenate(&r, &s));
                }
            }
        }
    }
    counts
}

impl Counts {
    fn add(&mut self, key: [u8; 32], message: &[u8], signature: &[u8; 64]) {
        let ring = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key);
        let aws_lc = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, key);
        let (ring, aws_lc) =
            (ring.verify(message, signature).is_ok(), aws_lc.verify(message, signature).is_ok());
        let Some(table) = TableKey::new(key) else {
            self.other += 1;
            self.other_accepted_by_ring += usize::from(ring);
            self.other_accepted_by_aws_lc += usize::from(aws_lc);
            return;
        };
        let dalek = VerifyingKey::from_bytes(&key)
            .is_ok_and(|key| key.verify(message, &Signature::from_bytes(signature)).is_ok());
        let verdicts = [aws_lc, dalek, table.verify(message, signature)];
        assert_eq!(verdicts, [ring; 3], "key {key:02x?}, message {message:02x?}, signature {signature:02x?}");
        self.canonical += 1;
        self.accepted += usize::from(ring);
    }
}

/// Returns all encodings of points of small order, canonical or not, and others with a y from p on or next to it.
fn odd_encodings() -> Vec<[u8; 32]> {
    let mut encodings: Vec<[u8; 32]> = EIGHT_TORSION.iter().map(|point| point.compress().0).collect();
    for sign in [0, 0x80] {
        // From p - 1 to 2^255 - 1.
        for lowest in 0xec..=0xff {
            let mut encoding = P;
            encoding[0] = lowest;
            encoding[31] |= sign;
            encodings.push(encoding);
        }
        let mut one = [0; 32];
        (one[0], one[31]) = (1, sign);
        encodings.push(one);
    }
    encodings.sort_unstable();
    encodings.dedup();
    encodings
}

/// Returns signatures for which only the small order of R and of the key decides.
fn signatures_of_small_order(encodings: &[[u8; 32]]) -> Vec<[u8; 64]> {
    let zero = Scalar::ZERO;
    let s = [zero.to_bytes(), plus_order(&zero)];
    encodings.iter().flat_map(|r| s.map(|s| concatenate(r, &s))).collect()
}

fn concatenate(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    [*r, *s].concat().try_into().expect("64 bytes")
}

/// Returns s + L, which only a check of the range of s refuses.
fn plus_order(s: &Scalar) -> [u8; 32] {
    // s + (L - 1) + 1.
    let mut carry = 1;
    let mut sum = [0; 32];
    for ((sum, s), order) in sum.iter_mut().zip(s.to_bytes()).zip((-Scalar::ONE).to_bytes()) {
        carry += u16::from(s) + u16::from(order);
        *sum = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    sum
}

/// Returns a scalar that looks random.
fn scalar(seed: &[u64]) -> Scalar {
    let bytes: Vec<u8> = seed.iter().flat_map(|word| word.to_le_bytes()).collect();
    challenge(&[0; 32], &[0; 32], &bytes)
}
