//! Namespaces that may not use an environment.

use super::{Cause, Checkup, Guardrail, Violation};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "environment-not-allowed",
    about: "Only the namespaces that the catalogue names may use an environment",
    why: "The author of a claim must not be able to choose another account or network.",
    ways_out: &[
        "Create the claim in a namespace of this environment.",
        "Select another environment.",
    ],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let environment = &checkup.offering.environment;
    let namespace = &checkup.claim.namespace;
    if environment.admits(namespace) {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "metadata.namespace",
        format!("Namespace {namespace} may not use environment {}", environment.name),
        if environment.namespaces.is_empty() {
            format!("Contact {} about this environment", checkup.offering.platform.contact)
        } else {
            format!(
                "Use another environment, or a namespace named like {}",
                list(&environment.namespaces),
            )
        },
    )]
}
