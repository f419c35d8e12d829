//! Reduces the CRDs of the kinds in `wanted.txt` to the JSON Schemas beside it,
//! which hold what a structural check of a composed resource needs and nothing
//! else. `structure` says what is kept, `sources` where it comes from.
//!
//! The folder of CRDs is not part of this repository: the reduced schemas are
//! checked in, and made again only to add a kind or to move to a newer release.

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

/// Reduces CRDs to the schemas that tests validate composed resources against.
#[derive(Parser)]
#[command(name = "reduce-crds")]
struct Arguments {
    /// Folder of CRDs: one folder per source, and a README.md that says where each comes from
    crds: PathBuf,
    /// Folder of reduced schemas, with the list of kinds in wanted.txt
    schemas: PathBuf,
    /// Write nothing: fail if a schema is not what its CRD gives
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let Arguments { crds, schemas, check } = Arguments::parse();
    match reduce_all(&crds, &schemas).and_then(|files| settle(&schemas, &files, check)) {
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

/// What a file of the folder of schemas must hold.
enum Content {
    Reduced(String),
    HandWritten,
}

/// Returns every file that belongs in the folder of schemas, by name.
fn reduce_all(crds: &Path, schemas: &Path) -> Result<BTreeMap<String, Content>, String> {
    let wanted = sources::parse_wanted(&read(&schemas.join(WANTED))?)?;
    let origins = read(&crds.join("README.md"))?;
    let definitions = sources::read_definitions(crds, &wanted)?;

    let mut files = BTreeMap::from([(structure::METADATA.to_owned(), Content::HandWritten)]);
    let mut problems = Vec::new();
    for kind in wanted {
        let content = if kind.is_core() {
            Ok(Content::HandWritten)
        } else {
            sources::find_definition(&kind, &definitions)
                .and_then(|definition| reduce(&kind, definition, &origins))
                .map(|schema| Content::Reduced(format!("{}\n", structure::layout(&schema, 0))))
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
        .filter(|path| has_extension(path, "json"))
        .map(|path| last_part(path))
        .collect();
    let mut stale = Vec::new();
    for (name, content) in files {
        match content {
            Content::HandWritten if present.contains(name) => {}
            Content::HandWritten => {
                return Err(format!("{name} is missing: it has no CRD, write it by hand"));
            }
            Content::Reduced(text)
                if present.contains(name) && read(&folder.join(name))? == *text => {}
            Content::Reduced(_) if check => stale.push(name.clone()),
            Content::Reduced(text) => fs::write(folder.join(name), text)
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
