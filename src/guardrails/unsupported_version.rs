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
    let settings = &checkup.offering.settings;
    let Some(offered) = settings.versions(&checkup.claim.parameters) else {
        return without_versions(checkup, version).into_iter().collect();
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

/// A topic on a shared cluster has the cluster's version. Where a tenancy is not offered, that is
/// said instead.
fn without_versions(checkup: &Checkup<'_>, version: &str) -> Option<Violation> {
    let tenancy = crate::kinds::tenancy(&checkup.claim.parameters, &checkup.offering.settings);
    if tenancy.is_some_and(|(wanted, offered)| !offered.contains(&wanted)) {
        return None;
    }
    Some(Violation::new(
        GUARDRAIL.code,
        "spec.parameters.version",
        format!("Version {} cannot be chosen on a shared cluster", quote(version)),
        "Leave version out, or set tenancy to dedicated where that is offered",
    ))
}
