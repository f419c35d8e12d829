//! What a living resource keeps although the catalogue changed: its class, its version, and the
//! parameter groups that it uses.
//!
//! It gets others when its claim asks for them, or when the catalogue marks a rollout.

use super::Order;
use crate::catalog::{Named, Sizes, Version, Versions, version_number};
use crate::names::Limit;

/// The part of a parameter group's name before its family.
const GROUP: &str = "parameter-group-";

/// The version that a resource is to have.
#[derive(Clone, Debug)]
pub struct ChosenVersion<'a> {
    /// What AWS is told.
    pub engine_version: String,
    /// The catalogue's entry; `None` when the living version left the catalogue.
    pub entry: Option<&'a Version>,
    /// The living version is kept.
    pub kept: bool,
    /// An accepted upgrade to another major version is under way.
    pub upgrades: bool,
}

/// The version of a living resource. Everything is absent before it exists.
#[derive(Clone, Copy, Debug, Default)]
pub struct LivingVersion<'a> {
    /// What was asked for.
    pub wanted: Option<&'a str>,
    /// What AWS reports.
    pub actual: Option<&'a str>,
}

/// Families of the parameter groups of a claim.
#[derive(Clone, Debug)]
pub struct Families {
    /// The one to use; `None` when nobody knows it any more.
    pub chosen: Option<String>,
    /// The ones to compose: besides the chosen, the living one for as long as it is in use.
    pub composed: Vec<String>,
}

impl Order<'_> {
    /// The size that the claim names; `None` when it left the catalogue.
    pub fn size<'a, T: Named>(&self, sizes: &'a Sizes<T>) -> Option<&'a T> {
        let name = self.claim.parameters.common().size?;
        sizes.find(name)
    }

    /// Whether a living resource keeps what it was given for its size, where `rollout` is what
    /// the catalogue's entry says; `None` when the entry is gone.
    pub fn keeps_size(&self, rollout: Option<bool>) -> bool {
        rollout.is_none_or(|rollout| !rollout && self.is_unchanged("size"))
    }

    /// Whether a living resource keeps what it was given for its availability.
    pub fn keeps_availability(&self) -> bool {
        let remembered = self.memory.and_then(|memory| memory.high_availability);
        remembered == Some(self.high_availability)
    }

    /// The version that is meant, next to the living one.
    pub fn choose_version<'a>(
        &self,
        versions: &'a Versions,
        living: LivingVersion<'_>,
    ) -> ChosenVersion<'a> {
        let entry = self.version.as_deref().and_then(|name| versions.find(name));
        let accepted = self.memory.is_some_and(|memory| memory.version == self.version);
        let keeps = entry.is_none_or(|version| accepted && !version.rollout);
        let kept = living.wanted.filter(|_| keeps);
        let chosen = kept.or(entry.map(|version| version.engine_version.as_str()));
        let engine_version = follow(chosen.unwrap_or_default(), living.actual);
        // Should AWS report nothing, two groups tell of an upgrade that nobody saw the end of.
        let unfinished = living.actual.is_none() && self.living_families().nth(1).is_some();
        ChosenVersion {
            upgrades: unfinished || upgrades(living, &engine_version),
            engine_version,
            entry,
            kept: kept.is_some(),
        }
    }

    /// The parameter groups' families, where the living resource uses `group`.
    pub fn families(&self, version: &ChosenVersion<'_>, group: Option<&str>) -> Families {
        let of_catalogue = version.entry.and_then(|version| version.family.clone());
        let in_use = self
            .living_families()
            .find(|family| Some(self.parameter_group_name(family).as_str()) == group);
        let chosen = in_use.filter(|_| version.kept).or(of_catalogue);
        // AWS uses the former group until the maintenance window.
        let mut composed: Vec<String> =
            self.living_families().filter(|_| version.upgrades).collect();
        composed.extend(chosen.clone());
        composed.sort();
        composed.dedup();
        Families { chosen, composed }
    }

    /// Name in AWS of the parameter group of a family: the living one's.
    pub fn parameter_group_name(&self, family: &str) -> String {
        let part = format!("{GROUP}{family}");
        let living = self.observed.outline(&self.key(&part));
        let name = living.external_name.as_ref().or(living.given_name.as_ref());
        name.cloned().unwrap_or_else(|| self.names.aws(&part, Limit::AWS))
    }

    /// Families of the parameter groups that exist.
    fn living_families(&self) -> impl Iterator<Item = String> {
        let prefix = self.key(GROUP);
        self.observed.keys().filter_map(move |key| key.strip_prefix(&prefix).map(str::to_owned))
    }
}

/// `version`, or the later one of the same major version that AWS upgraded to by itself: asking
/// for less would be a downgrade, which wedges the resource.
fn follow(version: &str, actual: Option<&str>) -> String {
    let (Some(wanted), Some(actual)) = (version_number(version), actual.and_then(version_number))
    else {
        return version.to_owned();
    };
    let actual = &actual[..wanted.len().min(actual.len())];
    if wanted.first() == actual.first() && *actual > wanted[..] {
        let parts: Vec<String> = actual.iter().map(ToString::to_string).collect();
        return parts.join(".");
    }
    version.to_owned()
}

/// Whether the living resource still has an older major version than it is to have.
fn upgrades(living: LivingVersion<'_>, target: &str) -> bool {
    let major = |version: &str| version_number(version).and_then(|parts| parts.first().copied());
    match (living.actual.or(living.wanted).and_then(major), major(target)) {
        (Some(living), Some(target)) => living < target,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{LivingVersion, follow, upgrades};

    #[test]
    fn follows_what_aws_upgraded_by_itself() {
        for (wanted, actual, followed) in [
            ("9.0", Some("9.1.3"), "9.1"),
            ("9.0", Some("9.0"), "9.0"),
            ("17", Some("17.7"), "17"),
            ("17.5", Some("17.11"), "17.11"),
            ("8.2", Some("9.0"), "8.2"),
            ("8.2", Some("7.2"), "8.2"),
            ("7.1", None, "7.1"),
            ("7.1", Some("unknown"), "7.1"),
        ] {
            assert_eq!(follow(wanted, actual), followed, "{wanted} {actual:?}");
        }
    }

    #[test]
    fn an_upgrade_lasts_until_aws_reports_its_version() {
        let living = |wanted, actual| LivingVersion { wanted, actual };
        assert!(upgrades(living(Some("18"), Some("17.7")), "18"));
        assert!(!upgrades(living(Some("18"), Some("18.1")), "18"));
        assert!(upgrades(living(Some("17"), None), "18"));
        assert!(!upgrades(living(None, None), "18"));
    }
}
