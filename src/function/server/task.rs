//! The task of a call, and how to end it from outside.
//!
//! A call that waits for its caller is asleep inside the HTTP/2 library, where
//! no timeout of ours can be polled. Ending its task resets its stream.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use hyper::rt::Executor;
use tokio::task::AbortHandle;

tokio::task_local! {
    static CURRENT: Task;
}

/// A task that can be ended. One that was not spawned by [`Tasks`] cannot.
#[derive(Clone, Debug, Default)]
pub(super) struct Task {
    /// Known only when the task is spawned already.
    handle: Arc<OnceLock<AbortHandle>>,
}

impl Task {
    /// The task that runs this.
    pub(super) fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// Ends the task at the next point where it waits.
    pub(super) fn end(&self) {
        if let Some(handle) = self.handle.get() {
            handle.abort();
        }
    }
}

/// Spawns the calls of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tasks;

impl<F> Executor<F> for Tasks
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, call: F) {
        let task = Task::default();
        let spawned = tokio::spawn(CURRENT.scope(task.clone(), call));
        // Set once, here.
        let _ = task.handle.set(spawned.abort_handle());
    }
}
