//! `selfservice catalog`: what is offered where, and the inputs of Compositions.

use serde_json::{Value as Json, json};

use super::{CatalogOption, Error, Outcome, documents, output};
use crate::catalog::{Catalog, Offering, list};
use crate::guardrails::{Violation, sizes_without_exception};
use crate::kinds::Kind;
use crate::text::did_you_mean;

/// Show what is offered where.
#[derive(Debug, clap::Args)]
pub(super) struct CatalogCommand {
    #[command(flatten)]
    catalog: CatalogOption,

    /// What to print.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: Format,

    #[command(subcommand)]
    command: Option<Sub>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// Tables for people.
    Table,
    /// A JSON list, an object for each offering.
    Json,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    /// Print one offering: the input of a Composition's pipeline step.
    Offering {
        /// Kind of claim, such as RedisInstance.
        kind: String,
        /// Provider, such as aws.
        #[arg(long)]
        provider: String,
        /// Environment, such as production.
        #[arg(long)]
        environment: String,
        #[command(flatten)]
        catalog: CatalogOption,
    },
}

impl CatalogCommand {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Self { catalog, output, command } = self;
        match command {
            None => {
                let catalog = documents::catalog(catalog.catalog.as_deref())?;
                match output {
                    Format::Table => Ok(Outcome::Done(tables(&catalog))),
                    Format::Json => json(&catalog).map(Outcome::Done),
                }
            }
            Some(Sub::Offering { kind, provider, environment, catalog: own }) => {
                let path = own.catalog.or(catalog.catalog);
                offering(&CatalogOption { catalog: path }, &kind, &provider, &environment)
            }
        }
    }
}

/// What is offered, and below it who may use the environments.
fn tables(catalog: &Catalog) -> String {
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
    let mut offered: Vec<Vec<String>> =
        vec![row(&["KIND", "PROVIDER", "ENVIRONMENT", "SIZES", "VERSIONS"])];
    let mut environments: Vec<Vec<String>> = Vec::new();
    for offering in catalog.offerings() {
        let environment = &offering.environment;
        offered.push(vec![
            offering.kind.name().to_owned(),
            offering.provider.name().to_owned(),
            environment.name.clone(),
            sizes(offering),
            versions(offering),
        ]);
        let namespaces = list(&environment.namespaces);
        let known = vec![
            environment.name.clone(),
            namespaces,
            word(&environment.high_availability),
            word(&environment.on_delete),
        ];
        if !environments.contains(&known) {
            environments.push(known);
        }
    }
    environments.sort();
    environments.insert(0, row(&["ENVIRONMENT", "NAMESPACES", "HIGH AVAILABILITY", "ON DELETE"]));
    format!(
        "{}\n(…) needs an exception; * is the default\n\n{}",
        output::table(&offered),
        output::table(&environments),
    )
}

/// A choice as the catalogue writes it.
fn word<T: serde::Serialize>(choice: &T) -> String {
    let word = serde_json::to_value(choice).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

/// All of them, in parentheses those that need an exception.
fn sizes(offering: &Offering) -> String {
    let free = sizes_without_exception(offering);
    let all = offering.settings.sizes().into_iter();
    list(all.map(|size| if free.contains(&size) { size.to_owned() } else { format!("({size})") }))
}

/// All of them, with a star at what a claim gets that asks for none.
fn versions(offering: &Offering) -> String {
    let lists = offering.settings.version_lists().into_iter().map(|(engine, versions)| {
        let names = list(versions.names().map(|name| {
            if name == versions.default { format!("{name}*") } else { name.to_owned() }
        }));
        engine.map_or_else(|| names.clone(), |engine| format!("{engine} {names}"))
    });
    lists.collect::<Vec<_>>().join("; ")
}

fn json(catalog: &Catalog) -> Result<String, Error> {
    let offerings: Vec<Json> = catalog
        .offerings()
        .map(|offering| {
            let environment = &offering.environment;
            let versions = offering.settings.version_lists().into_iter().map(|(engine, list)| {
                json!({"engine": engine, "default": list.default, "offered": list.offered})
            });
            json!({
                "kind": offering.kind.name(),
                "provider": offering.provider.name(),
                "environment": environment.name,
                "namespaces": environment.namespaces,
                "highAvailability": environment.high_availability,
                "onDelete": environment.on_delete,
                "sizes": offering.settings.sizes(),
                "maximumSize": offering.settings.maximum_size(),
                "versions": versions.collect::<Vec<_>>(),
            })
        })
        .collect();
    serde_json::to_string_pretty(&offerings)
        .map(|text| text + "\n")
        .map_err(|error| Error::Platform { message: format!("cannot write JSON: {error}") })
}

fn offering(
    option: &CatalogOption,
    kind: &str,
    provider: &str,
    environment: &str,
) -> Result<Outcome, Error> {
    let catalog = documents::catalog(option.catalog.as_deref())?;
    let failed = |violation: &Violation| Error::Platform { message: violation.message() };
    let Some(known) = Kind::from_name(kind) else {
        return Err(Error::Platform {
            message: format!(
                "no kind is called {}{}; choose one of {}",
                crate::guardrails::quote(kind),
                did_you_mean(kind, catalog.kinds().map(Kind::name)),
                list(catalog.kinds().map(Kind::name)),
            ),
        });
    };
    catalog.select(known, provider, environment, "").map_err(|violation| failed(&violation))?;
    let document = catalog.document(known, provider, environment);
    document.map_or_else(
        || Ok(Outcome::Done(String::new())),
        |document| output::yaml(document).map(Outcome::Done),
    )
}
