//! Signals that end a running program.

use std::io;

use crate::failure::Failure;

/// Waits for an interrupt or, on Unix, for SIGTERM.
pub struct End {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl End {
    /// Must be called within a tokio runtime. From then on, the signals no longer kill the program.
    pub fn new() -> Result<Self, Failure> {
        Self::listening().map_err(|error| Failure::new(format!("cannot wait for signals: {error}")))
    }

    #[cfg(unix)]
    fn listening() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
    }

    #[cfg(windows)]
    fn listening() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Returns at the first signal since [`new`](Self::new).
    pub async fn wait(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}
