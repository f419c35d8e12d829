//! The documents of an OCI image: descriptors, manifest, index and configuration.
//!
//! Only the fields that packages use; others of foreign images are passed over. Maps are sorted,
//! so that a document has one form (OCI image specification 1.1).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// An OCI manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI index of manifests.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The configuration of an OCI image.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// A layer.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// A layer that gzip compresses.
pub const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Docker's name for a manifest, which Crossplane's command line pushes.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's name for an index.
pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// Content by type, digest and size.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    #[serde(default)]
    pub media_type: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// In bytes.
    pub size: u64,
    /// What is said of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What the image that it describes runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

impl Descriptor {
    /// Describes `content`.
    pub fn of(media_type: &str, content: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: super::digest(content),
            size: content.len() as u64,
            annotations: BTreeMap::new(),
            platform: None,
        }
    }

    /// What Crossplane uses the layer for.
    pub fn purpose(&self) -> Option<&str> {
        self.annotations.get(super::ANNOTATION).map(String::as_str)
    }
}

/// A system and a processor.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Platform {
    /// As Go names it: `amd64`, `arm64`.
    #[serde(default)]
    pub architecture: String,
    /// As Go names it: `linux`.
    #[serde(default)]
    pub os: String,
}

impl Platform {
    /// Linux on a processor.
    pub fn linux(architecture: &str) -> Self {
        Self { architecture: architecture.to_owned(), os: "linux".to_owned() }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.os.as_str(), self.architecture.as_str()) {
            // Crossplane's command line gives packages without a program none.
            ("", "") => f.write_str("any"),
            (os, architecture) => write!(f, "{os}/{architecture}"),
        }
    }
}

/// An image: its configuration and its layers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// [`MANIFEST`], or Docker's name for it.
    #[serde(default)]
    pub media_type: String,
    /// The configuration.
    pub config: Descriptor,
    /// From the lowest to the highest.
    pub layers: Vec<Descriptor>,
}

/// One image in several platforms.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u32,
    /// [`INDEX`], or Docker's name for it.
    #[serde(default)]
    pub media_type: String,
    /// The manifest of each platform.
    pub manifests: Vec<Descriptor>,
}

/// The configuration of an image.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Config {
    /// When it was made; the epoch, since nothing of ours depends on when.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created: String,
    /// Processor that it runs on.
    #[serde(default)]
    pub architecture: String,
    /// System that it runs on.
    #[serde(default)]
    pub os: String,
    /// How it is run.
    #[serde(default)]
    pub config: Execution,
    /// Its layers.
    #[serde(default)]
    pub rootfs: RootFs,
}

impl Config {
    /// What the image runs on.
    pub fn platform(&self) -> Platform {
        Platform { architecture: self.architecture.clone(), os: self.os.clone() }
    }
}

/// How an image is run.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Execution {
    /// `uid:gid`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Ports that it listens on, such as `9443/tcp`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub exposed_ports: BTreeMap<String, serde_json::Value>,
    /// `NAME=value`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub env: Vec<String>,
    /// The program, which arguments follow.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub entrypoint: Vec<String>,
    /// Folder that it runs in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// What is said of the image.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
}

/// The layers of an image by what they unpack to.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Digests of the layers before compression.
    #[serde(default, deserialize_with = "or_default")]
    pub diff_ids: Vec<String>,
}

/// Go programs write `null` for what is empty.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A document as it is stored.
pub(super) fn json<T: Serialize>(document: &T) -> Vec<u8> {
    // Strings, numbers and maps of strings: nothing in them can fail.
    serde_json::to_vec(document).unwrap_or_default()
}
