//! What already exists: observed composed resources, read with types.
//!
//! A value that is only read, never copied into a message, lives in [`Sensitive`].

mod outline;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

pub use self::outline::Outline;
use crate::wire::{self, Struct, Value};

/// Annotation that tells providers the name of the thing in the cloud.
pub const EXTERNAL_NAME: &str = "crossplane.io/external-name";

/// Prefix of our own annotations.
pub const OURS: &str = "selfservice.fn.crossplane.io/";

/// A secret value. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive(Bytes);

impl Sensitive {
    /// Takes over a value.
    pub fn new(value: impl Into<Bytes>) -> Self {
        Self(value.into())
    }

    /// The value, for a Secret that we compose. Nothing else may call this.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The value as text; `None` when it is no UTF-8 or empty.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok().filter(|text| !text.is_empty())
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// An observed composed resource.
#[derive(Clone, Debug, Default)]
pub struct Resource {
    /// The object, undecoded.
    pub object: Struct,
    /// What its provider wrote to its connection Secret.
    pub connection: BTreeMap<String, Sensitive>,
}

/// Why an observed resource cannot be relied on.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the observed resource \"{key}\": {source}")]
pub struct ReadError {
    /// Key of the resource.
    pub key: String,
    /// What is wrong with it.
    pub source: wire::Error,
}

/// All observed composed resources by key.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    resource: Resource,
    /// Read when it is first asked for: nearly everything about a resource is.
    outline: OnceCell<Box<Outline>>,
}

impl FromIterator<(String, Resource)> for Observed {
    fn from_iter<I: IntoIterator<Item = (String, Resource)>>(resources: I) -> Self {
        let entry = |(key, resource)| (key, Entry { resource, outline: OnceCell::new() });
        Self { entries: resources.into_iter().map(entry).collect() }
    }
}

impl Observed {
    /// The resource under `key`.
    pub fn get(&self, key: &str) -> Option<&Resource> {
        self.entries.get(key).map(|entry| &entry.resource)
    }

    /// All keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Reads the resource under `key`; `None` when it does not exist.
    pub fn read<'a, T: Deserialize<'a>>(&'a self, key: &str) -> Result<Option<T>, ReadError> {
        self.get(key)
            .map(|resource| resource.object.read())
            .transpose()
            .map_err(|source| ReadError { key: key.to_owned(), source })
    }

    /// Reads a managed resource; everything in it is absent when it does not exist.
    pub fn managed<P, A>(&self, key: &str) -> Result<Managed<P, A>, ReadError>
    where
        P: Default + DeserializeOwned,
        A: Default + DeserializeOwned,
    {
        Ok(self.read(key)?.unwrap_or_default())
    }

    /// Who the resource under `key` is; all is absent when it does not exist, or cannot be read.
    pub fn outline(&self, key: &str) -> &Outline {
        static NOTHING: Outline = Outline::NOTHING;
        self.entries.get(key).map_or(&NOTHING, |entry| {
            entry.outline.get_or_init(|| Box::new(Outline::of(&entry.resource.object)))
        })
    }

    /// Whether the resource under `key` exists and reports `Ready`.
    pub fn is_ready(&self, key: &str) -> bool {
        self.outline(key).ready
    }

    /// What keeps the provider of the resource under `key` from doing as it was asked. That it waits
    /// for another resource, which it refers to, is no trouble: every new claim sees that for a while.
    pub fn trouble(&self, key: &str) -> Option<Trouble> {
        let synced = condition(&self.get(key)?.object, "Synced")?;
        let waits = synced.message.contains("cannot resolve references");
        (synced.status == "False" && !waits).then(|| {
            let taken = ["AlreadyExists", "already exists", "Duplicate"];
            if taken.iter().any(|words| synced.message.contains(words)) {
                Trouble::NameTaken
            } else {
                Trouble::Refused
            }
        })
    }

    /// A value of the Secret under `key`.
    pub fn secret_value(&self, key: &str, entry: &str) -> Option<Sensitive> {
        let Ok(Some(Value::Struct(data))) = self.get(key)?.object.get("data") else {
            return None;
        };
        let Ok(Some(Value::String(text))) = data.get(entry) else {
            return None;
        };
        decode_base64(text).filter(|value| !value.is_empty()).map(Sensitive::new)
    }

    /// A value that the resource's provider published in its connection Secret.
    pub fn connection(&self, key: &str, entry: &str) -> Option<Sensitive> {
        self.get(key)?.connection.get(entry).filter(|value| !value.0.is_empty()).cloned()
    }

    /// The observed object in the form in which it can be asked for again: without what the
    /// API server, Crossplane and providers own.
    pub fn preserved(&self, key: &str) -> Result<Option<Struct>, ReadError> {
        self.get(key)
            .map(|resource| preserve(&resource.object))
            .transpose()
            .map_err(|source| ReadError { key: key.to_owned(), source })
    }
}

/// What keeps a provider from doing as it was asked, as far as its condition tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The name is in use.
    NameTaken,
    /// Something else.
    Refused,
}

/// A managed resource as far as we read it: `P` of its `forProvider`, `A` of its `atProvider`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, bound = "P: Default + Deserialize<'de>, A: Default + Deserialize<'de>")]
pub struct Managed<P, A> {
    /// Name and annotations.
    pub metadata: Metadata,
    /// What was asked for.
    pub spec: Spec<P>,
    /// What its provider reports.
    pub status: Status<A>,
}

/// Metadata of an observed object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Name of the object.
    pub name: Option<String>,
    /// Annotations of the object.
    pub annotations: Annotations,
}

/// The annotations that we read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotations {
    /// What providers write as [`EXTERNAL_NAME`].
    #[serde(rename = "crossplane.io/external-name")]
    pub external_name: Option<String>,
    /// What we remember of the claim: see `guardrails/memory.rs`.
    #[serde(rename = "selfservice.fn.crossplane.io/accepted")]
    pub accepted: Option<String>,
}

impl Metadata {
    /// Name of the thing in the cloud, once it is known.
    pub fn external_name(&self) -> Option<&str> {
        self.annotations.external_name.as_deref().filter(|name| !name.is_empty())
    }
}

/// Spec of an observed managed resource.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound = "P: Default + Deserialize<'de>")]
pub struct Spec<P> {
    /// What was asked for.
    pub for_provider: P,
}

/// Status of an observed managed resource.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound = "A: Default + Deserialize<'de>")]
pub struct Status<A> {
    /// What the cloud says.
    pub at_provider: A,
}

/// What is not read, not even to see that it is an object.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Conditioned {
    status: Conditions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Conditions {
    conditions: Vec<Condition>,
}

/// A condition of an observed object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// A word for programs.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
}

/// The condition `kind` of an object, as it was last reported.
pub fn condition(object: &Struct, kind: &str) -> Option<Condition> {
    let object: Conditioned = object.read().ok()?;
    object.status.conditions.into_iter().find(|condition| condition.kind == kind)
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

fn preserve(object: &Struct) -> Result<Struct, wire::Error> {
    let mut kept = object.clone();
    kept.remove("status")?;
    let mut metadata = Map::new();
    if let Some(Value::Struct(observed)) = object.get("metadata")? {
        for name in ["name", "namespace"] {
            if let Some(Value::String(text)) = observed.get(name)? {
                metadata.insert(name.to_owned(), Json::from(text));
            }
        }
        if let Some(Value::Struct(annotations)) = observed.get("annotations")? {
            let mut ours = Map::new();
            for entry in annotations.entries() {
                if let (name, Value::String(text)) = entry?
                    && (name == EXTERNAL_NAME || name.starts_with(OURS))
                {
                    ours.insert(name.to_owned(), Json::from(text));
                }
            }
            if !ours.is_empty() {
                metadata.insert("annotations".to_owned(), Json::Object(ours));
            }
        }
    }
    kept.set("metadata", &metadata)?;
    Ok(kept)
}
