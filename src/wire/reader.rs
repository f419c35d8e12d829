//! The protobuf wire format, read from slices without copying.
//!
//! Knows fields, map entries and how repeated occurrences merge; knows nothing
//! of serde.

use std::{fmt, slice, vec};

/// Wire bytes that no protobuf decoder would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    Truncated,
    Invalid,
    NotUtf8,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "is cut short",
            Self::Invalid => "is not a valid protobuf value",
            Self::NotUtf8 => "is not valid UTF-8",
        })
    }
}

/// What a field carries.
#[derive(Clone, Copy)]
pub(super) enum Payload<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    /// What no field of ours has: 32-bit numbers, and groups, which proto3 does
    /// not have either.
    Other,
}

/// How deep groups may nest: as deep as in prost.
const MAX_GROUPS: usize = 100;

/// The fields of a message in wire order.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The content of the next field if that is length-delimited, has this number,
    /// below 16, and is written as every writer does. Nothing is taken otherwise.
    #[inline]
    pub(super) fn next_plain(&mut self, number: u8) -> Option<&'a [u8]> {
        let (first, rest) = self.rest.split_first()?;
        if *first != number << 3 | 2 {
            return None;
        }
        let (length, rest) = varint(rest).ok()?;
        let (content, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(content)
    }

    fn read(&mut self) -> Result<(u32, Payload<'a>), Malformed> {
        let (number, wire_type) = self.key()?;
        let payload = match wire_type {
            3 => {
                self.skip_group(number)?;
                Payload::Other
            }
            _ => self.payload(wire_type)?,
        };
        Ok((number, payload))
    }

    fn key(&mut self) -> Result<(u32, u32), Malformed> {
        let key = u32::try_from(self.varint()?).map_err(|_| Malformed::Invalid)?;
        match key >> 3 {
            0 => Err(Malformed::Invalid),
            number => Ok((number, key & 7)),
        }
    }

    fn payload(&mut self, wire_type: u32) -> Result<Payload<'a>, Malformed> {
        Ok(match wire_type {
            0 => Payload::Varint(self.varint()?),
            1 => Payload::Fixed64(u64::from_le_bytes(*self.array()?)),
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).map_err(|_| Malformed::Truncated)?;
                let (bytes, rest) =
                    self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
                self.rest = rest;
                Payload::Bytes(bytes)
            }
            5 => {
                self.array::<4>()?;
                Payload::Other
            }
            _ => return Err(Malformed::Invalid),
        })
    }

    #[cold]
    fn skip_group(&mut self, number: u32) -> Result<(), Malformed> {
        let mut open = vec![number];
        while let Some(innermost) = open.last() {
            match self.key()? {
                (number, 3) if open.len() < MAX_GROUPS => open.push(number),
                (number, 4) if number == *innermost => {
                    open.pop();
                }
                (_, wire_type) => {
                    self.payload(wire_type)?;
                }
            }
        }
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let (value, rest) = varint(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Malformed> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(array)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Payload<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

#[inline]
fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    match bytes {
        [byte, rest @ ..] if *byte < 0x80 => Ok((u64::from(*byte), rest)),
        [low, high, rest @ ..] if *high < 0x80 => {
            Ok((u64::from(*low & 0x7f) | (u64::from(*high) << 7), rest))
        }
        _ => long_varint(bytes),
    }
}

#[cold]
fn long_varint(bytes: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        // The tenth byte holds the 64th bit and nothing else.
        if index == 9 && *byte > 1 {
            return Err(Malformed::Invalid);
        }
        value |= u64::from(*byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            return Ok((value, &bytes[index + 1..]));
        }
    }
    Err(if bytes.len() < 10 { Malformed::Truncated } else { Malformed::Invalid })
}

/// A message in the pieces it came in, all but always one. Protobuf merges the
/// occurrences of a singular message: it is what the pieces, put one behind the
/// other, say.
#[derive(Clone)]
pub(super) enum Pieces<'a> {
    One(&'a [u8]),
    Many(Vec<&'a [u8]>),
}

impl<'a> Pieces<'a> {
    pub(super) fn as_slice(&self) -> &[&'a [u8]] {
        match self {
            Self::One(piece) => slice::from_ref(piece),
            Self::Many(pieces) => pieces,
        }
    }

    pub(super) fn push(&mut self, piece: &'a [u8]) {
        match self {
            Self::One(first) => *self = Self::Many(vec![first, piece]),
            Self::Many(pieces) => pieces.push(piece),
        }
    }
}

/// The messages in field 1, the only field that objects and lists have.
pub(super) struct Messages<'a> {
    fields: Fields<'a>,
    later: vec::IntoIter<&'a [u8]>,
}

impl<'a> Messages<'a> {
    pub(super) fn new(pieces: &Pieces<'a>) -> Self {
        let (first, later) = match pieces {
            Pieces::One(piece) => (*piece, Vec::new()),
            Pieces::Many(pieces) => (&[][..], pieces.clone()),
        };
        Self { fields: Fields::new(first), later: later.into_iter() }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<&'a [u8], Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(message) = self.fields.next_plain(1) {
                return Some(Ok(message));
            }
            match self.fields.next() {
                Some(Ok((1, Payload::Bytes(message)))) => return Some(Ok(message)),
                Some(Ok((1, _))) => return Some(Err(Malformed::Invalid)),
                Some(Ok(_)) => {}
                Some(Err(malformed)) => return Some(Err(malformed)),
                None => self.fields = Fields::new(self.later.next()?),
            }
        }
    }
}

/// An entry of a `map<string, Value>`.
pub(super) struct Entry<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: Pieces<'a>,
}

impl<'a> Entry<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        match Self::parse_plain(body) {
            Some(entry) => Ok(entry),
            None => Self::parse_any(body),
        }
    }

    /// The form that every writer uses: the key, then the value, nothing else.
    fn parse_plain(body: &'a [u8]) -> Option<Self> {
        let [0x0a, length @ 0..0x80, rest @ ..] = body else {
            return None;
        };
        let (key, rest) = rest.split_at_checked(usize::from(*length))?;
        let [0x12, rest @ ..] = rest else {
            return None;
        };
        let (length, value) = varint(rest).ok()?;
        (length == value.len() as u64).then_some(Self { key, value: Pieces::One(value) })
    }

    #[cold]
    fn parse_any(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut key: &[u8] = &[];
        let mut value: Option<Pieces<'a>> = None;
        for field in Fields::new(body) {
            match field? {
                (1, Payload::Bytes(bytes)) => key = bytes,
                (2, Payload::Bytes(bytes)) => match &mut value {
                    Some(pieces) => pieces.push(bytes),
                    None => value = Some(Pieces::One(bytes)),
                },
                (1 | 2, _) => return Err(Malformed::Invalid),
                _ => {}
            }
        }
        let value = value.unwrap_or(Pieces::One(&[]));
        Ok(Self { key, value })
    }
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    str::from_utf8(bytes).map_err(|_| Malformed::NotUtf8)
}
