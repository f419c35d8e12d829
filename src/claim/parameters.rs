//! The table of a kind's parameters, and reading a claim's by it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::guardrails::{MOST, Shape, Violation, unknown_parameter, unknown_value, wrong_type};
use crate::kinds::{Kind, Parameters};
use crate::wire::{self, Struct, Value};

/// A parameter that a kind's claims may set.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name below `spec.parameters`.
    pub name: &'static str,
    /// What its value must look like.
    pub form: Form,
    /// What it is, in a sentence for a developer.
    pub about: &'static str,
    /// What it is when it is left out, as far as all catalogues agree on it; empty where there is
    /// nothing to say, or `about` does.
    pub omitted: &'static str,
    /// Whether a living resource can follow a change of it.
    pub change: Change,
}

/// The form of a parameter's value.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Any text; a guardrail judges it.
    Text,
    /// A text of one shape, which a guardrail judges.
    Shaped(&'static Shape),
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A list of texts.
    TextList,
    /// One of these texts, and what an omitted one means.
    OneOf {
        /// The texts.
        options: &'static [&'static str],
        /// Whatever the catalogue says: the API server writes it into claims.
        default: &'static str,
    },
    /// An object with these fields.
    Object(&'static [Parameter]),
}

impl Parameter {
    /// What it is, with what it is when it is left out.
    pub fn sentence(&self) -> String {
        match self.about.split_once('.') {
            Some((first, rest)) if !self.omitted.is_empty() => {
                format!("{first}; {} when left out.{rest}", self.omitted)
            }
            _ => self.about.to_owned(),
        }
    }
}

impl Form {
    /// What an omitted value means, whatever the claim and the catalogue say.
    pub const fn constant(self) -> Option<&'static str> {
        match self {
            Self::OneOf { default, .. } => Some(default),
            _ => None,
        }
    }

    /// What a value of this form is called in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Shaped(_) | Self::OneOf { .. } => "a string",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::TextList => "a list of strings",
            Self::Object(_) => "an object",
        }
    }

    fn fits(self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Text | Self::Shaped(_) | Self::OneOf { .. }, Value::String(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::Object(_), Value::Struct(_)) => true,
            (Self::Integer, value @ Value::Number(_)) => value.read::<i64>().is_ok(),
            (Self::TextList, value @ Value::List(_)) => value.read::<Vec<String>>().is_ok(),
            _ => false,
        }
    }
}

/// Whether a parameter may change once the resource exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It may, or may not, as this says; a guardrail holds it to that.
    Allowed(&'static str),
    /// It may not: the resource would have to be replaced.
    Never,
}

/// The parameters of a claim as written, without those that say what omitting them says: the API
/// server writes such defaults into claims, and nobody asked for them.
pub(super) fn without_defaults(
    kind: Kind,
    mut written: BTreeMap<String, Json>,
) -> BTreeMap<String, Json> {
    written.retain(|name, value| !says_nothing(kind.parameters(), name, value));
    written
}

/// Whether leaving out the parameter `name` would mean what `value` means. Takes such fields out of
/// an object.
fn says_nothing(parameters: &[Parameter], name: &str, value: &mut Json) -> bool {
    let form = parameters.iter().find(|parameter| parameter.name == name).map(|known| known.form);
    match (form, value) {
        (Some(Form::OneOf { default, .. }), value) => value == default,
        (Some(Form::Object(fields)), Json::Object(entries)) => {
            entries.retain(|name, value| !says_nothing(fields, name, value));
            entries.is_empty()
        }
        _ => false,
    }
}

/// Reads the parameters; on the first mistake turns to the slower way that finds them all.
pub(super) fn read(
    kind: Kind,
    written: &Struct,
) -> Result<(Parameters, Vec<Violation>), wire::Error> {
    if let Ok(parameters) = Parameters::read(kind, written)
        && options_hold(kind.parameters(), written)
    {
        return Ok((parameters, Vec::new()));
    }
    let mut violations = Vec::new();
    let kept = sift(kind.parameters(), &mut written.entries(), "spec.parameters", &mut violations)?;
    let parameters = Parameters::read(kind, &Struct::write(&kept)?)?;
    Ok((parameters, violations))
}

/// Whether every `OneOf` parameter has one of its values. Nested ones are enums of the typed
/// parameters, which only reading can refuse.
fn options_hold(parameters: &[Parameter], written: &Struct) -> bool {
    parameters.iter().all(|parameter| match parameter.form {
        Form::OneOf { options, .. } => match written.get(parameter.name) {
            Ok(Some(Value::String(text))) => options.contains(&text),
            _ => true,
        },
        _ => true,
    })
}

/// Copies what fits the table of parameters, and notes what does not.
fn sift(
    parameters: &[Parameter],
    written: &mut dyn Iterator<Item = Result<(&str, Value<'_>), wire::Error>>,
    path: &str,
    violations: &mut Vec<Violation>,
) -> Result<serde_json::Map<String, Json>, wire::Error> {
    let mut kept = serde_json::Map::new();
    for entry in written {
        let (name, value) = entry?;
        if violations.len() == MOST {
            break;
        }
        let field = format!("{path}.{name}");
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
            violations.push(unknown_parameter::violation(&field, name, parameters));
            continue;
        };
        match (parameter.form, &value) {
            (_, Value::Null) => {}
            (form, value) if !form.fits(value) => {
                violations.push(wrong_type::violation(&field, name, form, value));
            }
            (Form::OneOf { options, .. }, Value::String(text)) if !options.contains(text) => {
                violations.push(unknown_value::violation(&field, text, options));
            }
            (Form::Object(fields), Value::Struct(inner)) => {
                let inner = sift(fields, &mut inner.entries(), &field, violations)?;
                kept.insert(name.to_owned(), Json::Object(inner));
            }
            (_, value) => {
                kept.insert(name.to_owned(), value.read()?);
            }
        }
    }
    Ok(kept)
}
