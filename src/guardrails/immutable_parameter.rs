//! Parameters that cannot change once the resource exists.

use super::{Cause, Checkup, Guardrail, Memory, Violation, quote};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "immutable-parameter",
    about: "What AWS cannot change on a living resource stays as it was created",
    why: "The change would mean a new, empty resource in place of the old one.",
    ways_out: &["Set the parameter back.", "Create a new claim and move the data."],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let mut violations: Vec<_> = checkup
        .claim
        .kind
        .fixed_parameters()
        .filter_map(|parameter| {
            // What cannot be guessed of a resource without our annotation is no ground to refuse.
            let known = |memory: &&Memory| {
                !memory.inferred || memory.parameters.contains_key(parameter.name)
            };
            let memory = checkup.memory.filter(known)?;
            let before = memory.parameters.get(parameter.name).and_then(|value| value.as_str());
            let after = checkup.claim.written.get(parameter.name).and_then(|value| value.as_str());
            let default = crate::kinds::default_of(checkup.claim, parameter);
            let named = |value: Option<&str>| value.map(str::to_owned).or_else(|| default.clone());
            // One that every claim has alike is told by its name.
            let constant = parameter.form.constant();
            (named(before) != named(after)).then(|| {
                violation(
                    &format!("spec.parameters.{}", parameter.name),
                    parameter.name,
                    before.or(constant),
                    after.or(constant),
                )
            })
        })
        .collect();
    violations.extend(secret_name(checkup));
    violations
}

/// The credentials Secret keeps the name it was created with: applications mount it.
fn secret_name(checkup: &Checkup<'_>) -> Option<Violation> {
    let key = checkup.claim.kind.credentials_key();
    let object = &checkup.observed.get(&key)?.object;
    let living: crate::observed::Managed<crate::observed::Unread, crate::observed::Unread> =
        object.read().ok()?;
    let living = living.metadata.name?;
    let crate::outcome::Answer::Present(wanted) = checkup.secret_name else {
        return None;
    };
    (living != *wanted).then(|| {
        violation(
            "spec.writeConnectionSecretToRef.name",
            "writeConnectionSecretToRef.name",
            Some(&living),
            Some(wanted),
        )
    })
}

/// The violation of a claim that had `before` at `field` and has `after` now; `None` is an omitted
/// one.
pub fn violation(field: &str, name: &str, before: Option<&str>, after: Option<&str>) -> Violation {
    let shown = |value: Option<&str>| value.map_or_else(|| "its default".to_owned(), quote);
    let back = match before {
        Some(before) => format!("Set it back to {}", quote(before)),
        None => "Leave it out again".to_owned(),
    };
    Violation::new(
        GUARDRAIL.code,
        field,
        format!("{name} cannot change from {} to {} after creation", shown(before), shown(after)),
        format!("{back}, or create a new claim and move the data"),
    )
}
