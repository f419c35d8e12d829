//! Claims that decline the availability their environment demands.

use super::{Cause, Checkup, Guardrail, Violation};
use crate::catalog::Availability;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "high-availability-required",
    about: "Where an environment requires high availability, no claim declines it",
    why: "One failed zone must not take down what people rely on.",
    ways_out: &["Set highAvailability to true, or leave it out.", "Use another environment."],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let environment = &checkup.offering.environment;
    let declined = checkup.claim.parameters.common().high_availability == Some(false);
    let always = !checkup.claim.parameters.has_availability();
    if always || !declined || environment.high_availability != Availability::Required {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.highAvailability",
        format!("High availability is required in {}", environment.name),
        "Set highAvailability to true, or leave it out",
    )]
}
