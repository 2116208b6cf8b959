//! Which fast paths a verifier may take.

#[cfg(feature = "fast-p256")]
use crate::keys::Algorithm;
use crate::keys::Key;

/// The fast paths that a verifier may take, as far as they are compiled.
#[derive(Clone, Copy, Debug)]
pub(super) struct FastPaths {
    rsa: bool,
    #[cfg(feature = "fast-p256")]
    p256: bool,
}

impl FastPaths {
    pub(super) const ALL: Self = Self {
        rsa: true,
        #[cfg(feature = "fast-p256")]
        p256: true,
    };

    pub(super) fn allow_rsa(&mut self, allowed: bool) {
        self.rsa = allowed;
    }

    pub(super) fn allow_p256(&mut self, allowed: bool) {
        #[cfg(feature = "fast-p256")]
        {
            self.p256 = allowed;
        }
        let _ = allowed;
    }

    /// Returns whether a fast path may check the key's signatures.
    pub(super) fn may_serve(self, key: &Key) -> bool {
        match key.algorithm() {
            #[cfg(feature = "fast-p256")]
            Algorithm::ES256 => self.p256,
            _ => self.rsa,
        }
    }
}
