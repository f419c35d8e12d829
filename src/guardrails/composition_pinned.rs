//! Claims that pin a Composition's revision.

use super::{Cause, Checkup, Guardrail, Violation, quote};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "composition-pinned",
    about: "A claim follows its Composition",
    why: "A claim on an old revision would run past every later guardrail and security fix.",
    ways_out: &["Remove the field that the message names."],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    checkup.claim.pins.iter().map(|(field, value)| violation(field, value)).collect()
}

/// The violation of a claim that has `value` at `field`.
pub fn violation(field: &str, value: &str) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        field,
        format!("{} pins this claim to a revision of its Composition", quote(value)),
        "Remove the field",
    )
}
