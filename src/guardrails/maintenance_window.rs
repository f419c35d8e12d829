//! Maintenance windows that AWS would refuse.

use super::{Cause, Checkup, Guardrail, Shape, Violation, quote};
use crate::backends::window::Window;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "maintenance-window",
    about: "A maintenance window has AWS's form and leaves the backup window alone",
    why: "AWS refuses other windows, and the refusal would never reach the claim.",
    ways_out: &[
        "Choose a window of at least 60 minutes, of 120 for a broker, that does not meet the \
                 backup window.",
    ],
    cause: Cause::Catalogue,
    check,
};

const FIELD: &str = "spec.parameters.maintenanceWindow";

/// What an API server can judge of it.
pub const SHAPE: Shape = Shape {
    pattern: "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-\
              (mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$",
    longest: 19,
    violation: malformed,
};

fn malformed(given: &str) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        FIELD,
        format!("Maintenance window {} does not have the form ddd:hh:mm-ddd:hh:mm", quote(given)),
        "Give a window of 60 minutes to 24 hours in UTC, such as sun:03:30-sun:04:30",
    )
}

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let (window, backup) =
        crate::kinds::windows(&checkup.claim.parameters, &checkup.offering.settings);
    let Some(given) = window else {
        return Vec::new();
    };
    let violation =
        |problem: String, fix: &str| vec![Violation::new(GUARDRAIL.code, FIELD, problem, fix)];
    let Some(window) = Window::weekly(given) else {
        return vec![malformed(given)];
    };
    let minutes = crate::kinds::maintenance_minutes(&checkup.claim.parameters);
    if let Some(minutes) = minutes.filter(|minutes| window.minutes() < *minutes) {
        return violation(
            format!(
                "Maintenance window {} is shorter than the {minutes} minutes that maintenance takes",
                quote(given)
            ),
            "Give a longer window, such as sun:03:00-sun:05:00",
        );
    }
    match backup.filter(|backup| Window::daily(backup).is_some_and(|backup| backup.meets(&window)))
    {
        Some(backup) => violation(
            format!("Maintenance window {} meets the backup window {backup}", quote(given)),
            "Choose a time outside the backup window",
        ),
        None => Vec::new(),
    }
}
