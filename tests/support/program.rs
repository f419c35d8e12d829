//! `selfservice` as a person runs it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs `selfservice` in the repository's folder.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("selfservice starts")
}

/// `selfservice` in the repository's folder, about to run.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_selfservice"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("SELFSERVICE_CATALOG")
        .stdin(Stdio::null());
    command
}

/// What a program wrote.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A path as an argument.
pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
