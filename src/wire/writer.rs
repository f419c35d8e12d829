//! Writes nested protobuf messages in one forward pass.
//!
//! A length stands before the message it measures, which is not written yet.
//! One byte is reserved for it, all that a message below 128 bytes needs; the
//! few longer ones are noted, and `finish` copies the buffer once, putting the
//! wider lengths in. So the bytes are those a two-pass encoder would write.

/// Tags of `Struct.fields` and of an entry's key and value.
pub(super) const ENTRY: u8 = 0x0a;
pub(super) const KEY: u8 = 0x0a;
pub(super) const ENTRY_VALUE: u8 = 0x12;
/// The tag of `ListValue.values`.
pub(super) const ITEM: u8 = 0x0a;
/// The tags of the members of a value's oneof.
pub(super) const NULL: u8 = 0x08;
pub(super) const NUMBER: u8 = 0x11;
pub(super) const STRING: u8 = 0x1a;
pub(super) const BOOL: u8 = 0x20;
pub(super) const STRUCT: u8 = 0x2a;
pub(super) const LIST: u8 = 0x32;
/// Tags of `Resource.resource` and `Resource.ready`.
pub(super) const OBJECT: u8 = 0x0a;
pub(super) const READY: u8 = 0x18;

/// A message under construction.
#[derive(Default)]
pub(super) struct Writer {
    buffer: Vec<u8>,
    /// Closed messages whose length does not fit the byte reserved for it.
    long: Vec<Long>,
    /// What the lengths in `long` need beyond their reserved bytes.
    extra: usize,
}

struct Long {
    at: usize,
    length: usize,
}

/// A nested message that was begun and must be closed.
#[must_use]
#[derive(Clone, Copy)]
pub(super) struct Open {
    at: usize,
    extra: usize,
}

impl Writer {
    pub(super) fn new() -> Self {
        // Most composed resources fit.
        Self { buffer: Vec::with_capacity(2048), ..Self::default() }
    }

    /// Begins a nested message.
    pub(super) fn open(&mut self, tag: u8) -> Open {
        self.buffer.extend_from_slice(&[tag, 0]);
        Open { at: self.buffer.len() - 1, extra: self.extra }
    }

    /// Ends a nested message.
    pub(super) fn close(&mut self, open: Open) {
        let Open { at, extra } = open;
        let length = self.buffer.len() - at - 1 + self.extra - extra;
        if let Ok(short @ 0..0x80) = u8::try_from(length) {
            self.buffer[at] = short;
        } else {
            self.extra += varint_length(length) - 1;
            self.long.push(Long { at, length });
        }
    }

    /// Writes bytes that are complete fields.
    pub(super) fn fields(&mut self, fields: &[u8]) {
        self.buffer.extend_from_slice(fields);
    }

    /// Writes a string, bytes or message field.
    pub(super) fn bytes(&mut self, tag: u8, bytes: &[u8]) {
        if let Ok(short @ 0..0x80) = u8::try_from(bytes.len()) {
            self.buffer.extend_from_slice(&[tag, short]);
        } else {
            self.buffer.push(tag);
            push_varint(&mut self.buffer, bytes.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Where the next byte goes, to be handed to `written_since`.
    pub(super) fn position(&self) -> usize {
        self.buffer.len()
    }

    /// What was written from a position on, long lengths still missing.
    pub(super) fn written_since(&self, position: usize) -> &[u8] {
        &self.buffer[position..]
    }

    /// The whole message.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.long.is_empty() {
            return self.buffer;
        }
        // Messages close from the inside out, but start from the outside in.
        self.long.sort_unstable_by_key(|long| long.at);
        let mut message = Vec::with_capacity(self.buffer.len() + self.extra);
        let mut done = 0;
        for Long { at, length } in self.long {
            message.extend_from_slice(&self.buffer[done..at]);
            push_varint(&mut message, length);
            done = at + 1;
        }
        message.extend_from_slice(&self.buffer[done..]);
        message
    }
}

/// How many bytes the varint takes.
pub(super) fn varint_length(value: usize) -> usize {
    (value | 1).ilog2() as usize / 7 + 1
}

fn push_varint(buffer: &mut Vec<u8>, mut value: usize) {
    loop {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            buffer.push(low);
            return;
        }
        buffer.push(low | 0x80);
    }
}
