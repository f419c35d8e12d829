//! `Struct`: a document as the slices of the message it came in.

use std::fmt;

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};
use serde::{Deserialize, Serialize};

use super::de::Reader;
use super::kept::{Contents, Kept};
use super::object::Object;
use super::reader::{Entry, Malformed};
use super::value::{Value, decode_fields};
use super::{Error, ser};

/// The number of `Struct.fields`.
const FIELDS: u8 = 1;

/// A `google.protobuf.Struct` whose entries are undecoded slices of the message
/// they came in.
///
/// Cloning copies no content. Two are equal when their entries are the same
/// bytes in the same order: equality proves the same meaning, inequality not
/// the contrary.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Struct {
    /// The `FieldsEntry` messages.
    entries: Kept,
}

impl Struct {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value under `key`, the last one if the key occurs more than once.
    pub fn get(&self, key: &str) -> Result<Option<Value<'_>>, Error> {
        Object::Document(self).get(key)
    }

    /// The keys and values, sorted by key, each key once with its last value.
    pub fn entries(&self) -> impl Iterator<Item = Result<(&str, Value<'_>), Error>> {
        decode_fields(&Object::Document(self))
    }

    /// Reads the document into a type of the caller's, straight from the wire:
    /// what the type does not ask for is skipped, not decoded.
    pub fn read<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Error> {
        T::deserialize(Reader::of_document(self))
    }

    /// Writes a map or struct as a document, straight to the wire.
    pub fn write<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        Ok(Self::from_body(&ser::document(value)?)?)
    }

    /// Sets `key` to the value, in place of what it had.
    pub fn set<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        let entry = ser::entry(key, value)?;
        self.remove(key)?;
        self.entries.push(FIELDS, entry);
        Ok(())
    }

    /// Removes `key`, however often it occurs. Fails if an entry cannot be read.
    pub fn remove(&mut self, key: &str) -> Result<(), Error> {
        let mut found = false;
        for entry in self.raw_entries() {
            found |= Entry::parse(entry.bytes)?.key == key.as_bytes();
        }
        if found {
            let mut kept = Kept::default();
            for entry in self.raw_entries() {
                if Entry::parse(entry.bytes)?.key != key.as_bytes() {
                    kept.push(FIELDS, entry.to_bytes());
                }
            }
            self.entries = kept;
        }
        Ok(())
    }

    /// The document that an encoded message is. Fails unless it can be cut into entries.
    pub(super) fn from_body(body: &Bytes) -> Result<Self, Malformed> {
        let mut document = Self::default();
        document.extend(body)?;
        Ok(document)
    }

    /// Merges an encoded message, sharing its memory.
    pub(super) fn extend(&mut self, body: &Bytes) -> Result<(), Malformed> {
        self.entries.extend(FIELDS, body)
    }

    /// The document as one encoded message.
    pub(super) fn to_body(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> &Kept {
        &self.entries
    }

    /// The `FieldsEntry` messages in wire order.
    pub(super) fn raw_entries(&self) -> Contents<'_> {
        self.entries.contents(FIELDS)
    }
}

/// Prints the number of entries only: their content may be secret.
impl fmt::Debug for Struct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Struct({} entries)", self.entries.count())
    }
}

impl Message for Struct {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        self.entries.encode(buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match u8::try_from(tag) {
            Ok(FIELDS) => self.entries.merge(FIELDS, wire_type, buf, context),
            _ => encoding::skip_field(wire_type, tag, buf, context),
        }
    }

    fn encoded_len(&self) -> usize {
        self.entries.encoded_len()
    }

    fn clear(&mut self) {
        self.entries = Kept::default();
    }
}
