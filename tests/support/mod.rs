//! What several test suites share. Each suite uses a part of it.

#![allow(
    dead_code,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "every suite compiles all of this and uses a part; a stand-in may stop a test"
)]

pub(crate) mod json_schema;
pub(crate) mod matrix;
pub(crate) mod schemas;
pub(crate) mod snapshots;
pub(crate) mod world;
