//! The fields of a message as they are kept, in wire order: large ones as slices
//! of the memory they came in, small ones and those that nobody interprets side
//! by side in runs.
//!
//! Why not a slice for each? Its handle takes 40 bytes, so that a message of
//! empty fields, which take two bytes each on the wire, would cost twenty times
//! its size, and every copy of it as much again.

use std::slice;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};

use super::reader::{Fields, Malformed, Payload};

/// Contents up to this length are copied: a handle would take more.
const SMALL: usize = 32;

/// What a run begins with: room for a few small fields, so that most never grow.
const RUN_CAPACITY: usize = 64;

/// Fields in wire order; those we interpret have numbers below 16. Cloning copies nothing.
#[derive(Clone, Default)]
pub(super) struct Kept {
    /// None as long as there are no fields, so that an empty message costs nothing.
    parts: Option<Arc<Vec<Part>>>,
}

// INVARIANT: runs hold whole, well-formed fields; reading them cannot fail.
#[derive(Clone)]
enum Part {
    /// Encoded fields, copied.
    Copied(Vec<u8>),
    /// Encoded fields in the memory they came in.
    Shared(Bytes),
    /// The content of one length-delimited field.
    Large { number: u8, content: Bytes },
}

impl Kept {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_none()
    }

    /// How many fields there are.
    pub(super) fn count(&self) -> usize {
        let count = |part: &Part| match part {
            Part::Copied(run) => Fields::new(run).count(),
            Part::Shared(run) => Fields::new(run).count(),
            Part::Large { .. } => 1,
        };
        self.parts().iter().map(count).sum()
    }

    /// The contents of the length-delimited fields with this number.
    pub(super) fn contents(&self, number: u8) -> Contents<'_> {
        Contents { number, parts: self.parts().iter(), run: Fields::new(&[]), owner: None }
    }

    /// Adds a length-delimited field.
    pub(super) fn push(&mut self, number: u8, content: Bytes) {
        if content.len() > SMALL {
            self.parts_mut().push(Part::Large { number, content });
        } else {
            self.append(|run| encoding::bytes::encode(number.into(), &content, run));
        }
    }

    /// Adds the fields of an encoded message, which may all but those with this
    /// number be left out.
    pub(super) fn extend(&mut self, number: u8, body: &Bytes) -> Result<(), Malformed> {
        let mut foreign = false;
        let mut fields = Fields::new(body);
        loop {
            if fields.next_plain(number).is_some() {
                continue;
            }
            match fields.next().transpose()? {
                None => break,
                Some((found, Payload::Bytes(_))) if found == u32::from(number) => {}
                Some((found, _)) if found == u32::from(number) => return Err(Malformed::Invalid),
                Some(_) => foreign = true,
            }
        }
        if foreign || body.len() <= SMALL {
            for field in Fields::new(body) {
                if let (found, Payload::Bytes(content)) = field?
                    && found == u32::from(number)
                {
                    self.push(number, body.slice_ref(content));
                }
            }
        } else {
            let run = Part::Shared(body.clone());
            match &mut self.parts {
                // Most are a single run.
                none @ None => *none = Some(Arc::new(vec![run])),
                Some(_) => self.parts_mut().push(run),
            }
        }
        Ok(())
    }

    /// Receives a length-delimited field whose key has been read.
    pub(super) fn merge(
        &mut self,
        number: u8,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        let mut bytes = Bytes::new();
        encoding::bytes::merge(wire_type, &mut bytes, buf, context)?;
        self.push(number, bytes);
        Ok(())
    }

    /// Receives any field, groups included, and keeps its very bytes. Of an
    /// overlong key, which no encoder writes, the plain form.
    #[cold]
    pub(super) fn merge_unread(
        &mut self,
        number: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        self.append(|run| {
            let before = run.len();
            encoding::encode_key(number, wire_type, run);
            let mut recorded = Recorder { inner: buf, run: &mut *run };
            let outcome = encoding::skip_field(wire_type, number, &mut recorded, context);
            if outcome.is_err() {
                run.truncate(before);
            }
            outcome
        })
    }

    pub(super) fn encode(&self, buf: &mut impl BufMut) {
        for part in self.parts() {
            match part {
                Part::Copied(run) => buf.put_slice(run),
                Part::Shared(run) => buf.put_slice(run),
                Part::Large { number, content } => {
                    encoding::bytes::encode((*number).into(), content, buf);
                }
            }
        }
    }

    pub(super) fn encoded_len(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Copied(run) => run.len(),
            Part::Shared(run) => run.len(),
            Part::Large { number, content } => {
                encoding::bytes::encoded_len((*number).into(), content)
            }
        };
        self.parts().iter().map(length).sum()
    }

    /// The bytes of heap that this holds beyond the message it came from.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        let copied = |part: &Part| match part {
            Part::Copied(run) => run.capacity(),
            Part::Shared(_) | Part::Large { .. } => 0,
        };
        let parts = self.parts.as_ref().map_or(0, |parts| parts.capacity()) * size_of::<Part>();
        parts + self.parts().iter().map(copied).sum::<usize>()
    }

    #[cfg(test)]
    pub(super) fn is_shared(&self) -> bool {
        self.parts.as_ref().is_none_or(|parts| Arc::strong_count(parts) > 1)
    }

    fn append<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let parts = self.parts_mut();
        if let Some(Part::Copied(run)) = parts.last_mut() {
            return write(run);
        }
        let mut run = Vec::with_capacity(RUN_CAPACITY);
        let outcome = write(&mut run);
        parts.push(Part::Copied(run));
        outcome
    }

    fn parts(&self) -> &[Part] {
        self.parts.as_deref().map_or(&[], Vec::as_slice)
    }

    fn parts_mut(&mut self) -> &mut Vec<Part> {
        Arc::make_mut(self.parts.get_or_insert_default())
    }
}

/// The same fields with the same bytes in the same order, however they are kept.
impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        let bytes = |kept: &Self| {
            let mut bytes = Vec::with_capacity(kept.encoded_len());
            kept.encode(&mut bytes);
            bytes
        };
        match (&self.parts, &other.parts) {
            (Some(one), Some(another)) if Arc::ptr_eq(one, another) => true,
            _ => self.encoded_len() == other.encoded_len() && bytes(self) == bytes(other),
        }
    }
}

impl Eq for Kept {}

/// The content of a field.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    pub(super) bytes: &'a [u8],
    /// What the bytes are a slice of, unless they were copied.
    owner: Option<&'a Bytes>,
}

impl Content<'_> {
    /// The content by itself, sharing memory where there is some to share.
    pub(super) fn to_bytes(self) -> Bytes {
        self.part(self.bytes)
    }

    /// The same of a part of the content.
    pub(super) fn part(self, part: &[u8]) -> Bytes {
        match self.owner {
            Some(owner) => owner.slice_ref(part),
            None => Bytes::copy_from_slice(part),
        }
    }
}

/// The contents of fields with one number in wire order.
pub(super) struct Contents<'a> {
    number: u8,
    parts: slice::Iter<'a, Part>,
    run: Fields<'a>,
    owner: Option<&'a Bytes>,
}

impl<'a> Iterator for Contents<'a> {
    type Item = Content<'a>;

    #[inline]
    fn next(&mut self) -> Option<Content<'a>> {
        loop {
            if let Some(bytes) = self.run.next_plain(self.number) {
                return Some(Content { bytes, owner: self.owner });
            }
            if let Some(Ok((number, payload))) = self.run.next() {
                if let Payload::Bytes(bytes) = payload
                    && number == u32::from(self.number)
                {
                    return Some(Content { bytes, owner: self.owner });
                }
                continue;
            }
            match self.parts.next()? {
                Part::Copied(run) => (self.run, self.owner) = (Fields::new(run), None),
                Part::Shared(run) => (self.run, self.owner) = (Fields::new(run), Some(run)),
                Part::Large { number, content } if *number == self.number => {
                    return Some(Content { bytes: content, owner: Some(content) });
                }
                Part::Large { .. } => {}
            }
        }
    }
}

/// A buffer that writes down what is taken from it.
struct Recorder<'a, B> {
    inner: &'a mut B,
    run: &'a mut Vec<u8>,
}

impl<B: Buf> Buf for Recorder<'_, B> {
    fn remaining(&self) -> usize {
        self.inner.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.inner.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.run.put(self.inner.take(count));
    }
}
