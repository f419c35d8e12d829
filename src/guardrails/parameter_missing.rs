//! Parameters that a claim must set.

use super::{Cause, Checkup, Guardrail, Violation};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "parameter-missing",
    about: "A claim says how large it is",
    why: "Size decides what it costs, so it is never guessed.",
    ways_out: &["Set the parameter that the message names."],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    // A size of a wrong type is refused for that.
    if checkup.claim.written.get("size").is_some_and(|size| !size.is_null()) {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.size",
        "Parameter size is missing",
        format!("Set it to one of {}", list(super::unknown_size::offered(checkup.offering))),
    )]
}
