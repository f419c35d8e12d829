//! Parameters that a kind does not have.

use super::{Cause, Guardrail, Violation, judged_elsewhere, quote};
use crate::catalog::list;
use crate::claim::Parameter;

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
    let fix = match closest(name, names()) {
        Some(candidate) => format!("Did you mean {candidate}"),
        None => format!("Remove it; the parameters are {}", list(names())),
    };
    // The path may hold what the author wrote: keep it printable.
    let shown = quote(field);
    let field = shown.trim_matches('"');
    Violation::new(GUARDRAIL.code, field, format!("Parameter {} does not exist", quote(name)), fix)
}

/// A longer word is not compared: it is no slip of the pen, and may be of any length.
const LONGEST: usize = 64;

/// The one of `candidates` that `name` was probably meant to be.
pub fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = name.to_lowercase();
    if typed.len() > LONGEST {
        return None;
    }
    candidates
        .map(|candidate| (strsim::levenshtein(&typed, &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use strsim::levenshtein as distance;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("sise", "size"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("highavailabilty", "highavailability"), 1);
    }
}
