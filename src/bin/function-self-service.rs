//! The gRPC server of the package image: parses, serves, and says how it ended.

use std::process::ExitCode;

use clap::Parser as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use selfservice::function::{rest_at_most, run, server};
use tracing::error;

fn main() -> ExitCode {
    server::settle_allocator();
    let args = server::Args::parse();
    server::init_logging(args.verbosity());
    server::install_panic_hook();
    let ttl = args.ttl();
    // A usage error: says what to write, and exits with 2.
    let settings = args.settings().unwrap_or_else(|error| error.exit());
    let answer = move |request| {
        let mut response = run(request, today());
        rest_at_most(&mut response, ttl);
        response
    };
    match server::start(settings, answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            error!(error = server::explain(&problem), "Cannot serve");
            ExitCode::FAILURE
        }
    }
}

/// Dates of offerings and exceptions are those of no place in particular.
fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
