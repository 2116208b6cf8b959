//! Notices that the process has forked. The thread that follows clusters runs only in the parent.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The number of forks between the first process and this one.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Identifies a process among its parents and children.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    forks: u64,
}

impl Process {
    /// This process.
    pub(crate) fn current() -> Self {
        Self { forks: FORKS.load(Ordering::Relaxed) }
    }

    /// Whether the current process is a descendant of that process. Costs one read.
    pub(crate) fn has_forked(self) -> bool {
        self != Self::current()
    }
}

/// Python calls it in each child, before anything else of the program runs there.
#[pyfunction]
pub(crate) fn count_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Counts forks from now on.
pub(crate) fn watch(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let os = module.py().import("os")?;
    // Only where processes can fork.
    if os.hasattr("register_at_fork")? {
        let hooks = PyDict::new(module.py());
        hooks.set_item("after_in_child", wrap_pyfunction!(count_fork, module)?)?;
        os.call_method("register_at_fork", (), Some(&hooks))?;
    }
    Ok(())
}
