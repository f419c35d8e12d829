//! The `selfservice` command line: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    selfservice::cli::main(std::env::args_os())
}
