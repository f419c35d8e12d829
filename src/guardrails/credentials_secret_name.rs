//! Names of credentials Secrets.

use super::{Cause, Checkup, Guardrail, Shape, Violation, quote};
use crate::outcome::Answer;

/// What every credentials Secret's name ends in.
const ENDING: &str = "-credentials";

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "credentials-secret-name",
    about: "The credentials Secret has a name that ends in -credentials",
    why: "A claim must not take over a Secret that belongs to something else.",
    ways_out: &["Choose a name that ends in -credentials, or leave it out."],
    cause: Cause::Claim,
    check,
};

/// What an API server can judge of it.
pub const SHAPE: Shape = Shape {
    pattern: "^([a-z0-9]([-a-z0-9]*[a-z0-9])?[.])*[a-z0-9]([-a-z0-9]*[a-z0-9])?-credentials$",
    longest: 253,
    violation,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Answer::Present(name) = checkup.secret_name else {
        return Vec::new();
    };
    // A name that nobody wrote is made from the claim's, which has a guardrail of its own.
    let fine = *name == checkup.claim.default_secret_name()
        || name.len() <= 253
            && name.strip_suffix(ENDING).is_some_and(|rest| !rest.is_empty())
            && name.split('.').all(crate::names::is_dns_label);
    if fine {
        return Vec::new();
    }
    vec![violation(name)]
}

fn violation(name: &str) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        "spec.writeConnectionSecretToRef.name",
        format!("Secret name {} is not allowed", quote(name)),
        format!("Use lower-case letters, digits and dashes, and end it in {ENDING}"),
    )
}
