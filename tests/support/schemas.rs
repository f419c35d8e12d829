//! Judges composed resources by the reduced CRD schemas in `tests/schemas/`, as
//! an API server with strict field validation does.
//!
//! It leaves CEL rules to a real API server, and what a schema means to
//! `json_schema`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize as _;
use serde_json::Value;

use super::json_schema::Schema;

/// The one file of schemas that others refer to.
const METADATA: &str = "metadata.json";

/// Returns what is wrong with a Kubernetes object, sorted, as `field: problem`.
pub(crate) fn validate(object: &Value) -> Vec<String> {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    match schemas().get(&file_name(api_version, kind)) {
        Some(schema) => schema.validate(object),
        None => vec![format!(
            "no schema for `{api_version} {kind}`: add it to tests/schemas/wanted.txt and run \
             `cargo run --example reduce-crds -- <folder of CRDs> tests/schemas tests/crds`"
        )],
    }
}

/// Returns the name of the file with the schema of a kind.
pub(crate) fn file_name(api_version: &str, kind: &str) -> String {
    format!("{}_{kind}.json", api_version.replace('/', "_"))
}

/// Returns the folder of the schemas.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas")
}

/// Returns the schemas by the names of their files.
fn schemas() -> &'static BTreeMap<String, Schema> {
    static SCHEMAS: OnceLock<BTreeMap<String, Schema>> = OnceLock::new();
    SCHEMAS.get_or_init(|| load_all(&folder()).expect("every schema is usable"))
}

fn load_all(folder: &Path) -> Result<BTreeMap<String, Schema>, String> {
    let metadata = load(&folder.join(METADATA))?;
    let mut schemas = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("tests/schemas: {error}"))? {
        let path = entry.map_err(|error| format!("tests/schemas: {error}"))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.extension().is_none_or(|it| it != "json") || name == METADATA {
            continue;
        }
        let schema = resolve(load(&path)?, &metadata)?;
        let schema = Schema::deserialize(schema).map_err(|error| format!("{name}: {error}"))?;
        schemas.insert(name.into_owned(), schema);
    }
    Ok(schemas)
}

fn load(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Puts what a schema refers to in its place.
fn resolve(schema: Value, metadata: &Value) -> Result<Value, String> {
    match schema {
        Value::Object(fields) => match fields.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.strip_prefix(METADATA).and_then(|it| it.strip_prefix('#'));
                let target = pointer.and_then(|pointer| metadata.pointer(pointer));
                let target = target.ok_or_else(|| format!("cannot resolve {reference}"))?;
                resolve(target.clone(), metadata)
            }
            None => fields.into_iter().map(|(k, v)| Ok((k, resolve(v, metadata)?))).collect(),
        },
        Value::Array(items) => items.into_iter().map(|item| resolve(item, metadata)).collect(),
        other => Ok(other),
    }
}
