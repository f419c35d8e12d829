//! A serde `Deserializer` over the wire form.
//!
//! Unlike `serde_json` it converts nothing to please the target: a mismatch is
//! refused here, in words of JSON, before serde can name Rust types.

use serde::de::Visitor;
use serde::{Deserializer, forward_to_deserialize_any};

use super::access::{Entries, Items, Variant};
use super::object::Object;
use super::reader::Pieces;
use super::value::{ListRef, StructRef, Value};
use super::{Error, Struct, number, raw};

/// Reads one value, which is decoded when and as far as it is asked for.
pub(super) struct Reader<'de>(Source<'de>);

enum Source<'de> {
    Document(&'de Struct),
    Message { message: Pieces<'de>, level: usize },
    Value(Value<'de>),
}

impl<'de> Reader<'de> {
    pub(super) fn of_document(document: &'de Struct) -> Self {
        Self(Source::Document(document))
    }

    pub(super) fn of_value(value: Value<'de>) -> Self {
        Self(Source::Value(value))
    }

    pub(super) fn of_message(message: Pieces<'de>, level: usize) -> Self {
        Self(Source::Message { message, level })
    }

    fn value(self) -> Result<Value<'de>, Error> {
        match self.0 {
            Source::Message { message, level } => Value::decode(&message, level),
            Source::Value(value) => Ok(value),
            // Only asked for by who expects something else than an object.
            Source::Document(_) => {
                Ok(Value::Struct(StructRef { fields: Pieces::One(&[]), level: 1 }))
            }
        }
    }

    fn object(self) -> Result<Object<'de>, Error> {
        if let Source::Document(document) = self.0 {
            return Ok(Object::Document(document));
        }
        match self.value()? {
            Value::Struct(object) => Ok(Object::Part(object)),
            other => Err(mismatch("an object", &other)),
        }
    }

    fn list(self) -> Result<ListRef<'de>, Error> {
        match self.value()? {
            Value::List(list) => Ok(list),
            other => Err(mismatch("a list", &other)),
        }
    }

    fn number(self, expected: &str) -> Result<f64, Error> {
        match self.value()? {
            Value::Number(number) => Ok(number),
            other => Err(mismatch(expected, &other)),
        }
    }

    fn text(self) -> Result<&'de str, Error> {
        match self.value()? {
            Value::String(text) => Ok(text),
            other => Err(mismatch("a string", &other)),
        }
    }
}

/// What YAML takes for something else than was meant is told with what to do about it.
#[cold]
fn mismatch(expected: &str, got: &Value<'_>) -> Error {
    let way_out = match (expected, got) {
        // So `7.1` and `yes` are read.
        ("a string", Value::Bool(_) | Value::Number(_)) => ": put it in quotes",
        ("a whole number", Value::String(text)) if text.parse::<i64>().is_ok() => {
            ": take away its quotes"
        }
        ("a boolean", Value::String("true" | "false")) => ": take away its quotes",
        ("a list", Value::String(_)) => ": lists are written in square brackets",
        _ => "",
    };
    Error::mismatch(expected, &format!("{}{way_out}", got.kind_name()))
}

macro_rules! integers {
    ($($method:ident $visit:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(number::integer(self.number("a whole number")?)?)
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    integers! {
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32
        deserialize_i64 visit_i64 deserialize_i128 visit_i128 deserialize_u8 visit_u8
        deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self.0, Source::Document(_)) {
            return self.deserialize_map(visitor);
        }
        match self.value()? {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(value) => match number::exact_integer(value) {
                Some(integer) => match u64::try_from(integer) {
                    Ok(integer) => visitor.visit_u64(integer),
                    Err(_) => visitor.visit_i64(integer),
                },
                None => visitor.visit_f64(number::finite(value)?),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Struct(object) => visitor.visit_map(Entries::all(&Object::Part(object))?),
            Value::List(list) => visitor.visit_seq(Items::of(&list)?),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value()? {
            Value::Bool(value) => visitor.visit_bool(value),
            other => Err(mismatch("a boolean", &other)),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(number::finite(self.number("a number")?)?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self.0, Source::Document(_)) {
            return visitor.visit_some(self);
        }
        match self.value()? {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(Self::of_value(value)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value()? {
            Value::Null => visitor.visit_unit(),
            other => Err(mismatch("null", &other)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name != raw::STRUCT {
            return visitor.visit_newtype_struct(self);
        }
        match self.object()? {
            Object::Document(document) => visitor.visit_byte_buf(document.to_body()),
            Object::Part(object) => match object.fields {
                Pieces::One(piece) => visitor.visit_borrowed_bytes(piece),
                Pieces::Many(pieces) => visitor.visit_byte_buf(pieces.concat()),
            },
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Items::of(&self.list()?)?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let list = self.list()?;
        let count = list.items()?.count();
        if count != length {
            return Err(Error::mismatch(&format!("a list of {length} items"), &count.to_string()));
        }
        visitor.visit_seq(Items::of(&list)?)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Entries::all(&self.object()?)?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Entries::named(&self.object()?, fields)?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let object = match self.0 {
            Source::Document(document) => Object::Document(document),
            _ => match self.value()? {
                Value::String(name) => return visitor.visit_enum(Variant::named(name)),
                Value::Struct(object) => Object::Part(object),
                other => return Err(Error::no_word(variants, other.kind_name())),
            },
        };
        visitor.visit_enum(Variant::only_entry(&object, variants)?)
    }

    /// Nobody looks: nothing is decoded.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf }
}
