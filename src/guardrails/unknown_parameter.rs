//! Parameters that a kind does not have.

use super::{Cause, Guardrail, Violation, judged_elsewhere, quote};
use crate::catalog::list;
use crate::claim::Parameter;
use crate::text::nearest;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "unknown-parameter",
    about: "A claim only sets parameters that its kind has",
    why: "A misspelt parameter would silently do nothing.",
    ways_out: &["Correct the name, or remove the parameter."],
    cause: Cause::Claim,
    check: judged_elsewhere,
};

/// The violation of a claim that has `name` at `field`, where `allowed` may stand.
pub(crate) fn violation(field: &str, name: &str, allowed: &[Parameter]) -> Violation {
    let names = || allowed.iter().map(|parameter| parameter.name);
    let fix = match nearest(name, names()) {
        Some(candidate) => format!("Did you mean {candidate}"),
        None => format!("Remove it; the parameters are {}", list(names())),
    };
    // The path may hold what the author wrote: keep it printable.
    let shown = quote(field);
    let field = shown.trim_matches('"');
    Violation::new(GUARDRAIL.code, field, format!("Parameter {} does not exist", quote(name)), fix)
}
