//! What the crate logs.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The lines that all tests have logged. A subscriber for one thread would miss what another thread was the first to log.
static LINES: LazyLock<Mutex<Vec<String>>> = LazyLock::new(|| {
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .with_writer(|| Writer)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    Mutex::default()
});

fn lines() -> MutexGuard<'static, Vec<String>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Writer;

impl Write for Writer {
    /// The subscriber writes a line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        lines().push(String::from_utf8_lossy(line).trim().to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that contain a text that no other test logs.
pub struct Log(String);

impl Log {
    pub fn about(text: &str) -> Self {
        drop(lines());
        Self(text.to_owned())
    }

    /// The lines since the last call.
    pub fn lines(&self) -> Vec<String> {
        lines().extract_if(.., |line| line.contains(&self.0)).collect()
    }
}
