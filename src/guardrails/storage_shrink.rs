//! Storage smaller than what exists.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "storage-shrink",
    about: "Storage never shrinks",
    why: "AWS cannot shrink a volume; it would have to be replaced, data and all.",
    ways_out: &[
        "Set storageGB to what exists, or more.",
        "Create a new claim with less storage and move the data.",
        "Ask the platform team to stop a growth that still waits for its maintenance window: the \
         claim cannot take it back.",
    ],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Some(wanted) = crate::kinds::storage_gb(&checkup.claim.parameters) else {
        return Vec::new();
    };
    // Autoscaling grows the volume behind the claim's back: what was accepted must stay so.
    if checkup.is_unchanged("spec.parameters.storageGB") {
        return Vec::new();
    }
    let living = crate::kinds::living_storage_gb(checkup.claim.kind, checkup.observed);
    match living {
        Some(living) if wanted < living => vec![Violation::new(
            GUARDRAIL.code,
            "spec.parameters.storageGB",
            format!("Storage cannot shrink from {living} GB to {wanted} GB"),
            format!("Set storageGB to {living} or more, or create a new claim and move the data"),
        )],
        _ => Vec::new(),
    }
}
