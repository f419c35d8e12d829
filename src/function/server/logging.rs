//! Single-line JSON logs on stderr.
//!
//! Nothing here or elsewhere in the server logs a request, a response or a
//! part of one: they carry secrets.

use std::error::Error;
use std::io;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// What is logged when `RUST_LOG` does not say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Starts, stops, reloads, refused clients and failures.
    Normal,
    /// A line for every call and connection as well.
    Debug,
}

/// Starts logging. A second call changes nothing.
pub fn init(verbosity: Verbosity) {
    // Only our own modules become verbose: h2 logs every frame at debug level.
    let default = match verbosity {
        Verbosity::Normal => "info",
        Verbosity::Debug => "info,selfservice=debug,function_self_service=debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let subscriber = subscriber(filter, io::stderr);
    // Fails only when a subscriber is there already, as in tests.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

fn subscriber<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .finish()
}

/// An error and its causes in one line.
pub fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Some libraries repeat their cause in their own text.
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

/// What `work` logs in this thread.
#[cfg(test)]
pub(super) fn capture(work: impl FnOnce()) -> String {
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = subscriber(EnvFilter::new("trace"), move || writer.clone());
    tracing::subscriber::with_default(subscriber, work);
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot listen on :9443")]
    struct Listen(#[source] io::Error);

    #[test]
    fn explains_causes_once() {
        let error = Listen(io::Error::other("address in use"));
        assert_eq!(explain(&error), "cannot listen on :9443: address in use");
    }
}
