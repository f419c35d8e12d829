//! SIGTERM and SIGINT as a phase that the server waits for.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::info;

/// How far a process is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Answering calls.
    Serving,
    /// Finishing the calls in progress.
    Draining,
    /// Leaving at once.
    Aborting,
}

/// The first signal drains, the second one aborts.
pub(super) fn listen() -> io::Result<watch::Receiver<Phase>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (sender, receiver) = watch::channel(Phase::Serving);
    tokio::spawn(async move {
        for phase in [Phase::Draining, Phase::Aborting] {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            info!(signal = name, "Received a signal");
            sender.send_replace(phase);
        }
        // Dropping the sender would look like a phase to those who still wait.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}
