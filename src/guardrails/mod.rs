//! The rules that refuse or warn, and every sentence a developer can meet.
//!
//! One file a guardrail: its code, its meaning, its check and its words. [`ALL`] is the order
//! in which lists show them.

mod availability_fixed;
pub mod composition_pinned;
mod consumer_group;
mod credentials_secret_name;
mod database_name;
mod end_of_support;
mod environment_changed;
mod environment_moved;
mod environment_not_allowed;
mod extension_not_offered;
mod high_availability_required;
mod high_availability_unavailable;
mod identity_without_effect;
pub mod immutable_parameter;
mod lifecycle_order;
mod maintenance_window;
mod memory;
mod name_shape;
pub mod not_offered;
mod number_out_of_range;
mod parameter_missing;
mod partitions_shrink;
pub mod selector_mismatch;
mod service_account_exists;
mod service_account_name;
mod size_above_limit;
mod storage_shrink;
mod tenancy_not_offered;
pub mod unknown_parameter;
mod unknown_size;
pub mod unknown_value;
mod unsupported_version;
mod version_downgrade;
mod version_jump;
mod versioning_required;
mod vhost_name;
mod violation;
pub mod wrong_type;

use jiff::civil::Date;

pub use credentials_secret_name::SHAPE as CREDENTIALS_SECRET_NAME;
pub use database_name::SHAPE as DATABASE_NAME;
pub use maintenance_window::SHAPE as MAINTENANCE_WINDOW;
pub use memory::{ANNOTATION as MEMORY_ANNOTATION, Memory};
pub use name_shape::SHAPE as CLAIM_NAME;
pub use service_account_name::SHAPE as SERVICE_ACCOUNT_NAME;
pub use unknown_size::offered as sizes_without_exception;
pub use vhost_name::SHAPE as VHOST_NAME;
pub use violation::{Shape, Violation, one_line, pascal_case, quote, summarise};

use crate::catalog::{Offering, version_number};
use crate::claim::Claim;
use crate::observed::Observed;
use crate::outcome::Answer;

/// The most violations of one kind that a claim is told: who made more reads no list of them, and
/// a hostile claim could fill the memory with them.
pub const MOST: usize = 100;

/// A rule about claims.
#[derive(Debug)]
pub struct Guardrail {
    /// Stable name, kebab-case. A condition's reason is its `PascalCase`.
    pub code: &'static str,
    /// What it is about, in a sentence.
    pub about: &'static str,
    /// Why it exists, in a sentence or two.
    pub why: &'static str,
    /// What a developer can do, a sentence each.
    pub ways_out: &'static [&'static str],
    /// Who can have caused it.
    pub cause: Cause,
    /// Finds violations of it.
    pub check: fn(&Checkup<'_>) -> Vec<Violation>,
}

/// Who can have caused a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The claim alone.
    Claim,
    /// The claim, or something around it such as a later edit of the catalogue: then a living
    /// resource is only warned.
    Catalogue,
    /// Time: always a warning.
    Time,
}

impl Cause {
    /// When it does not refuse, in a sentence.
    pub const fn note(self) -> Option<&'static str> {
        match self {
            Self::Claim => None,
            Self::Catalogue => Some(
                "When a change of the catalogue, not of the claim, caused it, what lives is kept \
                 and only warned.",
            ),
            Self::Time => Some("It only warns."),
        }
    }
}

/// Every guardrail.
pub const ALL: &[&Guardrail] = &[
    &name_shape::GUARDRAIL,
    &unknown_parameter::GUARDRAIL,
    &wrong_type::GUARDRAIL,
    &unknown_value::GUARDRAIL,
    &parameter_missing::GUARDRAIL,
    &size_above_limit::GUARDRAIL,
    &unknown_size::GUARDRAIL,
    &unsupported_version::GUARDRAIL,
    &end_of_support::GUARDRAIL,
    &version_downgrade::GUARDRAIL,
    &version_jump::GUARDRAIL,
    &high_availability_required::GUARDRAIL,
    &high_availability_unavailable::GUARDRAIL,
    &availability_fixed::GUARDRAIL,
    &number_out_of_range::GUARDRAIL,
    &lifecycle_order::GUARDRAIL,
    &versioning_required::GUARDRAIL,
    &storage_shrink::GUARDRAIL,
    &partitions_shrink::GUARDRAIL,
    &tenancy_not_offered::GUARDRAIL,
    &consumer_group::GUARDRAIL,
    &maintenance_window::GUARDRAIL,
    &database_name::GUARDRAIL,
    &vhost_name::GUARDRAIL,
    &extension_not_offered::GUARDRAIL,
    &service_account_name::GUARDRAIL,
    &service_account_exists::GUARDRAIL,
    &identity_without_effect::GUARDRAIL,
    &immutable_parameter::GUARDRAIL,
    &credentials_secret_name::GUARDRAIL,
    &not_offered::GUARDRAIL,
    &selector_mismatch::GUARDRAIL,
    &composition_pinned::GUARDRAIL,
    &environment_not_allowed::GUARDRAIL,
    &environment_changed::GUARDRAIL,
    &environment_moved::GUARDRAIL,
];

/// The guardrail with `code`.
pub fn find(code: &str) -> Option<&'static Guardrail> {
    ALL.iter().copied().find(|guardrail| guardrail.code == code)
}

/// Everything a guardrail may look at.
#[derive(Debug)]
pub struct Checkup<'a> {
    /// What is asked for.
    pub claim: &'a Claim,
    /// What is offered.
    pub offering: &'a Offering,
    /// What exists.
    pub observed: &'a Observed,
    /// What was accepted when the living resource was last composed.
    pub memory: Option<&'a Memory>,
    /// The name that the claim gives its credentials Secret, as far as it is known.
    pub secret_name: &'a Answer<String>,
    /// Whether a ServiceAccount of the wanted name exists that is not ours.
    pub foreign_service_account: bool,
    /// Today.
    pub now: Date,
}

impl Checkup<'_> {
    /// Whether the living resource was accepted with what the claim says in `field` today.
    fn is_unchanged(&self, field: &str) -> bool {
        let Some(memory) = self.memory else {
            return false;
        };
        let Some(path) = field.strip_prefix("spec.parameters.") else {
            // Name, namespace and Composition of a living resource do not change.
            return true;
        };
        let name = path.split(['.', '[']).next().unwrap_or(path);
        memory.agrees(name, &self.claim.written)
    }
}

/// A version on one side of a change.
struct VersionSide<'a> {
    name: &'a str,
    number: Vec<u32>,
    upgrades_to: &'a [String],
}

impl Checkup<'_> {
    /// The living version and the wanted one, when both are known and differ. The living one
    /// may have left the catalogue since.
    fn version_change(&self) -> Option<(VersionSide<'_>, VersionSide<'_>)> {
        let versions = self.offering.settings.versions(&self.claim.parameters)?;
        let living = self.memory?.version.as_deref()?;
        let wanted = versions.find(self.claim.parameters.common().version?)?;
        let upgrades_to = versions.find(living).map_or(&[][..], |version| &version.upgrades_to);
        let living = VersionSide { name: living, number: version_number(living)?, upgrades_to };
        let wanted = VersionSide {
            name: &wanted.name,
            number: version_number(&wanted.name)?,
            upgrades_to: &wanted.upgrades_to,
        };
        (living.number != wanted.number).then_some((living, wanted))
    }
}

/// What the guardrails found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What refuses the claim.
    pub violations: Vec<Violation>,
    /// What its author should know.
    pub warnings: Vec<Violation>,
}

/// Runs every guardrail.
pub fn check(checkup: &Checkup<'_>) -> Findings {
    let mut findings = Findings::default();
    for guardrail in ALL {
        for violation in (guardrail.check)(checkup) {
            let warns = match guardrail.cause {
                Cause::Claim => false,
                Cause::Catalogue => checkup.is_unchanged(&violation.field),
                Cause::Time => true,
            };
            if warns {
                findings.warnings.push(violation);
            } else {
                findings.violations.push(violation);
            }
        }
    }
    findings
}

/// For guardrails that are judged where they are met: while a claim is read, or an offering
/// chosen.
fn judged_elsewhere(_: &Checkup<'_>) -> Vec<Violation> {
    Vec::new()
}
