//! The server of the package image as a process of its own, called over real
//! sockets with certificates as Crossplane makes them.
//!
//! Nothing here uses the types of the crate on the wire: `messages` says the
//! protocol again, so that a mistake in ours cannot hide.

#![expect(clippy::disallowed_methods, reason = "tests of time limits measure time")]

mod abuse;
mod calls;
mod certificates;
#[cfg(feature = "cli")]
mod claims;
mod client;
mod flags;
mod frames;
mod harness;
mod memory;
mod messages;
mod observation;
mod panics;
#[path = "../support/raw.rs"]
mod raw;
#[cfg(feature = "cli")]
mod requirements;
mod rotation;
mod shutdown;
mod tls;
