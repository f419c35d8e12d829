//! The last step of the spine: status, conditions, and the gate that nothing slips through.

mod reasons;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::backends::Order;
use crate::credentials;
use crate::guardrails::{Findings, Violation, one_line, summarise};
use crate::kinds::{Kind, default_of};
use crate::manifest::Node;
use crate::object;
use crate::observed::{self, Trouble};
use crate::outcome::{
    Answer, Class, Composed, Composition, Condition, ConditionStatus, CredentialsWait, Plan,
    Refusal, Requirements, Verdict,
};
use crate::pipeline::Input;

pub use self::reasons::{CommonReason, REASONS};

/// Condition: whether the claim was accepted as it stands.
pub const ACCEPTED: &str = "Accepted";
/// Condition: whether the credentials are delivered.
pub const CREDENTIALS_READY: &str = "CredentialsReady";

/// How long a settled claim is left alone. Crossplane calls sooner when anything changes.
pub(crate) const SETTLED: Duration = Duration::from_secs(3600);
/// How long something may be in the making before it is looked at again.
const CREATING: Duration = Duration::from_secs(60);

/// A claim that passed the guardrails.
pub(crate) struct Judged<'a> {
    pub(crate) input: &'a Input,
    pub(crate) order: &'a Order<'a>,
    pub(crate) findings: Findings,
    pub(crate) requirements: Requirements,
}

/// Reports an accepted claim.
pub(crate) fn accepted(judged: Judged<'_>, mut plan: Plan) -> Verdict {
    let Judged { input, order, findings, requirements } = judged;
    let kind = order.claim.kind;
    let settled = plan.settle(&input.observed, |key| kind.owns(key), |key| kind.class_of(key));
    let resources = match settled {
        Ok(resources) => resources,
        Err(error) => {
            let refusal =
                Refusal::Platform { reason: "UnreadableResource", message: error.to_string() };
            return undecided(input, requirements, refusal);
        }
    };
    if let Some(refusal) = gate(kind, input, &resources, &plan) {
        return undecided(input, requirements, refusal);
    }
    let delivered = credentials::are_complete(order.claim, &input.observed);
    let ready =
        delivered && plan.waiting().is_empty() && resources.values().all(|resource| resource.ready);
    let conditions = vec![
        acceptance(order, &findings.warnings),
        credentials_condition(delivered, input, order, plan.credentials_wait.as_ref()),
    ];
    let composition = Composition {
        waiting: plan.waiting().to_vec(),
        status: status(order, plan),
        resources,
        ready,
        warnings: findings.warnings,
        ttl: if ready { SETTLED } else { CREATING },
    };
    Verdict { decision: Ok(composition), conditions, requirements }
}

/// Reports a claim that broke guardrails.
pub(crate) fn refused(
    input: &Input,
    requirements: Requirements,
    violations: Vec<Violation>,
) -> Verdict {
    let conditions = vec![
        Condition {
            kind: ACCEPTED,
            status: ConditionStatus::False,
            reason: violations.first().map(Violation::reason).unwrap_or_default(),
            message: summarise(&violations),
        },
        as_before(input, CREDENTIALS_READY),
    ];
    Verdict { decision: Err(Refusal::Violations(violations)), conditions, requirements }
}

/// Reports that the platform, not the claim, is at fault.
pub(crate) fn undecided(input: &Input, requirements: Requirements, refusal: Refusal) -> Verdict {
    let (reason, refusal) = match refusal {
        Refusal::Platform { reason, message } => {
            // It may quote what hostile objects hold.
            (reason.to_owned(), Refusal::Platform { reason, message: one_line(&message) })
        }
        Refusal::Violations(violations) => {
            ("PlatformError".to_owned(), Refusal::Violations(violations))
        }
    };
    let conditions = vec![
        Condition {
            kind: ACCEPTED,
            status: ConditionStatus::Unknown,
            reason,
            message: "The claim cannot be judged because of a mistake in the platform's set-up. \
                      Nothing was changed. Tell your platform team."
                .to_owned(),
        },
        as_before(input, CREDENTIALS_READY),
    ];
    Verdict { decision: Err(refusal), conditions, requirements }
}

/// A condition as the composite resource has it: a refusal leaves it untouched.
fn as_before(input: &Input, kind: &'static str) -> Condition {
    let before = observed::condition(&input.composite, kind)
        .filter(|condition| !condition.reason.is_empty());
    match before {
        Some(before) => Condition {
            kind,
            status: match before.status.as_str() {
                "True" => ConditionStatus::True,
                "False" => ConditionStatus::False,
                _ => ConditionStatus::Unknown,
            },
            reason: before.reason,
            message: one_line(&before.message),
        },
        None => Condition {
            kind,
            status: ConditionStatus::False,
            reason: "NotAccepted".to_owned(),
            message: "Credentials follow when the claim is accepted.".to_owned(),
        },
    }
}

/// INVARIANT: the last look before anything is answered. Whatever went wrong above, an observed
/// resource of ours that may not go is in the response, or there is no response to act on.
fn gate(
    kind: Kind,
    input: &Input,
    resources: &BTreeMap<String, Composed>,
    plan: &Plan,
) -> Option<Refusal> {
    let dropped: Vec<&str> = input
        .observed
        .keys()
        .filter(|key| kind.owns(key) && !resources.contains_key(*key))
        .filter(|key| {
            let may_go = matches!(kind.class_of(key), Some(Class::Access | Class::Derived));
            !may_go || plan.waiting().iter().any(|waiting| waiting.key == *key)
        })
        .collect();
    (!dropped.is_empty()).then(|| Refusal::Platform {
        reason: "WouldDropResources",
        message: format!(
            "cannot answer without dropping living resources: {}; nothing was changed; report \
             this as a bug",
            crate::catalog::list(dropped),
        ),
    })
}

fn acceptance(order: &Order<'_>, warnings: &[Violation]) -> Condition {
    let claim = order.claim;
    let mut message = format!(
        "Accepted {} with size {}",
        claim.kind.name(),
        claim.parameters.common().size.unwrap_or_default(),
    );
    if let Some(version) = &order.version {
        message.push_str(&format!(", version {version}"));
    }
    if claim.parameters.has_availability() {
        message.push_str(&format!(", highAvailability {}", order.high_availability));
    }
    let named = ["size", "version", "highAvailability"];
    for (name, value) in claim.written.iter().filter(|(name, _)| !named.contains(&name.as_str())) {
        message.push_str(&format!(", {name} {value}"));
    }
    message.push_str(&format!(
        " from {} in {}.",
        order.offering.provider.name(),
        order.offering.environment.name,
    ));
    if !warnings.is_empty() {
        message.push_str(" Warning: ");
        message.push_str(&summarise(warnings));
    }
    let message = one_line(&message);
    Condition {
        kind: ACCEPTED,
        status: ConditionStatus::True,
        reason: if warnings.is_empty() { "Accepted" } else { "AcceptedWithWarnings" }.to_owned(),
        message,
    }
}

fn credentials_condition(
    delivered: bool,
    input: &Input,
    order: &Order<'_>,
    wait: Option<&CredentialsWait>,
) -> Condition {
    let secret = match &order.secret_name {
        Answer::Present(name) => name.as_str(),
        Answer::Pending | Answer::Absent => "",
    };
    let (status, reason, message) = match wait {
        Some(wait) if delivered && wait.reason == "PasswordUnknown" => (
            ConditionStatus::True,
            wait.reason,
            format!(
                "Secret {secret} in namespace {} holds the credentials, but a password that they \
                 were made with is lost and they cannot be changed; contact {}.",
                order.claim.namespace, order.offering.platform.contact
            ),
        ),
        _ if delivered => (
            ConditionStatus::True,
            "Delivered",
            format!(
                "Secret {secret} in namespace {} holds the credentials.",
                order.claim.namespace
            ),
        ),
        Some(wait) => (ConditionStatus::False, wait.reason, format!("{}.", wait.message)),
        None => (
            ConditionStatus::False,
            "WritingSecret",
            format!("Secret {secret} is being written to namespace {}.", order.claim.namespace),
        ),
    };
    let message = match (!delivered).then(|| trouble(input, order)).flatten() {
        Some(trouble) => format!("{message} {trouble}"),
        None => message,
    };
    Condition { kind: CREDENTIALS_READY, status, reason: reason.to_owned(), message }
}

/// What a provider cannot do. Never in its own words, which may hold what no claim may show.
fn trouble(input: &Input, order: &Order<'_>) -> Option<String> {
    let kind = order.claim.kind;
    let mut troubles = input
        .observed
        .keys()
        .filter(|key| kind.owns(key))
        .filter_map(|key| Some((key, input.observed.trouble(key)?)));
    let (key, trouble) = troubles.next()?;
    let what = match trouble {
        Trouble::NameTaken => format!(
            "There is something with the name of {key} already, such as what an earlier claim of \
             this name left"
        ),
        Trouble::Refused => format!("Its provider cannot make {key}"),
    };
    Some(format!("{what}: contact {}.", order.offering.platform.contact))
}

/// What was accepted of the parameters that cannot change any more, for the rules of the XRD.
fn fixed(order: &Order<'_>) -> Node {
    let claim = order.claim;
    let fixed: Vec<_> = claim
        .kind
        .fixed_parameters()
        .filter_map(|parameter| {
            let written = claim.written.get(parameter.name).and_then(|value| value.as_str());
            let value = written.map(str::to_owned).or_else(|| default_of(claim, parameter))?;
            Some((parameter.name.into(), Node::from(value)))
        })
        .collect();
    if fixed.is_empty() { Node::Absent } else { Node::Map(fixed) }
}

fn status(order: &Order<'_>, plan: Plan) -> Node {
    let mut status = object! {
        environment: &order.offering.environment.name,
        team: order.offering.platform.teams.of(&order.claim.namespace).to_owned(),
        offering: plan.offering.unwrap_or(Node::Absent),
        fixed: fixed(order),
    };
    if let Answer::Present(name) = &order.secret_name {
        status.set("credentials", object! { secretName: name });
        status.set("binding", object! { name: name });
    }
    for (field, value) in plan.status {
        status.set(field, value);
    }
    status
}
