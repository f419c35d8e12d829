//! A serde `Serializer` that writes the wire form directly.
//!
//! What JSON has no form for is refused: bytes, numbers that a double cannot
//! hold exactly, keys that are not strings. `None` becomes `null`: a field that
//! must not appear needs `skip_serializing_if`.

use std::fmt::Display;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::container::Container;
use super::leaf::Leaf;
use super::writer::{
    BOOL, ENTRY_VALUE, KEY, LIST, NULL, NUMBER, OBJECT, READY, STRING, STRUCT, Writer,
};
use super::{Error, number, raw};

/// The value as an encoded `Struct`.
pub(super) fn document<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, Error> {
    let mut writer = Writer::new();
    value.serialize(ValueWriter::document(&mut writer))?;
    Ok(writer.finish().into())
}

/// The key and value as an encoded `FieldsEntry`.
pub(super) fn entry<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Bytes, Error> {
    let mut writer = Writer::new();
    writer.bytes(KEY, key.as_bytes());
    value
        .serialize(ValueWriter { writer: &mut writer, place: Place::Value(ENTRY_VALUE), level: 1 })
        .map_err(|error| error.under_key(key))?;
    Ok(writer.finish().into())
}

/// The value as the object of a resource, as an encoded entry of `State.resources`.
pub(super) fn resource_entry<T: Serialize + ?Sized>(
    name: &str,
    value: &T,
    ready: u8,
) -> Result<Bytes, Error> {
    let mut writer = Writer::new();
    writer.bytes(KEY, name.as_bytes());
    let resource = writer.open(ENTRY_VALUE);
    let object = writer.open(OBJECT);
    value.serialize(ValueWriter::document(&mut writer))?;
    writer.close(object);
    if ready > 0 {
        writer.fields(&[READY, ready]);
    }
    writer.close(resource);
    Ok(writer.finish().into())
}

/// Where a value goes.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// It is the document itself.
    Document,
    /// Into a `Value` field with this tag.
    Value(u8),
}

/// Writes one value; `level` is that of the object or list it goes into.
pub(super) struct ValueWriter<'w> {
    pub(super) writer: &'w mut Writer,
    pub(super) place: Place,
    pub(super) level: usize,
}

impl<'w> ValueWriter<'w> {
    pub(super) fn document(writer: &'w mut Writer) -> Self {
        Self { writer, place: Place::Document, level: 0 }
    }

    fn scalar<const N: usize>(self, value: [u8; N]) -> Result<(), Error> {
        let Place::Value(tag) = self.place else {
            return Err(not_an_object());
        };
        self.writer.bytes(tag, &value);
        Ok(())
    }

    fn number(self, number: f64) -> Result<(), Error> {
        let mut value = [NUMBER; 9];
        value[1..].copy_from_slice(&number.to_le_bytes());
        self.scalar(value)
    }

    fn integer(self, integer: i128) -> Result<(), Error> {
        self.number(number::to_double(integer)?)
    }

    /// Writes a whole encoded object or list.
    fn raw<T: Serialize + ?Sized>(self, member: u8, content: &T) -> Result<(), Error> {
        match (self.place, member) {
            (Place::Document, STRUCT) => content.serialize(Leaf::Fields(self.writer)),
            (Place::Document, _) => Err(not_an_object()),
            (Place::Value(tag), _) => {
                let open = self.writer.open(tag);
                content.serialize(Leaf::Field(self.writer, member))?;
                self.writer.close(open);
                Ok(())
            }
        }
    }
}

#[cold]
pub(super) fn not_an_object() -> Error {
    Error::new("is not an object")
}

macro_rules! integers {
    ($($method:ident $type:ident)*) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.integer(value.into())
        })*
    };
}

macro_rules! small_integers {
    ($($method:ident $type:ident)*) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.number(value.into())
        })*
    };
}

impl<'w> Serializer for ValueWriter<'w> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Container<'w>;
    type SerializeTuple = Container<'w>;
    type SerializeTupleStruct = Container<'w>;
    type SerializeTupleVariant = Container<'w>;
    type SerializeMap = Container<'w>;
    type SerializeStruct = Container<'w>;
    type SerializeStructVariant = Container<'w>;

    integers! { serialize_i64 i64 serialize_u64 u64 serialize_i128 i128 }

    small_integers! {
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.scalar([BOOL, value.into()])
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.number(number::finite(value)?)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        let Place::Value(tag) = self.place else {
            return Err(not_an_object());
        };
        let open = self.writer.open(tag);
        self.writer.bytes(STRING, value.as_bytes());
        self.writer.close(open);
        Ok(())
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), Error> {
        Err(Error::new("is bytes, which JSON has no form for"))
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.scalar([NULL, 0])
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        match name {
            raw::STRUCT => self.raw(STRUCT, value),
            raw::LIST => self.raw(LIST, value),
            _ => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut object = Container::begin(self, STRUCT)?;
        SerializeStruct::serialize_field(&mut object, variant, value)?;
        object.finish();
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Container<'w>, Error> {
        Container::begin(self, LIST)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Container<'w>, Error> {
        Container::begin(self, LIST)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Container<'w>, Error> {
        Container::begin(self, LIST)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Container<'w>, Error> {
        Container::begin_in_variant(self, variant, LIST)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Container<'w>, Error> {
        Container::begin(self, STRUCT)
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Container<'w>, Error> {
        Container::begin(self, STRUCT)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Container<'w>, Error> {
        Container::begin_in_variant(self, variant, STRUCT)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.serialize_str(&value.to_string())
    }
}
