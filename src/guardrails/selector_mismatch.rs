//! Selectors that disagree with the Composition that was chosen.

use super::{Cause, Checkup, Guardrail, Violation, quote};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "selector-mismatch",
    about: "A claim's selector names the provider and environment that its Composition is for",
    why: "With an incomplete selector Crossplane picks any Composition, and with an edited one \
          it keeps the first: a claim would say one environment and run in another.",
    ways_out: &["Set both labels to what the message names, and remove compositionRef."],
    cause: Cause::Claim,
    check,
};

/// The violation of a claim without the label `label` at `field`, of which `offered` are the
/// values.
pub fn missing(field: &str, label: &str, offered: &[&str]) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        field,
        format!("Selector label {label} is missing"),
        format!("Set it to one of {}", list(offered)),
    )
}

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let selector = &checkup.claim.selector;
    let offering = checkup.offering;
    [
        ("provider", &selector.provider, offering.provider.name()),
        ("environment", &selector.environment, offering.environment.name.as_str()),
    ]
    .into_iter()
    .filter(|(_, given, expected)| given.as_deref() != Some(expected))
    .map(|(label, given, expected)| {
        let problem = match given {
            None => format!("Selector label {label} is missing"),
            Some(given) => format!(
                "Selector label {label} is {}, but this claim is composed for {}",
                quote(given),
                quote(expected),
            ),
        };
        let fix = match (given, checkup.memory) {
            (Some(_), Some(_)) => format!(
                "Set it back to {expected}; to move, create a new claim there and move the data"
            ),
            _ => format!("Set it to {expected}, or create a new claim with the selector you want"),
        };
        let field = format!("{}.{label}", checkup.claim.selector_path());
        Violation::new(GUARDRAIL.code, field, problem, fix)
    })
    .collect()
}
