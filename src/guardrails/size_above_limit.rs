//! Sizes that need an exception.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "size-above-limit",
    about: "A claim is not larger than its environment allows",
    why: "Larger sizes cost several times as much; somebody should look at such a need once.",
    ways_out: &[
        "Choose a size up to the maximum.",
        "Ask the contact in the message for an exception.",
    ],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let settings = &checkup.offering.settings;
    let sizes = settings.sizes();
    let rank = |name: &str| sizes.iter().position(|size| *size == name);
    let maximum = settings.maximum_size();
    match checkup.claim.parameters.common().size.and_then(rank) {
        Some(size) if Some(size) > rank(maximum) => vec![Violation::new(
            GUARDRAIL.code,
            "spec.parameters.size",
            format!("Maximum allowed size is {maximum}"),
            format!("Contact {} for exceptions", checkup.offering.platform.contact),
        )],
        _ => Vec::new(),
    }
}
