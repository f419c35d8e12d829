//! From a `RunFunctionRequest` to the pipeline's input.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::proto::{Resources, RunFunctionRequest};
use crate::observed::{Observed, Resource, Sensitive};
use crate::outcome::Answer;
use crate::pipeline::Input;
use crate::wire::{self, State, Struct};

/// Why a request cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the request's {part}: {source}")]
pub(super) struct RequestError {
    part: &'static str,
    source: wire::Error,
}

/// Reads a request. Nothing is decoded that no later step asks for.
pub(super) fn input(request: &RunFunctionRequest, now: Date) -> Result<Input, RequestError> {
    let none = State::default();
    let observed = request.observed.as_ref().unwrap_or(&none);
    let composite = observed
        .composite()
        .map_err(|source| RequestError { part: "observed composite resource", source })?;
    let resources = observed
        .resources()
        .map(|entry| {
            entry.map(|(key, resource)| {
                let connection = resource
                    .connection_details
                    .into_iter()
                    .map(|(name, value)| (name, Sensitive::new(value)))
                    .collect();
                (key.to_owned(), Resource { object: resource.resource, connection })
            })
        })
        .collect::<Result<Observed, _>>()
        .map_err(|source| RequestError { part: "observed resources", source })?;
    Ok(Input {
        composite: composite.resource,
        offering: request.input.clone(),
        observed: resources,
        objects: objects(request),
        schemas: request
            .required_schemas
            .iter()
            .map(|(name, schema)| {
                let answer = match &schema.openapi_v3 {
                    Some(schema) if !schema.is_empty() => Answer::Present(()),
                    _ => Answer::Absent,
                };
                (name.clone(), answer)
            })
            .collect(),
        now,
    })
}

/// Answers under today's name of the field and under the one before Crossplane 2.0.
fn objects(request: &RunFunctionRequest) -> BTreeMap<String, Answer<Struct>> {
    request
        .extra_resources
        .iter()
        .chain(&request.required_resources)
        .map(|(name, resources)| (name.clone(), answer(resources)))
        .collect()
}

fn answer(resources: &Resources) -> Answer<Struct> {
    match resources.items.first() {
        Some(item) => Answer::Present(item.resource.clone()),
        None => Answer::Absent,
    }
}
