//! What the whole module promises, judged by `prost-types` as the oracle.

mod depth;
mod memory;
mod messages;
mod noisy;
mod oracle;
mod secrets;
mod state;
mod types;

use bytes::Bytes;
use prost::Message;
use serde_json::Value as Json;

use super::{Error, MAX_DEPTH, Struct, Value};

/// A document from its encoded form.
fn document(bytes: impl Into<Bytes>) -> Struct {
    Struct::decode(bytes.into()).unwrap()
}

/// Reads all there is to read, by every way there is; they must agree.
fn read_all(document: &Struct) -> Result<Json, Error> {
    let read = document.read::<Json>();
    let walk_entry = |(key, value): (&str, Value<'_>)| {
        let value = walk(&value).map_err(|error| error.under_key(key))?;
        Ok((key.to_owned(), value))
    };
    let walked = document.entries().map(|entry| entry.and_then(walk_entry)).collect();
    assert_eq!(read, walked, "the typed and the dynamic view");
    // Without a path of its own, for the format knows none.
    let serialized = serde_json::to_value(document).ok();
    assert_eq!(serialized.as_ref(), read.as_ref().ok());
    read
}

fn walk(value: &Value<'_>) -> Result<Json, Error> {
    Ok(match value {
        Value::Struct(object) => {
            let mut map = serde_json::Map::new();
            for entry in object.entries() {
                let (key, value) = entry?;
                map.insert(key.to_owned(), walk(&value).map_err(|error| error.under_key(key))?);
            }
            Json::Object(map)
        }
        Value::List(list) => {
            let mut items = Vec::new();
            for (index, item) in list.iter().enumerate() {
                items.push(walk(&item?).map_err(|error| error.under_index(index))?);
            }
            Json::Array(items)
        }
        scalar => scalar.read()?,
    })
}
