//! Identities for what is reached with a password.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "identity-without-effect",
    about: "A stream on the shared cluster names no ServiceAccount and joins no identity",
    why: "Its application logs in with a password; whoever reads the claim would believe otherwise.",
    ways_out: &["Leave the parameter out.", "Ask for a dedicated cluster, where identities count."],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let unused = crate::kinds::unused_identity(&checkup.claim.parameters).into_iter();
    unused
        .map(|name| {
            Violation::new(
                GUARDRAIL.code,
                format!("spec.parameters.access.{name}"),
                format!(
                    "Parameter {name} does nothing on a shared cluster, where applications log in \
                     with a password"
                ),
                "Leave it out, or set tenancy to dedicated where that is offered",
            )
        })
        .collect()
}
