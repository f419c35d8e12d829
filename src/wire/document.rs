//! `Struct`: a document as the slices of the message it came in.

use std::{fmt, slice};

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};
use serde::{Deserialize, Serialize};

use super::de::Reader;
use super::object::Object;
use super::reader::{Entry, Fields, Malformed, Payload};
use super::value::{Value, decode_fields};
use super::{Error, ser};

/// The number of `Struct.fields`.
const FIELDS: u32 = 1;

/// A `google.protobuf.Struct` whose entries are undecoded slices of the message
/// they came in.
///
/// Cloning copies no content. Two are equal when their entries are the same
/// bytes in the same order: equality proves the same meaning, inequality not
/// the contrary.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Struct {
    /// The `FieldsEntry` messages, without the field key and length before each.
    entries: Vec<Bytes>,
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
        self.entries.push(entry);
        Ok(())
    }

    /// Removes `key`, however often it occurs. Fails if an entry cannot be read.
    pub fn remove(&mut self, key: &str) -> Result<(), Error> {
        let mut keep = Vec::with_capacity(self.entries.len());
        for body in &self.entries {
            keep.push(Entry::parse(body)?.key != key.as_bytes());
        }
        let mut keep = keep.into_iter();
        self.entries.retain(|_| keep.next() == Some(true));
        Ok(())
    }

    /// Cuts an encoded document into its entries.
    pub(super) fn from_body(body: &Bytes) -> Result<Self, Malformed> {
        let mut entries = Vec::new();
        for field in Fields::new(body) {
            match field? {
                (FIELDS, Payload::Bytes(entry)) => entries.push(body.slice_ref(entry)),
                (FIELDS, _) => return Err(Malformed::Invalid),
                _ => {}
            }
        }
        Ok(Self { entries })
    }

    /// The document as one encoded message.
    pub(super) fn to_body(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// The `FieldsEntry` messages in wire order.
    pub(super) fn raw_entries(&self) -> slice::Iter<'_, Bytes> {
        self.entries.iter()
    }
}

/// Prints the number of entries only: their content may be secret.
impl fmt::Debug for Struct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Struct({} entries)", self.entries.len())
    }
}

impl Message for Struct {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        for entry in &self.entries {
            encoding::bytes::encode(FIELDS, entry, buf);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if tag != FIELDS {
            return encoding::skip_field(wire_type, tag, buf, context);
        }
        let mut entry = Bytes::new();
        encoding::bytes::merge(wire_type, &mut entry, buf, context)?;
        self.entries.push(entry);
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        self.entries.iter().map(|entry| encoding::bytes::encoded_len(FIELDS, entry)).sum()
    }

    fn clear(&mut self) {
        self.entries.clear();
    }
}
