//! What the server counts, for Prometheus.
//!
//! Names and labels of the `grpc_server_*` series are those of Go servers, so
//! existing dashboards work. No label comes from a caller: nobody outside can
//! add series.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tonic::Code;

use super::method::{Method, code_name};
use super::outcome::Outcome;
use super::process::ProcessCollector;

/// All series of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    started: Family<Labels<3>, Counter>,
    handled: Family<Labels<4>, Counter>,
    in_flight: Gauge,
    latency: Histogram,
    request_bytes: Histogram,
    response_bytes: Histogram,
    outcomes: Family<Labels<2, Cow<'static, str>>, Counter>,
    panics: Counter,
    held_bytes: Gauge,
    connections: Gauge,
    refused: Family<Labels<1>, Counter>,
    reloads: Family<Labels<1>, Counter>,
    reloaded: Gauge<f64, AtomicU64>,
}

/// Why a connection was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The TLS handshake failed: wrong authority, expired, not allowed, or not TLS.
    Handshake,
    /// The TLS handshake took too long or had to make room for newer ones.
    Stalled,
    /// As many connections as we serve were open.
    Full,
}

/// What became of changed certificate files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reload {
    Replaced,
    Kept,
}

/// Names and values, in the order in which they are written.
type Labels<const N: usize, V = &'static str> = [(&'static str, V); N];

impl Metrics {
    /// Starts every series at zero.
    #[must_use]
    pub fn new() -> Self {
        let metrics = Self {
            registry: Registry::default(),
            started: Family::default(),
            handled: Family::default(),
            in_flight: Gauge::default(),
            // 50 µs to 13 s: a call is normally well under a millisecond.
            latency: Histogram::new(exponential_buckets(0.000_05, 4.0, 10)),
            // 1 KiB to 256 MiB: the default limit, 4 MiB, is a bound of its own.
            request_bytes: Histogram::new(exponential_buckets(1024.0, 4.0, 10)),
            response_bytes: Histogram::new(exponential_buckets(1024.0, 4.0, 10)),
            outcomes: Family::default(),
            panics: Counter::default(),
            held_bytes: Gauge::default(),
            connections: Gauge::default(),
            refused: Family::default(),
            reloads: Family::default(),
            reloaded: Gauge::default(),
        };
        metrics.start_at_zero();
        metrics.register()
    }

    /// The `OpenMetrics` 1.0 text of all series.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        // Writing to a String cannot fail; a collector that does is left out.
        let _ = encode(&mut text, &self.registry);
        text
    }

    pub(super) fn start_call(&self, method: Method) {
        self.started.get_or_create(&method_labels(method)).inc();
        self.in_flight.inc();
    }

    pub(super) fn finish_call(&self, method: Method, code: Code) {
        self.in_flight.dec();
        self.handled.get_or_create(&handled_labels(method, code)).inc();
    }

    pub(super) fn observe_latency(&self, elapsed: Duration) {
        self.latency.observe(elapsed.as_secs_f64());
    }

    pub(super) fn observe_request(&self, bytes: usize) {
        self.request_bytes.observe(approximate(bytes));
    }

    pub(super) fn observe_response(&self, bytes: usize) {
        self.response_bytes.observe(approximate(bytes));
    }

    pub(super) fn count_outcome(&self, outcome: &Outcome<'_>) {
        let reason = match outcome.reason {
            "" => Cow::Borrowed(""),
            reason => Cow::Owned(reason.to_owned()),
        };
        let labels = [("outcome", Cow::Borrowed(outcome.verdict.name())), ("reason", reason)];
        self.outcomes.get_or_create(&labels).inc();
    }

    pub(super) fn count_panic(&self) {
        self.panics.inc();
    }

    /// What tells how much of the budget is taken.
    pub(super) fn held_bytes(&self) -> Gauge {
        self.held_bytes.clone()
    }

    pub(super) fn set_connections(&self, open: usize) {
        self.connections.set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    pub(super) fn count_refusal(&self, refusal: Refusal) {
        self.refused.get_or_create(&[("reason", refusal.name())]).inc();
    }

    pub(super) fn count_reload(&self, reload: Reload) {
        self.reloads.get_or_create(&[("result", reload.name())]).inc();
        if reload == Reload::Replaced {
            self.reloaded.set(super::process::unix_seconds());
        }
    }

    pub(super) fn calls_in_flight(&self) -> i64 {
        self.in_flight.get()
    }

    /// A rate over a series that begins at its first event misses that event.
    fn start_at_zero(&self) {
        self.started.get_or_create(&method_labels(Method::RunFunction)).inc_by(0);
        for code in [Code::Ok, Code::Internal, Code::ResourceExhausted] {
            self.handled.get_or_create(&handled_labels(Method::RunFunction, code)).inc_by(0);
        }
        for refusal in [Refusal::Handshake, Refusal::Stalled, Refusal::Full] {
            self.refused.get_or_create(&[("reason", refusal.name())]).inc_by(0);
        }
        for reload in [Reload::Replaced, Reload::Kept] {
            self.reloads.get_or_create(&[("result", reload.name())]).inc_by(0);
        }
    }

    fn register(mut self) -> Self {
        self.register_calls();
        self.register_connections();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        self.registry.register("function_build", "What is running", build);
        self.registry.register_collector(Box::new(ProcessCollector::new()));
        self
    }

    fn register_calls(&mut self) {
        let registry = &mut self.registry;
        registry.register("grpc_server_started", "Calls received", self.started.clone());
        registry.register("grpc_server_handled", "Calls completed", self.handled.clone());
        registry.register(
            "grpc_server_in_flight",
            "Calls being received or answered",
            self.in_flight.clone(),
        );
        registry.register(
            "grpc_server_handling_seconds",
            "From the headers of a RunFunction call to its answer",
            self.latency.clone(),
        );
        registry.register(
            "function_request_bytes",
            "Size of RunFunction requests",
            self.request_bytes.clone(),
        );
        registry.register(
            "function_response_bytes",
            "Size of RunFunction responses",
            self.response_bytes.clone(),
        );
        registry.register(
            "function_held_bytes",
            "Memory of requests being received or answered and of answers being sent",
            self.held_bytes.clone(),
        );
        registry.register(
            "function_outcomes",
            "Responses by verdict and by the reason of a refusal",
            self.outcomes.clone(),
        );
        registry.register(
            "function_panics",
            "Bugs met while answering: the log has their ids",
            self.panics.clone(),
        );
    }

    fn register_connections(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "function_connections",
            "Connections being served",
            self.connections.clone(),
        );
        registry.register(
            "function_connections_refused",
            "Connections not served",
            self.refused.clone(),
        );
        registry.register(
            "function_certificate_reloads",
            "Changes of the certificate files",
            self.reloads.clone(),
        );
        registry.register(
            "function_certificate_reload_timestamp_seconds",
            "When the certificates in use were last replaced, 0 for never",
            self.reloaded.clone(),
        );
    }
}

fn method_labels(method: Method) -> Labels<3> {
    [
        ("grpc_service", method.service()),
        ("grpc_method", method.name()),
        ("grpc_type", method.kind()),
    ]
}

fn handled_labels(method: Method, code: Code) -> Labels<4> {
    let [service, name, kind] = method_labels(method);
    [service, name, kind, ("grpc_code", code_name(code))]
}

/// A size as a sample. Exact below 2^32, far above any limit on a message.
fn approximate(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from)
}

impl Refusal {
    fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Stalled => "stalled",
            Self::Full => "full",
        }
    }
}

impl Reload {
    fn name(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Kept => "kept",
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_a_call_by_code() {
        let metrics = Metrics::new();
        metrics.start_call(Method::RunFunction);
        metrics.finish_call(Method::RunFunction, Code::ResourceExhausted);
        let text = metrics.render();
        let series = "grpc_server_handled_total{grpc_service=\"apiextensions.fn.proto.v1.FunctionRunnerService\",grpc_method=\"RunFunction\",grpc_type=\"unary\",grpc_code=\"ResourceExhausted\"} 1";
        assert!(text.lines().any(|line| line == series), "{text}");
        assert!(text.lines().any(|line| line == "grpc_server_in_flight 0"), "{text}");
    }

    #[test]
    fn describes_the_process_and_the_build() {
        let text = Metrics::new().render();
        for name in
            ["process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"]
        {
            assert!(text.lines().any(|line| line.starts_with(&format!("{name} "))), "{text}");
        }
        assert!(text.contains("function_build_info{version=\"0.1.0\"} 1"), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
