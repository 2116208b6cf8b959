//! Decides which keys the fast path serves, and gives their verdicts.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use super::key::Key;
use super::known_answer;
use crate::crypto::breaker::{self, Breaker};
use crate::crypto::lanes::Machine;
#[cfg(feature = "fast-rsa-model")]
use crate::crypto::lanes::model::Model;
#[cfg(target_arch = "x86_64")]
use crate::crypto::lanes::simd::Ifma;
use crate::crypto::{backend, sha256};
use crate::fast_rsa::{Checks, PathState, PathStatus};
use crate::keys::{Algorithm, Material};

pub(super) static BREAKER: Breaker = Breaker::new("fast-rsa");
/// The engine of this process. Determined when the first key is loaded.
static AVAILABLE: LazyLock<Result<Engine, PathState>> = LazyLock::new(available);

/// Turns the fast path off unless it is unset, empty or `on`.
const VARIABLE: &str = "BOUNDTOKEN_FAST_RSA";

/// A key that the fast path serves. Clones share its constants.
#[derive(Clone)]
pub(crate) struct FastKey(Arc<Loaded>);

struct Loaded {
    engine: Engine,
    key: Key,
    /// Whether both the fast path and the backend have accepted a signature of this key.
    proven: AtomicBool,
}

/// The implementation of the arithmetic.
#[derive(Clone, Copy)]
pub(super) enum Engine {
    #[cfg(target_arch = "x86_64")]
    Ifma(Ifma),
    #[cfg(feature = "fast-rsa-model")]
    Model(Model),
}

impl Engine {
    fn find() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = Ifma::detect() {
            return Some(Self::Ifma(ifma));
        }
        #[cfg(feature = "fast-rsa-model")]
        return Some(Self::Model(Model));
        #[cfg(not(feature = "fast-rsa-model"))]
        None
    }

    /// Computes a key's constants. Returns `None` if the modulus does not qualify or the constants fail their test.
    pub(super) fn key(self, modulus: &[u8; 256]) -> Option<Key> {
        fn self_tested<M: Machine>(machine: M, modulus: &[u8; 256]) -> Option<Key> {
            Key::new(machine, modulus).filter(|key| key.power_is_right(machine))
        }
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Ifma(ifma) => self_tested(ifma, modulus),
            #[cfg(feature = "fast-rsa-model")]
            Self::Model(model) => self_tested(model, modulus),
        }
    }

    /// Returns whether this is the key's signature of the message.
    pub(super) fn verify(self, key: &Key, message: &[u8], signature: &[u8]) -> bool {
        let hash = sha256(message);
        let (Ok(signature), Ok(hash)) = (signature.try_into(), hash.as_ref().try_into()) else {
            return false;
        };
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Ifma(ifma) => key.verify(ifma, signature, hash),
            #[cfg(feature = "fast-rsa-model")]
            Self::Model(model) => key.verify(model, signature, hash),
        }
    }
}

fn available() -> Result<Engine, PathState> {
    let choice = std::env::var_os(VARIABLE).unwrap_or_default();
    if !choice.is_empty() && choice != "on" {
        return Err(PathState::TurnedOff);
    }
    let engine = Engine::find().ok_or(PathState::NoInstructions)?;
    if !known_answer::passes(engine) {
        tracing::error!("fast-rsa failed its self-test on this machine, and is off; please report it");
        return Err(PathState::SelfTestFailed);
    }
    Ok(engine)
}

impl FastKey {
    /// Loads a key. Returns `None` for a key that only the backend serves.
    pub(crate) fn load(algorithm: Algorithm, material: &Material) -> Option<Self> {
        let Material::Rsa { modulus, exponent } = material else { return None };
        if algorithm != Algorithm::RS256 || **exponent != [1, 0, 1] {
            return None;
        }
        let modulus = <&[u8; 256]>::try_from(&**modulus).ok()?;
        let engine = (*AVAILABLE).ok()?;
        let key = engine.key(modulus);
        if key.is_none() {
            BREAKER.refuse_key();
        }
        Some(Self(Arc::new(Loaded { engine, key: key?, proven: AtomicBool::new(false) })))
    }

    /// Returns whether the fast path serves the key. A disagreement about any key ends that.
    pub(crate) fn is_on(&self) -> bool {
        BREAKER.is_closed()
    }

    /// Returns whether this is the key's signature of the message. Allocates nothing unless the backend does.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8], backend: &backend::PublicKey) -> bool {
        if !self.is_on() {
            return backend.verify(message, signature);
        }
        let Loaded { engine, key, proven } = &*self.0;
        let fast = engine.verify(key, message, signature);
        BREAKER.verdict(fast, proven, breaker::seconds, || backend.verify(message, signature))
    }
}

pub(crate) fn status() -> PathStatus {
    let state = AVAILABLE.as_ref().map_or_else(|state| *state, |_| PathState::On);
    BREAKER.status(state)
}

pub(crate) fn set_checks(checks: Checks) {
    BREAKER.set_checks(checks);
}
