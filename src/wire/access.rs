//! The parts of a value on their way to serde: entries, keys, items, variants.

use std::iter::{Enumerate, Flatten};
use std::vec;

use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::Error;
use super::de::Reader;
use super::object::{Field, Object};
use super::reader::{Messages, Pieces};
use super::value::ListRef;

/// The entries of an object, one after the other.
pub(super) struct Entries<'de> {
    rest: Flatten<vec::IntoIter<Option<Field<'de>>>>,
    current: Option<Field<'de>>,
    level: usize,
}

impl<'de> Entries<'de> {
    pub(super) fn all(object: &Object<'de>) -> Result<Self, Error> {
        // The same memory: an option of a field takes no more.
        let fields = object.fields()?.into_iter().map(Some).collect();
        Ok(Self::new(fields, object.level()))
    }

    pub(super) fn named(
        object: &Object<'de>,
        names: &'static [&'static str],
    ) -> Result<Self, Error> {
        Ok(Self::new(object.named(names)?, object.level()))
    }

    fn new(fields: Vec<Option<Field<'de>>>, level: usize) -> Self {
        Self { rest: fields.into_iter().flatten(), current: None, level }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.current = self.rest.next();
        match &self.current {
            Some((key, _)) => seed.deserialize(Key(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some((key, value)) = self.current.take() else {
            return Err(Error::new("was asked for a value before its key"));
        };
        seed.deserialize(Reader::of_message(value, self.level))
            .map_err(|error| error.under_key(key))
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().1
    }
}

/// A key of an object, as whatever type can be read from a string.
struct Key<'de>(&'de str);

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(Variant::named(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The items of a list, one after the other.
pub(super) struct Items<'de> {
    rest: Enumerate<Messages<'de>>,
    level: usize,
}

impl<'de> Items<'de> {
    pub(super) fn of(list: &ListRef<'de>) -> Result<Self, Error> {
        Ok(Self { rest: list.items()?.enumerate(), level: list.level })
    }
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some((index, item)) = self.rest.next() else {
            return Ok(None);
        };
        let item = item.map_err(|malformed| Error::from(malformed).under_index(index))?;
        seed.deserialize(Reader::of_message(Pieces::One(item), self.level))
            .map(Some)
            .map_err(|error| error.under_index(index))
    }
}

/// A variant of an enum: a name alone, or the one key of an object.
pub(super) struct Variant<'de> {
    name: &'de str,
    content: Option<Reader<'de>>,
}

impl<'de> Variant<'de> {
    pub(super) fn named(name: &'de str) -> Self {
        Self { name, content: None }
    }

    pub(super) fn only_entry(object: &Object<'de>, words: &[&str]) -> Result<Self, Error> {
        let mut fields = object.fields()?;
        match (fields.pop(), fields.pop()) {
            (Some((name, value)), None) => {
                Ok(Self { name, content: Some(Reader::of_message(value, object.level())) })
            }
            (None, _) => Err(Error::no_word(words, "an empty object")),
            (Some(_), Some(_)) => Err(Error::no_word(words, "several")),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Content<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), Error> {
        let variant = seed.deserialize(Key(self.name))?;
        Ok((variant, Content { name: self.name, content: self.content }))
    }
}

/// What a variant carries.
pub(super) struct Content<'de> {
    name: &'de str,
    content: Option<Reader<'de>>,
}

impl<'de> Content<'de> {
    fn read<T>(self, read: impl FnOnce(Reader<'de>) -> Result<T, Error>) -> Result<T, Error> {
        let Some(content) = self.content else {
            let expected = format!("an object with the key {:?}", self.name);
            return Err(Error::mismatch(&expected, "a string"));
        };
        read(content).map_err(|error| error.under_key(self.name))
    }
}

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(Error::mismatch("a string", "an object")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.read(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.read(|content| content.deserialize_tuple(length, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.read(|content| content.deserialize_struct("", fields, visitor))
    }
}
