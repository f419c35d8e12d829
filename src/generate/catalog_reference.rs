//! `docs/catalog-reference.md`: every field of a catalogue, from the types that read it.

use serde_json::Value as Json;

use super::File;
use super::markdown::table;
use super::schema::with_defaults as of;
use crate::catalog::{Aws, Crossplane, Environment, Packages, Platform};
use crate::kinds::{Kind, event_stream, message_queue, object_store, postgresql, redis};

/// Where the file belongs in the repository.
pub const PATH: &str = "docs/catalog-reference.md";

const INTRODUCTION: &str = "\
# The catalogue, field by field

<!-- Made by `selfservice generate` from the catalogue's types: change those instead. -->

One YAML file says what a platform offers. `catalog/default.yaml` of function-self-service is a complete example: copy
it, put in your own accounts and networks, and pass it with `--catalog FILE` or `SELFSERVICE_CATALOG`. Every mistake
in a catalogue is listed at once, with its path. `selfservice catalog offering` cuts out the input of one
Composition's pipeline step.

```yaml
apiVersion: selfservice.fn.crossplane.io/v1beta1
kind: Catalog
platform: {}      # the platform as a whole
packages: {}      # where its packages are published
crossplane: {}    # how Crossplane is installed; may be left out
environments: {}  # by name: who may use it, what it demands, and its AWS account
offerings: {}     # by kind and provider: sizes, versions and limits
```

An offering holds for all environments. Under `environments` it may give one of them other values, a whole field at a
time, or `null` where the kind is not offered:

```yaml
offerings:
  RedisInstance:
    aws:
      snapshotRetentionDays: 7
      # … the other fields
      environments:
        production: {snapshotRetentionDays: 30}
        staging: null
```

A changed catalogue never resizes, upgrades, shortens or refuses what lives: only a changed claim does, or an entry
that says `rollout: true`.
";

/// The file.
pub(super) fn file() -> File {
    File::text(PATH, document())
}

/// The document.
fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    let environment = "environments.<name>";
    section(&mut text, "platform", &of::<Platform>());
    section(&mut text, "packages", &of::<Packages>());
    section(&mut text, "crossplane", &of::<Crossplane>());
    section(&mut text, environment, &without(of::<Environment>(), "name"));
    section(&mut text, &format!("{environment}.aws"), &of::<Aws>());
    for kind in Kind::ALL {
        section(&mut text, &format!("offerings.{}.aws", kind.name()), &settings(kind));
    }
    text
}

fn settings(kind: Kind) -> Json {
    match kind {
        Kind::PostgreSqlInstance => of::<postgresql::aws::Settings>(),
        Kind::RedisInstance => of::<redis::aws::Settings>(),
        Kind::MessageQueue => of::<message_queue::aws::Settings>(),
        Kind::EventStream => of::<event_stream::aws::Settings>(),
        Kind::ObjectStore => of::<object_store::aws::Settings>(),
    }
}

/// The catalogue names an environment by its key.
fn without(mut schema: Json, field: &str) -> Json {
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.remove(field);
    }
    schema
}

fn section(text: &mut String, title: &str, schema: &Json) {
    let mut rows = Vec::new();
    fields(&mut rows, "", schema);
    let table = table(&["field", "type", "when left out", "meaning"], &rows);
    text.push_str(&format!("\n## `{title}`\n\n{table}"));
}

/// A row for every field of an object, and below it those of the objects in it.
fn fields(rows: &mut Vec<Vec<String>>, prefix: &str, schema: &Json) {
    let Some(properties) = schema["properties"].as_object() else { return };
    for (name, property) in properties {
        let required =
            schema["required"].as_array().is_some_and(|all| all.contains(&name.as_str().into()));
        let omitted = match &property["default"] {
            _ if required => "**required**".to_owned(),
            Json::String(text) if !text.is_empty() => format!("`{text}`"),
            Json::Bool(_) | Json::Number(_) => format!("`{}`", property["default"]),
            // The fields of an object say it.
            _ if property.get("properties").is_some() => String::new(),
            _ => "nothing".to_owned(),
        };
        let about = property["description"].as_str().unwrap_or_default().to_owned();
        rows.push(vec![format!("`{prefix}{name}`"), form(property).to_owned(), omitted, about]);
        fields(rows, &format!("{prefix}{name}."), property);
        fields(rows, &format!("{prefix}{name}[]."), &property["items"]);
    }
}

fn form(property: &Json) -> &'static str {
    let has = |field: &str| property.get(field).is_some();
    match property["type"].as_str() {
        Some("string") if has("enum") => "a choice",
        Some("string") => "text",
        Some("integer") => "whole number",
        Some("boolean") => "`true` or `false`",
        Some("array") if property["items"]["type"] == "object" => "list of objects",
        Some("array") => "list of texts",
        Some("object") if has("additionalProperties") => "map of texts",
        _ => "object",
    }
}
