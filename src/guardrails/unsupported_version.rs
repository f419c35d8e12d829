//! Versions that are not in the catalogue.

use super::{Cause, Checkup, Guardrail, Violation, quote};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "unsupported-version",
    about: "A version is one of the catalogue's",
    why: "Only vetted versions are created, and none that AWS bills as extended support.",
    ways_out: &["Choose one of the versions that the message lists, or leave version out."],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    // A claim that asks for no version keeps the one it got, even if that left the catalogue.
    let remembered = checkup
        .memory
        .filter(|_| checkup.is_unchanged("spec.parameters.version"))
        .and_then(|memory| memory.version.as_deref());
    let Some(version) = checkup.claim.parameters.common().version.or(remembered) else {
        return Vec::new();
    };
    let Some(offered) = checkup.offering.settings.versions(&checkup.claim.parameters) else {
        return vec![Violation::new(
            GUARDRAIL.code,
            "spec.parameters.version",
            format!("Version {} cannot be chosen here", quote(version)),
            "Leave version out",
        )];
    };
    if offered.find(version).is_some() {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.version",
        format!("Version {} is not supported", quote(version)),
        format!("Choose one of {}", list(offered.names())),
    )]
}
