//! `google.protobuf.Struct` kept as wire bytes, with serde on top.
//!
//! Decoding Struct trees is nearly the whole cost of a composition function, and
//! nearly all of what is decoded (managed fields, status, other steps' desired
//! resources) is never read. So the code generated from `proto/` puts our
//! [`Struct`] and [`State`] where it would put trees: they keep zero-copy slices
//! of the request. [`Struct::read`] deserialises a typed struct straight from
//! those slices and skips what it does not ask for; [`Struct::write`] serialises
//! straight to wire bytes; what nobody touches is sent on as it came.
//!
//! The module knows protobuf's wire format and serde, and nothing of Crossplane
//! but the shape of `State` and of what is secret. It reads what a protobuf decoder would read, merges
//! as one does, never panics on any bytes, and never prints content.
//!
//! ```
//! use selfservice::wire::Struct;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Claim<'a> {
//!     kind: &'a str,
//!     spec: Spec<'a>,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(rename_all = "camelCase")]
//! struct Spec<'a> {
//!     size: &'a str,
//!     #[serde(skip_serializing_if = "Option::is_none")]
//!     storage_gb: Option<u32>,
//! }
//!
//! # fn main() -> Result<(), selfservice::wire::Error> {
//! let spec = Spec { size: "small", storage_gb: Some(20) };
//! let mut document = Struct::write(&Claim { kind: "PostgreSQLInstance", spec })?;
//! let claim: Claim = document.read()?;
//! assert_eq!((claim.spec.size, claim.spec.storage_gb), ("small", Some(20)));
//!
//! document.set("spec", &serde_json::json!({"size": ["small"]}))?;
//! let error = document.read::<Claim>().err().map(|error| error.to_string());
//! assert_eq!(error.as_deref(), Some("spec.size: expected a string, got a list"));
//! # Ok(())
//! # }
//! ```

mod access;
mod container;
mod credentials;
mod de;
mod document;
mod error;
mod kept;
mod leaf;
mod number;
mod object;
mod raw;
mod reader;
mod resource;
mod ser;
mod state;
mod value;
mod writer;

pub use credentials::CredentialData;
pub use document::Struct;
pub use error::Error;
pub use resource::{Ready, Resource};
pub use state::State;
pub use value::{ListRef, StructRef, Value};

/// How many objects and lists may stand inside one another, the document itself
/// counted. Deep enough for any CRD; shallow enough that reading or writing to
/// the end never exhausts the stack of a thread.
pub const MAX_DEPTH: usize = 256;

#[cfg(test)]
mod tests;
