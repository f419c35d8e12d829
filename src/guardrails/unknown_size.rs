//! Sizes that are not in the catalogue.

use super::{Cause, Checkup, Guardrail, Violation, quote};
use crate::catalog::{Offering, list};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "unknown-size",
    about: "A size is one of the catalogue's",
    why: "Every size stands for a vetted instance type and its price.",
    ways_out: &["Choose one of the sizes that the message lists."],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    match checkup.claim.parameters.common().size {
        Some(size) if !checkup.offering.settings.sizes().contains(&size) => vec![Violation::new(
            GUARDRAIL.code,
            "spec.parameters.size",
            format!("Size {} is not offered", quote(size)),
            format!("Choose one of {}", list(offered(checkup.offering))),
        )],
        _ => Vec::new(),
    }
}

/// The sizes that need no exception.
pub fn offered(offering: &Offering) -> Vec<&str> {
    let mut sizes = offering.settings.sizes();
    let maximum = offering.settings.maximum_size();
    if let Some(last) = sizes.iter().position(|size| *size == maximum) {
        sizes.truncate(last + 1);
    }
    sizes
}
