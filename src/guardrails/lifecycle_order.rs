//! Objects that would expire before they are archived.

use super::{Cause, Checkup, Guardrail, Violation};
use crate::kinds::Parameters;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "lifecycle-order",
    about: "Objects are archived before they expire",
    why: "S3 refuses the other order, and the refusal would never reach the claim.",
    ways_out: &[
        "Archive earlier, or expire later.",
        "Leave archiveAfterDays or expireAfterDays out.",
    ],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Parameters::ObjectStore(parameters) = &checkup.claim.parameters else {
        return Vec::new();
    };
    let (Some(archive), Some(expire)) =
        (parameters.archive_after_days, parameters.expire_after_days)
    else {
        return Vec::new();
    };
    if archive < expire {
        return Vec::new();
    }
    vec![Violation::new(
        GUARDRAIL.code,
        "spec.parameters.archiveAfterDays",
        format!("archiveAfterDays {archive} is not before expireAfterDays {expire}"),
        "Set archiveAfterDays to less than expireAfterDays, or leave one of them out",
    )]
}
