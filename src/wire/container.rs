//! Objects and lists on their way to the wire, one part after the other.

use serde::ser::{self, Serialize, SerializeMap};

use super::leaf::Leaf;
use super::reader::{Fields, Payload};
use super::ser::{Place, ValueWriter, not_an_object};
use super::writer::{ENTRY, ENTRY_VALUE, ITEM, KEY, Open, STRUCT, Writer};
use super::{Error, MAX_DEPTH};

/// An object or list under construction.
pub(super) struct Container<'w> {
    writer: &'w mut Writer,
    level: usize,
    /// The value and its member; a document has neither.
    opened: Option<(Open, Open)>,
    /// For the content of a variant.
    around: Option<Around>,
    items: usize,
    /// The entry begun by `serialize_key`, and where it starts.
    key: Option<(Open, usize)>,
}

/// The object around a variant's content, and its only entry.
struct Around {
    opened: Option<(Open, Open)>,
    entry: Open,
    variant: &'static str,
}

impl<'w> Container<'w> {
    /// Begins the object or list that a value is.
    pub(super) fn begin(value: ValueWriter<'w>, member: u8) -> Result<Self, Error> {
        let ValueWriter { writer, place, level } = value;
        if level == MAX_DEPTH {
            return Err(Error::too_deep());
        }
        let opened = match (place, member) {
            (Place::Document, STRUCT) => None,
            (Place::Document, _) => return Err(not_an_object()),
            (Place::Value(tag), _) => Some((writer.open(tag), writer.open(member))),
        };
        Ok(Self { writer, level: level + 1, opened, around: None, items: 0, key: None })
    }

    /// Begins the object or list that a variant carries: the one value of the
    /// object that the value is.
    pub(super) fn begin_in_variant(
        value: ValueWriter<'w>,
        variant: &'static str,
        member: u8,
    ) -> Result<Self, Error> {
        let mut object = Self::begin(value, STRUCT)?;
        let entry = object.begin_entry(variant);
        let content = ValueWriter {
            writer: object.writer,
            place: Place::Value(ENTRY_VALUE),
            level: object.level,
        };
        let mut content = Self::begin(content, member).map_err(|error| error.under_key(variant))?;
        content.around = Some(Around { opened: object.opened, entry, variant });
        Ok(content)
    }

    /// Begins the entry under `key`, for a value written by `next_value`.
    pub(super) fn begin_entry(&mut self, key: &str) -> Open {
        let entry = self.writer.open(ENTRY);
        self.writer.bytes(KEY, key.as_bytes());
        entry
    }

    pub(super) fn end_entry(&mut self, entry: Open) {
        self.writer.close(entry);
    }

    pub(super) fn next_value(&mut self) -> ValueWriter<'_> {
        self.next(ENTRY_VALUE)
    }

    pub(super) fn next_item(&mut self) -> ValueWriter<'_> {
        self.next(ITEM)
    }

    fn next(&mut self, tag: u8) -> ValueWriter<'_> {
        ValueWriter { writer: self.writer, place: Place::Value(tag), level: self.level }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value
            .serialize(self.next_item())
            .map_err(|error| self.located(error.under_index(self.items)))?;
        self.items += 1;
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        let entry = self.begin_entry(key);
        value.serialize(self.next_value()).map_err(|error| self.located(error.under_key(key)))?;
        self.end_entry(entry);
        Ok(())
    }

    /// Moves the error of a part out of the variant around it, if there is one.
    #[cold]
    fn located(&self, error: Error) -> Error {
        match &self.around {
            Some(around) => error.under_key(around.variant),
            None => error,
        }
    }

    /// The key of the entry that starts at a position, for an error's path.
    #[cold]
    fn key_at(&self, start: usize) -> &str {
        match Fields::new(self.writer.written_since(start)).next() {
            Some(Ok((_, Payload::Bytes(key)))) => str::from_utf8(key).unwrap_or_default(),
            _ => "",
        }
    }

    pub(super) fn finish(self) {
        close(self.writer, self.opened);
        if let Some(around) = self.around {
            self.writer.close(around.entry);
            close(self.writer, around.opened);
        }
    }
}

fn close(writer: &mut Writer, opened: Option<(Open, Open)>) {
    if let Some((value, member)) = opened {
        writer.close(member);
        writer.close(value);
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident)*) => {
        $(impl ser::$trait for Container<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        })*
    };
}
lists! {
    SerializeSeq serialize_element SerializeTuple serialize_element
    SerializeTupleStruct serialize_field SerializeTupleVariant serialize_field
}

macro_rules! structs {
    ($($trait:ident)*) => {
        $(impl ser::$trait for Container<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(key, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        })*
    };
}
structs! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Container<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let entry = self.writer.open(ENTRY);
        let start = self.writer.position();
        key.serialize(Leaf::Key(self.writer))?;
        self.key = Some((entry, start));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let Some((entry, start)) = self.key.take() else {
            return Err(Error::new("was given a value before its key"));
        };
        value.serialize(self.next_value()).map_err(|error| error.under_key(self.key_at(start)))?;
        self.writer.close(entry);
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}
