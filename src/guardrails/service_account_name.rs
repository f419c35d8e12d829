//! Names of ServiceAccounts and of claims to join.

use super::{Cause, Checkup, Guardrail, Violation, quote};
use crate::kinds::Parameters;
use crate::names;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "service-account-name",
    about: "Names in access are names of one ServiceAccount or claim, without wildcards",
    why: "They become part of an IAM trust policy.",
    ways_out: &[
        "Give the exact name of a ServiceAccount, or of another ObjectStore, of this namespace.",
    ],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Parameters::ObjectStore(parameters) = &checkup.claim.parameters else {
        return Vec::new();
    };
    let access = &parameters.access;
    let mut violations = Vec::new();
    if let Some(name) =
        access.service_account_name.as_deref().filter(|name| !names::is_dns_label(name))
    {
        violations.push(Violation::new(
            GUARDRAIL.code,
            "spec.parameters.access.serviceAccountName",
            format!("{} is not the name of a ServiceAccount", quote(name)),
            "Use at most 63 lower-case letters, digits and dashes",
        ));
    }
    if let Some(name) = access.join_identity_of.as_deref() {
        let field = "spec.parameters.access.joinIdentityOf";
        if !names::is_claim_name(name) {
            violations.push(Violation::new(
                GUARDRAIL.code,
                field,
                format!("{} is not the name of an ObjectStore", quote(name)),
                "Give the name of another ObjectStore of this namespace",
            ));
        } else if *name == checkup.claim.name {
            violations.push(Violation::new(
                GUARDRAIL.code,
                field,
                "A claim cannot join its own identity",
                "Leave joinIdentityOf out, or name another ObjectStore of this namespace",
            ));
        }
        if access.service_account_name.is_some() || access.create_service_account == Some(true) {
            violations.push(Violation::new(
                GUARDRAIL.code,
                field,
                "A claim that joins an identity has no ServiceAccount of its own",
                "Leave out joinIdentityOf, or serviceAccountName and createServiceAccount",
            ));
        }
    }
    violations
}
