//! How a document travels inside a serde value: `Serialize` and `Deserialize`
//! of `Struct` and of the values in one.
//!
//! Between our own reader and writer a document is copied as bytes, unread. The
//! two recognise it by the name of a newtype, and then ask for its bytes by not
//! being human readable; to any other format it is an ordinary map.

use std::fmt;

use bytes::Bytes;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, Serializer};

use super::reader::Pieces;
use super::ser::ValueWriter;
use super::value::{ListRef, StructRef, Value};
use super::writer::Writer;
use super::{Error, Struct, number};

pub(super) const STRUCT: &str = "$selfservice::wire::Struct";
pub(super) const LIST: &str = "$selfservice::wire::List";

impl Serialize for Struct {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(STRUCT, &Content(self))
    }
}

impl Serialize for StructRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(STRUCT, &Content(self))
    }
}

impl Serialize for ListRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(LIST, &Content(self))
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => match number::exact_integer(*value) {
                Some(integer) => serializer.serialize_i64(integer),
                None => {
                    serializer.serialize_f64(number::finite(*value).map_err(ser::Error::custom)?)
                }
            },
            Self::String(text) => serializer.serialize_str(text),
            Self::Struct(object) => object.serialize(serializer),
            Self::List(list) => list.serialize(serializer),
        }
    }
}

/// What is inside the marked newtype: bytes for us, a map or list for others.
struct Content<'a, T>(&'a T);

impl Serialize for Content<'_, Struct> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serialize_entries(serializer, self.0.entries());
        }
        serializer.serialize_bytes(&self.0.to_body())
    }
}

impl Serialize for Content<'_, StructRef<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serialize_entries(serializer, self.0.entries());
        }
        serialize_pieces(serializer, &self.0.fields)
    }
}

impl Serialize for Content<'_, ListRef<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serialize_pieces(serializer, &self.0.items);
        }
        let mut list = serializer.serialize_seq(None)?;
        for item in self.0.iter() {
            ser::SerializeSeq::serialize_element(&mut list, &item.map_err(ser::Error::custom)?)?;
        }
        ser::SerializeSeq::end(list)
    }
}

fn serialize_pieces<S: Serializer>(serializer: S, pieces: &Pieces<'_>) -> Result<S::Ok, S::Error> {
    match pieces {
        Pieces::One(piece) => serializer.serialize_bytes(piece),
        Pieces::Many(pieces) => serializer.serialize_bytes(&pieces.concat()),
    }
}

fn serialize_entries<'a, S: Serializer>(
    serializer: S,
    entries: impl Iterator<Item = Result<(&'a str, Value<'a>), Error>>,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for entry in entries {
        let (key, value) = entry.map_err(ser::Error::custom)?;
        ser::SerializeMap::serialize_entry(&mut map, key, &value)?;
    }
    ser::SerializeMap::end(map)
}

impl<'de> Deserialize<'de> for Struct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(STRUCT, DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Struct;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_bytes<E: de::Error>(self, body: &[u8]) -> Result<Struct, E> {
        Struct::from_body(&Bytes::copy_from_slice(body)).map_err(E::custom)
    }

    fn visit_byte_buf<E: de::Error>(self, body: Vec<u8>) -> Result<Struct, E> {
        Struct::from_body(&body.into()).map_err(E::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, content: D) -> Result<Struct, D::Error> {
        content.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Struct, A::Error> {
        let mut writer = Writer::new();
        Transcode(ValueWriter::document(&mut writer)).visit_map(map)?;
        Struct::from_body(&writer.finish().into()).map_err(de::Error::custom)
    }
}

/// Copies a value of another format into a document, as it is visited.
struct Transcode<'w>(ValueWriter<'w>);

impl<'de> DeserializeSeed<'de> for Transcode<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! scalars {
    ($($visit:ident $serialize:ident $type:ty)*) => {
        $(fn $visit<E: de::Error>(self, value: $type) -> Result<(), E> {
            self.0.$serialize(value).map_err(E::custom)
        })*
    };
}

impl<'de> Visitor<'de> for Transcode<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has a form for")
    }

    scalars! {
        visit_bool serialize_bool bool
        visit_i64 serialize_i64 i64
        visit_u64 serialize_u64 u64
        visit_f64 serialize_f64 f64
        visit_str serialize_str &str
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.0.serialize_unit().map_err(E::custom)
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, content: D) -> Result<(), D::Error> {
        content.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, content: D) -> Result<(), D::Error> {
        content.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut list = self.0.serialize_seq(None).map_err(de::Error::custom)?;
        while seq.next_element_seed(Transcode(list.next_item()))?.is_some() {}
        list.finish();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut object = self.0.serialize_map(None).map_err(de::Error::custom)?;
        while let Some(key) = map.next_key::<String>()? {
            let entry = object.begin_entry(&key);
            map.next_value_seed(Transcode(object.next_value()))?;
            object.end_entry(entry);
        }
        object.finish();
        Ok(())
    }
}
