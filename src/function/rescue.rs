//! What is answered when [`run`](super::run) itself failed.

use super::proto::{RunFunctionRequest, RunFunctionResponse};
use super::response;
use crate::outcome::{Refusal, Requirements};
use crate::pipeline::Input;
use crate::report;

/// Everything that must not get lost with a call: taken before it, cheaply, since it shares the
/// request's bytes.
#[derive(Debug)]
pub struct Rescue {
    response: RunFunctionResponse,
    input: Input,
}

impl Rescue {
    /// Takes what `request` must get back whatever happens.
    pub fn of(request: &RunFunctionRequest) -> Self {
        let mut kept = RunFunctionRequest {
            meta: request.meta.clone(),
            desired: request.desired.clone(),
            context: request.context.clone(),
            ..RunFunctionRequest::default()
        };
        Self {
            response: response::handed_on(&mut kept),
            input: Input { composite: super::composite(request), ..Input::default() },
        }
    }

    /// The tag of the request.
    pub fn tag(&self) -> Option<&str> {
        self.response.meta.as_ref().map(|meta| meta.tag.as_str())
    }

    /// Answers with one FATAL result. Nothing is changed, and no condition is lost.
    pub fn fail(self, message: String) -> RunFunctionResponse {
        let Self { mut response, input } = self;
        let refusal = Refusal::Platform { reason: "InternalError", message };
        response::refuse(
            &mut response,
            report::undecided(&input, Requirements::default(), refusal),
        );
        response
    }
}
