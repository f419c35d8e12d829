//! Topics that would have fewer partitions than there are.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "partitions-shrink",
    about: "A topic never gets fewer partitions",
    why: "Kafka cannot take a partition away; the topic would have to be replaced, events and all.",
    ways_out: &[
        "Set partitions to what exists, or more.",
        "Create a new claim with fewer partitions and let consumers move over to it.",
    ],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Some(wanted) = crate::kinds::partitions(&checkup.claim.parameters) else {
        return Vec::new();
    };
    // Somebody may have added some behind the claim's back: what was accepted must stay so.
    if checkup.is_unchanged("spec.parameters.partitions") {
        return Vec::new();
    }
    let living = crate::kinds::living_partitions(checkup.claim.kind, checkup.observed);
    match living {
        Some(living) if wanted < living => vec![Violation::new(
            GUARDRAIL.code,
            "spec.parameters.partitions",
            format!("Partitions cannot shrink from {living} to {wanted}"),
            format!(
                "Set partitions to {living} or more, or create a new claim and move over to it"
            ),
        )],
        _ => Vec::new(),
    }
}
