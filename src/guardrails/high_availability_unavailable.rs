//! Claims that want an availability their environment does not have.

use super::{Cause, Checkup, Guardrail, Violation};
use crate::catalog::Availability;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "high-availability-unavailable",
    about: "Where an environment has no high availability, no claim asks for it",
    why: "It costs a multiple, and this environment does not need it.",
    ways_out: &["Set highAvailability to false, or leave it out.", "Use another environment."],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let environment = &checkup.offering.environment;
    let wanted = checkup.claim.parameters.common().high_availability == Some(true);
    let always = !checkup.claim.parameters.has_availability();
    if always || !wanted || environment.high_availability != Availability::Unavailable {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.highAvailability",
        format!("High availability is not available in {}", environment.name),
        "Set highAvailability to false, or leave it out",
    )]
}
