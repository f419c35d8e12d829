//! PostgreSQL extensions that are not in the catalogue.

use super::{Cause, Checkup, Guardrail, MOST, Violation, quote};
use crate::catalog::list;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "extension-not-offered",
    about: "A PostgreSQL extension is one of the catalogue's",
    why: "Extensions run inside the database server; each was looked at once.",
    ways_out: &["Remove the extension.", "Ask the platform team to offer it."],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let (wanted, offered) =
        crate::kinds::extensions(&checkup.claim.parameters, &checkup.offering.settings);
    wanted
        .iter()
        .enumerate()
        .filter(|(_, extension)| !offered.contains(extension))
        .take(MOST)
        .map(|(index, extension)| {
            Violation::new(
                GUARDRAIL.code,
                format!("spec.parameters.extensions[{index}]"),
                format!("Extension {} is not offered", quote(extension)),
                if offered.is_empty() {
                    "Remove it; no extension is offered here".to_owned()
                } else {
                    format!("Choose from {}", list(offered))
                },
            )
        })
        .collect()
}
