//! Numbers that are too small or too large.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "number-out-of-range",
    about: "Storage, retention and the like lie within the catalogue's limits",
    why: "The limits keep costs in sight and backups long enough.",
    ways_out: &[
        "Choose a number within the limits that the message names.",
        "Leave the parameter out to get the environment's default.",
    ],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    crate::kinds::numbers(&checkup.claim.parameters, &checkup.offering.settings)
        .into_iter()
        .filter_map(|number| {
            let value = number.value?;
            (!number.range.contains(value)).then(|| {
                Violation::new(
                    GUARDRAIL.code,
                    format!("spec.parameters.{}", number.name),
                    format!("{} {value} is out of range", number.name),
                    format!(
                        "Choose a whole number from {} to {}",
                        number.range.minimum, number.range.maximum,
                    ),
                )
            })
        })
        .collect()
}
