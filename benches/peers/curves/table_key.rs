//! An Ed25519 key with a table of its multiples, by curve25519-dalek.

use aws_lc_rs::digest::{Context, SHA512};
use curve25519_dalek::constants::ED25519_BASEPOINT_TABLE;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsBasepointTable};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::BasepointTable as _;

pub struct TableKey {
    bytes: [u8; 32],
    /// The multiples of the opposite of the key's point.
    opposite: Box<EdwardsBasepointTable>,
}

impl TableKey {
    /// Returns `None` if the bytes are not the one canonical encoding of a point: ring and AWS-LC disagree about such keys.
    pub fn new(bytes: [u8; 32]) -> Option<Self> {
        let point = CompressedEdwardsY(bytes).decompress()?;
        let is_canonical = point.compress().0 == bytes;
        is_canonical.then(|| Self { bytes, opposite: Box::new(EdwardsBasepointTable::create(&-point)) })
    }

    /// Returns whether s is below the order L, and S · B - k · A is the point that R encodes, byte by byte.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let (Some(r), Some(s)) = (signature.first_chunk::<32>(), signature.last_chunk::<32>()) else {
            return false;
        };
        let Some(s) = Scalar::from_canonical_bytes(*s).into_option() else { return false };
        let k = challenge(r, &self.bytes, message);
        (ED25519_BASEPOINT_TABLE * &s + &*self.opposite * &k).compress().0 == *r
    }
}

/// The hash that is signed, modulo L.
pub fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    let mut hash = Context::new(&SHA512);
    for part in [r.as_slice(), key, message] {
        hash.update(part);
    }
    Scalar::from_bytes_mod_order_wide(hash.finish().as_ref().try_into().expect("64 bytes"))
}
