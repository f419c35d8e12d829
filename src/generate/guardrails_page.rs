//! `docs/guardrails.md`: every code that a claim of this catalogue's kinds can meet, why it is
//! there, and what the product says.

use super::File;
use super::attempts::concerns;
use super::markdown::{block, paragraph, table};
use super::refusals::{Example, example};
use crate::catalog::Catalog;
use crate::guardrails::{ALL, Guardrail};
use crate::kinds::told::code;

const PATH: &str = "docs/guardrails.md";

const INTRODUCTION: &str = "\
# Guardrails

<!-- Made by `selfservice generate` from the guardrails and the catalogue: change those instead. -->

What refuses a claim, or warns of it. A refusal changes nothing that lives. It is the message of the claim's condition
`Accepted`, whose reason is the first code in `PascalCase`; `selfservice render` gives the same on a laptop, and
`selfservice explain CODE` prints what is below.

";

/// The file.
pub(super) fn file(catalog: &Catalog) -> File {
    let told = || ALL.iter().filter(|it| catalog.kinds().any(|kind| concerns(it.code, kind)));
    let rows: Vec<Vec<String>> = told()
        .map(|guardrail| {
            let link = format!("[{}](#{})", code(guardrail.code), guardrail.code);
            vec![link, guardrail.about.to_owned()]
        })
        .collect();
    let mut text = format!("{INTRODUCTION}{}", table(&["code", "what holds"], &rows));
    for guardrail in told() {
        text.push_str(&section(catalog, guardrail));
    }
    File::text(PATH, text)
}

fn section(catalog: &Catalog, guardrail: &Guardrail) -> String {
    let about = format!("{}. {}", guardrail.about, guardrail.why);
    let mut text = format!("\n## {}\n\n{}\n", guardrail.code, paragraph("", "", &about));
    if let Some(note) = guardrail.cause.note() {
        text.push_str(&format!("{note}\n\n"));
    }
    text.push_str("Ways out:\n\n");
    for way in guardrail.ways_out {
        text.push_str(&paragraph("- ", "  ", way));
    }
    text.push('\n');
    match example(catalog, guardrail) {
        Some(example) => text.push_str(&shown(&example)),
        None => text.push_str("This catalogue gives no example of it.\n"),
    }
    text
}

fn shown(example: &Example) -> String {
    let mut text = String::new();
    for (lead, snippet) in example.snippets() {
        text.push_str(&format!("{lead}:\n\n{}\n", block("yaml", &snippet)));
    }
    text.push_str(&format!("{}\n\n", example.verdict()));
    for (index, violation) in example.violations.iter().enumerate() {
        let gap = if index > 0 { ">\n" } else { "" };
        let sentence = format!("`{}`: {}", violation.field, violation.message());
        text.push_str(&format!("{gap}{}", paragraph("> ", "> ", &sentence)));
    }
    text
}
