//! The CRDs themselves, one file per source and one CRD a line, for a real API
//! server: rules, defaults, list types and everything else that an API server acts
//! upon are as released. Only words are gone, and the versions that nobody
//! composes, with the webhook that would convert between them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sources::{Definition, Wanted, find_definition};

/// Crossplane's own, which come with the core that a suite runs.
const INSTALLED_BY_CORE: &str = "crossplane-core";

/// Returns the content of every file, by name.
pub(crate) fn list(
    wanted: &[Wanted],
    definitions: &[Definition],
    origins: &str,
) -> Result<BTreeMap<String, String>, String> {
    let mut files = BTreeMap::<String, String>::new();
    for kind in wanted.iter().filter(|kind| !kind.is_core()) {
        let definition = find_definition(kind, definitions)?;
        if definition.folder == INSTALLED_BY_CORE {
            continue;
        }
        let line = json!({
            "source": definition.find_origin(origins)?,
            "definition": strip(kind, definition)?,
        });
        let file = files.entry(format!("{}.jsonl", definition.folder)).or_default();
        file.push_str(&format!("{line}\n"));
    }
    Ok(files)
}

/// Returns what an API server needs of a CRD.
fn strip(kind: &Wanted, definition: &Definition) -> Result<Value, String> {
    let mut version = definition.find_version(&kind.version)?.clone();
    if version["storage"] != true {
        return Err(format!("{kind} is not what is stored: its CRD needs two versions"));
    }
    drop_words(&mut version["schema"]["openAPIV3Schema"]);
    let spec = &definition.crd["spec"];
    Ok(json!({
        "apiVersion": definition.crd["apiVersion"],
        "kind": definition.crd["kind"],
        "metadata": {"name": definition.crd["metadata"]["name"]},
        "spec": {
            "group": spec["group"],
            "names": spec["names"],
            "scope": spec["scope"],
            "versions": [version],
        },
    }))
}

/// Drops the descriptions of a schema, and of every schema within, but no field of that name.
fn drop_words(schema: &mut Value) {
    let Some(keywords) = schema.as_object_mut() else { return };
    keywords.remove("description");
    keywords.remove("example");
    for (keyword, value) in keywords {
        match keyword.as_str() {
            "properties" => value.as_object_mut().into_iter().flatten().for_each(|(_, field)| {
                drop_words(field);
            }),
            "items" | "additionalProperties" | "not" => drop_words(value),
            "allOf" | "anyOf" | "oneOf" => {
                value.as_array_mut().into_iter().flatten().for_each(drop_words);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field may be called `description`, and its default may say anything.
    #[test]
    fn drops_words_and_no_fields() {
        let mut schema = json!({
            "description": "words",
            "properties": {"description": {"type": "string", "description": "words", "default": {"description": "kept"}}},
            "items": {"oneOf": [{"description": "words", "required": ["description"]}]},
            "x-kubernetes-validations": [{"rule": "self.description == ''", "message": "kept"}],
        });
        drop_words(&mut schema);
        assert_eq!(
            schema,
            json!({
                "properties": {"description": {"type": "string", "default": {"description": "kept"}}},
                "items": {"oneOf": [{"required": ["description"]}]},
                "x-kubernetes-validations": [{"rule": "self.description == ''", "message": "kept"}],
            })
        );
    }
}
