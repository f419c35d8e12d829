//! The dynamic view of a document: values decoded one level at a time.

use std::fmt;

use bytes::Bytes;
use serde::Deserialize;

use super::de::Reader;
use super::object::{Field, Object};
use super::reader::{Fields, Malformed, Messages, Payload, Pieces, utf8};
use super::{Error, MAX_DEPTH, Struct};

/// A value of a document. Objects and lists are decoded when they are asked.
#[derive(Clone)]
pub enum Value<'a> {
    /// `null`, or a value that says nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any double, NaN and the infinities included.
    Number(f64),
    /// A string.
    String(&'a str),
    /// An object.
    Struct(StructRef<'a>),
    /// A list.
    List(ListRef<'a>),
}

impl<'a> Value<'a> {
    /// Decodes the message; `level` is that of the object or list it stands in.
    pub(super) fn decode(message: &Pieces<'a>, level: usize) -> Result<Self, Error> {
        let mut value = Self::Null;
        for field in message.as_slice().iter().flat_map(|piece| Fields::new(piece)) {
            value = match field? {
                (1, Payload::Varint(_)) => Self::Null,
                (2, Payload::Fixed64(bits)) => Self::Number(f64::from_bits(bits)),
                (3, Payload::Bytes(text)) => Self::String(utf8(text)?),
                (4, Payload::Varint(bit)) => Self::Bool(bit != 0),
                // INVARIANT: the last member set wins, as in every oneof, but a
                // message repeated in a row merges.
                (5, Payload::Bytes(fields)) => match value {
                    Self::Struct(mut object) => {
                        object.fields.push(fields);
                        Self::Struct(object)
                    }
                    _ => Self::Struct(StructRef { fields: Pieces::One(fields), level: level + 1 }),
                },
                (6, Payload::Bytes(items)) => match value {
                    Self::List(mut list) => {
                        list.items.push(items);
                        Self::List(list)
                    }
                    _ => Self::List(ListRef { items: Pieces::One(items), level: level + 1 }),
                },
                (1..=6, _) => return Err(Malformed::Invalid.into()),
                _ => continue,
            };
        }
        Ok(value)
    }

    /// Reads the value into a type of the caller's. Paths of errors start here.
    pub fn read<T: Deserialize<'a>>(&self) -> Result<T, Error> {
        T::deserialize(Reader::of_value(self.clone()))
    }

    /// What the value is, with its article: `a string`, `an object`, `null`.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Struct(_) => "an object",
            Self::List(_) => "a list",
        }
    }
}

/// Prints the kind only: the value may be secret.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.kind_name())
    }
}

/// An object inside a document.
#[derive(Clone)]
pub struct StructRef<'a> {
    pub(super) fields: Pieces<'a>,
    pub(super) level: usize,
}

impl<'a> StructRef<'a> {
    /// The value under `key`, the last one if the key occurs more than once.
    pub fn get(&self, key: &str) -> Result<Option<Value<'a>>, Error> {
        Object::Part(self.clone()).get(key)
    }

    /// The keys and values, sorted by key, each key once with its last value.
    pub fn entries(&self) -> impl Iterator<Item = Result<(&'a str, Value<'a>), Error>> + use<'a> {
        decode_fields(&Object::Part(self.clone()))
    }

    /// A copy that lives by itself. Fails if it cannot be cut into entries.
    pub fn to_struct(&self) -> Result<Struct, Error> {
        let body = match &self.fields {
            Pieces::One(piece) => Bytes::copy_from_slice(piece),
            Pieces::Many(pieces) => pieces.concat().into(),
        };
        Ok(Struct::from_body(&body)?)
    }
}

/// Prints the kind only: the fields may be secret.
impl fmt::Debug for StructRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StructRef")
    }
}

/// A list inside a document.
#[derive(Clone)]
pub struct ListRef<'a> {
    pub(super) items: Pieces<'a>,
    pub(super) level: usize,
}

impl<'a> ListRef<'a> {
    /// The items in order.
    pub fn iter(&self) -> impl Iterator<Item = Result<Value<'a>, Error>> + use<'a> {
        let level = self.level;
        let (items, refusal) = match self.items() {
            Ok(items) => (Some(items), None),
            Err(error) => (None, Some(Err(error))),
        };
        let decode = move |(index, item): (usize, Result<&'a [u8], Malformed>)| {
            item.map_err(Error::from)
                .and_then(|item| Value::decode(&Pieces::One(item), level))
                .map_err(|error| error.under_index(index))
        };
        let items = items.into_iter().flatten().enumerate().map(decode);
        refusal.into_iter().chain(items)
    }

    /// The items, undecoded.
    pub(super) fn items(&self) -> Result<Messages<'a>, Error> {
        if self.level > MAX_DEPTH {
            return Err(Error::too_deep());
        }
        Ok(Messages::new(&self.items))
    }
}

/// Prints the kind only: the items may be secret.
impl fmt::Debug for ListRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListRef")
    }
}

pub(super) fn decode_fields<'a>(
    object: &Object<'a>,
) -> impl Iterator<Item = Result<(&'a str, Value<'a>), Error>> + use<'a> {
    let level = object.level();
    let (fields, refusal) = match object.fields() {
        Ok(fields) => (fields, None),
        Err(error) => (Vec::new(), Some(Err(error))),
    };
    let decode = move |(key, value): Field<'a>| {
        let value = Value::decode(&value, level).map_err(|error| error.under_key(key))?;
        Ok((key, value))
    };
    refusal.into_iter().chain(fields.into_iter().map(decode))
}
