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

/// The one of `candidates` that `name` was probably meant to be.
pub fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (distance(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace) that turn `from` into `to`; long texts count as far away.
fn distance(from: &str, to: &str) -> usize {
    const LONGEST: usize = 64;
    let to: Vec<char> = to.chars().collect();
    if from.len() > LONGEST {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("sise", "size"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("highavailabilty", "highavailability"), 1);
    }
}
