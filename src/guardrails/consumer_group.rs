//! Names of consumer groups.

use super::{Cause, Checkup, Guardrail, Violation, quote};
use crate::kinds::event_stream::{GROUP_CHARACTERS, GROUPS, is_kafka_name};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "consumer-group",
    about: "Consumer groups have plain names, are listed once, and are few",
    why: "The name becomes part of what the application is allowed to read, where an asterisk \
          would mean everything. Policies of AWS have room for few.",
    ways_out: &[
        "Use at most 100 letters, digits, dots, dashes and underscores, each name once.",
        "Remove groups that nobody reads with any more.",
    ],
    cause: Cause::Claim,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let groups = crate::kinds::consumer_groups(&checkup.claim.parameters);
    let path = "spec.parameters.access.consumerGroups";
    let violation = |index, problem, fix: String| {
        Violation::new(GUARDRAIL.code, format!("{path}[{index}]"), problem, fix)
    };
    let mut violations = Vec::new();
    if groups.len() > GROUPS {
        violations.push(Violation::new(
            GUARDRAIL.code,
            path,
            format!("{} consumer groups are too many", groups.len()),
            format!("List at most {GROUPS}"),
        ));
    }
    for (index, group) in groups.iter().enumerate() {
        if !is_kafka_name(group, GROUP_CHARACTERS) {
            violations.push(violation(
                index,
                format!("{} is not the name of a consumer group", quote(group)),
                format!(
                    "Use at most {GROUP_CHARACTERS} letters, digits, dots, dashes and underscores"
                ),
            ));
        } else if groups[..index].contains(group) {
            violations.push(violation(
                index,
                format!("Consumer group {} is listed twice", quote(group)),
                "Remove one of the two".to_owned(),
            ));
        }
    }
    violations
}
