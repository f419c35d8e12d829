//! The catalogue file: everything that is offered, in one place.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::agreement::contradictions;
use super::repair::repair;
use super::written::Written;
use super::{Crossplane, Offering, Packages, Problem, Problems, Provider};
use crate::guardrails::{Violation, not_offered};
use crate::kinds::Kind;

/// A catalogue, checked.
#[derive(Clone, Debug)]
pub struct Catalog {
    packages: Packages,
    crossplane: Crossplane,
    offerings: BTreeMap<Choice, (Offering, Json)>,
}

/// What a claim's kind and selector choose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// The kind.
    pub kind: Kind,
    /// The backend.
    pub provider: Provider,
    /// The environment.
    pub environment: String,
}

impl Catalog {
    /// Reads a catalogue from its document.
    ///
    /// # Errors
    ///
    /// Every mistake in it, with paths into the document.
    pub fn read(document: &Json) -> Result<Self, Vec<Problem>> {
        if !document.is_object() {
            let message = "a catalogue must be an object with apiVersion, kind, platform, \
                           packages, environments and offerings";
            return Err(vec![Problem { path: String::new(), message: message.to_owned() }]);
        }
        let mut unformed = Vec::new();
        let written = repair(document, &mut unformed, |document| document.read::<Written>());
        let Some(written) = written else { return Err(unformed) };
        let mut found = written.problems();
        let packages = section("packages", &written.packages, Packages::check, &mut found);
        let crossplane = section("crossplane", &written.crossplane, Crossplane::check, &mut found);
        let offerings = written.cut(&mut found);
        found.extend(contradictions(offerings.values().map(|(offering, _)| offering)));
        found.retain(|problem| !unformed.iter().any(|earlier| problem.is_at(&earlier.path)));
        found.extend(unformed);
        found.sort();
        found.dedup();
        if found.is_empty() && offerings.is_empty() {
            found.push(Problem {
                path: "offerings".to_owned(),
                message: "must offer something".to_owned(),
            });
        }
        match (packages, crossplane) {
            (Some(packages), Some(crossplane)) if found.is_empty() => {
                Ok(Self { packages, crossplane, offerings })
            }
            _ => Err(found),
        }
    }

    /// All offerings.
    pub fn offerings(&self) -> impl Iterator<Item = &Offering> {
        self.offerings.values().map(|(offering, _)| offering)
    }

    /// Where its packages are published.
    pub const fn packages(&self) -> &Packages {
        &self.packages
    }

    /// How Crossplane itself is installed.
    pub const fn crossplane(&self) -> &Crossplane {
        &self.crossplane
    }

    /// The offerings of one kind, by provider and environment.
    pub fn offerings_of(&self, kind: Kind) -> impl Iterator<Item = &Offering> {
        self.offerings().filter(move |offering| offering.kind == kind)
    }

    /// The kinds that are offered somewhere, in the order of [`Kind::ALL`].
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| self.offerings_of(*kind).next().is_some())
    }

    /// The domain of the API groups.
    pub fn domain(&self) -> &str {
        self.offerings().next().map_or("", |offering| &offering.platform.domain)
    }

    /// The offering for a selector.
    ///
    /// # Errors
    ///
    /// A violation that lists what is offered instead.
    pub fn select(
        &self,
        kind: Kind,
        provider: &str,
        environment: &str,
        field: &str,
    ) -> Result<&Offering, Violation> {
        self.entry(kind, provider, environment).map(|(offering, _)| offering).ok_or_else(|| {
            not_offered::violation(field, kind.name(), provider, environment, &self.choices(kind))
        })
    }

    /// Where a kind is offered, such as `aws in production`.
    pub fn choices(&self, kind: Kind) -> Vec<String> {
        let choices = self.offerings.keys().filter(|choice| choice.kind == kind);
        choices
            .map(|choice| format!("{} in {}", choice.provider.name(), choice.environment))
            .collect()
    }

    /// The values of a selector's label (`provider` or `environment`) that choose an offering of
    /// `kind`.
    pub fn labels(&self, kind: Kind, label: &str) -> Vec<&str> {
        let choices = self.offerings.keys().filter(|choice| choice.kind == kind);
        let mut values: Vec<&str> = choices
            .map(|choice| match label {
                "provider" => choice.provider.name(),
                _ => choice.environment.as_str(),
            })
            .collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The offering for a selector as the input of a pipeline step.
    pub fn document(&self, kind: Kind, provider: &str, environment: &str) -> Option<&Json> {
        self.entry(kind, provider, environment).map(|(_, document)| document)
    }

    fn entry(&self, kind: Kind, provider: &str, environment: &str) -> Option<&(Offering, Json)> {
        self.offerings
            .iter()
            .find(|(choice, _)| {
                choice.kind == kind
                    && choice.provider.name() == provider
                    && choice.environment == environment
            })
            .map(|(_, entry)| entry)
    }
}

/// Reads a section of the catalogue as a whole, and notes every mistake in it.
fn section<T: DeserializeOwned>(
    name: &str,
    written: &Json,
    check: impl FnOnce(&T, &mut Problems),
    found: &mut Vec<Problem>,
) -> Option<T> {
    let mut own = Vec::new();
    let section: Option<T> = repair(written, &mut own, |document| document.read());
    found.extend(own.iter().map(|problem| problem.clone().within(name)));
    let section = section.filter(|_| own.is_empty())?;
    let mut problems = Problems::default();
    problems.within(name, |problems| check(&section, problems));
    found.extend(problems.into_sorted());
    Some(section)
}
