//! Structural schemas of the catalogue's types, from which its documents are made.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json};

/// The structural schema of a type.
pub(super) fn of<T: schemars::JsonSchema>() -> Json {
    let mut schema = with_defaults::<T>();
    drop_defaults(&mut schema);
    schema
}

/// The same with the defaults of its fields: an API server would write them into objects.
pub(super) fn with_defaults<T: schemars::JsonSchema>() -> Json {
    let settings = SchemaSettings::openapi3().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    simplify(&mut schema);
    schema
}

/// Leaves what a structural schema may hold (Kubernetes, "Specifying a structural schema").
fn simplify(schema: &mut Json) {
    let Json::Object(fields) = schema else { return };
    for unused in ["$schema", "title", "components", "format"] {
        fields.remove(unused);
    }
    if fields.get("additionalProperties") == Some(&Json::Bool(false)) {
        fields.remove("additionalProperties");
    }
    if let Some(Json::Array(variants)) = fields.remove("oneOf") {
        merge(fields, variants);
    }
    for holder in ["properties"] {
        if let Some(Json::Object(properties)) = fields.get_mut(holder) {
            properties.values_mut().for_each(simplify);
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(inner) {
            simplify(inner);
        }
    }
}

fn drop_defaults(schema: &mut Json) {
    let Json::Object(fields) = schema else { return };
    fields.remove("default");
    if let Some(Json::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(drop_defaults);
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(inner) {
            drop_defaults(inner);
        }
    }
}

/// A choice of texts becomes an enum; a choice of objects one object with all their fields.
fn merge(fields: &mut Map<String, Json>, variants: Vec<Json>) {
    let mut values = Vec::new();
    let mut meanings = String::new();
    let mut properties = Map::new();
    for variant in variants {
        let about = variant["description"].as_str().unwrap_or_default().to_owned();
        if let Some(Json::Object(own)) = variant.get("properties") {
            for (name, property) in own {
                let mut property = property.clone();
                property["description"] = Json::from(about.clone());
                properties.insert(name.clone(), property);
            }
        }
        let texts = variant["enum"].as_array().cloned().unwrap_or_default();
        for value in texts.into_iter().chain(variant.get("const").cloned()) {
            meanings.push_str(&format!(" {}: {about}", value.as_str().unwrap_or_default()));
            values.push(value);
        }
    }
    if properties.is_empty() {
        let about = fields.get("description").and_then(Json::as_str).unwrap_or_default();
        let about = format!("{about}{meanings}");
        fields.insert("description".to_owned(), Json::from(about));
        fields.insert("type".to_owned(), Json::from("string"));
        fields.insert("enum".to_owned(), Json::Array(values));
    } else {
        fields.insert("type".to_owned(), Json::from("object"));
        fields.insert("properties".to_owned(), Json::Object(properties));
    }
}
