//! Living resources whose environment or backend changed.

use super::{Cause, Checkup, Guardrail, Violation, quote};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "environment-changed",
    about: "Environment and provider of a claim are chosen once",
    why: "Another account, network or service means another resource: nothing moves by itself.",
    ways_out: &["Select what the message names again.", "Create a new claim and move the data."],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Some(memory) = checkup.memory else {
        return Vec::new();
    };
    let offering = checkup.offering;
    [
        (
            "provider",
            "Provider",
            &memory.provider,
            offering.provider.name(),
        ),
        (
            "environment",
            "Environment",
            &memory.environment,
            offering.environment.name.as_str(),
        ),
    ]
    .into_iter()
    .filter_map(|(label, word, before, now)| {
        let before = before.as_deref().filter(|before| *before != now)?;
        Some(Violation::new(
            GUARDRAIL.code,
            format!("{}.{label}", checkup.claim.selector_path()),
            format!(
                "{word} cannot change from {} to {} after creation",
                quote(before),
                quote(now),
            ),
            format!("Set it back to {before}, or create a new claim and move the data"),
        ))
    })
    .collect()
}
