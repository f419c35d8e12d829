//! Kinds that a backend does not provide in an environment.

use super::{Cause, Guardrail, Violation, judged_elsewhere, quote};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "not-offered",
    about: "A claim selects a provider and an environment that the catalogue has for its kind",
    why: "Without a matching Composition, Crossplane would leave the claim waiting for ever.",
    ways_out: &["Select one of the combinations that the message lists."],
    cause: Cause::Claim,
    check: judged_elsewhere,
};

/// The violation of a claim that selects what is not there. `offered` are pairs such as
/// `aws in production`.
pub fn violation(
    field: &str,
    kind: &str,
    provider: &str,
    environment: &str,
    offered: &[String],
) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        field,
        format!(
            "{kind} is not offered by provider {} in environment {}",
            quote(provider),
            quote(environment)
        ),
        if offered.is_empty() {
            "No environment offers it".to_owned()
        } else {
            format!("Choose one of {}", list(offered))
        },
    )
}
