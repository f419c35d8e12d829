//! The path of every call through the server: measured, limited in size and
//! time, routed, and observed to its end.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower_service::Service as _;

use super::body::{Answer, RequestBody, ResponseBody};
use super::call::{Call, Limits};
use super::method::Method;

/// How long a caller may take to send its request. Crossplane gives up on a
/// whole reconcile after two minutes; whoever needs longer than this for four
/// megabytes only holds memory.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(30);

/// All services behind the limits. Cheap to clone: one clone for each connection.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    routes: Routes,
    limits: Arc<Limits>,
}

impl Edge {
    pub(super) fn new(routes: Routes, limits: Arc<Limits>) -> Self {
        Self { routes, limits }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }
}

impl hyper::service::Service<Request<Incoming>> for Edge {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let call = Call::start(&self.limits, Method::of(request.uri().path()));
        let request = request.map(|body| RequestBody::new(body, Arc::clone(&call)));
        // The router is shared: calling it leaves it unchanged.
        let answer = self.routes.clone().call(request);
        Box::pin(async move {
            let response = match tokio::time::timeout(RECEIVE_TIMEOUT, answer).await {
                Ok(answer) => answer?,
                Err(_) => late(),
            };
            let response = if call.runs_function() {
                finish(response, &call).await
            } else {
                response.map(Answer::Streamed)
            };
            // An error has its code in the headers and no body; other codes follow the body.
            if let Some(status) = Status::from_header_map(response.headers()) {
                call.end(status.code(), 0);
            }
            Ok(response.map(|answer| ResponseBody::new(answer, call)))
        })
    }
}

/// Encodes the answer of the function. Whether or not anybody takes it, what was
/// decoded for it is gone.
async fn finish(response: Response<Body>, call: &Call) -> Response<Answer> {
    let (head, body) = response.into_parts();
    // Waits for nothing: the function has answered.
    let encoded = body.collect().await.and_then(|answer| {
        let trailers = answer.trailers().cloned();
        let data = answer.to_bytes();
        call.answered(data.len())?;
        Ok(Answer::Encoded { data, trailers })
    });
    match encoded {
        Ok(answer) => Response::from_parts(head, answer),
        Err(status) => status.into_http().map(Answer::Streamed),
    }
}

fn late() -> Response<Body> {
    let seconds = RECEIVE_TIMEOUT.as_secs();
    let message = format!("the request was not received within {seconds} seconds");
    Status::new(Code::DeadlineExceeded, message).into_http()
}
