//! `selfservice explain`: what a guardrail is for, and the ways out.

use super::{CatalogOption, Error, Outcome, documents};
use crate::catalog::Catalog;
use crate::generate::refusals::{Example, example};
use crate::guardrails;

/// Explain guardrails and the ways out of them, with examples.
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// Codes of guardrails, as refusals show them; a list of all when left out.
    #[arg(value_name = "CODE")]
    codes: Vec<String>,

    #[command(flatten)]
    catalog: CatalogOption,
}

impl Explain {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Self { codes, catalog } = self;
        if codes.is_empty() {
            return Ok(Outcome::Done(all()));
        }
        // Its sentences name what this catalogue offers.
        let catalog = documents::catalog(catalog.catalog.as_deref())?;
        let explained: Result<Vec<_>, _> =
            codes.iter().map(|code| explain(code, &catalog)).collect();
        Ok(Outcome::Done(explained?.join("\n")))
    }
}

fn all() -> String {
    let widest =
        guardrails::ALL.iter().map(|guardrail| guardrail.code.len()).max().unwrap_or_default();
    guardrails::ALL.iter().fold(String::new(), |text, guardrail| {
        text + &format!("{:widest$}  {}\n", guardrail.code, guardrail.about)
    })
}

fn explain(code: &str, catalog: &Catalog) -> Result<String, Error> {
    let found = guardrails::ALL.iter().find(|guardrail| {
        guardrail.code == code || guardrails::pascal_case(guardrail.code) == code
    });
    let Some(guardrail) = found else {
        return Err(Error::Platform {
            message: format!(
                "no guardrail has the code {}; `selfservice explain` lists them",
                guardrails::quote(code),
            ),
        });
    };
    let mut text =
        format!("{}\n\n{}.\n{}\n\nWays out:\n", guardrail.code, guardrail.about, guardrail.why);
    for way in guardrail.ways_out {
        text.push_str(&format!("  - {way}\n"));
    }
    if let Some(note) = guardrail.cause.note() {
        text.push_str(&format!("\n{note}\n"));
    }
    if let Some(example) = example(catalog, guardrail) {
        text.push_str(&shown(&example));
    }
    Ok(text)
}

fn shown(example: &Example) -> String {
    let mut text = String::new();
    for (lead, snippet) in example.snippets() {
        text.push_str(&format!("\n{lead}:\n\n"));
        for line in snippet.lines() {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text.push_str(&format!("\n{}\n", example.verdict()));
    for violation in &example.violations {
        text.push_str(&format!("  {violation}\n"));
    }
    text
}
