//! The shape of a claim's name.

use super::{Cause, Checkup, Guardrail, Shape, Violation, quote};
use crate::names;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "name-shape",
    about: "The name of a claim has a shape that every service behind it accepts",
    why: "Names of AWS resources are made from it, and ElastiCache leaves 40 characters for all of it.",
    ways_out: &["Create the claim under another name; Kubernetes names cannot be changed."],
    cause: Cause::Claim,
    check,
};

/// What an API server can judge of it. Its length is 3 to 25.
pub const SHAPE: Shape = Shape { pattern: "^[a-z](-?[a-z0-9])+$", longest: 25, violation };

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let name = &checkup.claim.name;
    if names::is_claim_name(name) { Vec::new() } else { vec![violation(name)] }
}

fn violation(name: &str) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        "metadata.name",
        format!("Name {} does not have the allowed shape", quote(name)),
        "Use 3 to 25 lower-case letters, digits and single dashes, beginning with a letter and \
         not ending with a dash",
    )
}
