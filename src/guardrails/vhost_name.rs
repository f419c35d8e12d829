//! Names of virtual hosts that would have to be escaped, or that RabbitMQ could not hold.

use super::{Cause, Checkup, Guardrail, Shape, Violation, quote};
use crate::names::is_vhost_name;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "vhost-name",
    about: "A virtual host has a name that needs no escaping",
    why: "It stands in connection URIs, in the management API's paths and in metrics, which do not \
          all escape alike.",
    ways_out: &["Set vhost to letters, digits, dots, underscores and dashes, beginning with a \
                 letter."],
    cause: Cause::Claim,
    check,
};

/// What an API server can judge of it.
pub const SHAPE: Shape = Shape { pattern: "^[A-Za-z][A-Za-z0-9._-]*$", longest: 255, violation };

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let given = crate::kinds::vhost(&checkup.claim.parameters);
    let refused = given.filter(|name| !is_vhost_name(name));
    refused.map(violation).into_iter().collect()
}

fn violation(name: &str) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        "spec.parameters.vhost",
        format!("Name {} of a virtual host is not allowed", quote(name)),
        "Use 1 to 255 letters, digits, dots, underscores and dashes, beginning with a letter",
    )
}
