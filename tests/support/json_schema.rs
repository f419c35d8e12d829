//! A JSON Schema validator for the keywords that `tests/schemas/structure.rs`
//! emits, and no others: a schema that says more is refused, not half obeyed.
//!
//! A complete validator is 75 crates, which take longer to build than the rest
//! of this project.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

/// RFC 3339, as the API server reads the format `date-time`.
static DATE_TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[0-9-]{10}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$")
        .expect("the pattern is valid")
});

/// 2 to the power of 63.
const INT64_LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// A JSON Schema, in the keywords we use. One it does not know is an error.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Schema {
    #[serde(rename = "$comment")]
    _comment: IgnoredAny,
    #[serde(rename = "$schema")]
    _dialect: IgnoredAny,
    #[serde(rename = "x-source")]
    _source: IgnoredAny,
    #[serde(rename = "x-cel-not-checked")]
    _not_checked: IgnoredAny,

    #[serde(rename = "type", deserialize_with = "one_or_many")]
    types: Vec<Type>,
    #[serde(rename = "enum")]
    allowed: Vec<Value>,
    one_of: Vec<Schema>,
    not: Option<Box<Schema>>,

    minimum: Option<f64>,
    maximum: Option<f64>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    #[serde(deserialize_with = "compiled")]
    pattern: Option<Regex>,
    format: Option<Format>,

    items: Option<Box<Schema>>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    unique_items: bool,
    #[serde(rename = "x-kubernetes-list-map-keys")]
    map_keys: Vec<String>,

    properties: BTreeMap<String, Schema>,
    property_names: Option<Box<Schema>>,
    additional_properties: Additional,
    required: Vec<String>,
    min_properties: Option<usize>,
    max_properties: Option<usize>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Type {
    Array,
    Boolean,
    Integer,
    Null,
    Number,
    Object,
    String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    Byte,
    DateTime,
    Int32,
    Int64,
}

/// What fields may stand beside the named ones.
#[derive(Default)]
enum Additional {
    #[default]
    Any,
    None,
    Of(Box<Schema>),
}

impl<'de> Deserialize<'de> for Additional {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(true) => Ok(Self::Any),
            Value::Bool(false) => Ok(Self::None),
            schema => Box::deserialize(schema).map(Self::Of).map_err(D::Error::custom),
        }
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Type>, D::Error> {
    let types = match Value::deserialize(deserializer)? {
        Value::Array(types) => types,
        one => vec![one],
    };
    Vec::deserialize(Value::Array(types)).map_err(D::Error::custom)
}

fn compiled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
    let pattern = String::deserialize(deserializer)?;
    Regex::new(&pattern).map(Some).map_err(D::Error::custom)
}

impl Schema {
    /// Returns what is wrong with a value, sorted, as `field: problem`.
    pub(crate) fn validate(&self, value: &Value) -> Vec<String> {
        let mut problems = self.problems(value, "");
        problems.sort();
        problems
    }

    /// Returns what is wrong with the value at `path` and inside it.
    fn problems(&self, value: &Value, path: &str) -> Vec<String> {
        if !self.types.is_empty() && !self.types.iter().any(|it| it.holds(value)) {
            let expected: Vec<&str> = self.types.iter().map(|it| it.phrase()).collect();
            let found = Type::of(value).phrase();
            return vec![format!("{path}: is {found}, must be {}", expected.join(" or "))];
        }
        let (own, inner) = match value {
            Value::Number(number) => (self.number_problems(number), Vec::new()),
            Value::String(text) => (self.text_problems(text), Vec::new()),
            Value::Array(items) => (self.list_problems(items), self.item_problems(items, path)),
            Value::Object(fields) => (
                count_problems("fields", fields.len(), self.min_properties, self.max_properties),
                self.field_problems(fields, path),
            ),
            Value::Null | Value::Bool(_) => (Vec::new(), Vec::new()),
        };
        let own = own.into_iter().chain(self.choice_problems(value));
        own.map(|problem| format!("{path}: {problem}")).chain(inner).collect()
    }

    fn choice_problems(&self, value: &Value) -> Vec<String> {
        let fits = |schema: &Schema| schema.problems(value, "").is_empty();
        let mut problems = Vec::new();
        if !self.allowed.is_empty() && !self.allowed.contains(value) {
            let allowed: Vec<String> = self.allowed.iter().map(Value::to_string).collect();
            problems.push(format!("is {value}, must be one of {}", allowed.join(", ")));
        }
        let fitting = self.one_of.iter().filter(|schema| fits(schema)).count();
        if !self.one_of.is_empty() && fitting != 1 {
            problems.push(format!("fits {fitting} of {} forms, must fit one", self.one_of.len()));
        }
        if self.not.as_deref().is_some_and(fits) {
            problems.push("has a form that is excluded".to_owned());
        }
        problems
    }

    fn number_problems(&self, number: &Number) -> Vec<String> {
        let value = number.as_f64().unwrap_or(f64::NAN);
        let mut problems = Vec::new();
        if let Some(minimum) = self.minimum.filter(|minimum| value < *minimum) {
            problems.push(format!("is {number}, less than {minimum}"));
        }
        if let Some(maximum) = self.maximum.filter(|maximum| value > *maximum) {
            problems.push(format!("is {number}, more than {maximum}"));
        }
        let fits = match self.format {
            Some(Format::Int32) => (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value),
            Some(Format::Int64) => value.abs() <= INT64_LIMIT,
            Some(Format::Byte | Format::DateTime) | None => true,
        };
        if !fits {
            problems.push(format!("is {number}, out of range"));
        }
        problems
    }

    fn text_problems(&self, text: &str) -> Vec<String> {
        let length = text.chars().count();
        let mut problems = count_problems("characters", length, self.min_length, self.max_length);
        if let Some(pattern) = self.pattern.as_ref().filter(|it| !it.is_match(text)) {
            problems.push(format!("is {text:?}, must match {pattern}"));
        }
        match self.format {
            Some(Format::Byte) if STANDARD.decode(text).is_err() => {
                problems.push(format!("is {text:?}, must be base64"));
            }
            Some(Format::DateTime) if !DATE_TIME.is_match(text) => {
                problems.push(format!("is {text:?}, must be a time such as 2006-01-02T15:04:05Z"));
            }
            _ => {}
        }
        problems
    }

    fn list_problems(&self, items: &[Value]) -> Vec<String> {
        let mut problems = count_problems("items", items.len(), self.min_items, self.max_items);
        let mut seen = BTreeSet::new();
        for item in items {
            let identity = if self.unique_items {
                item.to_string()
            } else if self.map_keys.is_empty() {
                continue;
            } else {
                let keys = self.map_keys.iter().map(|key| format!("{key} {}", item[key]));
                keys.collect::<Vec<_>>().join(", ")
            };
            if !seen.insert(identity.clone()) {
                problems.push(format!("repeats {identity}"));
            }
        }
        problems
    }

    fn item_problems(&self, items: &[Value], path: &str) -> Vec<String> {
        let Some(schema) = &self.items else {
            return Vec::new();
        };
        let items = items.iter().enumerate();
        items.flat_map(|(index, item)| schema.problems(item, &format!("{path}[{index}]"))).collect()
    }

    fn field_problems(&self, fields: &Map<String, Value>, path: &str) -> Vec<String> {
        let missing = self.required.iter().filter(|name| !fields.contains_key(*name));
        let missing = missing.map(|name| format!("{}: is required", join(path, name)));
        let present = fields.iter().flat_map(|(name, value)| {
            let path = join(path, name);
            let mut problems = match (self.properties.get(name), &self.additional_properties) {
                (Some(schema), _) => schema.problems(value, &path),
                (None, Additional::Of(schema)) => schema.problems(value, &path),
                (None, Additional::None) => vec![format!("{path}: is an unknown field")],
                (None, Additional::Any) => Vec::new(),
            };
            if let Some(schema) = &self.property_names {
                let name = Value::from(name.as_str());
                problems.extend(schema.problems(&name, &format!("{path} (name)")));
            }
            problems
        });
        missing.chain(present).collect()
    }
}

impl Type {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.as_f64().is_some_and(|it| it.fract() == 0.0) => {
                Self::Integer
            }
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    fn holds(self, value: &Value) -> bool {
        self == Self::of(value) || (self == Self::Number && value.is_number())
    }

    fn phrase(self) -> &'static str {
        match self {
            Self::Array => "an array",
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Null => "null",
            Self::Number => "a number",
            Self::Object => "an object",
            Self::String => "a string",
        }
    }
}

fn count_problems(
    what: &str,
    count: usize,
    minimum: Option<usize>,
    maximum: Option<usize>,
) -> Vec<String> {
    let fewer = minimum.filter(|minimum| count < *minimum);
    let fewer = fewer.map(|minimum| format!("has {count} {what}, fewer than {minimum}"));
    let more = maximum.filter(|maximum| count > *maximum);
    let more = more.map(|maximum| format!("has {count} {what}, more than {maximum}"));
    fewer.into_iter().chain(more).collect()
}

/// Returns the path of a field, with a name that holds dots or slashes in brackets.
fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else if name.contains(|it: char| !it.is_ascii_alphanumeric() && it != '-' && it != '_') {
        format!("{path}[{name}]")
    } else {
        format!("{path}.{name}")
    }
}
