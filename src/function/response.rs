//! From the pipeline's verdict to a `RunFunctionResponse`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::proto::{
    self, Requirements, ResourceSelector, ResponseMeta, RunFunctionRequest, RunFunctionResponse,
    SchemaSelector, Severity, Status, Target, resource_selector,
};
use crate::guardrails::{Violation, summarise};
use crate::manifest::Node;
use crate::outcome::{self, Composition, Condition, ConditionStatus, Manifest, Refusal, Verdict};
use crate::pipeline::Input;
use crate::report;
use crate::wire::{self, State, Struct};

/// What a step must not touch is handed on as it came: desired state, context and tag. Not to
/// be cached, and to be retried at Crossplane's own pace.
pub(super) fn handed_on(request: &mut RunFunctionRequest) -> RunFunctionResponse {
    RunFunctionResponse {
        meta: Some(ResponseMeta {
            tag: request.meta.take().map(|meta| meta.tag).unwrap_or_default(),
            ttl: Some(duration(Duration::ZERO)),
        }),
        desired: request.desired.take(),
        context: request.context.take(),
        ..RunFunctionResponse::default()
    }
}

/// The answer to a request with a verdict.
pub(super) fn response(
    mut request: RunFunctionRequest,
    input: &Input,
    verdict: Verdict,
) -> RunFunctionResponse {
    let mut response = handed_on(&mut request);
    match verdict.decision {
        Ok(composition) => match desire(response.desired.as_ref(), composition) {
            Ok((desired, ttl)) => {
                response.desired = Some(desired);
                if let Some(meta) = &mut response.meta {
                    meta.ttl = Some(duration(ttl));
                }
                say(&mut response, verdict.conditions, verdict.requirements);
            }
            Err(message) => {
                let refusal = Refusal::Platform { reason: "ComposeFailed", message };
                let verdict = report::undecided(input, verdict.requirements, refusal);
                refuse(&mut response, verdict);
            }
        },
        Err(_) => refuse(&mut response, verdict),
    }
    response
}

/// What every response says, whatever was decided.
fn say(
    response: &mut RunFunctionResponse,
    conditions: Vec<Condition>,
    required: outcome::Requirements,
) {
    response.conditions = conditions.into_iter().map(condition).collect();
    response.requirements = requirements(required);
}

/// Answers that nothing is composed, and why.
pub(super) fn refuse(response: &mut RunFunctionResponse, verdict: Verdict) {
    say(response, verdict.conditions, verdict.requirements);
    match verdict.decision {
        Err(Refusal::Violations(violations)) => refuse_claim(response, &violations),
        Err(Refusal::Platform { reason, message }) => {
            response.results.push(result(Severity::Fatal, Target::Composite, reason, message));
        }
        Ok(_) => {}
    }
}

/// A warning per violation, then one FATAL: what comes after it Crossplane does not read, and
/// the FATAL itself never reaches a claim.
fn refuse_claim(response: &mut RunFunctionResponse, violations: &[Violation]) {
    const MOST: usize = 10;
    for violation in violations.iter().take(MOST) {
        response.results.push(result(
            Severity::Warning,
            Target::CompositeAndClaim,
            &violation.reason(),
            violation.message(),
        ));
    }
    let reason = violations.first().map(Violation::reason).unwrap_or_default();
    response.results.push(result(
        Severity::Fatal,
        Target::CompositeAndClaim,
        &reason,
        summarise(violations),
    ));
}

/// Adds what we compose to what the steps before want.
fn desire(before: Option<&State>, composition: Composition) -> Result<(State, Duration), String> {
    let failed =
        |key: &str, error: &dyn std::fmt::Display| format!("cannot compose \"{key}\": {error}");
    let mut desired = before.cloned().unwrap_or_default();
    let foreign: BTreeSet<String> = desired
        .names()
        .map_err(|error| failed("desired resources", &error))?
        .map(str::to_owned)
        .collect();
    for (key, composed) in composition.resources {
        if foreign.contains(&key) {
            return Err(failed(
                &key,
                &"an earlier step of this pipeline uses the same key; rename its resource",
            ));
        }
        let ready = if composed.ready { wire::Ready::True } else { wire::Ready::False };
        match composed.manifest {
            Manifest::Built(node) => {
                desired.write(&key, &node, ready).map_err(|error| failed(&key, &error))?;
            }
            Manifest::Preserved(resource) => {
                desired.insert(&key, &wire::Resource { resource, ready, ..Default::default() });
            }
        }
    }
    let before = desired.composite().map_err(|error| failed("composite", &error))?;
    let status = merged_status(&before.resource, &composition.status)
        .map_err(|error| failed("composite status", &error))?;
    desired.merge_composite(&wire::Resource {
        resource: status,
        // INVARIANT: never True, which would speak for the other steps, too. When nothing is said,
        // Crossplane waits until every composed resource is ready, and all of ours say so.
        ready: if composition.ready { wire::Ready::Unspecified } else { wire::Ready::False },
        ..wire::Resource::default()
    });
    Ok((desired, composition.ttl))
}

/// An object with nothing but a status: ours over that of the steps before.
fn merged_status(before: &Struct, ours: &Node) -> Result<Struct, wire::Error> {
    let mut status = match before.get("status")? {
        Some(wire::Value::Struct(status)) => status.to_struct()?,
        _ => Struct::new(),
    };
    let written = Struct::write(ours)?;
    for entry in written.entries() {
        let (name, value) = entry?;
        status.set(name, &value)?;
    }
    let mut object = Struct::new();
    object.set("status", &status)?;
    Ok(object)
}

fn condition(condition: Condition) -> proto::Condition {
    let status = match condition.status {
        ConditionStatus::True => Status::ConditionTrue,
        ConditionStatus::False => Status::ConditionFalse,
        ConditionStatus::Unknown => Status::ConditionUnknown,
    };
    proto::Condition {
        r#type: condition.kind.to_owned(),
        status: status.into(),
        reason: condition.reason,
        message: Some(condition.message),
        target: Some(Target::CompositeAndClaim.into()),
    }
}

fn result(severity: Severity, target: Target, reason: &str, message: String) -> proto::Result {
    proto::Result {
        severity: severity.into(),
        message,
        reason: Some(reason.to_owned()),
        target: Some(target.into()),
    }
}

/// Unset when nothing is required: an empty message would cost Crossplane a second call.
fn requirements(required: outcome::Requirements) -> Option<Requirements> {
    if required.is_empty() {
        return None;
    }
    Some(Requirements {
        resources: required
            .objects
            .into_iter()
            .map(|(name, selector)| {
                let selector = ResourceSelector {
                    api_version: selector.api_version,
                    kind: selector.kind.to_owned(),
                    r#match: Some(resource_selector::Match::MatchName(selector.name)),
                    namespace: Some(selector.namespace),
                };
                (name.to_owned(), selector)
            })
            .collect(),
        schemas: required
            .schemas
            .into_iter()
            .map(|(name, (api_version, kind))| {
                (name.to_owned(), SchemaSelector { api_version, kind: kind.to_owned() })
            })
            .collect(),
        ..Requirements::default()
    })
}

/// In whole seconds: nobody waits for less here.
pub(super) fn duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: 0,
    }
}
