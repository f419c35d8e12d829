//! ServiceAccounts that exist and are not ours.

use super::{Cause, Checkup, Guardrail, Violation};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "service-account-exists",
    about: "A claim never takes over a ServiceAccount that exists",
    why: "Deleting the claim would delete the ServiceAccount of an application.",
    ways_out: &[
        "Leave createServiceAccount out, and put status.roleArn on the ServiceAccount yourself.",
        "Choose another serviceAccountName.",
    ],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Some(wish) = checkup.claim.parameters.identity() else {
        return Vec::new();
    };
    if !checkup.foreign_service_account || wish.create != Some(true) {
        return Vec::new();
    }
    let name = wish.service_account(&checkup.claim.name);
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.access.createServiceAccount",
        format!("ServiceAccount {name} exists already and does not belong to this claim"),
        "Leave createServiceAccount out and annotate it with status.roleArn, or choose another \
         serviceAccountName",
    )]
}
