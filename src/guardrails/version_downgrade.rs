//! Versions older than the living one.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "version-downgrade",
    about: "A version never goes down",
    why: "AWS cannot downgrade, and the provider would ignore it silently: the claim would lie.",
    ways_out: &[
        "Set version back to the living one or a later one.",
        "Create a new claim with the older version and move the data.",
        "Ask the platform team to stop an upgrade that still waits for its maintenance window: \
         the claim cannot take it back.",
    ],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Some((living, wanted)) = checkup.version_change() else {
        return Vec::new();
    };
    if wanted.number > living.number {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.version",
        format!("Version cannot go down from {} to {}", living.name, wanted.name),
        format!(
            "Set version to {} or later, or create a new claim with version {} and move the data",
            living.name, wanted.name,
        ),
    )]
}
