//! `selfservice catalog`: what is offered where, and the inputs of Compositions.

use super::{CatalogOption, Error, Outcome, documents, output};
use crate::guardrails::Violation;
use crate::kinds::Kind;

/// Show what is offered where.
#[derive(Debug, clap::Args)]
pub(super) struct CatalogCommand {
    #[command(flatten)]
    catalog: CatalogOption,

    #[command(subcommand)]
    command: Option<Sub>,
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
        let Self { catalog, command } = self;
        match command {
            None => table(&catalog),
            Some(Sub::Offering { kind, provider, environment, catalog: own }) => {
                let path = own.catalog.or(catalog.catalog);
                offering(&CatalogOption { catalog: path }, &kind, &provider, &environment)
            }
        }
    }
}

fn table(option: &CatalogOption) -> Result<Outcome, Error> {
    let catalog = documents::catalog(option.catalog.as_deref())?;
    let mut rows = vec![
        ["KIND", "PROVIDER", "ENVIRONMENT", "SIZES", "NAMESPACES"].map(str::to_owned).to_vec(),
    ];
    for offering in catalog.offerings() {
        rows.push(vec![
            offering.kind.name().to_owned(),
            offering.provider.name().to_owned(),
            offering.environment.name.clone(),
            crate::guardrails::sizes_without_exception(offering).join(", "),
            offering.environment.namespaces.join(", "),
        ]);
    }
    Ok(Outcome::Done(output::table(&rows)))
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
                "no kind is called {}; choose one of {}",
                crate::guardrails::quote(kind),
                crate::catalog::list(Kind::ALL.iter().map(|kind| kind.name())),
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
