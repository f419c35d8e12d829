//! Streams on a cluster that the environment does not have.

use super::{Cause, Checkup, Guardrail, Violation};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "tenancy-not-offered",
    about: "A stream is on a cluster that its environment offers: the shared one, or its own",
    why: "A cluster of one's own costs many times what a topic does, and a topic needs a cluster.",
    ways_out: &[
        "Set tenancy to one that the message lists.",
        "Use another environment.",
        "Ask the platform team to offer the other tenancy.",
    ],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let parameters = &checkup.claim.parameters;
    let tenancy = crate::kinds::tenancy(parameters, &checkup.offering.settings);
    let Some((wanted, offered)) = tenancy.filter(|(wanted, offered)| !offered.contains(wanted))
    else {
        return Vec::new();
    };
    let others = list(offered.into_iter().map(crate::kinds::event_stream::Tenancy::name));
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.tenancy",
        format!(
            "Tenancy {} is not offered in {}",
            wanted.name(),
            checkup.offering.environment.name
        ),
        format!("Set tenancy to {others}"),
    )]
}
