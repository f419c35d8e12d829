//! The catalogue file: everything that is offered, in one place.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

use super::offering::{API_VERSION, KIND};
use super::repair::repair;
use super::{Crossplane, Offering, Packages, Problem, Problems, Provider};
use crate::guardrails::{Violation, not_offered};
use crate::kinds::Kind;
use crate::wire::Struct;

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

/// The file as it is written. Its parts are read later, one by one, so that a mistake in one
/// does not hide those in others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    api_version: String,
    kind: String,
    platform: Json,
    packages: Json,
    #[serde(default = "empty")]
    crossplane: Json,
    environments: Map<String, Json>,
    offerings: Map<String, Json>,
}

fn empty() -> Json {
    Json::Object(Map::new())
}

impl Catalog {
    /// Reads a catalogue from its document.
    ///
    /// # Errors
    ///
    /// Every mistake in it, with paths into the document.
    pub fn read(document: &Json) -> Result<Self, Vec<Problem>> {
        let written: Written =
            Struct::write(document).and_then(|document| document.read()).map_err(|error| {
                vec![Problem { path: error.path().to_owned(), message: error.message().to_owned() }]
            })?;
        let mut problems = Problems::default();
        for (field, given, expected) in
            [("apiVersion", &written.api_version, API_VERSION), ("kind", &written.kind, "Catalog")]
        {
            problems.require(given == expected, field, || {
                format!("must be \"{expected}\", not \"{given}\"")
            });
        }
        let mut offerings = BTreeMap::new();
        let mut found = problems.into_sorted();
        let packages = section("packages", &written.packages, Packages::check, &mut found);
        let crossplane = section("crossplane", &written.crossplane, Crossplane::check, &mut found);
        for (kind_name, providers) in &written.offerings {
            let (Some(kind), Json::Object(providers)) = (Kind::from_name(kind_name), providers)
            else {
                found.push(Problem {
                    path: format!("offerings.{kind_name}"),
                    message: format!(
                        "must be one of {}, and hold a provider",
                        super::list(Kind::ALL.iter().map(|kind| kind.name())),
                    ),
                });
                continue;
            };
            for (provider_name, settings) in providers {
                let base = format!("offerings.{kind_name}.{provider_name}");
                let provider =
                    Provider::ALL.into_iter().find(|provider| provider.name() == provider_name);
                let (Some(provider), Json::Object(settings)) = (provider, settings) else {
                    found.push(Problem {
                        path: base,
                        message: "must be aws, and hold settings".to_owned(),
                    });
                    continue;
                };
                found.extend(misplaced(&base, settings, &written.environments));
                for (environment, details) in &written.environments {
                    match cut(&written, kind, provider, environment, details, settings) {
                        Ok(None) => {}
                        Ok(Some((offering, document))) => {
                            let choice =
                                Choice { kind, provider, environment: environment.clone() };
                            offerings.insert(choice, (offering, document));
                        }
                        Err(problems) => {
                            found.extend(
                                problems
                                    .into_iter()
                                    .map(|problem| relocate(problem, &base, environment, settings)),
                            );
                        }
                    }
                }
            }
        }
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
    found.extend(own.iter().map(|problem| Problem {
        path: format!("{name}.{}", problem.path).trim_end_matches('.').to_owned(),
        message: problem.message.clone(),
    }));
    let section = section.filter(|_| own.is_empty())?;
    let mut problems = Problems::default();
    problems.within(name, |problems| check(&section, problems));
    found.extend(problems.into_sorted());
    Some(section)
}

/// Values for environments that the file does not have, or that are no values.
fn misplaced(
    base: &str,
    settings: &Map<String, Json>,
    environments: &Map<String, Json>,
) -> Vec<Problem> {
    let names = || super::list(environments.keys());
    let problem = |path: String, message: String| Problem { path, message };
    match settings.get("environments") {
        None => Vec::new(),
        Some(Json::Object(overrides)) => overrides
            .iter()
            .filter_map(|(name, own)| {
                let path = format!("{base}.environments.{name}");
                if !environments.contains_key(name) {
                    let message = format!("is no environment of this catalogue: {}", names());
                    return Some(problem(path, message));
                }
                let fine = own.is_object() || own.is_null();
                (!fine).then(|| {
                    problem(path, "must hold settings, or null where it is not offered".to_owned())
                })
            })
            .collect(),
        Some(_) => vec![problem(
            format!("{base}.environments"),
            format!("must hold settings by environment: {}", names()),
        )],
    }
}

/// Cuts one offering out of the file. `None` where the catalogue leaves the environment out by
/// saying `environments: {<name>: null}`.
fn cut(
    written: &Written,
    kind: Kind,
    provider: Provider,
    environment: &str,
    details: &Json,
    settings: &Map<String, Json>,
) -> Result<Option<(Offering, Json)>, Vec<Problem>> {
    let mut settings = settings.clone();
    let overrides = settings.remove("environments");
    match overrides.as_ref().and_then(|all| all.get(environment)) {
        Some(Json::Null) => return Ok(None),
        Some(Json::Object(own)) => settings.extend(own.clone()),
        _ => {}
    }
    let mut details = details.clone();
    let account = details.as_object_mut().and_then(|details| details.remove(provider.name()));
    if let Some(details) = details.as_object_mut() {
        details.insert("name".to_owned(), Json::from(environment));
    }
    let document = json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "offers": kind.name(),
        "provider": provider.name(),
        "platform": &written.platform,
        "environment": details,
        "aws": account.unwrap_or(Json::Null),
        "settings": settings,
    });
    let mut problems = Vec::new();
    let offering = repair(&document, &mut problems, Offering::decode);
    let unformed = problems.len();
    if let Some(offering) = &offering {
        // A value that stood in for a missing one is not to be complained of twice.
        problems.extend(offering.problems());
        let (form, value) = problems.split_at(unformed);
        let value = value
            .iter()
            .filter(|later| !form.iter().any(|earlier| later.path.starts_with(&earlier.path)));
        problems = form.iter().chain(value).cloned().collect();
    }
    match offering {
        Some(offering) if problems.is_empty() => Ok(Some((offering, document))),
        _ => Err(problems),
    }
}

/// Turns a path into an offering into one into the file.
fn relocate(
    problem: Problem,
    base: &str,
    environment: &str,
    settings: &Map<String, Json>,
) -> Problem {
    let Problem { path, message } = problem;
    let path = if let Some(rest) = path.strip_prefix("settings.") {
        let field = rest.split(['.', '[']).next().unwrap_or(rest);
        let overridden = settings
            .get("environments")
            .and_then(|all| all.get(environment))
            .is_some_and(|own| own.get(field).is_some());
        if overridden {
            format!("{base}.environments.{environment}.{rest}")
        } else {
            format!("{base}.{rest}")
        }
    } else if let Some(rest) = path.strip_prefix("environment.") {
        format!("environments.{environment}.{rest}")
    } else if path == "aws" || path.starts_with("aws.") {
        format!("environments.{environment}.{path}")
    } else {
        path
    };
    Problem { path, message }
}
