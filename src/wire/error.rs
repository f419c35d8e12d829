//! What is wrong with a document, and where.
//!
//! The text reaches the author of a claim, so it speaks of JSON (an object, a
//! list, a string) and never of Rust types. It does not quote strings, which
//! may be secret, except where a value was matched against a fixed set of words.

use std::fmt::{self, Write as _};

use serde::{de, ser};

use super::reader::Malformed;
use crate::text::{did_you_mean, one_line};

/// Longest part of a refused value that a message quotes, in characters.
const QUOTED: usize = 64;

/// Longest path, in bytes: keys are the author's, and may be of any length.
const PATH: usize = 512;

/// A document that cannot be read or written as asked: where and why.
///
/// ```
/// use selfservice::wire::Struct;
///
/// #[derive(serde::Deserialize)]
/// struct Parameters {
///     #[expect(dead_code)]
///     size: String,
/// }
///
/// let document = Struct::write(&std::collections::BTreeMap::from([("size", 3)])).unwrap();
/// let error = document.read::<Parameters>().err().unwrap().within("spec.parameters");
/// assert_eq!(error.path(), "spec.parameters.size");
/// assert_eq!(
///     error.to_string(),
///     "spec.parameters.size: expected a string, got a number: put it in quotes"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    path: String,
    message: String,
}

impl Error {
    /// The field at fault as Kubernetes writes it, `spec.rules[0].id`; empty for
    /// the document itself.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What is wrong there: one line, lower case, without final stop.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The same error seen from an enclosing document, where the one that was
    /// read lies at `path`.
    #[must_use]
    pub fn within(mut self, path: &str) -> Self {
        self.prepend(path);
        self
    }

    /// A key that is none of `known`.
    #[cold]
    pub(crate) fn unknown_key(key: &str, known: &[&str]) -> Self {
        let meant = did_you_mean(key, known.iter().copied());
        let mut message = format!("is not a known field{meant}");
        if !known.is_empty() {
            let _ = write!(message, ", expected {}", one_of(known));
        }
        Self::new(message).under_key(key)
    }

    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Inner { path: String::new(), message: message.into() }))
    }

    pub(super) fn mismatch(expected: &str, got: &str) -> Self {
        Self::new(format!("expected {expected}, got {got}"))
    }

    /// Something else than one of `words`, or than an object with one of them as its key.
    pub(super) fn no_word(words: &[&str], got: &str) -> Self {
        Self::mismatch(&one_of(words), got)
    }

    pub(super) fn too_deep() -> Self {
        Self::new(format!("is nested more than {} levels deep", super::MAX_DEPTH))
    }

    /// Moves the error one level up, out of the value under `key`.
    #[cold]
    pub(super) fn under_key(mut self, key: &str) -> Self {
        self.prepend(&segment(key));
        self
    }

    /// Moves the error one level up, out of item `index`.
    #[cold]
    pub(super) fn under_index(mut self, index: usize) -> Self {
        self.prepend(&format!("[{index}]"));
        self
    }

    fn prepend(&mut self, prefix: &str) {
        let path = &mut self.0.path;
        if !prefix.is_empty() && !path.is_empty() && !path.starts_with('[') {
            path.insert(0, '.');
        }
        path.insert_str(0, prefix);
        if path.len() > PATH {
            // The outer end tells more: it is where to start looking.
            let end = (0..=PATH).rfind(|&end| path.is_char_boundary(end));
            path.truncate(end.unwrap_or_default());
            path.push('…');
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.is_empty() {
            write!(f, "{}: ", self.0.path)?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?})", self.to_string())
    }
}

impl std::error::Error for Error {}

impl From<Malformed> for Error {
    #[cold]
    fn from(malformed: Malformed) -> Self {
        Self::new(malformed.to_string())
    }
}

impl de::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        // serde names the Rust type here.
        if message.starts_with("data did not match any variant of untagged enum") {
            return Self::new("has none of the allowed forms");
        }
        Self::new(one_line(&message))
    }

    #[cold]
    fn invalid_type(got: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let got = kind_of(&got);
        match json_words(&expected.to_string()) {
            Some(expected) => Self::mismatch(&expected, &got),
            None => Self::new(format!("cannot be {got}")),
        }
    }

    #[cold]
    fn invalid_value(got: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let got = match got {
            de::Unexpected::Str(text) => quoted(text),
            de::Unexpected::Bool(value) => value.to_string(),
            de::Unexpected::Signed(value) => value.to_string(),
            de::Unexpected::Unsigned(value) => value.to_string(),
            de::Unexpected::Float(value) => super::number::text(value),
            other => kind_of(&other),
        };
        match json_words(&expected.to_string()) {
            Some(expected) => Self::mismatch(&expected, &got),
            None => Self::new(format!("cannot be {got}")),
        }
    }

    #[cold]
    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        match json_words(&expected.to_string()) {
            Some(expected) => Self::new(format!("expected {expected}, got {length}")),
            None => Self::new(format!("cannot have {length} items")),
        }
    }

    #[cold]
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let meant = did_you_mean(variant, expected.iter().copied());
        Self::new(format!("expected {}, got {}{meant}", one_of(expected), quoted(variant)))
    }

    #[cold]
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown_key(field, expected)
    }

    #[cold]
    fn missing_field(field: &'static str) -> Self {
        Self::new("is required").under_key(field)
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Self {
        Self::new("is given twice").under_key(field)
    }
}

impl ser::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(one_line(&message.to_string()))
    }
}

/// A key as a path segment: keys that would read as several segments, such as
/// annotations, stand in brackets.
fn segment(key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '$');
    if key.is_empty() {
        "[\"\"]".to_owned()
    } else if key.chars().all(plain) {
        key.to_owned()
    } else {
        format!("[{}]", one_line(key))
    }
}

fn one_of(words: &[&str]) -> String {
    let list = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
    if words.len() == 1 { list } else { format!("one of {list}") }
}

fn quoted(text: &str) -> String {
    let mut short = text.chars().take(QUOTED).collect::<String>();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

fn kind_of(unexpected: &de::Unexpected<'_>) -> String {
    use de::Unexpected as U;
    match unexpected {
        U::Bool(_) => "a boolean",
        U::Unsigned(_) | U::Signed(_) | U::Float(_) => "a number",
        U::Char(_) | U::Str(_) | U::UnitVariant => "a string",
        U::Bytes(_) => "bytes",
        U::Unit | U::Option => "null",
        U::NewtypeStruct | U::Map | U::NewtypeVariant | U::TupleVariant | U::StructVariant => {
            "an object"
        }
        U::Seq => "a list",
        U::Enum => "a string or an object",
        U::Other(other) => return one_line(other),
    }
    .to_owned()
}

/// What serde expected, without its Rust words; `None` when it named nothing
/// but a Rust type.
fn json_words(expected: &str) -> Option<String> {
    let first = expected.split([' ', ',']).next().unwrap_or_default();
    let words = match (first, expected) {
        (
            "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128"
            | "usize" | "integer",
            _,
        ) => "a whole number",
        ("f32" | "f64", _) => "a number",
        ("struct" | "map" | "internally" | "adjacently", _) | (_, "a map") => "an object",
        ("str" | "string" | "variant" | "field", _) | (_, "a character" | "a borrowed string") => {
            "a string"
        }
        ("enum", _) => "a string or an object",
        ("unit", _) => "null",
        ("option", _) => "a value or null",
        ("tuple", _) | (_, "a sequence") => "a list",
        _ => return other_words(expected),
    };
    Some(words.to_owned())
}

fn other_words(expected: &str) -> Option<String> {
    for (rust, json) in [("a nonzero ", "a whole number other than 0"), ("newtype struct ", "")] {
        if expected.starts_with(rust) {
            return (!json.is_empty()).then(|| json.to_owned());
        }
    }
    for prefix in ["an array of length ", "a tuple of size "] {
        if let Some(length) = expected.strip_prefix(prefix) {
            return Some(format!("a list of {length} items"));
        }
    }
    // A single CamelCase word is a type's name, as k8s-openapi gives it.
    let is_type = expected.starts_with(char::is_uppercase)
        && expected.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':');
    let mut text = String::new();
    write!(text, "{}", one_line(expected)).ok()?;
    (!is_type).then_some(text)
}
