//! The table that a person wants.

use super::super::output;
use super::Composite;
use crate::manifest::Node;
use crate::outcome::{Composition, Manifest};
use crate::wire::Value;

/// What would be created, as what, and what waits for what.
pub(super) fn summary(composite: &Composite, composition: &Composition) -> String {
    let mut rows = vec![["RESOURCE", "KIND", "NAME", "STATE"].map(str::to_owned).to_vec()];
    for (key, composed) in &composition.resources {
        let (kind, name) = describe(&composed.manifest);
        let state = match (&composed.manifest, composed.ready) {
            (Manifest::Preserved(_), _) => "kept as it is",
            (Manifest::Built(_), true) => "ready",
            (Manifest::Built(_), false) => "creating",
        };
        rows.push(vec![key.clone(), kind, name, state.to_owned()]);
    }
    for waiting in composition
        .waiting
        .iter()
        .filter(|waiting| !composition.resources.contains_key(&waiting.key))
    {
        let state = format!("waits: {}", lower(&waiting.reason));
        rows.push(vec![waiting.key.clone(), String::new(), String::new(), state]);
    }
    let title = composite.title();
    let counts = format!(
        "{} resources, {} waiting, {}",
        composition.resources.len(),
        composition.waiting.len(),
        if composition.ready { "ready" } else { "not ready" },
    );
    format!("{title}: {counts}\n\n{}", output::table(&rows))
}

fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn describe(manifest: &Manifest) -> (String, String) {
    match manifest {
        Manifest::Built(node) => {
            let text =
                |path: &[&str]| node.at(path).and_then(Node::text).unwrap_or_default().to_owned();
            (text(&["kind"]), text(&["metadata", "name"]))
        }
        Manifest::Preserved(object) => {
            let kind = match object.get("kind") {
                Ok(Some(Value::String(kind))) => kind.to_owned(),
                _ => String::new(),
            };
            let name = match object.get("metadata") {
                Ok(Some(Value::Struct(metadata))) => match metadata.get("name") {
                    Ok(Some(Value::String(name))) => name.to_owned(),
                    _ => String::new(),
                },
                _ => String::new(),
            };
            (kind, name)
        }
    }
}
