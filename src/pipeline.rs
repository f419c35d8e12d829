//! THE SPINE: what happens to a claim, step by step.
//!
//! Pure: the same input gives the same verdict. Protobuf, clock, network and files stay at the
//! edges (`function/`, `cli/`).

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::backends::{Found, Operator, Order, Place, Presence};
use crate::catalog::{Installed, Offering};
use crate::claim::{self, Claim, Flavour};
use crate::credentials::identity;
use crate::guardrails::{self, Checkup, Findings, Memory, Violation};
use crate::kinds;
use crate::names::{Names, is_dns_label};
use crate::observed::{Observed, ReadError};
use crate::outcome::{Answer, ObjectSelector, Refusal, Requirements, Verdict};
use crate::report::{self, Judged};
use crate::wire::{Struct, Value};

/// Name of the requirement for the claim itself.
pub const CLAIM: &str = "claim";
/// Name of the requirement for a ServiceAccount of the wanted name.
pub const SERVICE_ACCOUNT: &str = "service-account";

/// Everything a verdict depends on.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The composite resource, as observed.
    pub composite: Struct,
    /// The input of the pipeline step; `None` when the Composition gives none.
    pub offering: Option<Struct>,
    /// The composed resources that exist.
    pub observed: Observed,
    /// Answers to [`Requirements::objects`].
    pub objects: BTreeMap<String, Answer<Struct>>,
    /// Answers to [`Requirements::schemas`].
    pub schemas: BTreeMap<String, Answer<()>>,
    /// Today.
    pub now: Date,
}

impl Input {
    fn object(&self, name: &str) -> &Answer<Struct> {
        self.objects.get(name).unwrap_or(&Answer::Pending)
    }

    fn schema(&self, name: &str) -> &Answer<()> {
        self.schemas.get(name).unwrap_or(&Answer::Pending)
    }
}

/// Judges a claim and composes it.
pub fn run(input: &Input) -> Verdict {
    // 1. decode: from documents to types. Mistakes of form are violations already.
    let (claim, malformed) = match decode_claim(input) {
        Ok(decoded) => decoded,
        Err(refusal) => return report::undecided(input, Requirements::default(), refusal),
    };
    let offering = match decode_offering(input, &claim) {
        Ok(offering) => offering,
        Err(refusal) => return report::undecided(input, requirements(&claim, None), refusal),
    };

    // 2. resolve: what else must be known. Not asked yet is never a refusal.
    let requirements = requirements(&claim, Some(&offering));
    let known = match resolve(input, &claim, &offering) {
        Ok(known) => known,
        Err(error) => return report::undecided(input, requirements, unreadable(&error)),
    };

    // 3. check: every guardrail, every violation.
    let findings = check(input, &claim, &offering, &known, malformed);
    if !findings.violations.is_empty() {
        return report::refused(input, requirements, findings.violations);
    }

    // 4. compose: claim, offering and observed become desired resources.
    let order = order(input, &claim, &offering, &known);
    let plan = match kinds::compose(&order) {
        Ok(plan) => plan,
        Err(error) => return report::undecided(input, requirements, unreadable(&error)),
    };

    // 5. and 6. observe and report: readiness, status and conditions, and the last gate.
    report::accepted(Judged { input, order: &order, findings, requirements }, plan)
}

fn decode_claim(input: &Input) -> Result<(Claim, Vec<Violation>), Refusal> {
    claim::read(&input.composite).map_err(|error| Refusal::Platform {
        reason: "InvalidComposite",
        message: error.to_string(),
    })
}

fn decode_offering(input: &Input, claim: &Claim) -> Result<Offering, Refusal> {
    let refuse = |message: String| Refusal::Platform { reason: "InvalidOffering", message };
    let Some(written) = &input.offering else {
        return Err(refuse(
            "cannot compose without an Offering: give this pipeline step an input, which \
             `selfservice catalog offering KIND --provider P --environment E` prints"
                .to_owned(),
        ));
    };
    let offering = Offering::read(written).map_err(|problems| {
        let list = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        refuse(format!("cannot use the Offering in this pipeline step's input: {list}"))
    })?;
    if claim.kind == offering.kind {
        return Ok(offering);
    }
    Err(refuse(format!(
        "cannot compose {} with an Offering of {}: correct the input of this pipeline step",
        claim.kind.name(),
        offering.kind.name(),
    )))
}

fn unreadable(error: &ReadError) -> Refusal {
    Refusal::Platform { reason: "UnreadableResource", message: error.to_string() }
}

/// What Crossplane is asked for: always the same for the same claim. Without an Offering only
/// what the claim itself takes.
fn requirements(claim: &Claim, offering: Option<&Offering>) -> Requirements {
    let mut requirements = Requirements::default();
    if claim.flavour == Flavour::Claims {
        requirements.objects.insert(
            CLAIM,
            ObjectSelector {
                api_version: claim.api_version.clone(),
                kind: claim.kind.name(),
                namespace: claim.namespace.clone(),
                name: claim.name.clone(),
            },
        );
    }
    // A name that no ServiceAccount can have is refused, not asked for.
    if let Some(name) = kinds::service_account_to_create(claim).filter(|name| is_dns_label(name)) {
        requirements.objects.insert(
            SERVICE_ACCOUNT,
            ObjectSelector {
                api_version: "v1".to_owned(),
                kind: "ServiceAccount",
                namespace: claim.namespace.clone(),
                name,
            },
        );
    }
    if let Some(offering) = offering {
        for operator in kinds::operators(claim) {
            if operator.installed(&offering.platform.operators) == Installed::Detect {
                requirements.schemas.insert(operator.requirement(), operator.schema(claim.flavour));
            }
        }
    }
    requirements
}

/// What was found out besides claim and offering.
struct Known {
    memory: Option<Memory>,
    secret_name: Answer<String>,
    service_account: Answer<()>,
    foreign_service_account: bool,
    operators: Found,
}

fn resolve(input: &Input, claim: &Claim, offering: &Offering) -> Result<Known, ReadError> {
    let service_account = match input.object(SERVICE_ACCOUNT) {
        Answer::Pending => Answer::Pending,
        Answer::Absent => Answer::Absent,
        Answer::Present(_) => Answer::Present(()),
    };
    let ours = kinds::service_account_to_create(claim).is_some_and(|name| {
        let key = identity::service_account_key(claim.kind, &name);
        input.observed.get(&key).is_some()
    });
    let presence = |operator: Operator| match operator.installed(&offering.platform.operators) {
        Installed::Always => Presence::Installed,
        Installed::Never => Presence::Missing,
        Installed::Detect => match input.schema(operator.requirement()) {
            Answer::Pending => Presence::Unknown,
            Answer::Absent => Presence::Missing,
            Answer::Present(()) => Presence::Installed,
        },
    };
    let operators = kinds::operators(claim)
        .into_iter()
        .map(|operator| (operator, presence(operator)))
        .collect();
    Ok(Known {
        memory: Memory::read(offering, &input.observed)?,
        secret_name: secret_name(input, claim),
        foreign_service_account: service_account == Answer::Present(()) && !ours,
        service_account,
        operators,
    })
}

/// The name of the credentials Secret: the composite resource says it in one flavour, the
/// claim in the other.
fn secret_name(input: &Input, claim: &Claim) -> Answer<String> {
    let chosen =
        |name: Option<String>| Answer::Present(name.unwrap_or_else(|| claim.default_secret_name()));
    match claim.flavour {
        Flavour::Namespaced => chosen(claim.secret_name.clone()),
        Flavour::Claims => match input.object(CLAIM) {
            Answer::Pending => Answer::Pending,
            Answer::Absent => Answer::Absent,
            Answer::Present(object) => chosen(secret_name_of(object)),
        },
    }
}

fn secret_name_of(claim: &Struct) -> Option<String> {
    let Ok(Some(Value::Struct(spec))) = claim.get("spec") else {
        return None;
    };
    let Ok(Some(Value::Struct(secret))) = spec.get("writeConnectionSecretToRef") else {
        return None;
    };
    match secret.get("name") {
        Ok(Some(Value::String(name))) => Some(name.to_owned()),
        _ => None,
    }
}

fn check(
    input: &Input,
    claim: &Claim,
    offering: &Offering,
    known: &Known,
    malformed: Vec<Violation>,
) -> Findings {
    let mut findings = guardrails::check(&Checkup {
        claim,
        offering,
        observed: &input.observed,
        memory: known.memory.as_ref(),
        secret_name: &known.secret_name,
        foreign_service_account: known.foreign_service_account,
        now: input.now,
    });
    findings.violations.extend(malformed);
    findings.violations.sort();
    findings.warnings.sort();
    findings
}

fn order<'a>(
    input: &'a Input,
    claim: &'a Claim,
    offering: &'a Offering,
    known: &'a Known,
) -> Order<'a> {
    let memory = known.memory.as_ref();
    let common = claim.parameters.common();
    let default = || offering.settings.versions(&claim.parameters).map(|all| all.default.clone());
    // What a living resource was given stays, should the catalogue's default have changed.
    let version = common
        .version
        .map(str::to_owned)
        .or_else(|| memory.and_then(|memory| memory.version.clone()))
        .or_else(default);
    let remembered = memory.and_then(|memory| memory.high_availability);
    let high_availability = common
        .high_availability
        .or(remembered)
        .unwrap_or_else(|| offering.environment.high_availability.resolve(None));
    Order {
        claim,
        offering,
        observed: &input.observed,
        memory,
        place: Place::of(offering, &input.observed),
        names: Names::new(
            &offering.platform.cluster_id,
            &claim.namespace,
            claim.kind.name(),
            &claim.name,
        ),
        version,
        high_availability,
        secret_name: known.secret_name.clone(),
        operators: known.operators.clone(),
        tags: OnceCell::new(),
        service_account: known.service_account.clone(),
    }
}
