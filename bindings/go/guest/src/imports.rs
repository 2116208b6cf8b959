//! What the instance asks of its host.

use std::time::Duration;

use boundtoken::host::{Host, PrivateKeyKind};
use boundtoken::{
    Algorithm, BoundObject, BoundObjects, Freshness, KeyStore, Moment, ObjectReference, ObjectState, Uid,
    UnixSeconds,
};

/// The imported functions. Each text and each key is a pointer and a size.
///
/// The host reads what is passed as `*const`, and writes at most what it is told into what is passed as `*mut`. It keeps no pointer.
mod raw {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        /// 1 if the key (SubjectPublicKeyInfo) signed the message with this algorithm, else 0.
        pub fn verify_signature(
            algorithm: u32,
            key: *const u8,
            key_size: usize,
            message: *const u8,
            message_size: usize,
            signature: *const u8,
            signature_size: usize,
        ) -> u32;
        /// 1 if the key can be used with this algorithm, else 0.
        pub fn accepts_key(algorithm: u32, key: *const u8, key_size: usize) -> u32;
        /// Writes the public key of a private key, and returns its size. 0 if the private key is not valid.
        pub fn public_key(
            kind: u32,
            private: *const u8,
            private_size: usize,
            public: *mut u8,
            capacity: usize,
        ) -> usize;
        /// Writes 32 bytes.
        pub fn sha256(message: *const u8, size: usize, digest: *mut u8);
        /// The place of the first such byte, or any number beyond the size.
        pub fn find(byte: u32, bytes: *const u8, size: usize) -> usize;
        /// Decodes groups of four letters of base64url, up to a group with another byte. Returns how many letters it decoded.
        pub fn decode_base64url(encoded: *const u8, size: usize, to: *mut u8, capacity: usize) -> usize;
        /// How two pieces of memory compare: less than 0, 0 or more than 0.
        pub fn compare(one: *const u8, other: *const u8, size: usize) -> i32;
        /// Writes random bytes. 1 if it did.
        pub fn random(bytes: *mut u8, size: usize) -> u32;
        /// 1 if the keys of an issuer are older than allowed.
        pub safe fn keys_are_stale(issuer: u32) -> u32;
        /// How well the objects of an issuer are known: 0 current, 1 following, else stale.
        pub safe fn freshness(issuer: u32) -> u32;
        /// The state of an object of an issuer: 0 present, 1 absent, 3 not followed, else unavailable. Of one that is present, it writes
        /// an answer.
        pub fn object_state(
            issuer: u32,
            kind: u32,
            namespace: *const u8,
            namespace_size: usize,
            name: *const u8,
            name_size: usize,
            answer: *mut Answer,
        ) -> u32;
        /// 1 if the object with this uid is known to be deleted.
        pub fn is_gone(
            issuer: u32,
            kind: u32,
            namespace: *const u8,
            namespace_size: usize,
            name: *const u8,
            name_size: usize,
            uid: *const u8,
            uid_size: usize,
        ) -> u32;
    }

    /// The most bytes of a uid. A host that knows a longer one says that the object is unavailable.
    pub const LARGEST_UID: usize = 256;

    /// What is known of an object that is present.
    #[repr(C)]
    pub struct Answer {
        /// The time of its deletion in Unix seconds, if `deleting` is 1.
        pub deleted: i64,
        pub deleting: u32,
        pub uid_size: u32,
        pub uid: [u8; LARGEST_UID],
    }
}

pub struct Imports;

/// As many bytes as the largest public key has: an uncompressed point of P-521.
const LARGEST_PUBLIC_KEY: usize = 133;

impl Host for Imports {
    fn verify(&self, algorithm: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        // SAFETY: three slices.
        let holds = unsafe {
            raw::verify_signature(
                number_of(algorithm),
                key.as_ptr(),
                key.len(),
                message.as_ptr(),
                message.len(),
                signature.as_ptr(),
                signature.len(),
            )
        };
        holds == 1
    }

    fn accepts_key(&self, algorithm: Algorithm, key: &[u8]) -> bool {
        // SAFETY: a slice.
        unsafe { raw::accepts_key(number_of(algorithm), key.as_ptr(), key.len()) == 1 }
    }

    fn public_key(&self, kind: PrivateKeyKind, private: &[u8]) -> Option<Vec<u8>> {
        let kind = match kind {
            PrivateKeyKind::P256 => 1,
            PrivateKeyKind::P384 => 2,
            PrivateKeyKind::P521 => 3,
            PrivateKeyKind::Ed25519 => 4,
            _ => return None,
        };
        let mut public = [0; LARGEST_PUBLIC_KEY];
        // SAFETY: a slice to read, and one to write.
        let size = unsafe {
            raw::public_key(kind, private.as_ptr(), private.len(), public.as_mut_ptr(), public.len())
        };
        public.get(..size).filter(|public| !public.is_empty()).map(<[u8]>::to_vec)
    }

    fn sha256(&self, message: &[u8]) -> [u8; 32] {
        let mut digest = [0; 32];
        // SAFETY: a slice to read, and 32 bytes to write.
        unsafe { raw::sha256(message.as_ptr(), message.len(), digest.as_mut_ptr()) };
        digest
    }

    fn fill_random(&self, bytes: &mut [u8]) -> bool {
        // SAFETY: a slice to write.
        unsafe { raw::random(bytes.as_mut_ptr(), bytes.len()) == 1 }
    }

    fn find(&self, byte: u8, bytes: &[u8]) -> Option<usize> {
        // SAFETY: a slice.
        let place = unsafe { raw::find(byte.into(), bytes.as_ptr(), bytes.len()) };
        (place < bytes.len()).then_some(place)
    }

    fn decode_base64url(&self, encoded: &[u8], to: &mut [u8]) -> usize {
        // SAFETY: a slice to read, and one to write.
        unsafe { raw::decode_base64url(encoded.as_ptr(), encoded.len(), to.as_mut_ptr(), to.len()) }
    }

    /// Every call is given its time, and the host knows ages. So the clock stands still.
    fn now(&self) -> Duration {
        STANDSTILL
    }
}

/// Where Rust compares memory, it calls this. Its own way compares byte by byte.
///
/// # Safety
/// That of memcmp in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, size: usize) -> i32 {
    // SAFETY: the caller says that both have as many bytes.
    unsafe { raw::compare(one, other, size) }
}

const STANDSTILL: Duration = Duration::from_secs(2);

/// A moment before the clock stood still. What is of that moment is older than nothing.
pub fn the_past() -> Moment {
    Moment::ago(Duration::from_secs(1))
}

/// Has keys count as too old, if the host says so.
pub fn take_age(place: u32, keys: &KeyStore) {
    let stale = raw::keys_are_stale(place) == 1;
    if stale != keys.max_age().is_some() {
        keys.set_max_age(if stale { Duration::ZERO } else { Duration::MAX });
    }
}

/// 0 is no algorithm.
fn number_of(algorithm: Algorithm) -> u32 {
    match algorithm {
        Algorithm::RS256 => 1,
        Algorithm::RS384 => 2,
        Algorithm::RS512 => 3,
        Algorithm::PS256 => 4,
        Algorithm::PS384 => 5,
        Algorithm::PS512 => 6,
        Algorithm::ES256 => 7,
        Algorithm::ES384 => 8,
        Algorithm::ES512 => 9,
        Algorithm::EdDSA => 10,
        _ => 0,
    }
}

/// The objects of an issuer, as the host knows them.
pub struct Objects {
    pub issuer: u32,
}

impl BoundObjects for Objects {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let mut answer = raw::Answer { deleted: 0, deleting: 0, uid_size: 0, uid: [0; raw::LARGEST_UID] };
        let ObjectReference { kind, namespace, name } = reference;
        // SAFETY: two texts to read, and an answer to write, of which every byte is a value.
        let state = unsafe {
            raw::object_state(
                self.issuer,
                kind.number(),
                namespace.as_ptr(),
                namespace.len(),
                name.as_ptr(),
                name.len(),
                &raw mut answer,
            )
        };
        match state {
            0 => {
                let size = usize::try_from(answer.uid_size).unwrap_or(usize::MAX);
                let uid = answer.uid.get(..size).and_then(|uid| std::str::from_utf8(uid).ok());
                let Some(uid) = uid else { return ObjectState::Unavailable };
                // A deletion before 1970 was long ago, like one in 1970.
                let deleted = UnixSeconds(u64::try_from(answer.deleted).unwrap_or(0));
                ObjectState::Present {
                    uid: Uid::from(uid),
                    deletion_timestamp: (answer.deleting != 0).then_some(deleted),
                }
            }
            1 => ObjectState::Absent,
            3 => ObjectState::NotFollowed,
            _ => ObjectState::Unavailable,
        }
    }

    fn freshness(&self) -> Freshness {
        match raw::freshness(self.issuer) {
            0 => Freshness::Current,
            1 => Freshness::Following,
            _ => Freshness::Stale,
        }
    }

    fn is_gone(&self, object: &BoundObject<'_>) -> bool {
        let ObjectReference { kind, namespace, name } = object.reference;
        // SAFETY: three texts.
        let gone = unsafe {
            raw::is_gone(
                self.issuer,
                kind.number(),
                namespace.as_ptr(),
                namespace.len(),
                name.as_ptr(),
                name.len(),
                object.uid.as_ptr(),
                object.uid.len(),
            )
        };
        gone == 1
    }
}
