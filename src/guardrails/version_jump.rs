//! Upgrades over more versions than the catalogue's path allows.

use super::{Cause, Checkup, Guardrail, Violation};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "version-jump",
    about: "An upgrade follows the catalogue's path",
    why: "Only steps that were tried are taken on living data.",
    ways_out: &["Upgrade in the steps that the message names."],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Some((living, wanted)) = checkup.version_change() else {
        return Vec::new();
    };
    if wanted.number < living.number || living.upgrades_to.iter().any(|step| step == wanted.name) {
        return Vec::new();
    }
    let fix = if living.upgrades_to.is_empty() {
        format!("Contact {} about this upgrade", checkup.offering.platform.contact)
    } else {
        format!("Upgrade to one of {} first", list(living.upgrades_to))
    };
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.version",
        format!("Version cannot go from {} to {} in one step", living.name, wanted.name),
        fix,
    )]
}
