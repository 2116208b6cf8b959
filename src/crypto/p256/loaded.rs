//! Decides which keys the fast path serves, and gives their verdicts.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock};

use super::engine::{Engine, Form, point};
use super::key::{Growing, Key};
use super::known_answer;
use super::memory::Memory;
use super::portable::Portable;
use super::verify::KeyTable;
use crate::crypto::backend;
use crate::crypto::breaker::{self, Breaker};
use crate::crypto::fast_path::{Checks, PathState, PathStatus};
use crate::fast_p256::Tables;
use crate::keys::{Algorithm, Curve, Material};

pub(super) static BREAKER: Breaker = Breaker::new("fast-p256");
/// The engine of this process. Determined when the first key is loaded.
static AVAILABLE: LazyLock<Result<Engine, PathState>> = LazyLock::new(available);
static MEMORY: LazyLock<Memory> = LazyLock::new(Memory::new);

/// Turns the fast path off unless it is unset, empty, `on` or `portable`.
const VARIABLE: &str = "BOUNDTOKEN_FAST_P256";

fn available() -> Result<Engine, PathState> {
    let choice = std::env::var_os(VARIABLE).unwrap_or_default();
    let form = if choice.is_empty() || choice == "on" {
        Form::fastest()
    } else if choice == "portable" {
        Form::Portable(Portable)
    } else {
        return Err(PathState::TurnedOff);
    };
    let engine = Engine::new(form).filter(known_answer::passes);
    engine.ok_or_else(|| {
        tracing::error!("fast-p256 failed its self-test on this machine, and is off; please report it");
        PathState::SelfTestFailed
    })
}

/// A key that the fast path can serve. Clones, and keys of the same point, share its table.
#[derive(Clone)]
pub(crate) struct FastKey {
    engine: &'static Engine,
    key: Arc<Key>,
}

impl FastKey {
    /// Loads a key. Returns `None` for a key that only the backend serves.
    pub(crate) fn load(algorithm: Algorithm, material: &Material) -> Option<Self> {
        let Material::EllipticCurve { curve: Curve::P256, x, y } = material else { return None };
        if algorithm != Algorithm::ES256 {
            return None;
        }
        let engine = AVAILABLE.as_ref().ok()?;
        Some(Self { engine, key: MEMORY.key(point(x, y)?) })
    }

    /// Returns whether the fast path serves the key. It does once the key's table is complete, and until a disagreement about any
    /// key.
    pub(crate) fn is_on(&self) -> bool {
        BREAKER.is_closed() && self.key.table.load().is_some()
    }

    /// Returns whether this is the key's signature of the message. Allocates nothing unless the backend does, except for a table when
    /// the key's first signature is accepted.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8], backend: &backend::PublicKey) -> bool {
        let by_backend = || backend.verify(message, signature);
        if !BREAKER.is_closed() {
            return by_backend();
        }
        let Self { engine, key } = self;
        let Some(table) = &*key.table.load() else {
            let accepted = by_backend();
            // Refusals never make a key busy.
            if accepted && MEMORY.accepted(key, engine.form) == Growing::Faulty {
                BREAKER.refuse_key();
            }
            return accepted;
        };
        let Some(fast) = engine.verify(table, message, signature) else { return by_backend() };
        let accepted = BREAKER.verdict(fast, &key.proven, breaker::seconds, by_backend);
        if accepted {
            key.accepted.fetch_add(1, Relaxed);
        }
        accepted
    }
}

pub(crate) fn status() -> PathStatus {
    let state = AVAILABLE.as_ref().map_or_else(|state| *state, |_| PathState::On);
    BREAKER.status(state)
}

pub(crate) fn set_checks(checks: Checks) {
    BREAKER.set_checks(checks);
}

pub(crate) fn tables() -> Tables {
    let keys = MEMORY.with_memory();
    Tables {
        has_lanes: AVAILABLE.as_ref().is_ok_and(|engine| engine.form.has_lanes()),
        complete: keys.iter().filter(|key| key.table.load().is_some()).count(),
        bytes: keys.len().saturating_mul(KeyTable::BYTES),
    }
}

pub(crate) fn set_table_memory(bytes: usize) {
    MEMORY.set_most(bytes);
}
