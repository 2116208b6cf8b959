//! A key that may get a table.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;

use super::growth::Grown;
use super::limbs::Limbs;
use super::point::Affine;
use super::verify::{Adder, KeyGrowth, KeyTable};

/// A key on the curve P-256.
pub(super) struct Key {
    point: Affine<Limbs>,
    /// The table, once it is complete.
    pub(super) table: ArcSwapOption<KeyTable>,
    stage: Mutex<Stage>,
    /// How many signatures of this key were accepted. It is halved from time to time, so recent ones count most.
    pub(super) accepted: AtomicU64,
    /// How many were accepted while the key had no memory for a table.
    pub(super) without_memory: AtomicU64,
    /// Whether both the fast path and the backend have accepted a signature of this key.
    pub(super) proven: AtomicBool,
}

/// What memory the key's table takes.
enum Stage {
    None,
    Growing(KeyGrowth),
    Complete,
    /// A window failed its self-test. The key gets no table any more.
    Faulty,
}

/// What [`Key::grow`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growing {
    /// The table has one more window, or is complete, or another thread builds it.
    Fine,
    /// The key has no memory for a table.
    NoMemory,
    /// A window failed its self-test.
    Faulty,
}

impl Key {
    pub(super) fn new(point: Affine<Limbs>) -> Self {
        Self {
            point,
            table: ArcSwapOption::empty(),
            stage: Mutex::new(Stage::None),
            accepted: AtomicU64::new(0),
            without_memory: AtomicU64::new(0),
            proven: AtomicBool::new(false),
        }
    }

    /// Builds one more window of the table. `claim` is asked for memory first. Takes 30 to 60 µs, and waits for nobody.
    pub(super) fn grow<A: Adder>(&self, adder: A, claim: impl FnOnce() -> bool) -> Growing {
        let Ok(mut stage) = self.stage.try_lock() else { return Growing::Fine };
        let growth = match std::mem::replace(&mut *stage, Stage::None) {
            Stage::None if claim() => KeyGrowth::new(self.point),
            Stage::None => return Growing::NoMemory,
            Stage::Growing(growth) => growth,
            done @ (Stage::Complete | Stage::Faulty) => {
                *stage = done;
                return Growing::Fine;
            }
        };
        let grown = growth.grow(|point| adder.pack(point));
        let result = if matches!(grown, Grown::Faulty) { Growing::Faulty } else { Growing::Fine };
        *stage = match grown {
            Grown::Further(growth) => Stage::Growing(growth),
            Grown::Faulty => Stage::Faulty,
            Grown::Complete(table) => {
                self.table.store(Some(Arc::new(table)));
                Stage::Complete
            }
        };
        result
    }

    /// Returns whether the key takes memory for a table. One that grows right now does.
    pub(super) fn has_memory(&self) -> bool {
        self.stage.try_lock().map_or(true, |stage| matches!(*stage, Stage::Growing(_) | Stage::Complete))
    }

    /// Drops the table. A verification that uses it keeps it until its end. Does nothing while another thread builds it.
    pub(super) fn drop_table(&self) {
        if let Ok(mut stage) = self.stage.try_lock() {
            self.table.store(None);
            *stage = Stage::None;
        }
    }
}
