//! The function as a gRPC service: runs it, and survives it.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Request, Response, Status, async_trait};
use tower_service::Service;
use tracing::error;

use super::Function;
use super::metrics::Metrics;
use super::outcome::Outcome;
use super::panics::{self, Panic};
use crate::function::Rescue;
use crate::function::proto::function_runner_service_server::FunctionRunnerService;
use crate::function::proto::{RunFunctionRequest, RunFunctionResponse};

/// Runs the function in the thread that read the request.
///
/// Why not in a thread of its own? An answer takes well under a millisecond,
/// less than a hand-over costs at its worst, and it waits for nothing.
pub(super) struct Runner {
    function: Box<dyn Function>,
    metrics: Arc<Metrics>,
}

impl Runner {
    pub(super) fn new(function: Box<dyn Function>, metrics: Arc<Metrics>) -> Self {
        Self { function, metrics }
    }

    fn answer(&self, request: RunFunctionRequest) -> RunFunctionResponse {
        let rescue = Rescue::of(&request);
        let response = panics::catch(|| self.function.run(request))
            .unwrap_or_else(|panic| self.fail(rescue, &panic));
        self.metrics.count_outcome(&Outcome::of(&response));
        response
    }

    fn fail(&self, rescue: Rescue, panic: &Panic) -> RunFunctionResponse {
        let id = panic.id();
        self.metrics.count_panic();
        error!(
            panic.id = id,
            panic.location = panic.location,
            panic.message = panic.message,
            tag = rescue.tag(),
            "Answered with an internal error"
        );
        rescue.fail(format!(
            "Internal error {id}: nothing was changed. This is a bug in function-self-service {}: \
             report it with this id",
            env!("CARGO_PKG_VERSION")
        ))
    }
}

#[async_trait]
impl FunctionRunnerService for Runner {
    async fn run_function(
        &self,
        request: Request<RunFunctionRequest>,
    ) -> Result<Response<RunFunctionResponse>, Status> {
        Ok(Response::new(self.answer(request.into_inner())))
    }
}

/// The same service under the name that Crossplane 1.14 to 1.16 knows.
///
/// The messages of `v1beta1` have the same fields and numbers, so only the path differs.
#[derive(Clone, Debug)]
pub(super) struct Beta<S>(pub(super) S);

impl<S> NamedService for Beta<S> {
    const NAME: &'static str = "apiextensions.fn.proto.v1beta1.FunctionRunnerService";
}

impl<S> Service<http::Request<Body>> for Beta<S>
where
    S: Service<http::Request<Body>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        if request.uri().path().ends_with("/RunFunction") {
            *request.uri_mut() = Uri::from(PathAndQuery::from_static(
                "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction",
            ));
        }
        self.0.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::super::logging::capture;
    use super::*;
    use crate::function::proto::{RequestMeta, Severity};

    fn request() -> RunFunctionRequest {
        RunFunctionRequest {
            meta: Some(RequestMeta { tag: "tag-1".to_owned(), ..Default::default() }),
            ..Default::default()
        }
    }

    /// The id in the message leads to the line that tells where the bug is, and
    /// the line tells nothing of what the function was working on.
    #[test]
    fn a_panic_is_logged_under_the_id_that_the_message_names() {
        panics::install_hook();
        let function = |request: RunFunctionRequest| -> RunFunctionResponse {
            panic!("cannot use {request:?}");
        };
        let runner = Runner::new(Box::new(function), Arc::new(Metrics::new()));
        let mut message = String::new();
        let log = capture(|| {
            message = runner.answer(request()).results.remove(0).message;
        });
        let lines: Vec<_> = log.lines().collect();
        let [line] = lines.as_slice() else { panic!("one line: {log}") };
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = line["panic.id"].as_str().unwrap();
        assert!(message.starts_with(&format!("Internal error {id}: ")), "{message}");
        assert_eq!((&line["level"], &line["tag"]), (&"ERROR".into(), &"tag-1".into()));
        assert!(line["panic.location"].as_str().unwrap().contains("runner.rs:"), "{line}");
        assert_eq!(line["panic.message"], "");
    }

    #[test]
    fn a_panic_becomes_a_fatal_result_and_the_next_call_is_answered() {
        panics::install_hook();
        let metrics = Arc::new(Metrics::new());
        let function = |request: RunFunctionRequest| match request.meta {
            Some(_) => panic!("no such step"),
            None => RunFunctionResponse::default(),
        };
        let runner = Runner::new(Box::new(function), Arc::clone(&metrics));

        // Captured, since tracing remembers for each place in the code whether anybody listens:
        // met here first, with no subscriber, the test above could find this one silent.
        let mut response = RunFunctionResponse::default();
        capture(|| response = runner.answer(request()));
        let [result] = response.results.as_slice() else { panic!("one result") };
        assert_eq!(result.severity(), Severity::Fatal);
        assert!(result.message.starts_with("Internal error "), "{}", result.message);
        let meta = response.meta.clone().expect("meta");
        assert_eq!(
            (meta.tag.as_str(), meta.ttl),
            ("tag-1", Some(prost_types::Duration::default()))
        );
        assert_eq!(runner.answer(request()), response, "a retry must see the same response");

        assert!(runner.answer(RunFunctionRequest::default()).results.is_empty());
        assert!(metrics.render().contains("function_panics_total 2\n"));
    }
}
