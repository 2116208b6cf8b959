//! How people end a program that otherwise runs on.

use std::io;

use crate::failure::Failure;

/// An interrupt or, where there is such a thing, SIGTERM.
pub struct End {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl End {
    /// To be called within a runtime: from now on, neither ends the program at once.
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

    /// Returns at the first of them since [`new`](Self::new).
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
