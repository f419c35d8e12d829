//! `selfservice render`: what a claim becomes.

mod composite;
mod inputs;
mod summary;

use std::path::PathBuf;

use jiff::civil::Date;

use self::composite::Composite;
use self::inputs::Inputs;
use super::{CatalogOption, Error, Outcome, documents, output, say};
use crate::claim::Flavour;
use crate::guardrails::Violation;
use crate::manifest::Node;
use crate::outcome::{Composition, Manifest, Refusal, Verdict};
use crate::{object, pipeline};

/// Show what a claim becomes: the composite resource with its status, then every resource.
///
/// Judges exactly as the function does in a cluster. Without --observed, a claim is taken as
/// new: what waits for other resources to exist is not shown yet, and -o summary says why.
#[derive(Debug, clap::Args)]
pub(super) struct Render {
    /// Claims or composite resources; - is standard input.
    #[arg(value_name = "CLAIM_OR_XR")]
    claim: PathBuf,

    /// Composition whose pipeline step holds the Offering, instead of the catalogue's.
    #[arg(value_name = "COMPOSITION")]
    composition: Option<PathBuf>,

    /// Composed resources that exist, each with the annotation
    /// crossplane.io/composition-resource-name; Secrets without it are connection Secrets.
    #[arg(long, value_name = "FILE|DIR")]
    observed: Vec<PathBuf>,

    /// Other objects that exist: ServiceAccounts, connection Secrets.
    #[arg(long, value_name = "FILE|DIR")]
    required: Vec<PathBuf>,

    #[command(flatten)]
    catalog: CatalogOption,

    /// Object model of the platform; by default, the one that the file is written for.
    #[arg(long, value_name = "FLAVOUR")]
    flavour: Option<FlavourOption>,

    /// What to print.
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    output: Format,

    /// Today, for versions that reach the end of their support.
    #[arg(long, value_name = "YYYY-MM-DD")]
    now: Option<Date>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FlavourOption {
    /// The claim is the composite resource, in its namespace (Crossplane v2).
    Namespaced,
    /// The claim has a cluster-scoped composite resource (Crossplane v1).
    Claims,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// YAML documents.
    Yaml,
    /// One JSON list.
    Json,
    /// A table: what is created, and what waits for what.
    Summary,
}

impl Render {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Self { claim, composition, observed, required, catalog, flavour, output, now } = self;
        let again = catalog.again();
        let catalog = documents::catalog(catalog.catalog.as_deref())?;
        let claims = documents::read(&claim)?;
        if claims.is_empty() {
            return Err(Error::File {
                path: claim.display().to_string(),
                message: "holds no claim; write one, or see examples/".to_owned(),
            });
        }
        let inputs = Inputs {
            catalog,
            compositions: composition.map(|path| documents::read(&path)).transpose()?,
            observed: documents::read_all(&observed)?,
            required: documents::read_all(&required)?,
            now: now.unwrap_or_else(today),
        };
        let flavour = flavour.map(|flavour| match flavour {
            FlavourOption::Namespaced => Flavour::Namespaced,
            FlavourOption::Claims => Flavour::Claims,
        });
        let mut rendered = Vec::new();
        let mut refused = false;
        for document in &claims {
            let composite = Composite::read(document, flavour, &inputs.catalog)?;
            match inputs.judge(&composite, document)? {
                Ok(verdict) => rendered.push((composite, verdict)),
                Err(violations) => {
                    refuse(&composite, &violations, &again);
                    refused = true;
                }
            }
        }
        if refused {
            return Ok(Outcome::Refused);
        }
        print(&rendered, output, inputs.now).map(Outcome::Done)
    }
}

fn today() -> Date {
    let now = std::time::SystemTime::now();
    jiff::Timestamp::try_from(now)
        .map(|now| now.to_zoned(jiff::tz::TimeZone::UTC).date())
        .unwrap_or_default()
}

/// `catalog` is the option that the ways out are asked for with.
fn refuse(composite: &Composite, violations: &[Violation], catalog: &str) {
    say(&format!("refused: {}", composite.title()));
    for violation in violations {
        say(&format!("  {violation}"));
    }
    let mut codes: Vec<&str> = Vec::new();
    for violation in violations {
        if !codes.contains(&violation.code) {
            codes.push(violation.code);
        }
    }
    if !codes.is_empty() {
        let codes = codes.join(" ");
        say(&format!("Run `selfservice explain {codes}{catalog}` for the ways out."));
    }
}

/// The verdict on one claim, as far as it was accepted.
fn print(rendered: &[(Composite, Accepted)], format: Format, now: Date) -> Result<String, Error> {
    for (composite, accepted) in rendered {
        for warning in &accepted.composition.warnings {
            say(&format!("warning: {}: {warning}", composite.title()));
        }
    }
    if let Format::Summary = format {
        let parts: Vec<String> = rendered
            .iter()
            .map(|(composite, accepted)| summary::summary(composite, &accepted.composition))
            .collect();
        return Ok(parts.join("\n"));
    }
    let mut objects = Vec::new();
    for (composite, accepted) in rendered {
        objects.push(composite.with_status(accepted, now));
        for (key, composed) in &accepted.composition.resources {
            let node = match &composed.manifest {
                Manifest::Built(node) => node.clone(),
                Manifest::Preserved(object) => {
                    object.read::<serde_json::Value>().map(Node::from).map_err(|error| {
                        Error::Platform { message: format!("cannot print {key}: {error}") }
                    })?
                }
            };
            objects.push(named(node, key));
        }
    }
    match format {
        Format::Json => serde_json::to_string_pretty(&objects)
            .map(|text| text + "\n")
            .map_err(|error| Error::Platform { message: format!("cannot write JSON: {error}") }),
        Format::Yaml | Format::Summary => {
            let documents = objects.iter().map(output::yaml).collect::<Result<Vec<_>, _>>()?;
            Ok(documents.iter().fold(String::new(), |text, document| text + "---\n" + document))
        }
    }
}

/// Adds the annotation by which Crossplane knows a composed resource.
fn named(mut object: Node, key: &str) -> Node {
    let mut metadata = object.get("metadata").cloned().unwrap_or(Node::map());
    let mut annotations = metadata.get("annotations").cloned().unwrap_or(Node::map());
    annotations.set("crossplane.io/composition-resource-name", key.to_owned());
    metadata.set("annotations", annotations);
    object.set("metadata", metadata);
    object
}

/// An accepted claim with the conditions it gets.
struct Accepted {
    composition: Composition,
    conditions: Node,
}

impl Accepted {
    /// `Err` says what is wrong with the platform, or with the object.
    fn new(verdict: Verdict, now: Date) -> Result<Result<Self, Vec<Violation>>, String> {
        let conditions = verdict.conditions.iter().map(|condition| {
            object! {
                "type": condition.kind,
                status: condition.status.name(),
                reason: &condition.reason,
                message: &condition.message,
                lastTransitionTime: format!("{now}T00:00:00Z"),
            }
        });
        match verdict.decision {
            Ok(composition) => {
                Ok(Ok(Self { conditions: conditions.collect::<Vec<_>>().into(), composition }))
            }
            Err(Refusal::Violations(violations)) => Ok(Err(violations)),
            Err(Refusal::Platform { message, .. }) => Err(message),
        }
    }
}

/// Runs the pipeline as Crossplane does: once to hear what is required, once with the answers.
fn judge(mut input: pipeline::Input, answer: impl Fn(&mut pipeline::Input, &Verdict)) -> Verdict {
    let first = pipeline::run(&input);
    answer(&mut input, &first);
    pipeline::run(&input)
}
