//! Atomics and locks. The models in `tests/models` replace this module by an instrumented one.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard, TryLockError};
