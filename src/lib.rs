//! Turns short self-service claims into complete provider resources.
//!
//! # Bird's-eye view
//!
//! A composite resource and an Offering go in; a [`Verdict`](outcome::Verdict) comes out: the
//! resources that the claim becomes, or the sentences that refuse it.
//!
//! ```text
//!            function/ (gRPC)                         cli/ (files)
//!                  \                                    /
//!                   pipeline::run(&Input) -> Verdict
//!                                  |
//!   decode      resolve      check        compose      observe and report
//!   claim       requirements guardrails   kinds        outcome, report
//!   catalog     memory                    backends
//!                                         credentials
//! ```
//!
//! # Entry points
//!
//! [`pipeline::run`] is the whole product. [`function::run`] puts the function protocol around
//! it, [`cli::main`] the command line.
//!
//! # Invariants
//!
//! - Nothing below the edges (`function`, `cli`, `xpkg`) knows protobuf, clock, environment, network or
//!   files: the same input gives the same verdict.
//! - An observed resource of ours is in every answer that asks for anything
//!   ([`outcome::Plan::settle`]), or the answer is a refusal that changes nothing.
//! - No value of a claim reaches a name, a policy or a selector but through a checked type.
//! - Secret values live in [`observed::Sensitive`] and leave it only into a composed Secret.
//!
//! `docs/architecture.md` walks one claim through these modules.

#[deny(clippy::disallowed_methods)]
pub mod backends;
#[deny(clippy::disallowed_methods)]
pub mod catalog;
#[deny(clippy::disallowed_methods)]
pub mod claim;
#[cfg(feature = "cli")]
pub mod cli;
#[deny(clippy::disallowed_methods)]
pub mod credentials;
pub mod function;
#[cfg(feature = "cli")]
pub mod generate;
#[deny(clippy::disallowed_methods)]
pub mod guardrails;
#[deny(clippy::disallowed_methods)]
pub mod kinds;
#[deny(clippy::disallowed_methods)]
pub mod manifest;
#[deny(clippy::disallowed_methods)]
pub mod names;
#[deny(clippy::disallowed_methods)]
pub mod observed;
#[deny(clippy::disallowed_methods)]
pub mod outcome;
#[deny(clippy::disallowed_methods)]
pub mod pipeline;
#[deny(clippy::disallowed_methods)]
pub mod report;
#[deny(clippy::disallowed_methods)]
mod text;
#[deny(clippy::disallowed_methods)]
pub mod wire;
#[cfg(feature = "cli")]
pub mod xpkg;
