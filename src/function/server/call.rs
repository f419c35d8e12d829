//! One call from its headers to the last byte of its answer: what it may take,
//! and what is counted and logged when it is over.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Status};
use tracing::debug;

use super::budget::{Budget, Reservation};
use super::method::{Method, code_name};
use super::metrics::Metrics;

/// What health checks and reflection may send: a name.
const MAX_SMALL_REQUEST_BYTES: usize = 4 * 1024;

/// How many bytes of requests are decoded and answered at the same time, whatever
/// the number of threads: a decoded request can take many times its size.
const WORK_BYTES: u32 = 4 * 1024 * 1024;

/// What all calls share.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) metrics: Arc<Metrics>,
    pub(super) budget: Arc<Budget>,
    work: Arc<Semaphore>,
    /// The largest request of the function.
    max_request_bytes: usize,
}

/// The right to decode a request and to answer it.
pub(super) type Permit = OwnedSemaphorePermit;

/// One call. Shared by its request's and its response's body; over when both are gone.
#[derive(Debug)]
pub(super) struct Call {
    limits: Arc<Limits>,
    method: Method,
    started: Instant,
    reservation: Reservation,
    permit: Mutex<Option<Permit>>,
    request_bytes: AtomicUsize,
    response_bytes: AtomicUsize,
    code: AtomicI32,
    /// The caller left before its request was complete.
    abandoned: AtomicBool,
}

impl Limits {
    pub(super) fn new(
        metrics: Arc<Metrics>,
        budget: Arc<Budget>,
        max_request_bytes: usize,
    ) -> Self {
        let work = Arc::new(Semaphore::new(WORK_BYTES as usize));
        Self { metrics, budget, work, max_request_bytes }
    }
}

impl Call {
    pub(super) fn start(limits: &Arc<Limits>, method: Method) -> Arc<Self> {
        limits.metrics.start_call(method);
        Arc::new(Self {
            method,
            started: Instant::now(),
            reservation: limits.budget.reservation(),
            permit: Mutex::default(),
            request_bytes: AtomicUsize::new(0),
            response_bytes: AtomicUsize::new(0),
            // Whoever leaves without an end has cancelled.
            code: AtomicI32::new(Code::Cancelled.into()),
            abandoned: AtomicBool::new(false),
            limits: Arc::clone(limits),
        })
    }

    /// Whether the call runs the function: one request, one answer.
    pub(super) fn runs_function(&self) -> bool {
        self.method.runs_function()
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
            return Err(more_than_one());
        }
        self.limits.metrics.observe_request(bytes);
        let limit = self.limits.max_request_bytes;
        if bytes > limit {
            let advice =
                "raise --max-recv-message-size (MB) or MAX_RECV_MESSAGE_SIZE of the function";
            let message = format!("{}: {advice}", too_large(bytes, limit).message());
            return Err(Status::resource_exhausted(message));
        }
        Ok(())
    }

    /// Pays for `bytes` of the request that have arrived.
    pub(super) fn receive(&self, bytes: usize) -> Result<(), Status> {
        if !self.runs_function() || self.reservation.receive(bytes) {
            return Ok(());
        }
        Err(no_room())
    }

    /// Waits until the complete request may be decoded.
    pub(super) fn wait_for_work(&self) -> impl Future<Output = Option<Permit>> + Send + use<> {
        self.reservation.work();
        let bytes = self.request_bytes.load(Ordering::Relaxed);
        // A larger request has all to itself.
        let share = u32::try_from(bytes).unwrap_or(WORK_BYTES).min(WORK_BYTES);
        let work = Arc::clone(&self.limits.work);
        // Fails only when closed, which it never is.
        async move { work.acquire_many_owned(share).await.ok() }
    }

    /// Keeps the right to work until the function has answered.
    pub(super) fn begin_work(&self, permit: Option<Permit>) {
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }

    /// Notes that the caller left: what is answered now is nobody's error.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// Notes that the function has answered with `bytes`, which take the place of
    /// its request in memory.
    pub(super) fn answered(&self, bytes: usize) -> Result<(), Status> {
        self.begin_work(None);
        self.limits.metrics.observe_latency(self.started.elapsed());
        if self.reservation.send(bytes) { Ok(()) } else { Err(no_room()) }
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

fn no_room() -> Status {
    Status::resource_exhausted(
        "the calls in progress fill the memory set aside for them: retry later",
    )
}

pub(super) fn more_than_one() -> Status {
    Status::internal("a unary call has one request message")
}

/// In grpc-go's words, which people search for.
fn too_large(bytes: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!("received message larger than max ({bytes} vs. {limit})"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_client::metrics::gauge::Gauge;

    use super::*;

    fn limits() -> Arc<Limits> {
        Arc::new(Limits::new(
            Arc::new(Metrics::new()),
            Budget::new(10 * 1024, Gauge::default()),
            8 * 1024,
        ))
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

    /// Announcing costs five bytes, and would keep everybody else out.
    #[tokio::test]
    async fn charges_what_arrives_and_not_what_is_announced() {
        let limits = limits();
        let [first, second] = [(); 2].map(|()| Call::start(&limits, Method::RunFunction));
        for call in [&first, &second] {
            call.admit(8000).expect("only announced");
        }
        first.receive(8000).expect("room");
        let status = second.receive(8000).expect_err("no room");
        assert_eq!(status.code(), Code::ResourceExhausted);
        drop(first);
        second.receive(8000).expect("room again");
    }

    /// A decoded request can take many times its size.
    #[tokio::test(start_paused = true)]
    async fn large_requests_are_worked_on_one_after_the_other() {
        let metrics = Arc::new(Metrics::new());
        let limits =
            Arc::new(Limits::new(metrics, Budget::new(usize::MAX, Gauge::default()), usize::MAX));
        let [first, second, small] = [3_000_000, 5_000_000, 1000].map(|bytes| {
            let call = Call::start(&limits, Method::RunFunction);
            call.admit(bytes).expect("below the limit");
            call
        });
        first.begin_work(first.wait_for_work().await);
        small.begin_work(small.wait_for_work().await);
        let waiting = tokio::time::timeout(Duration::from_secs(1), second.wait_for_work());
        waiting.await.expect_err("too much at once");
        first.answered(0).expect("an answer");
        drop(small);
        second.begin_work(second.wait_for_work().await);
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
