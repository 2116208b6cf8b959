//! What threads share by, in one place: the models in `tests/models` put instrumented forms in its stead.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard, TryLockError};
