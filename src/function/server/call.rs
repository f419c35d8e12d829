//! One call from its headers to the last byte of its answer: what it may take,
//! and what is counted and logged when it is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::time::Instant;

use tonic::{Code, Status};
use tracing::debug;

use super::budget::{Budget, Reservation};
use super::method::{Method, code_name};
use super::metrics::Metrics;

/// What health checks and reflection may send: a name.
const MAX_SMALL_REQUEST_BYTES: usize = 4 * 1024;

/// What all calls share.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) metrics: Arc<Metrics>,
    pub(super) budget: Arc<Budget>,
    /// The largest request of the function.
    pub(super) max_request_bytes: usize,
}

/// One call. Shared by its request's and its response's body; over when both are gone.
#[derive(Debug)]
pub(super) struct Call {
    limits: Arc<Limits>,
    method: Method,
    started: Instant,
    reservation: Reservation,
    request_bytes: AtomicUsize,
    response_bytes: AtomicUsize,
    code: AtomicI32,
    /// The caller left before its request was complete.
    abandoned: AtomicBool,
}

impl Call {
    pub(super) fn start(limits: &Arc<Limits>, method: Method) -> Arc<Self> {
        limits.metrics.start_call(method);
        Arc::new(Self {
            method,
            started: Instant::now(),
            reservation: limits.budget.reservation(),
            request_bytes: AtomicUsize::new(0),
            response_bytes: AtomicUsize::new(0),
            // Whoever leaves without an end has cancelled.
            code: AtomicI32::new(Code::Cancelled.into()),
            abandoned: AtomicBool::new(false),
            limits: Arc::clone(limits),
        })
    }

    /// Decides on a message of `bytes` before it is received.
    pub(super) fn admit(&self, bytes: usize) -> Result<(), Status> {
        if !self.method.runs_function() {
            return if bytes > MAX_SMALL_REQUEST_BYTES {
                Err(too_large(bytes, MAX_SMALL_REQUEST_BYTES))
            } else {
                Ok(())
            };
        }
        if self.request_bytes.fetch_add(bytes, Ordering::Relaxed) > 0 {
            return Err(Status::internal("a unary call has one request message"));
        }
        self.limits.metrics.observe_request(bytes);
        let limit = self.limits.max_request_bytes;
        if bytes > limit {
            let advice =
                "raise --max-recv-message-size (MB) or MAX_RECV_MESSAGE_SIZE of the function";
            let message = format!("{}: {advice}", too_large(bytes, limit).message());
            return Err(Status::resource_exhausted(message));
        }
        if !self.reservation.grow(bytes) {
            return Err(Status::resource_exhausted(
                "the requests in progress fill the memory set aside for them: retry later",
            ));
        }
        Ok(())
    }

    /// Notes that the caller left: what is answered now is nobody's error.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// Notes that the function has answered.
    pub(super) fn answered(&self) {
        if self.method.runs_function() {
            self.limits.metrics.observe_latency(self.started.elapsed());
        }
    }

    /// Notes how the call ended.
    pub(super) fn end(&self, code: Code, response_bytes: usize) {
        if !self.abandoned.load(Ordering::Relaxed) {
            self.code.store(code.into(), Ordering::Relaxed);
        }
        self.response_bytes.store(response_bytes, Ordering::Relaxed);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let code = Code::from(*self.code.get_mut());
        let (received, sent) = (*self.request_bytes.get_mut(), *self.response_bytes.get_mut());
        self.limits.metrics.finish_call(self.method, code);
        if self.method.runs_function() && code == Code::Ok {
            self.limits.metrics.observe_response(sent);
        }
        debug!(
            grpc.service = self.method.service(),
            grpc.method = self.method.name(),
            grpc.code = code_name(code),
            request.bytes = received,
            response.bytes = sent,
            microseconds = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "Finished a call"
        );
    }
}

/// In grpc-go's words, which people search for.
fn too_large(bytes: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!("received message larger than max ({bytes} vs. {limit})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Arc<Limits> {
        Arc::new(Limits {
            metrics: Arc::new(Metrics::new()),
            budget: Budget::new(10 * 1024),
            max_request_bytes: 8 * 1024,
        })
    }

    fn refusal(call: &Call, bytes: usize) -> (Code, String) {
        let status = call.admit(bytes).expect_err("a refusal");
        (status.code(), status.message().to_owned())
    }

    #[test]
    fn names_the_flag_that_lifts_the_limit() {
        let call = Call::start(&limits(), Method::RunFunction);
        let (code, message) = refusal(&call, 8193);
        assert_eq!(code, Code::ResourceExhausted);
        assert_eq!(
            message,
            "received message larger than max (8193 vs. 8192): raise --max-recv-message-size (MB) \
             or MAX_RECV_MESSAGE_SIZE of the function"
        );
    }

    #[test]
    fn refuses_what_the_budget_does_not_hold_until_a_call_is_over() {
        let limits = limits();
        let first = Call::start(&limits, Method::RunFunction);
        first.admit(8000).expect("room");
        let second = Call::start(&limits, Method::RunFunctionBeta);
        assert_eq!(refusal(&second, 8000).0, Code::ResourceExhausted);
        drop(first);
        Call::start(&limits, Method::RunFunction).admit(8000).expect("room again");
    }

    /// An alert on internal errors must not fire because a client went away.
    #[test]
    fn a_caller_that_leaves_is_no_error_of_ours() {
        let limits = limits();
        let call = Call::start(&limits, Method::RunFunction);
        call.abandon();
        call.end(Code::Internal, 0);
        drop(call);
        let text = limits.metrics.render();
        assert!(text.contains("grpc_code=\"Canceled\"} 1\n"), "{text}");
    }

    #[test]
    fn small_services_accept_small_requests_only() {
        let call = Call::start(&limits(), Method::Reflection);
        call.admit(100).expect("small");
        call.admit(100).expect("a stream has many messages");
        assert_eq!(refusal(&call, 5000).0, Code::ResourceExhausted);
    }

    #[test]
    fn a_second_message_in_a_unary_call_is_refused() {
        let call = Call::start(&limits(), Method::RunFunction);
        call.admit(1).expect("first");
        assert_eq!(refusal(&call, 1).0, Code::Internal);
    }
}
