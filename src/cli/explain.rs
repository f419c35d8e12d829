//! `selfservice explain`: what a guardrail is for, and the ways out.

use super::{Error, Outcome};
use crate::guardrails::{self, Cause};

/// Explain a guardrail and the ways out of it.
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// Code of the guardrail, as refusals show it; all codes when left out.
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Self { code } = self;
        match code {
            None => Ok(Outcome::Done(all())),
            Some(code) => explain(&code).map(Outcome::Done),
        }
    }
}

fn all() -> String {
    let widest =
        guardrails::ALL.iter().map(|guardrail| guardrail.code.len()).max().unwrap_or_default();
    guardrails::ALL.iter().fold(String::new(), |text, guardrail| {
        text + &format!("{:widest$}  {}\n", guardrail.code, guardrail.about)
    })
}

fn explain(code: &str) -> Result<String, Error> {
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
    text.push_str(match guardrail.cause {
        Cause::Claim => "",
        Cause::Catalogue => {
            "\nWhen a change of the catalogue, not of the claim, caused it, what lives is kept and only warned.\n"
        }
        Cause::Time => "\nIt only warns.\n",
    });
    Ok(text)
}
