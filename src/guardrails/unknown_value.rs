//! Texts that are none of a parameter's values.

use super::{Cause, Guardrail, Violation, judged_elsewhere, quote};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "unknown-value",
    about: "A parameter with a fixed set of values has one of them",
    why: "Every value of the set was tried; others would fail later, in the cloud.",
    ways_out: &["Choose one of the values that the message lists."],
    cause: Cause::Claim,
    check: judged_elsewhere,
};

/// The violation of a claim that has `given` at `field`, which allows `options`.
pub(crate) fn violation(field: &str, given: &str, options: &[&str]) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        field,
        format!("{} is not allowed here", quote(given)),
        format!("Choose one of {}", list(options)),
    )
}
