//! `docs/catalog.md`: what every size is in every environment, for those who choose.

use super::File;
use super::markdown::{agreeing, and, by_environment, table};
use crate::catalog::{Availability, Catalog, Offering, OnDelete, Provider, Version};
use crate::guardrails::sizes_without_exception;
use crate::kinds::Kind;
use crate::kinds::told::{Choice, Fact, code, codes};

const PATH: &str = "docs/catalog.md";

const INTRODUCTION: &str = "\
# What is on offer

<!-- Made by `selfservice generate` from the catalogue: change that instead. -->

What a claim may ask for, and what it gets. A claim chooses by the labels `provider` and `environment` of its
selector, and by its parameters, which the page of its kind explains.

## Environments

";

const AVAILABILITY: &str = "
`highAvailability` is the parameter of this name. A claim that is deleted loses its access in every environment.
";

/// The file.
pub(super) fn file(catalog: &Catalog) -> File {
    let mut text = INTRODUCTION.to_owned();
    text.push_str(&environments(catalog));
    text.push_str(AVAILABILITY);
    for kind in catalog.kinds() {
        text.push_str(&format!(
            "\n## {name}\n\n{}\n[Its page](kinds/{}.md) has parameters, status and an example.\n",
            kind.about(),
            kind.key_prefix(),
            name = kind.name(),
        ));
        for provider in Provider::ALL {
            let offerings: Vec<&Offering> = catalog
                .offerings_of(kind)
                .filter(|offering| offering.provider == provider)
                .collect();
            if !offerings.is_empty() {
                text.push_str(&section(kind, provider, &offerings));
            }
        }
    }
    File::text(PATH, text)
}

fn environments(catalog: &Catalog) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for offering in catalog.offerings() {
        let environment = &offering.environment;
        let name = code(&environment.name);
        if rows.iter().any(|row| row[0] == name) {
            continue;
        }
        let namespaces = match environment.namespaces.as_slice() {
            [] => "none".to_owned(),
            patterns => codes(patterns),
        };
        let row = [
            name,
            namespaces,
            availability(environment.high_availability).to_owned(),
            on_delete(environment.on_delete).to_owned(),
        ];
        rows.push(row.into());
    }
    rows.sort();
    let headers = ["environment", "namespaces that may use it", "`highAvailability`", "deletion"];
    table(&headers, &rows)
}

/// What an environment makes of high availability.
pub(super) const fn availability(rule: Availability) -> &'static str {
    match rule {
        Availability::Required => "always on; `false` is refused",
        Availability::Preferred => "on unless a claim says `false`",
        Availability::Optional => "off unless a claim says `true`",
        Availability::Unavailable => "always off; `true` is refused",
    }
}

/// What an environment does with the data of a deleted claim.
pub(super) const fn on_delete(rule: OnDelete) -> &'static str {
    match rule {
        OnDelete::Retain => "the data stays, protected against deletion",
        OnDelete::Delete => "the data goes, after a final snapshot where the service has them",
    }
}

fn section(kind: Kind, provider: Provider, offerings: &[&Offering]) -> String {
    let mut text = format!("\n### Sizes of {} by `{}`\n\n", kind.name(), provider.name());
    text.push_str(&sizes(offerings));
    let versions = versions(offerings);
    if !versions.is_empty() {
        text.push_str(&format!("\n### Versions of {}\n\n{versions}", kind.name()));
    }
    let (name, facts) = (kind.name(), facts(offerings));
    text.push_str(&format!("\n### Limits of {name}\n\n{facts}\n{}", limits(kind, offerings)));
    text
}

/// A row for every size, several where environments disagree on it.
fn sizes(offerings: &[&Offering]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in offerings.iter().flat_map(|offering| offering.settings.sizes()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut labels: Vec<&str> = Vec::new();
    let mut told: Vec<(&str, Vec<&str>, Vec<Fact>, bool)> = Vec::new();
    for name in names {
        let said = offerings
            .iter()
            .filter(|offering| offering.settings.sizes().contains(&name))
            .map(|offering| {
                let free = sizes_without_exception(offering).contains(&name);
                (offering.environment.name.as_str(), (offering.settings.size_facts(name), free))
            });
        for (environments, (facts, free)) in agreeing(said) {
            for (label, _) in &facts {
                if !labels.contains(label) {
                    labels.push(label);
                }
            }
            told.push((name, environments, facts, free));
        }
    }
    let agreed = told.iter().all(|(_, environments, ..)| environments.len() == offerings.len());
    let mut headers = vec!["size"];
    headers.extend((!agreed).then_some("environment"));
    headers.extend(&labels);
    let rows: Vec<Vec<String>> = told
        .into_iter()
        .map(|(name, environments, facts, free)| {
            let exception = if free { "" } else { ", by exception" };
            let mut row = vec![format!("{}{exception}", code(name))];
            row.extend((!agreed).then(|| codes(environments)));
            row.extend(labels.iter().map(|label| {
                let fact = facts.iter().find(|(known, _)| known == label);
                fact.map_or_else(|| "–".to_owned(), |(_, value)| value.clone())
            }));
            row
        })
        .collect();
    table(&headers, &rows)
}

/// A table for every list of versions, one for environments that agree.
fn versions(offerings: &[&Offering]) -> String {
    let said = offerings.iter().map(|offering| {
        let rows: Vec<Vec<String>> = offering
            .settings
            .version_lists()
            .into_iter()
            .flat_map(|(engine, versions)| {
                versions.offered.iter().map(move |version| {
                    version_row(engine, version, version.name == versions.default)
                })
            })
            .collect();
        (offering.environment.name.as_str(), rows)
    });
    let mut groups = agreeing(said);
    groups.retain(|(_, rows)| !rows.is_empty());
    let everywhere = groups.first().is_some_and(|(all, _)| all.len() == offerings.len());
    let engines = groups.iter().flat_map(|(_, rows)| rows).any(|row| !row[1].is_empty());
    let mut headers =
        vec!["version", "of", "at the provider", "standard support until", "upgrades to"];
    if !engines {
        headers.remove(1);
        groups.iter_mut().flat_map(|(_, rows)| rows).for_each(|row| drop(row.remove(1)));
    }
    let tables = groups.iter().map(|(environments, rows)| {
        let title =
            if everywhere { String::new() } else { format!("In {}:\n\n", and(environments)) };
        title + &table(&headers, rows)
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn version_row(engine: Option<&str>, version: &Version, is_default: bool) -> Vec<String> {
    let name = code(&version.name);
    let until = version.standard_support_until;
    vec![
        if is_default { format!("{name}, the default") } else { name },
        engine.map(code).unwrap_or_default(),
        code(&version.engine_version),
        until.map_or_else(|| "not announced".to_owned(), |date| date.to_string()),
        codes(&version.upgrades_to),
    ]
}

/// What everything has, whatever its size.
fn facts(offerings: &[&Offering]) -> String {
    let told: Vec<(&str, Vec<Fact>)> = offerings
        .iter()
        .map(|offering| (offering.environment.name.as_str(), offering.settings.facts()))
        .collect();
    let mut labels: Vec<&str> = Vec::new();
    for (label, _) in told.iter().flat_map(|(_, facts)| facts) {
        if !labels.contains(label) {
            labels.push(label);
        }
    }
    let rows = labels.into_iter().map(|label| {
        let said = told.iter().filter_map(|(environment, facts)| {
            let fact = facts.iter().find(|(known, _)| *known == label)?;
            Some((*environment, fact.1.clone()))
        });
        vec![label.to_owned(), by_environment(said)]
    });
    table(&["", "what there is"], &rows.collect::<Vec<_>>())
}

/// What parameters of the kind alone may be, and are when left out.
fn limits(kind: Kind, offerings: &[&Offering]) -> String {
    let rows = kind.parameters().iter().filter_map(|parameter| {
        let choices: Vec<(&str, Choice)> = offerings
            .iter()
            .filter_map(|offering| {
                let choice = offering.settings.choice(parameter.name)?;
                Some((offering.environment.name.as_str(), choice))
            })
            .collect();
        let tell = |what: fn(&Choice) -> &String| {
            by_environment(choices.iter().map(|(name, choice)| (*name, what(choice).clone())))
        };
        (!choices.is_empty()).then(|| {
            let (allowed, omitted) =
                (tell(|choice| &choice.allowed), tell(|choice| &choice.omitted));
            vec![code(parameter.name), allowed, omitted]
        })
    });
    table(&["parameter", "may be", "when left out"], &rows.collect::<Vec<_>>())
}
