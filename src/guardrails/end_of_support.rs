//! Versions whose standard support is over.

use super::{Cause, Checkup, Guardrail, Violation};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "end-of-support",
    about: "A version past its standard support is pointed out",
    why: "AWS stops fixing it, and upgrades it or bills extended support after some time.",
    ways_out: &["Upgrade to one of the versions that the message lists."],
    cause: Cause::Time,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let claim = checkup.claim;
    let remembered = checkup.memory.and_then(|memory| memory.version.as_deref());
    let Some(offered) = checkup.offering.settings.versions(&claim.parameters) else {
        return Vec::new();
    };
    let meant = claim.parameters.common().version.or(remembered).unwrap_or(&offered.default);
    let Some(version) = offered.find(meant) else {
        return Vec::new();
    };
    match version.standard_support_until {
        Some(last) if checkup.now > last => vec![Violation::new(
            GUARDRAIL.code,
            "spec.parameters.version",
            format!("Standard support of version {} ended on {last}", version.name),
            if version.upgrades_to.is_empty() {
                format!("Contact {} about its successor", checkup.offering.platform.contact)
            } else {
                format!("Upgrade to one of {}", list(&version.upgrades_to))
            },
        )],
        _ => Vec::new(),
    }
}
