//! The catalogue file as it is written, and the offerings cut out of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::offering::{API_VERSION, KIND};
use super::repair::repair;
use super::{Choice, Offering, Problem, Problems, Provider, agreement, list};
use crate::kinds::Kind;
use crate::text::did_you_mean;
use crate::wire;

/// The file as it is written. Its parts are read later, one by one, so that a mistake in one
/// does not hide those in others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Written {
    api_version: String,
    kind: String,
    platform: Json,
    pub(super) packages: Json,
    #[serde(default = "empty")]
    pub(super) crossplane: Json,
    #[serde(default)]
    environments: Map<String, Json>,
    offerings: Map<String, Json>,
}

/// What the file says of an environment. Its name is its key.
const ENVIRONMENT: [&str; 4] = ["namespaces", "highAvailability", "onDelete", "aws"];

fn empty() -> Json {
    Json::Object(Map::new())
}

impl Written {
    /// What is wrong with the file itself.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Problems::default();
        for (field, given, expected) in
            [("apiVersion", &self.api_version, API_VERSION), ("kind", &self.kind, "Catalog")]
        {
            problems.require(given == expected, field, || {
                format!("must be \"{expected}\", not \"{given}\"")
            });
        }
        problems.require(!self.environments.is_empty(), "environments", || {
            "must hold at least one environment, such as production".to_owned()
        });
        let mut found = problems.into_sorted();
        for (name, details) in &self.environments {
            let base = format!("environments.{name}");
            let Json::Object(details) = details else {
                let message = format!("must hold {}", list(ENVIRONMENT));
                found.push(Problem { path: base, message });
                continue;
            };
            let unknown = details.keys().filter(|key| !ENVIRONMENT.contains(&key.as_str()));
            found.extend(unknown.map(|key| unknown_key(&base, key, &ENVIRONMENT)));
        }
        found
    }

    /// Cuts every offering out of the file, and notes what is wrong with them.
    pub(super) fn cut(&self, found: &mut Vec<Problem>) -> BTreeMap<Choice, (Offering, Json)> {
        let mut offerings = BTreeMap::new();
        for (kind_name, providers) in &self.offerings {
            let Some(kind) = Kind::from_name(kind_name) else {
                found.push(unknown_key("offerings", kind_name, &Kind::ALL.map(Kind::name)));
                continue;
            };
            let base = format!("offerings.{kind_name}");
            let providers = providers.as_object().filter(|providers| !providers.is_empty());
            let Some(providers) = providers else {
                found.push(Problem { path: base, message: "must hold a provider: aws".to_owned() });
                continue;
            };
            for (name, settings) in providers {
                let Some(provider) =
                    Provider::ALL.into_iter().find(|provider| provider.name() == name)
                else {
                    found.push(unknown_key(&base, name, &Provider::ALL.map(Provider::name)));
                    continue;
                };
                let base = format!("{base}.{name}");
                let Json::Object(settings) = settings else {
                    found.push(Problem { path: base, message: "must hold settings".to_owned() });
                    continue;
                };
                found.extend(misplaced(&base, settings, &self.environments));
                for (environment, details) in &self.environments {
                    let Json::Object(details) = details else { continue };
                    match cut(self, kind, provider, environment, details, settings) {
                        Ok(None) => {}
                        Ok(Some(entry)) => {
                            let environment = environment.clone();
                            offerings.insert(Choice { kind, provider, environment }, entry);
                        }
                        Err(problems) => found.extend(
                            problems
                                .into_iter()
                                .map(|problem| relocate(problem, &base, environment, settings)),
                        ),
                    }
                }
            }
        }
        offerings
    }
}

fn unknown_key(base: &str, key: &str, known: &[&str]) -> Problem {
    wire::Error::unknown_key(key, known).within(base).into()
}

/// Whether `key` is a misspelt `environments`, which no kind's own settings list.
fn means_environments(key: &str) -> bool {
    key != "environments" && !did_you_mean(key, ["environments"].into_iter()).is_empty()
}

/// Values for environments that the file does not have, or that are no values.
fn misplaced(
    base: &str,
    settings: &Map<String, Json>,
    environments: &Map<String, Json>,
) -> Vec<Problem> {
    let problem = |path: String, message: String| Problem { path, message };
    let misspelt = settings.keys().filter(|key| means_environments(key)).map(|key| {
        let message = "is not a known field (did you mean \"environments\"?)".to_owned();
        problem(format!("{base}.{key}"), message)
    });
    let mut problems: Vec<Problem> = misspelt.collect();
    // Where the file has none, that is told once.
    let written = settings.get("environments").filter(|_| !environments.is_empty());
    let Some(written) = written else { return problems };
    let names = list(environments.keys());
    let path = format!("{base}.environments");
    let Json::Object(overrides) = written else {
        problems.push(problem(path, format!("must hold settings by environment: {names}")));
        return problems;
    };
    for (name, own) in overrides {
        let path = format!("{path}.{name}");
        if !environments.contains_key(name) {
            let meant = did_you_mean(name, environments.keys().map(String::as_str));
            let message = format!("is no environment of this catalogue{meant}: {names}");
            problems.push(problem(path, message));
        } else if !own.is_object() && !own.is_null() {
            let message = "must hold settings, or null where it is not offered".to_owned();
            problems.push(problem(path, message));
        }
    }
    problems
}

/// Cuts one offering out of the file. `None` where the catalogue leaves the environment out by
/// saying `environments: {<name>: null}`.
fn cut(
    written: &Written,
    kind: Kind,
    provider: Provider,
    environment: &str,
    details: &Map<String, Json>,
    settings: &Map<String, Json>,
) -> Result<Option<(Offering, Json)>, Vec<Problem>> {
    let mut settings = settings.clone();
    let overrides = settings.remove("environments");
    settings.retain(|key, _| !means_environments(key));
    match overrides.as_ref().and_then(|all| all.get(environment)) {
        Some(Json::Null) => return Ok(None),
        Some(Json::Object(own)) => settings.extend(own.clone()),
        _ => {}
    }
    let mut details = details.clone();
    let account = details.remove(provider.name());
    // What is unknown was told before.
    details.retain(|key, _| ENVIRONMENT.contains(&key.as_str()));
    details.insert("name".to_owned(), Json::from(environment));
    let mut document = json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "offers": kind.name(),
        "provider": provider.name(),
        "platform": &written.platform,
        "environment": details,
        "settings": settings,
    });
    if let Some(account) = account {
        document[provider.name()] = account;
    }
    let mut problems = Vec::new();
    let offering = repair(&document, &mut problems, Offering::decode);
    let unformed = problems.len();
    if let Some(offering) = &offering {
        // A value that stood in for a missing one is not to be complained of twice.
        problems.extend(offering.problems());
        problems.extend(agreement::problems(offering));
        let (form, value) = problems.split_at(unformed);
        let value =
            value.iter().filter(|later| !form.iter().any(|earlier| later.is_at(&earlier.path)));
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
    let own = format!("environments.{environment}");
    let Problem { path, message } = problem;
    let at = |path: &str| Problem { path: path.to_owned(), message: message.clone() };
    if path == "environment.name" {
        at(&own)
    } else if let Some(rest) = below(&path, "environment") {
        at(rest).within(&own)
    } else if below(&path, "aws").is_some() {
        at(&path).within(&own)
    } else if let Some(rest) = below(&path, "settings") {
        let field = rest.split(['.', '[', ']']).find(|part| !part.is_empty());
        let overridden = settings
            .get("environments")
            .and_then(|all| all.get(environment))
            .is_some_and(|own| field.is_some_and(|field| own.get(field).is_some()));
        at(rest).within(&if overridden { format!("{base}.{own}") } else { base.to_owned() })
    } else {
        Problem { path, message }
    }
}

/// What is left of a path below `field`.
fn below<'a>(path: &'a str, field: &str) -> Option<&'a str> {
    path.strip_prefix(field).filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
