//! Reduces the CRDs of the kinds in `wanted.txt` to the JSON Schemas beside it,
//! which hold what a structural check of a composed resource needs and nothing
//! else. `structure` says what is kept, `sources` where it comes from.
//!
//! The CRDs themselves, without words, go to another folder, for the suites that
//! have a real API server: `definitions` says what is left of them.
//!
//! The folder of CRDs is not part of this repository: what is made of them is
//! checked in, and made again only to add a kind or to move to a newer release.

mod definitions;
mod sources;
mod structure;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};

use crate::sources::{Definition, Wanted};

const WANTED: &str = "wanted.txt";

/// Reduces CRDs to what tests validate composed resources against.
#[derive(Parser)]
#[command(name = "reduce-crds")]
struct Arguments {
    /// Folder of CRDs: one folder per source, and a README.md that says where each comes from
    crds: PathBuf,
    /// Folder of reduced schemas, with the list of kinds in wanted.txt
    schemas: PathBuf,
    /// Folder of CRDs without words, with the list of further kinds in wanted.txt
    definitions: PathBuf,
    /// Write nothing: fail if a file is not what its CRD gives
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let Arguments { crds, schemas, definitions, check } = Arguments::parse();
    match reduce_all(&crds, &schemas, &definitions, check) {
        Ok(stale) if stale.is_empty() => ExitCode::SUCCESS,
        Ok(stale) => {
            eprintln!("not current, run without --check: {}", stale.join(", "));
            ExitCode::from(1)
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

/// What a file of a folder must hold.
enum Content {
    Made(String),
    HandWritten,
}

/// Makes both folders; returns what a check found to be stale.
fn reduce_all(
    crds: &Path,
    schemas: &Path,
    definitions: &Path,
    check: bool,
) -> Result<Vec<String>, String> {
    let composed = sources::parse_wanted(&read(&schemas.join(WANTED))?)?;
    let further = sources::parse_wanted(&read(&definitions.join(WANTED))?)?;
    let origins = read(&crds.join("README.md"))?;
    let all: Vec<Wanted> = composed.iter().chain(&further).cloned().collect();
    let found = sources::read_definitions(crds, &all)?;

    let mut stale = settle(schemas, &reduce_to_schemas(&composed, &found, &origins)?, check)?;
    let lists = definitions::list(&all, &found, &origins)?;
    let lists = lists.into_iter().map(|(name, text)| (name, Content::Made(text))).collect();
    stale.extend(settle(definitions, &lists, check)?);
    Ok(stale)
}

/// Returns every file that belongs in the folder of schemas, by name.
fn reduce_to_schemas(
    wanted: &[Wanted],
    definitions: &[Definition],
    origins: &str,
) -> Result<BTreeMap<String, Content>, String> {
    let mut files = BTreeMap::from([(structure::METADATA.to_owned(), Content::HandWritten)]);
    let mut problems = Vec::new();
    for kind in wanted {
        let content = if kind.is_core() {
            Ok(Content::HandWritten)
        } else {
            sources::find_definition(kind, definitions)
                .and_then(|definition| reduce(kind, definition, origins))
                .map(|schema| Content::Made(format!("{}\n", structure::layout(&schema, 0))))
        };
        match content {
            Ok(content) => drop(files.insert(kind.file_name(), content)),
            Err(problem) => {
                problems.push(format!("{WANTED} line {}: {kind}: {problem}", kind.line));
            }
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems.join("\n")) }
}

/// Returns the schema of one kind: its structure, and where that is from.
fn reduce(kind: &Wanted, definition: &Definition, origins: &str) -> Result<Value, String> {
    let served = definition.find_version(&kind.version)?;
    let mut schema = structure::reduce_object(
        &served["schema"]["openAPIV3Schema"],
        &kind.api_version(),
        &kind.kind,
        definition.is_namespaced(),
    )?;
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$comment"] = json!("Made by reduce.rs from x-source: do not edit.");
    schema["x-source"] = definition.find_origin(origins)?;
    Ok(schema)
}

/// Makes the folder hold exactly these files; returns those a check found to be otherwise.
fn settle(
    folder: &Path,
    files: &BTreeMap<String, Content>,
    check: bool,
) -> Result<Vec<String>, String> {
    let present: BTreeSet<String> = list(folder)?
        .iter()
        .filter(|path| has_extension(path, "json") || has_extension(path, "jsonl"))
        .map(|path| last_part(path))
        .collect();
    let mut stale = Vec::new();
    for (name, content) in files {
        match content {
            Content::HandWritten if present.contains(name) => {}
            Content::HandWritten => {
                return Err(format!("{name} is missing: it has no CRD, write it by hand"));
            }
            Content::Made(text) if present.contains(name) && read(&folder.join(name))? == *text => {
            }
            Content::Made(_) if check => stale.push(name.clone()),
            Content::Made(text) => fs::write(folder.join(name), text)
                .map_err(|error| format!("cannot write {name}: {error}"))?,
        }
    }
    for name in present.iter().filter(|name| !files.contains_key(*name)) {
        if check {
            stale.push(format!("{name} (not in {WANTED})"));
        } else {
            fs::remove_file(folder.join(name))
                .map_err(|error| format!("cannot remove {name}: {error}"))?;
        }
    }
    Ok(stale)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Returns the entries of a folder, sorted.
fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut paths = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>())
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    paths.sort();
    Ok(paths)
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().unwrap_or_default() == extension
}

fn last_part(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
