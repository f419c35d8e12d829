//! The entries of an object, whole or by name, as protobuf's maps have them:
//! each key once, the last one on the wire.
//!
//! INVARIANT: nothing that is read depends on the order of the wire, which
//! Crossplane's encoder changes at random. Otherwise the first of two errors, and
//! with it a condition's message, would differ from one call to the next.

use std::mem;

use super::kept::Contents;
use super::reader::{Entry, Malformed, Messages, Pieces, utf8};
use super::value::{StructRef, Value};
use super::{Error, MAX_DEPTH, Struct};

/// A document or an object in one.
pub(super) enum Object<'a> {
    Document(&'a Struct),
    Part(StructRef<'a>),
}

/// More fields than an honest object has.
const MANY: usize = 256;

/// A key and its value, undecoded.
pub(super) type Field<'a> = (&'a str, Pieces<'a>);

impl<'a> Object<'a> {
    /// How many objects and lists there are around its values.
    pub(super) fn level(&self) -> usize {
        match self {
            Self::Document(_) => 1,
            Self::Part(part) => part.level,
        }
    }

    /// The value under `key`.
    pub(super) fn get(&self, key: &str) -> Result<Option<Value<'a>>, Error> {
        let mut last = None;
        for entry in self.entries()? {
            let entry = entry?;
            if entry.key == key.as_bytes() {
                last = Some(entry.value);
            }
        }
        last.map(|value| Value::decode(&value, self.level()))
            .transpose()
            .map_err(|error| error.under_key(key))
    }

    /// All fields, sorted by key.
    pub(super) fn fields(&self) -> Result<Vec<Field<'a>>, Error> {
        let mut fields = Vec::new();
        for entry in self.entries()? {
            let Entry { key, value } = entry?;
            // Before it grows: a key that is sent a million times is kept but once.
            if fields.len() == fields.capacity() && fields.len() >= MANY {
                sort(&mut fields);
                // Room for as many again: not to sort for every single field.
                fields.reserve(fields.len());
            }
            fields.push((utf8(key)?, value));
        }
        sort(&mut fields);
        Ok(fields)
    }

    /// The fields with the given names, in that order, then one that has none of
    /// them. One is enough: who refuses unknown fields refuses it, and who
    /// ignores them does not miss the others.
    pub(super) fn named(
        &self,
        names: &'static [&'static str],
    ) -> Result<Vec<Option<Field<'a>>>, Error> {
        // A place for each name, so that nothing has to move when fields come in any order.
        let mut fields = Vec::with_capacity(names.len() + 1);
        fields.resize_with(names.len(), || None);
        let mut unknown: Option<Entry<'a>> = None;
        for entry in self.entries()? {
            let entry = entry?;
            if let Some(index) = names.iter().position(|name| name.as_bytes() == entry.key) {
                fields[index] = Some((names[index], entry.value));
            } else if unknown.as_ref().is_none_or(|least| entry.key <= least.key) {
                unknown = Some(entry);
            }
        }
        if let Some(Entry { key, value }) = unknown {
            fields.push(Some((utf8(key)?, value)));
        }
        Ok(fields)
    }

    fn entries(&self) -> Result<Entries<'a>, Error> {
        match self {
            Self::Document(document) => Ok(Entries::Document(document.raw_entries())),
            Self::Part(part) if part.level > MAX_DEPTH => Err(Error::too_deep()),
            Self::Part(part) => Ok(Entries::Part(Messages::new(&part.fields))),
        }
    }
}

/// Sorts by key, and keeps of each key the last.
fn sort(fields: &mut Vec<Field<'_>>) {
    // Stable: of equal keys, the last on the wire stays the last.
    fields.sort_by_key(|(key, _)| *key);
    fields.dedup_by(|later, earlier| {
        let replaced = later.0 == earlier.0;
        if replaced {
            mem::swap(later, earlier);
        }
        replaced
    });
}

/// The entries as they are on the wire.
enum Entries<'a> {
    Document(Contents<'a>),
    Part(Messages<'a>),
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let body = match self {
            Self::Document(entries) => entries.next()?.bytes,
            Self::Part(messages) => match messages.next()? {
                Ok(message) => message,
                Err(malformed) => return Some(Err(malformed)),
            },
        };
        Some(Entry::parse(body))
    }
}
