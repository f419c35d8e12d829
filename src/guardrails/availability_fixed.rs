//! Availability that cannot change once the resource exists.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "availability-fixed",
    about: "Where AWS cannot change availability on a living resource, it stays as it was created",
    why: "Brokers are spread over zones when they are made; the change would mean new, empty ones.",
    ways_out: &[
        "Set highAvailability back.",
        "Create a new claim with the availability you want, and move over to it.",
    ],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let parameters = &checkup.claim.parameters;
    let living = checkup.memory.and_then(|memory| memory.high_availability);
    let (Some(living), Some(wanted)) = (living, parameters.common().high_availability) else {
        return Vec::new();
    };
    if living == wanted || !parameters.fixes_availability() {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.highAvailability",
        format!("highAvailability cannot change from {living} to {wanted} after creation"),
        format!("Set it back to {living}, or create a new claim and move over to it"),
    )]
}
