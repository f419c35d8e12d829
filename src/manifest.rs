//! Composed objects as trees that read like the YAML they become.
//!
//! [`object!`](crate::object) builds a [`Node`]; a `Node` serialises with serde, to protobuf
//! wire bytes in the function and to YAML or JSON in the command line. It knows nothing of
//! schemas: that every field exists is proven by the conformance matrix in `tests/`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

/// A value inside a composed object.
///
/// Keys and literal texts are static, so building one costs little more than its vectors.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Nothing: an entry with this value is left out of its map or list.
    Absent,
    /// A boolean.
    Bool(bool),
    /// A whole number. Every number we compose is one; the wire carries it as a double.
    Integer(i64),
    /// A text.
    Text(Cow<'static, str>),
    /// A list, in order.
    List(Vec<Node>),
    /// An object, in the order in which it was written.
    Map(Vec<(Cow<'static, str>, Node)>),
    /// A value that stands in several places.
    Shared(Rc<Node>),
}

impl Node {
    /// An empty object.
    pub const fn map() -> Self {
        Self::Map(Vec::new())
    }

    /// Whether it is left out of its map or list.
    const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value under `key`, when this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(name, value)| name == key && !value.is_absent())
                .map(|(_, value)| value),
            Self::Shared(node) => node.get(key),
            _ => None,
        }
    }

    /// The value at the end of `path`, a chain of object keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text, when this is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Shared(node) => node.text(),
            _ => None,
        }
    }

    /// Adds or replaces an entry. Does nothing on a value that is no object; a shared one is
    /// copied first.
    pub fn set(&mut self, key: &'static str, value: impl Into<Self>) {
        if let Self::Shared(node) = self {
            *self = Self::clone(node);
        }
        if let Self::Map(entries) = self {
            let value = value.into();
            match entries.iter_mut().find(|(name, _)| name == key) {
                Some((_, slot)) => *slot = value,
                None => entries.push((Cow::Borrowed(key), value)),
            }
        }
    }
}

/// Builds a [`Node`] object: `object! { region: aws.region, "a key": "value" }`.
///
/// Values are anything that converts into a [`Node`]; `None` leaves its key out.
///
/// ```
/// use selfservice::object;
///
/// let node = object! { engine: "redis", port: 6379, snapshotWindow: None::<String> };
/// assert_eq!(serde_json::to_string(&node).unwrap(), r#"{"engine":"redis","port":6379}"#);
/// ```
#[macro_export]
macro_rules! object {
    (@key $key:ident) => { ::std::stringify!($key) };
    (@key $key:literal) => { $key };
    ($($key:tt: $value:expr),* $(,)?) => {
        $crate::manifest::Node::Map(::std::vec![
            $((::std::borrow::Cow::Borrowed($crate::object!(@key $key)), $crate::manifest::Node::from($value))),*
        ])
    };
}

/// Builds a [`Node`] list: `list!["a", "b"]`.
#[macro_export]
macro_rules! list {
    ($($value:expr),* $(,)?) => {
        $crate::manifest::Node::List(::std::vec![$($crate::manifest::Node::from($value)),*])
    };
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Node {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Node {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&'static str> for Node {
    fn from(value: &'static str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Node {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl From<&String> for Node {
    fn from(value: &String) -> Self {
        Self::Text(Cow::Owned(value.clone()))
    }
}

impl<T: Into<Self>> From<Option<T>> for Node {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl From<Vec<Self>> for Node {
    fn from(value: Vec<Self>) -> Self {
        Self::List(value)
    }
}

impl From<&[String]> for Node {
    fn from(value: &[String]) -> Self {
        Self::List(value.iter().map(Self::from).collect())
    }
}

impl From<&Vec<String>> for Node {
    fn from(value: &Vec<String>) -> Self {
        value.as_slice().into()
    }
}

impl From<BTreeMap<String, String>> for Node {
    fn from(value: BTreeMap<String, String>) -> Self {
        Self::Map(value.into_iter().map(|(key, text)| (Cow::Owned(key), text.into())).collect())
    }
}

impl From<serde_json::Value> for Node {
    /// Takes over a document, such as a k8s-openapi object. Nulls are left out, and so are
    /// numbers that are no integers: neither occurs in what we compose.
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Absent,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => number.as_i64().map_or(Self::Absent, Self::Integer),
            Value::String(text) => Self::Text(text.into()),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(entries) => Self::Map(
                entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
            ),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Shared(node) => node.serialize(serializer),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(None)?;
                for item in items.iter().filter(|item| !item.is_absent()) {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, value) in entries.iter().filter(|(_, value)| !value.is_absent()) {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn leaves_out_what_is_absent() {
        let node = object! {
            kept: list![None::<String>, "a"],
            dropped: None::<bool>,
            "quoted/key": object! { number: 3 },
        };
        assert_eq!(
            serde_json::to_value(&node).expect("serialisable"),
            serde_json::json!({"kept": ["a"], "quoted/key": {"number": 3}}),
        );
        assert_eq!(node.get("dropped"), None);
        assert_eq!(node.at(&["quoted/key", "number"]), Some(&Node::Integer(3)));
    }
}
