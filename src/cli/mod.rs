//! The `selfservice` command line: one file a subcommand.
//!
//! Standard output is the product, standard error the talk. Exit codes: 0 done, 1 refused, 2
//! error.

mod catalog;
mod documents;
mod explain;
mod generate;
mod output;
mod package;
mod render;
mod save;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Parser, Subcommand};

use crate::catalog::Problem;

/// See what a self-service claim becomes, before it exists.
#[derive(Debug, Parser)]
#[command(name = "selfservice", version, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 done, 1 refused by a guardrail, 2 error.

Examples:
  selfservice render examples/redis/claim.yaml
  selfservice render claim.yaml --observed observed/ -o summary
  selfservice explain size-above-limit
  selfservice catalog
  selfservice generate --catalog catalog.yaml --out platform/")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Render(render::Render),
    Explain(explain::Explain),
    Catalog(catalog::CatalogCommand),
    Generate(generate::Generate),
    Package(package::Package),
}

/// Why a command stopped without having done its work.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// A file or directory cannot be read.
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: io::Error },
    /// A document is no YAML.
    #[error("{path}:{line}: cannot read document {document}: {message}")]
    Yaml { path: String, line: usize, document: usize, message: String },
    /// A document is YAML, but not what is needed.
    #[error("{path}:{line}: document {document} {message}")]
    Document { path: String, line: usize, document: usize, message: String },
    /// A file holds nothing.
    #[error("{path}: {message}")]
    File { path: String, message: String },
    /// The catalogue has mistakes.
    #[error("{path}: {} in the catalogue:\n{}", count(problems.len()), lines(problems))]
    Catalog { path: String, problems: Vec<Problem> },
    /// The platform, not the claim, is at fault.
    #[error("{message}")]
    Platform { message: String },
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Save { path: String, source: io::Error },
    /// Standard output is closed or full.
    #[error("cannot write the result: {0}")]
    Write(#[source] io::Error),
}

fn count(problems: usize) -> String {
    if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

/// What a command came to.
enum Outcome {
    /// This goes to standard output.
    Done(String),
    /// A guardrail refused; it was said on standard error.
    Refused,
}

/// Options that several commands have.
#[derive(Debug, clap::Args)]
struct CatalogOption {
    /// Catalogue to use instead of the built-in example.
    #[arg(long, value_name = "FILE", env = "SELFSERVICE_CATALOG", value_parser = possibly_empty())]
    catalog: Option<PathBuf>,
}

/// A path that may be empty: clap would say of an empty variable that the option lacks its value.
fn possibly_empty() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

impl CatalogOption {
    /// The same option for another command, with a space before it; nothing where it was not given.
    fn again(&self) -> String {
        let catalog = self.catalog.as_ref();
        catalog.map(|path| format!(" --catalog {}", for_shell(path))).unwrap_or_default()
    }
}

/// A path as a shell takes it for one word.
fn for_shell(path: &Path) -> String {
    let shown = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%,=".contains(letter);
    if !shown.is_empty() && shown.chars().all(is_plain) {
        return shown;
    }
    format!("'{}'", shown.replace('\'', "'\\''"))
}

/// Runs the command line and says how the process is to end.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes; clap knows which stream each belongs to.
            let failed = error.use_stderr()
                && error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
            return match error.print() {
                Ok(()) if !failed => ExitCode::SUCCESS,
                _ => ExitCode::from(2),
            };
        }
    };
    let outcome = match arguments.command {
        Command::Render(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Catalog(command) => command.run(),
        Command::Generate(command) => command.run(),
        Command::Package(command) => command.run(),
    };
    match outcome.and_then(print) {
        Ok(code) => code,
        Err(Error::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

fn print(outcome: Outcome) -> Result<ExitCode, Error> {
    match outcome {
        Outcome::Done(text) => {
            io::stdout().lock().write_all(text.as_bytes()).map_err(Error::Write)?;
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Refused => Ok(ExitCode::from(1)),
    }
}

/// Tells something to the person at the keyboard.
fn say(text: &str) {
    // Nobody can be told when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
