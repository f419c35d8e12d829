//! Whether composed resources hold a control.

use regex::Regex;
use serde::Deserialize;
use serde_json::Value as Json;

/// A look at one field of every composed resource of one type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probe {
    /// API group's first label and kind: `rds.Instance`.
    pub(crate) of: String,
    pub(crate) field: String,
    #[serde(rename = "for")]
    pub(crate) kind: Option<String>,
    pub(crate) equals: Option<Json>,
    pub(crate) minimum: Option<i64>,
    pub(crate) contains: Option<Vec<Json>>,
    pub(crate) differs: Option<Vec<Json>>,
    pub(crate) matches: Option<String>,
    pub(crate) refers: Option<String>,
    #[serde(default)]
    pub(crate) unset: bool,
}

impl Probe {
    /// Whether what a claim of `kind` composes has the field as it should be.
    pub(crate) fn holds(&self, kind: &str, objects: &[Json]) -> bool {
        if self.kind.as_deref().is_some_and(|only| only != kind) {
            return true;
        }
        let mut looked_at = objects.iter().filter(|object| type_of(object) == self.of).peekable();
        looked_at.peek().is_some()
            && looked_at.all(|object| {
                let (parent, field) = match self.field.strip_prefix("spec.") {
                    Some(field) => (&object["spec"], field),
                    None => (&object["spec"]["forProvider"], self.field.as_str()),
                };
                let path: Vec<&str> = field.split('.').collect();
                values(parent, &path).iter().all(|value| self.accepts(value, objects))
            })
    }

    fn accepts(&self, value: &Json, objects: &[Json]) -> bool {
        if self.unset {
            return value.is_null();
        }
        !value.is_null()
            && self.equals.as_ref().is_none_or(|expected| value == expected)
            && self.minimum.is_none_or(|least| value.as_i64().is_some_and(|it| it >= least))
            && self
                .contains
                .as_ref()
                .is_none_or(|expected| covers(value, &Json::Array(expected.clone())))
            && self.differs.as_ref().is_none_or(|refused| !refused.contains(value))
            && self.matches.as_ref().is_none_or(|pattern| {
                let pattern = Regex::new(pattern).expect("a pattern");
                value.as_str().is_some_and(|text| pattern.is_match(text))
            })
            && self.refers.as_ref().is_none_or(|type_| {
                let external = "crossplane.io/external-name";
                objects.iter().filter(|object| type_of(object) == *type_).any(|object| {
                    let metadata = &object["metadata"];
                    metadata["name"] == *value || metadata["annotations"][external] == *value
                })
            })
    }
}

/// API group's first label and kind of an object, in either flavour: `rds.Instance`.
pub(crate) fn type_of(object: &Json) -> String {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let group = text("apiVersion").split('.').next().unwrap_or_default();
    format!("{group}.{}", text("kind"))
}

/// The values at a path; null for what is not there, an empty list included.
fn values(value: &Json, path: &[&str]) -> Vec<Json> {
    let Some((step, rest)) = path.split_first() else { return vec![value.clone()] };
    if let Some(document) = value.as_str().and_then(|text| serde_json::from_str(text).ok()) {
        let document: Json = document;
        return values(&document, path);
    }
    let Some(name) = step.strip_suffix("[]") else { return values(&value[*step], rest) };
    match value[name].as_array() {
        Some(elements) if !elements.is_empty() => {
            elements.iter().flat_map(|element| values(element, rest)).collect()
        }
        _ => vec![Json::Null],
    }
}

/// Whether `value` has everything that `expected` has; lists in any order.
fn covers(value: &Json, expected: &Json) -> bool {
    match (value, expected) {
        (Json::Object(value), Json::Object(expected)) => expected
            .iter()
            .all(|(key, expected)| value.get(key).is_some_and(|value| covers(value, expected))),
        (Json::Array(value), Json::Array(expected)) => {
            expected.iter().all(|expected| value.iter().any(|value| covers(value, expected)))
        }
        _ => value == expected,
    }
}
