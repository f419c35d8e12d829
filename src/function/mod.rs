//! The only edge that knows protobuf and tonic.
//!
//! [`run`] is the whole function, without transport: request in, response out.

mod request;
mod rescue;
mod response;
#[cfg(feature = "server")]
pub mod server;

use std::time::Duration;

use jiff::civil::Date;

use crate::outcome::{Refusal, Requirements};
use crate::pipeline::{self, Input};
use crate::report;
use crate::wire::Struct;

pub use rescue::Rescue;

/// The function protocol, generated from `proto/`.
#[expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    reason = "generated from proto/, which documents it"
)]
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/apiextensions.r#fn.proto.v1.rs"));
}

/// Answers one request on the day `now`. Never fails: what is wrong becomes a FATAL result.
#[must_use]
pub fn run(request: proto::RunFunctionRequest, now: Date) -> proto::RunFunctionResponse {
    let (input, verdict) = match request::input(&request, now) {
        Ok(input) => {
            let verdict = pipeline::run(&input);
            (input, verdict)
        }
        Err(error) => {
            let input = Input { composite: composite(&request), ..Input::default() };
            let refusal =
                Refusal::Platform { reason: "UnreadableRequest", message: error.to_string() };
            let verdict = report::undecided(&input, Requirements::default(), refusal);
            (input, verdict)
        }
    };
    response::response(request, &input, verdict)
}

/// Makes Crossplane look at the claim again after `longest` at the latest. Refusals stay as they
/// are: their time of zero makes Crossplane retry at its own pace.
pub fn rest_at_most(response: &mut proto::RunFunctionResponse, longest: Duration) {
    if let Some(ttl) = response.meta.as_mut().and_then(|meta| meta.ttl.as_mut()) {
        ttl.seconds = ttl.seconds.min(response::duration(longest).seconds);
    }
}

/// The observed composite resource, as far as it can be read.
fn composite(request: &proto::RunFunctionRequest) -> Struct {
    let observed = request.observed.as_ref().and_then(|observed| observed.composite().ok());
    observed.map(|composite| composite.resource).unwrap_or_default()
}
