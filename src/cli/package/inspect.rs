//! `selfservice package inspect`: what a package holds, in a file or in a registry.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value as Json;

use super::{Dependency, Error, Outcome};
use crate::cli::output;
use crate::xpkg::contents::{VERSION, text};
use crate::xpkg::image::Held;
use crate::xpkg::oci::Execution;
use crate::xpkg::reference::Reference;
use crate::xpkg::{self, archive, plain, registry, size};

/// Show what a package holds.
#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    /// Package file, or reference of a pushed package.
    #[arg(value_name = "FILE|REFERENCE")]
    package: String,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Form {
    /// Tables for people.
    #[default]
    Text,
    /// A document for programs.
    Json,
}

impl Inspect {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Self { package, output } = self;
        let path = Path::new(&package);
        // A file that is there is meant, whatever its name looks like.
        let held = if !path.exists() && Reference::is_meant(&package) {
            registry::pull(&Reference::read(&package)?)?
        } else {
            let image = archive::read(path)?;
            image.held().map_err(|problem| xpkg::Error::File { path: package.clone(), problem })?
        };
        let report = Report::new(&package, held)?;
        match output {
            Form::Text => Ok(Outcome::Done(report.text())),
            Form::Json => serde_json::to_string_pretty(&report)
                .map(|text| Outcome::Done(text + "\n"))
                .map_err(|error| Error::Platform {
                    message: format!("cannot write JSON: {error}"),
                }),
        }
    }
}

/// What a package holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    digest: String,
    platforms: Vec<PlatformLine>,
    /// The versions of Crossplane that it works with.
    crossplane: Option<String>,
    capabilities: Vec<String>,
    dependencies: Vec<Dependency>,
    /// How the program in it is run, where there is one.
    runtime: Option<Runtime>,
    labels: BTreeMap<String, String>,
    layers: Vec<LayerLine>,
    objects: Vec<Object>,
}

#[derive(Debug, Serialize)]
struct Runtime {
    entrypoint: Vec<String>,
    user: String,
    environment: Vec<String>,
    ports: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PlatformLine {
    platform: String,
    digest: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LayerLine {
    annotation: Option<String>,
    size: u64,
    media_type: String,
    digest: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    api_version: String,
    kind: String,
    name: String,
}

impl Report {
    fn new(shown: &str, held: Held) -> Result<Self, Error> {
        let (meta, objects) = super::objects(shown, &held)?;
        let own =
            |content: &Json, path: &[&str]| text(content, path).unwrap_or_default().to_owned();
        let spec = |name| meta.get("spec").and_then(|spec| spec.get(name)).and_then(Json::as_array);
        Ok(Self {
            kind: own(&meta, &["kind"]),
            name: own(&meta, &["metadata", "name"]),
            digest: held.digest,
            platforms: held
                .platforms
                .into_iter()
                .map(|(platform, digest)| PlatformLine { platform: platform.to_string(), digest })
                .collect(),
            crossplane: text(&meta, &["spec", "crossplane", "version"]).map(str::to_owned),
            capabilities: spec("capabilities")
                .into_iter()
                .flatten()
                .filter_map(|capability| capability.as_str().map(str::to_owned))
                .collect(),
            dependencies: Dependency::all(&meta),
            runtime: Runtime::of(&held.config.config),
            labels: held.config.config.labels,
            layers: held
                .layers
                .into_iter()
                .map(|layer| LayerLine {
                    annotation: layer.purpose().map(str::to_owned),
                    size: layer.size,
                    media_type: layer.media_type,
                    digest: layer.digest,
                })
                .collect(),
            objects: objects
                .iter()
                .map(|object| Object {
                    api_version: own(object, &["apiVersion"]),
                    kind: own(object, &["kind"]),
                    name: own(object, &["metadata", "name"]),
                })
                .collect(),
        })
    }

    fn text(&self) -> String {
        let mut facts = vec![
            row(["type", &self.kind]),
            row(["name", &self.name]),
            row(["digest", &self.digest]),
            row(["crossplane", self.crossplane.as_deref().unwrap_or("any version")]),
        ];
        if let Some(version) = self.labels.get(VERSION) {
            facts.push(row(["version", version]));
        }
        if !self.capabilities.is_empty() {
            facts.push(row(["capabilities", &self.capabilities.join(", ")]));
        }
        if let Some(runtime) = &self.runtime {
            facts.push(row(["entrypoint", &runtime.entrypoint.join(" ")]));
            facts.push(row(["user", &runtime.user]));
            facts.push(row(["environment", &runtime.environment.join(" ")]));
            facts.push(row(["ports", &runtime.ports.join(", ")]));
        }
        let mut text = output::table(&facts);
        let mut section = |titles: Vec<String>, rows: Vec<Vec<String>>| {
            if !rows.is_empty() {
                text.push('\n');
                text.push_str(&output::table(&[vec![titles], rows].concat()));
            }
        };
        section(
            row(["PLATFORM", "DIGEST"]),
            self.platforms.iter().map(|line| row([&line.platform, &line.digest])).collect(),
        );
        section(
            row(["DEPENDENCY", "PACKAGE", "VERSION"]),
            self.dependencies
                .iter()
                .map(|line| row([&line.kind, &line.package, &line.version]))
                .collect(),
        );
        section(
            row(["LAYER", "SIZE", "MEDIA TYPE", "DIGEST"]),
            self.layers
                .iter()
                .map(|line| {
                    let purpose = line.annotation.as_deref().unwrap_or("-");
                    row([purpose, &size(line.size), &line.media_type, &line.digest])
                })
                .collect(),
        );
        section(
            row(["OBJECT", "NAME", "API VERSION"]),
            self.objects
                .iter()
                .map(|line| row([&line.kind, &line.name, &line.api_version]))
                .collect(),
        );
        text
    }
}

impl Runtime {
    fn of(execution: &Execution) -> Option<Self> {
        (!execution.entrypoint.is_empty()).then(|| Self {
            entrypoint: execution.entrypoint.clone(),
            user: execution.user.clone(),
            environment: execution.env.clone(),
            ports: execution.exposed_ports.keys().cloned().collect(),
        })
    }
}

/// Cells of a table; packages of others could command a terminal.
fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(plain).to_vec()
}
