//! Turns a panic into an id, a log line and a value, so that one bad request
//! costs one response and not the process.
//!
//! A formatted panic message may quote what the code was working on, so only
//! messages that are literals of the program are ever logged. Where nobody logs, as
//! before logging is set up, a panic outside of calls is printed as Rust does it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use sha2::{Digest as _, Sha256};
use tracing::error;
use tracing::subscriber::NoSubscriber;

/// What may be told about a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panic {
    pub(super) location: String,
    pub(super) message: &'static str,
}

thread_local! {
    /// Whether a [`catch`] on this thread is going to report the next panic itself.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static CAUGHT: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Makes panics log lines like all others instead of plain text, wherever lines are logged. Does
/// so once, however often it is called.
pub fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let former = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let panic = Panic::of(info);
            if GUARDED.get() {
                CAUGHT.set(Some(panic));
            } else if tracing::dispatcher::get_default(tracing::Dispatch::is::<NoSubscriber>) {
                former(info);
            } else {
                let Panic { location, message } = &panic;
                error!(
                    panic.id = panic.id(),
                    panic.location = location,
                    panic.message = message,
                    "Panicked"
                );
            }
        }));
    });
}

/// Runs `work`, and returns what is known about its panic when it panics.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    GUARDED.set(true);
    // What `work` borrows is dropped with it: no half-changed state can be seen afterwards.
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    outcome.map_err(|_payload| CAUGHT.take().unwrap_or_else(Panic::unknown))
}

impl Panic {
    fn of(info: &PanicHookInfo<'_>) -> Self {
        let location = info.location().map_or_else(
            || "unknown".to_owned(),
            |place| format!("{}:{}:{}", place.file(), place.line(), place.column()),
        );
        Self { location, message: literal(info.payload()) }
    }

    /// For a process whose hook somebody else replaced.
    fn unknown() -> Self {
        Self { location: "unknown".to_owned(), message: "" }
    }

    /// Names the bug, not the call: the same panic has the same id in every
    /// process of a release, so a response stays the same when it is retried.
    pub(super) fn id(&self) -> String {
        let mut hasher = Sha256::new();
        for part in [env!("CARGO_PKG_VERSION"), &self.location, self.message] {
            hasher.update(part);
            hasher.update([0]);
        }
        hasher.finalize().iter().take(4).fold(String::new(), |mut id, byte| {
            // Writing to a String cannot fail.
            let _ = write!(id, "{byte:02x}");
            id
        })
    }
}

fn literal(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_place_and_literal_but_no_formatted_value() {
        install_hook();
        let literal = catch(|| panic!("no such step")).expect_err("a panic");
        assert_eq!(literal.message, "no such step");
        assert!(literal.location.contains("panics.rs:"), "{}", literal.location);

        let secret = std::hint::black_box("hunter2");
        let formatted = catch(|| panic!("cannot use {secret}")).expect_err("a panic");
        assert_eq!(formatted.message, "");
    }

    #[test]
    fn id_is_the_same_for_the_same_bug_and_differs_between_bugs() {
        let at = |line| Panic { location: format!("src/pipeline.rs:{line}:5"), message: "" };
        assert_eq!(at(7).id(), at(7).id());
        assert_ne!(at(7).id(), at(8).id());
        assert_eq!(at(7).id().len(), 8);
    }

    #[test]
    fn passes_a_value_through() {
        assert_eq!(catch(|| 7), Ok(7));
    }
}
