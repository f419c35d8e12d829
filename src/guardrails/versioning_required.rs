//! Claims that decline the versioning their environment demands.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "versioning-required",
    about: "Where an environment requires versioning, no bucket declines it",
    why: "Former versions are the only way back from a deletion or an overwrite.",
    ways_out: &["Set versioning to true, or leave it out.", "Use another environment."],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let declined =
        crate::kinds::declines_versioning(&checkup.claim.parameters, &checkup.offering.settings);
    if !declined {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.versioning",
        format!("Versioning is required in {}", checkup.offering.environment.name),
        "Set versioning to true, or leave it out",
    )]
}
