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

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};
use serde::Serialize;

use super::kept::{Content, Kept};
use super::reader::{Fields, Malformed, Payload};
use super::{Error, Ready, Resource, ser};

/// Field numbers of `State`.
const COMPOSITE: u8 = 1;
const RESOURCES: u8 = 2;

/// An `apiextensions.fn.proto.v1.State` whose fields are undecoded slices of the
/// message they came in.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct State {
    fields: Kept,
}

impl State {
    /// Whether the message says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The composite resource, all its occurrences merged.
    pub fn composite(&self) -> Result<Resource, Error> {
        let mut composite = Resource::default();
        for content in self.fields.contents(COMPOSITE) {
            merge(&mut composite, content.to_bytes())
                .map_err(|error| error.under_key("composite"))?;
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
        entries.get(name).map(|entry| decode_entry(name, *entry)).transpose()
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
        self.fields.push(RESOURCES, entry.into());
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
        self.fields.push(RESOURCES, entry);
        Ok(())
    }

    /// Merges into the composite resource as protobuf does: top-level fields of
    /// the object replace those of the same name, whole. So `status`, which
    /// several steps write to, must be complete.
    pub fn merge_composite(&mut self, resource: &Resource) {
        self.fields.push(COMPOSITE, resource.encode_to_vec().into());
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> &Kept {
        &self.fields
    }

    fn entries(&self) -> Result<BTreeMap<&str, Content<'_>>, Malformed> {
        let contents = self.fields.contents(RESOURCES);
        contents.map(|entry| Ok((entry_name(entry.bytes)?, entry))).collect()
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

fn decode_entry(name: &str, entry: Content<'_>) -> Result<Resource, Error> {
    let mut resource = Resource::default();
    for field in Fields::new(entry.bytes) {
        let merged = match field {
            Ok((2, Payload::Bytes(content))) => merge(&mut resource, entry.part(content)),
            Ok((2, _)) => Err(Malformed::Invalid.into()),
            Ok(_) => Ok(()),
            Err(malformed) => Err(malformed.into()),
        };
        merged.map_err(|error| error.under_key(name).within("resources"))?;
    }
    Ok(resource)
}

/// Merges an encoded occurrence into the resource, sharing its memory.
fn merge(resource: &mut Resource, content: Bytes) -> Result<(), Error> {
    // What exactly protobuf did not like would tell the reader nothing.
    resource.merge(content).map_err(|_| Malformed::Invalid.into())
}

/// Prints the number of fields only: their content may be secret.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({} fields)", self.fields.count())
    }
}

impl Message for State {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        self.fields.encode(buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match u8::try_from(tag) {
            Ok(known @ (COMPOSITE | RESOURCES)) => {
                self.fields.merge(known, wire_type, buf, context)
            }
            _ => self.fields.merge_unread(tag, wire_type, buf, context),
        }
    }

    fn encoded_len(&self) -> usize {
        self.fields.encoded_len()
    }

    fn clear(&mut self) {
        self.fields = Kept::default();
    }
}
