//! Turns the schema of a CRD into JSON Schema, with what an API server does to
//! it written out: unknown fields are refused unless preserved, a required field
//! with a default is optional, and the providers' CEL rules for required
//! parameters are required fields (as for a resource that may be created or
//! updated, which ours always may). There is no status, since nobody composes one.
//!
//! It does not judge the other CEL rules: they are listed in `x-cel-not-checked`
//! and left to a real API server. A keyword not known here is an error, so that
//! no rule gets lost in silence.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The file of schemas for metadata, which CRDs leave to the API server.
pub(crate) const METADATA: &str = "metadata.json";

const LINE_WIDTH: usize = 100;

/// The keywords that say the same in JSON Schema as in a CRD.
const KEPT: [&str; 14] = [
    "enum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "not",
    "oneOf",
    "pattern",
    "type",
    "x-kubernetes-list-map-keys",
];

/// The formats an API server checks. (It passes over those it does not know.)
const FORMATS: [&str; 4] = ["byte", "date-time", "int32", "int64"];

/// The keywords that are words, or that `reduce` reads beside the others.
const NOT_EMITTED: [&str; 8] = [
    "default",
    "description",
    "example",
    "nullable",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// Returns the schema of a whole Kubernetes object.
pub(crate) fn reduce_object(
    schema: &Value,
    api_version: &str,
    kind: &str,
    namespaced: bool,
) -> Result<Value, String> {
    let mut schema = schema.clone();
    let fields = schema["properties"].as_object_mut().ok_or("its schema has no fields")?;
    fields.remove("status");
    if fields.remove("metadata").is_some_and(|metadata| metadata.get("properties").is_some()) {
        return Err("its rules for metadata are not known to structure.rs".to_owned());
    }
    let scope = if namespaced { "namespaced" } else { "cluster" };
    let mut reduced = reduce(&schema, "")?;
    reduced["properties"]["apiVersion"] = json!({"enum": [api_version]});
    reduced["properties"]["kind"] = json!({"enum": [kind]});
    reduced["properties"]["metadata"] = json!({"$ref": format!("{METADATA}#/$defs/{scope}")});
    require(&mut reduced, &["apiVersion", "kind", "metadata"]);

    let mut not_checked = Vec::new();
    for rule in rules(&schema, "") {
        match rule.required_parameter()? {
            Some(name) => require_parameter(&mut reduced, name)?,
            None => not_checked.push(format!(
                "{}: {}",
                rule.place.trim_start_matches('.'),
                rule.message
            )),
        }
    }
    if !not_checked.is_empty() {
        reduced["x-cel-not-checked"] = json!(not_checked);
    }
    Ok(reduced)
}

/// Turns the schema of the field at `place` into JSON Schema.
fn reduce(schema: &Value, place: &str) -> Result<Value, String> {
    let keywords = schema.as_object().ok_or_else(|| format!("{place}: not a schema"))?;
    let mut reduced = Map::new();
    for (keyword, value) in keywords {
        reduced.extend(reduce_keyword(schema, keyword, value, place)?);
    }
    let mut reduced = Value::Object(reduced);
    if schema["x-kubernetes-embedded-resource"] == true {
        embed(&mut reduced);
    }
    let preserves = schema["x-kubernetes-preserve-unknown-fields"] == true;
    if schema["type"] == "object" && !preserves && schema.get("additionalProperties").is_none() {
        reduced["additionalProperties"] = json!(false);
    }
    Ok(reduced)
}

/// Returns what a keyword becomes, which is nothing if it does not bear on structure.
fn reduce_keyword(
    schema: &Value,
    keyword: &str,
    value: &Value,
    place: &str,
) -> Result<Option<(String, Value)>, String> {
    let emit = |keyword: &str, value: Value| Ok(Some((keyword.to_owned(), value)));
    match keyword {
        "type" if schema["nullable"] == true => emit(keyword, json!([value, "null"])),
        "format" if FORMATS.iter().any(|known| value == known) => emit(keyword, value.clone()),
        "x-kubernetes-int-or-string" if schema["nullable"] != true => {
            emit("type", json!(["integer", "string"]))
        }
        // The alternatives of an int-or-string are its types.
        "anyOf" if schema["x-kubernetes-int-or-string"] == true => Ok(None),
        "required" => emit(keyword, required_of_author(schema)),
        "properties" => emit(keyword, reduce_fields(value, place)?),
        "items" => emit(keyword, reduce(value, &format!("{place}[]"))?),
        "additionalProperties" if value.is_object() => {
            emit(keyword, reduce(value, &format!("{place}{{}}"))?)
        }
        "x-kubernetes-list-type" if value == "set" => emit("uniqueItems", json!(true)),
        "x-kubernetes-list-type" if value == "atomic" || value == "map" => Ok(None),
        _ if NOT_EMITTED.contains(&keyword) => Ok(None),
        _ if KEPT.contains(&keyword) => emit(keyword, value.clone()),
        _ => Err(format!("{place}: {keyword}: {value} is not known to structure.rs")),
    }
}

fn reduce_fields(fields: &Value, place: &str) -> Result<Value, String> {
    let fields = fields.as_object().ok_or_else(|| format!("{place}: fields are not an object"))?;
    fields
        .iter()
        .map(|(name, field)| Ok((name.clone(), reduce(field, &format!("{place}.{name}"))?)))
        .collect()
}

/// Returns the required fields without those the API server fills in itself.
fn required_of_author(schema: &Value) -> Value {
    let has_default = |name: &&str| schema["properties"][name].get("default").is_some();
    let required = schema["required"].as_array().into_iter().flatten();
    required.filter_map(Value::as_str).filter(|name| !has_default(name)).collect()
}

/// Adds names to the required fields, sorted.
fn require(schema: &mut Value, names: &[&str]) {
    let known = schema["required"].as_array().into_iter().flatten();
    let known = known.filter_map(Value::as_str);
    let required: BTreeSet<&str> = known.chain(names.iter().copied()).collect();
    schema["required"] = json!(required);
}

fn require_parameter(schema: &mut Value, name: &str) -> Result<(), String> {
    let parameters = "/properties/spec/properties/forProvider";
    match schema.pointer_mut(parameters) {
        Some(parameters) if parameters["properties"].get(name).is_some() => {
            require(parameters, &[name]);
            Ok(())
        }
        _ => Err(format!("required parameter {name} is not a field of spec.forProvider")),
    }
}

/// Adds what every Kubernetes object has to the schema of a field that holds one.
fn embed(schema: &mut Value) {
    schema["properties"]["apiVersion"] = json!({"minLength": 1, "type": "string"});
    schema["properties"]["kind"] = json!({"minLength": 1, "type": "string"});
    schema["properties"]["metadata"] = json!({"$ref": format!("{METADATA}#/$defs/namespaced")});
    require(schema, &["apiVersion", "kind"]);
}

/// A CEL rule: the field it stands on, its expression and its message.
struct Rule {
    place: String,
    expression: String,
    message: String,
}

impl Rule {
    /// Returns the parameter this rule requires, if it is such a rule.
    fn required_parameter(&self) -> Result<Option<&str>, String> {
        let name = self
            .message
            .strip_prefix("spec.forProvider.")
            .and_then(|rest| rest.strip_suffix(" is a required parameter"));
        match name {
            // Only the usual expression, which also accepts a resource that is only observed,
            // is known to mean what the message says.
            Some(name)
                if name.contains('.') || !self.expression.contains("|| has(self.forProvider.") =>
            {
                Err(format!("{}: {} is not known to structure.rs", self.place, self.expression))
            }
            name => Ok(name),
        }
    }
}

/// Returns the CEL rules of a schema, those of the outer fields first.
fn rules(schema: &Value, place: &str) -> Vec<Rule> {
    let text = |rule: &Value, key: &str| rule[key].as_str().unwrap_or_default().to_owned();
    let own =
        schema["x-kubernetes-validations"].as_array().into_iter().flatten().map(|rule| Rule {
            place: place.to_owned(),
            expression: text(rule, "rule"),
            message: text(rule, "message"),
        });
    let fields = schema["properties"].as_object().into_iter().flatten();
    let inner = fields
        .map(|(name, field)| (field, format!("{place}.{name}")))
        .chain(schema.get("items").map(|items| (items, format!("{place}[]"))))
        .chain(schema.get("additionalProperties").map(|values| (values, format!("{place}{{}}"))));
    own.chain(inner.flat_map(|(schema, place)| rules(schema, &place))).collect()
}

/// Writes JSON with one line for each thing that fits in one, so that diffs are small.
pub(crate) fn layout(value: &Value, indent: usize) -> String {
    let flat = value.to_string();
    let inner = indent + 2;
    let (open, close, parts): (_, _, Vec<String>) = match value {
        _ if indent + flat.len() <= LINE_WIDTH => return flat,
        Value::Array(items) => ('[', ']', items.iter().map(|it| layout(it, inner)).collect()),
        Value::Object(fields) => {
            let part = |(name, field)| format!("\"{name}\": {}", layout(field, inner));
            ('{', '}', fields.iter().map(part).collect())
        }
        _ => return flat,
    };
    let parts = parts.join(&format!(",\n{:inner$}", ""));
    format!("{open}\n{:inner$}{parts}\n{:indent$}{close}", "", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reduces a field, with the schemas of its own fields given.
    fn reduced(fields: &Value) -> Result<Value, String> {
        Ok(reduce(&json!({"type": "object", "properties": fields}), "")?["properties"].take())
    }

    /// The API server drops unknown fields: a typing error in one must not pass.
    #[test]
    fn refuses_unknown_fields_unless_the_crd_keeps_them() {
        let fields = json!({
            "bare": {"type": "object"},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
        });
        assert_eq!(
            reduced(&fields),
            Ok(json!({
                "bare": {"type": "object", "additionalProperties": false},
                "free": {"type": "object"},
                "map": {"type": "object", "additionalProperties": {"type": "string"}},
            }))
        );
    }

    /// Kubernetes' own keywords carry rules that JSON Schema spells otherwise.
    #[test]
    fn spells_out_what_kubernetes_keywords_mean() {
        let fields = json!({
            "either": {
                "anyOf": [{"type": "integer"}, {"type": "string"}],
                "x-kubernetes-int-or-string": true,
            },
            "maybe": {"type": "string", "nullable": true, "description": "words"},
            "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        });
        assert_eq!(
            reduced(&fields),
            Ok(json!({
                "either": {"type": ["integer", "string"]},
                "maybe": {"type": ["string", "null"]},
                "set": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
            }))
        );
    }

    /// Defaults are filled in before the API server looks for required fields.
    #[test]
    fn requires_nothing_that_has_a_default() {
        let schema = json!({
            "type": "object",
            "required": ["length", "name"],
            "properties": {"length": {"type": "integer", "default": 24}, "name": {"type": "string"}},
        });
        assert_eq!(reduce(&schema, "").map(|it| it["required"].clone()), Ok(json!(["name"])));
    }

    /// A wrapped manifest without a kind is refused by the API server, not by its schema.
    #[test]
    fn requires_of_an_embedded_resource_what_every_object_has() {
        let schema = json!({
            "type": "object",
            "x-kubernetes-embedded-resource": true,
            "x-kubernetes-preserve-unknown-fields": true,
        });
        assert_eq!(
            reduce(&schema, ""),
            Ok(json!({
                "type": "object",
                "required": ["apiVersion", "kind"],
                "properties": {
                    "apiVersion": {"minLength": 1, "type": "string"},
                    "kind": {"minLength": 1, "type": "string"},
                    "metadata": {"$ref": "metadata.json#/$defs/namespaced"},
                },
            }))
        );
    }

    /// A rule that is not understood must not get lost.
    #[test]
    fn names_a_keyword_it_does_not_know() {
        assert_eq!(
            reduced(&json!({"host": {"type": "string", "format": "hostname"}})),
            Err(".host: format: \"hostname\" is not known to structure.rs".to_owned())
        );
    }

    fn object_with_rule(rule: &str, message: &str) -> Result<Value, String> {
        let spec = json!({
            "type": "object",
            "properties": {
                "forProvider": {"type": "object", "properties": {"family": {"type": "string"}}},
            },
            "x-kubernetes-validations": [{"rule": rule, "message": message}],
        });
        let schema = json!({"type": "object", "properties": {"spec": spec, "status": {}}});
        reduce_object(&schema, "example.org/v1", "Thing", true)
    }

    /// Parameters a provider asks for in CEL are as required as any others.
    #[test]
    fn requires_the_parameters_that_cel_rules_require() {
        let schema = object_with_rule(
            "!('Create' in self.managementPolicies) || has(self.forProvider.family)",
            "spec.forProvider.family is a required parameter",
        );
        let required = "/properties/spec/properties/forProvider/required";
        assert_eq!(schema.map(|it| it.pointer(required).cloned()), Ok(Some(json!(["family"]))));
        assert_eq!(
            object_with_rule("self.by != ''", "spec.forProvider.family is a required parameter"),
            Err(".spec: self.by != '' is not known to structure.rs".to_owned())
        );
    }

    /// What only a real API server judges must be told to whoever reads the schema.
    #[test]
    fn lists_the_rules_it_leaves_to_the_api_server() {
        let schema = object_with_rule("has(self.by)", "by is needed");
        assert_eq!(
            schema.map(|it| it["x-cel-not-checked"].clone()),
            Ok(json!(["spec: by is needed"]))
        );
    }
}
