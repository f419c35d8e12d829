//! The serializer of what must be one string or one run of bytes: map keys, and
//! documents that are copied as they are.

use serde::ser::{Impossible, Serialize, Serializer};

use super::Error;
use super::writer::{KEY, Writer};

/// Writes one string or byte slice, or refuses.
pub(super) enum Leaf<'w> {
    /// A key, as a field.
    Key(&'w mut Writer),
    /// An encoded object or list, as a field with this tag.
    Field(&'w mut Writer, u8),
    /// An encoded document, as it is.
    Fields(&'w mut Writer),
}

macro_rules! refuse {
    ($($method:ident($($type:ty),*))*) => {
        $(fn $method(self $(, _: $type)*) -> Result<Self::Ok, Error> {
            Err(not_a_key())
        })*
    };
}

macro_rules! refuse_containers {
    ($($method:ident($($type:ty),*) -> $container:ident)*) => {
        $(fn $method(self $(, _: $type)*) -> Result<Self::$container, Error> {
            Err(not_a_key())
        })*
    };
}

#[cold]
fn not_a_key() -> Error {
    Error::new("has a key that is not a string")
}

impl Serializer for Leaf<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    /// Tells a document that its bytes are wanted, not its meaning: see `raw`.
    fn is_human_readable(&self) -> bool {
        matches!(self, Self::Key(_))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        match self {
            Self::Key(writer) => {
                writer.bytes(KEY, value.as_bytes());
                Ok(())
            }
            Self::Field(..) | Self::Fields(_) => Err(not_a_key()),
        }
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        match self {
            Self::Key(_) => return Err(not_a_key()),
            Self::Field(writer, tag) => writer.bytes(tag, value),
            Self::Fields(writer) => writer.fields(value),
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
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
        _name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        Err(not_a_key())
    }

    refuse! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_f32(f32) serialize_f64(f64)
        serialize_none() serialize_unit() serialize_unit_struct(&'static str)
    }

    refuse_containers! {
        serialize_seq(Option<usize>) -> SerializeSeq
        serialize_tuple(usize) -> SerializeTuple
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant
        serialize_map(Option<usize>) -> SerializeMap
        serialize_struct(&'static str, usize) -> SerializeStruct
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant
    }
}
