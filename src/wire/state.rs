//! `State`: observed or desired resources as the slices of the message they
//! came in.
//!
//! What other pipeline steps want must reach Crossplane as they said it, also
//! fields that are newer than this program. So nothing is decoded but what is
//! asked for, and everything is encoded again as it came, in the same order.
//! Changes are appended: protobuf lets a later occurrence of a map key replace
//! the earlier one and merges the occurrences of a message.

use std::collections::BTreeMap;
use std::fmt;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};
use serde::Serialize;

use super::reader::{Fields, Malformed, Payload};
use super::{Error, Ready, Resource, ser};

/// Field numbers of `State`.
const COMPOSITE: u32 = 1;
const RESOURCES: u32 = 2;

/// An `apiextensions.fn.proto.v1.State` whose fields are undecoded slices of the
/// message they came in.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct State {
    fields: Vec<Field>,
}

/// A field as it came, known or not.
#[derive(Clone, PartialEq, Eq)]
struct Field {
    number: u32,
    wire_type: WireType,
    /// Without the length of length-delimited ones.
    content: Bytes,
}

impl State {
    /// Whether the message says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The composite resource, all its occurrences merged.
    pub fn composite(&self) -> Result<Resource, Error> {
        let mut composite = Resource::default();
        for content in self.contents(COMPOSITE) {
            merge(&mut composite, content).map_err(|error| error.under_key("composite"))?;
        }
        Ok(composite)
    }

    /// The composed resources by name, each with its last entry.
    pub fn resources(&self) -> impl Iterator<Item = Result<(&str, Resource), Error>> {
        let (entries, refusal) = match self.entries() {
            Ok(entries) => (entries, None),
            Err(malformed) => (BTreeMap::new(), Some(Err(in_resources(malformed)))),
        };
        let decode = |(name, entry)| Ok((name, decode_entry(name, entry)?));
        refusal.into_iter().chain(entries.into_iter().map(decode))
    }

    /// The composed resource called `name`.
    pub fn resource(&self, name: &str) -> Result<Option<Resource>, Error> {
        let entries = self.entries().map_err(in_resources)?;
        entries.get(name).map(|entry| decode_entry(name, entry)).transpose()
    }

    /// The names of the composed resources, sorted.
    pub fn names(&self) -> Result<impl Iterator<Item = &str>, Error> {
        Ok(self.entries().map_err(in_resources)?.into_keys())
    }

    /// Adds a composed resource, in place of what had the name before.
    pub fn insert(&mut self, name: &str, resource: &Resource) {
        let name = name.to_owned();
        let length =
            encoding::string::encoded_len(1, &name) + encoding::message::encoded_len(2, resource);
        let mut entry = Vec::with_capacity(length);
        encoding::string::encode(1, &name, &mut entry);
        encoding::message::encode(2, resource, &mut entry);
        self.push(RESOURCES, entry.into());
    }

    /// Adds a composed resource whose object is written straight to the wire, in
    /// place of what had the name before.
    pub fn write<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        object: &T,
        ready: Ready,
    ) -> Result<(), Error> {
        let entry = ser::resource_entry(name, object, ready as u8)?;
        self.push(RESOURCES, entry);
        Ok(())
    }

    /// Merges into the composite resource as protobuf does: top-level fields of
    /// the object replace those of the same name, whole. So `status`, which
    /// several steps write to, must be complete.
    pub fn merge_composite(&mut self, resource: &Resource) {
        self.push(COMPOSITE, resource.encode_to_vec().into());
    }

    fn push(&mut self, number: u32, content: Bytes) {
        self.fields.push(Field { number, wire_type: WireType::LengthDelimited, content });
    }

    fn contents(&self, number: u32) -> impl Iterator<Item = &Bytes> {
        self.fields.iter().filter(move |field| field.number == number).map(|field| &field.content)
    }

    fn entries(&self) -> Result<BTreeMap<&str, &Bytes>, Malformed> {
        self.contents(RESOURCES).map(|entry| Ok((entry_name(entry)?, entry))).collect()
    }
}

fn in_resources(malformed: Malformed) -> Error {
    Error::from(malformed).under_key("resources")
}

fn entry_name(entry: &[u8]) -> Result<&str, Malformed> {
    let mut name: &[u8] = &[];
    for field in Fields::new(entry) {
        match field? {
            (1, Payload::Bytes(bytes)) => name = bytes,
            (1, _) => return Err(Malformed::Invalid),
            _ => {}
        }
    }
    str::from_utf8(name).map_err(|_| Malformed::NotUtf8)
}

fn decode_entry(name: &str, entry: &Bytes) -> Result<Resource, Error> {
    let mut resource = Resource::default();
    for field in Fields::new(entry) {
        let merged = match field {
            Ok((2, Payload::Bytes(content))) => merge(&mut resource, &entry.slice_ref(content)),
            Ok((2, _)) => Err(Malformed::Invalid.into()),
            Ok(_) => Ok(()),
            Err(malformed) => Err(malformed.into()),
        };
        merged.map_err(|error| error.under_key(name).within("resources"))?;
    }
    Ok(resource)
}

/// Merges an encoded occurrence into the resource, sharing its memory.
fn merge(resource: &mut Resource, content: &Bytes) -> Result<(), Error> {
    // What exactly protobuf did not like would tell the reader nothing.
    resource.merge(content.clone()).map_err(|_| Malformed::Invalid.into())
}

/// Prints the number of fields only: their content may be secret.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({} fields)", self.fields.len())
    }
}

impl Message for State {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        for Field { number, wire_type, content } in &self.fields {
            encoding::encode_key(*number, *wire_type, buf);
            if *wire_type == WireType::LengthDelimited {
                encoding::encode_varint(content.len() as u64, buf);
            }
            buf.put_slice(content);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if matches!(tag, COMPOSITE | RESOURCES) {
            encoding::check_wire_type(WireType::LengthDelimited, wire_type)?;
        }
        let payload = match wire_type {
            WireType::LengthDelimited => {
                let mut bytes = Bytes::new();
                encoding::bytes::merge(wire_type, &mut bytes, buf, context)?;
                bytes
            }
            WireType::Varint => {
                let mut varint = BytesMut::new();
                encoding::encode_varint(encoding::decode_varint(buf)?, &mut varint);
                varint.freeze()
            }
            WireType::SixtyFourBit => fixed(buf, 8)?,
            WireType::ThirtyTwoBit => fixed(buf, 4)?,
            // proto3 has no groups: keeping one would be guesswork, losing it
            // would break the promise to pass everything through.
            WireType::StartGroup | WireType::EndGroup => {
                return encoding::check_wire_type(WireType::LengthDelimited, wire_type);
            }
        };
        self.fields.push(Field { number: tag, wire_type, content: payload });
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        let length = |field: &Field| {
            let content = field.content.len();
            let prefix = match field.wire_type {
                WireType::LengthDelimited => encoding::encoded_len_varint(content as u64),
                _ => 0,
            };
            encoding::key_len(field.number) + prefix + content
        };
        self.fields.iter().map(length).sum()
    }

    fn clear(&mut self) {
        self.fields.clear();
    }
}

fn fixed(buf: &mut impl Buf, length: usize) -> Result<Bytes, DecodeError> {
    if buf.remaining() < length {
        // Fails with prost's own error, which has no public constructor.
        encoding::decode_varint(&mut Bytes::new())?;
    }
    Ok(buf.copy_to_bytes(length))
}
