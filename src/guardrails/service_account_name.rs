//! Names of ServiceAccounts and of claims to join.

use super::{Cause, Checkup, Guardrail, Shape, Violation, quote};
use crate::names;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "service-account-name",
    about: "Names in access are names of one ServiceAccount or claim, without wildcards",
    why: "They become part of an IAM trust policy.",
    ways_out: &[
        "Give the exact name of a ServiceAccount, or of another claim with an identity, of this \
         namespace.",
    ],
    cause: Cause::Claim,
    check,
};

/// What an API server can judge of a ServiceAccount's name.
pub const SHAPE: Shape =
    Shape { pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", longest: 63, violation };

fn violation(name: &str) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        "spec.parameters.access.serviceAccountName",
        format!("{} is not the name of a ServiceAccount", quote(name)),
        "Use at most 63 lower-case letters, digits and dashes",
    )
}

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let claim = checkup.claim;
    let Some(wish) = claim.parameters.identity() else {
        return Vec::new();
    };
    let mut violations = Vec::new();
    if let Some(name) = wish.service_account.filter(|name| !names::is_dns_label(name)) {
        violations.push(violation(name));
    }
    let field = "spec.parameters.access.joinIdentityOf";
    let kind = claim.kind.name();
    match wish.joined(claim.kind) {
        None => return violations,
        Some(Err(text)) => violations.push(Violation::new(
            GUARDRAIL.code,
            field,
            format!("{} is not the name of a claim with an identity", quote(text)),
            format!("Give the name of another {kind} of this namespace, or Kind/name"),
        )),
        Some(Ok(joined)) if joined.kind == claim.kind && joined.claim == claim.name => {
            violations.push(Violation::new(
                GUARDRAIL.code,
                field,
                "A claim cannot join its own identity",
                format!("Leave joinIdentityOf out, or name another {kind} of this namespace"),
            ));
        }
        Some(Ok(_)) => {}
    }
    if wish.service_account.is_some() || wish.create == Some(true) {
        violations.push(Violation::new(
            GUARDRAIL.code,
            field,
            "A claim that joins an identity has no ServiceAccount of its own",
            "Leave out joinIdentityOf, or serviceAccountName and createServiceAccount",
        ));
    }
    violations
}
