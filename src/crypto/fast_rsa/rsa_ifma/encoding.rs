//! The 65,537th power of a good signature: EMSA-PKCS1-v1_5 (RFC 8017 section 9.2) with SHA-256 in 2,048 bits.

use std::sync::LazyLock;

use super::digits::{Columns, Digits, TWO_DIGITS, two_digits};
use super::product::Modulus;
use crate::crypto::lanes::{DIGIT_BITS, LARGEST_DIGIT};

/// The DigestInfo of SHA-256 before the hash (RFC 8017 section 9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// The encoded message for a hash of zeros. The hash changes only the lowest five digits.
static WITHOUT_HASH: LazyLock<Digits> = LazyLock::new(|| Digits::from_bytes(&encoded_bytes(&[0; 32])));

/// Returns the encoded message in bytes: 00 01 ff … ff 00, the DigestInfo and the hash.
pub(super) fn encoded_bytes(hash: &[u8; 32]) -> [u8; 256] {
    let mut bytes = [0xff; 256];
    let end = [0].into_iter().chain(DIGEST_INFO).chain(*hash);
    for (byte, value) in bytes.iter_mut().zip([0, 1]) {
        *byte = value;
    }
    for (byte, value) in bytes.iter_mut().rev().zip(end.rev()) {
        *byte = value;
    }
    bytes
}

/// Returns the encoded message in digits.
#[inline(always)]
pub(super) fn encoded(hash: &[u8; 32]) -> Digits {
    let mut digits = *WITHOUT_HASH;
    // 256 bits fill five digits except for four bits of the fifth, which belong to the DigestInfo.
    let hash_digits = hash.rchunks(TWO_DIGITS).flat_map(two_digits);
    for (digit, hash_digit) in digits.iter_mut().take(5).zip(hash_digits) {
        *digit |= hash_digit;
    }
    digits
}

impl Modulus {
    /// Returns whether a number below 2^2052 is congruent to `expected` modulo n. Compares every digit.
    ///
    /// `expected` must be below n.
    #[inline(always)]
    pub(super) fn is_congruent(&self, number: &Columns, expected: &Digits) -> bool {
        /// A number below 2^2052 contains n, which is above 2^2047, at most 31 times.
        const MOST: u64 = 31;
        let (number, [inverse, ..]) = (number.digits(), self.negative_inverse);
        let ([[lowest, ..], ..], [[expected_lowest, ..], ..]) = (number.0, expected.0);
        // The lowest digits determine the only possible multiple of n between the two.
        let multiple = expected_lowest.wrapping_sub(lowest).wrapping_mul(inverse) & LARGEST_DIGIT;
        if multiple > MOST {
            return false;
        }
        let (mut sum, mut difference) = (0, 0);
        for ((digit, expected), modulus) in number.iter().zip(expected.iter()).zip(self.digits.iter()) {
            sum += expected + multiple * modulus;
            difference |= (sum & LARGEST_DIGIT) ^ digit;
            sum >>= DIGIT_BITS;
        }
        difference | sum == 0
    }
}
