//! `docs/aws-controls.md`, written from the file.

use serde_json::Value as Json;

use crate::ENVIRONMENTS;
use crate::controls::{Control, File, Parameter, State};
use crate::probe::Probe;

const HEAD: &str = "\
# AWS's security controls

What AWS Security Hub asks of the resources that claims become, and the checks of
[checkov](https://www.checkov.io) that go beyond it. `tests/aws_controls/controls.yaml` says how each is held;
`cargo test` composes every kind in every environment of the built-in catalogue, proves it, and writes this page.
`tests/checkov/run` lets checkov judge the same.

- **held**: whatever a claim says.
- **by parameter**: a parameter of the claim decides.
- **waived**: not held, for the reason given. What the control's checks find there is waived, too, and nothing else.
";

/// The whole page.
pub(crate) fn page(file: &File) -> String {
    let mut page = format!("{HEAD}\n{}", summary(file));
    let mut sections: Vec<&[String]> = Vec::new();
    for control in &file.controls {
        if !sections.contains(&control.kinds.as_slice()) {
            sections.push(&control.kinds);
        }
    }
    for kinds in sections {
        let controls: Vec<&Control> =
            file.controls.iter().filter(|control| control.kinds == kinds).collect();
        page.push_str(&section(kinds, &controls));
    }
    page.push_str(&elsewhere(file));
    page.push_str(&idle(file));
    page
}

fn summary(file: &File) -> String {
    let mut table = "| | held | by parameter | waived |\n|---|---|---|---|\n".to_owned();
    for environment in ENVIRONMENTS {
        let count = |wanted: fn(&State<'_>) -> bool| {
            file.controls.iter().filter(|control| wanted(&control.state(environment))).count()
        };
        table.push_str(&format!(
            "| {environment} | {} | {} | {} |\n",
            count(|state| matches!(state, State::Held)),
            count(|state| matches!(state, State::ByParameter(_))),
            count(|state| matches!(state, State::Waived)),
        ));
    }
    table
}

fn section(kinds: &[String], controls: &[&Control]) -> String {
    let mut section = format!(
        "\n## {}\n\n| control | severity | asks for | {} | held by | checkov |\n|---|---|---|{}---|---|\n",
        kinds.join(", "),
        ENVIRONMENTS.join(" | "),
        "---|".repeat(ENVIRONMENTS.len()),
    );
    let mut notes = Vec::new();
    for control in controls {
        section.push_str(&row(control));
        if let Some(parameter) = &control.parameter {
            notes.push(format!(
                "- **{}**, in {}: held with {}.\n",
                control.id,
                parameter.environments.join(" and "),
                condition(parameter),
            ));
        }
        if let Some(waiver) = &control.waived {
            let place = waiver
                .environments
                .as_ref()
                .map_or_else(String::new, |names| format!(" in {}", names.join(" and ")));
            notes.push(format!("- **{}**, waived{place}: {}\n", control.id, waiver.reason));
        }
    }
    if !notes.is_empty() {
        section.push_str(&format!("\n{}", notes.concat()));
    }
    section
}

fn row(control: &Control) -> String {
    let own_key = if control.own_key { " (Where each claim has a key of its own.)" } else { "" };
    let states = ENVIRONMENTS.map(|environment| match control.state(environment) {
        State::Held => "held",
        State::ByParameter(_) => "by parameter",
        State::Waived => "waived",
    });
    format!(
        "| {} | {} | {}{own_key} | {} | {} | {} |\n",
        control.id,
        format!("{:?}", control.severity).to_lowercase(),
        control.title,
        states.join(" | "),
        proofs(&control.probes).replace('|', "\\|"),
        control.checkov.join(" "),
    )
}

fn condition(parameter: &Parameter) -> String {
    let values = parameter.values.iter().map(|value| match value {
        Json::Null => format!("`{}` left out", parameter.name),
        value => format!("`{}: {value}`", parameter.name),
    });
    values.collect::<Vec<_>>().join(" or ")
}

/// What the probes look at, each type named once.
fn proofs(probes: &[Probe]) -> String {
    let mut proofs = String::new();
    let mut last = None;
    for probe in probes {
        let separator = match last {
            None => "",
            Some(_) => "; ",
        };
        proofs.push_str(separator);
        if last != Some(&probe.of) {
            proofs.push_str(&format!("{}: ", probe.of));
        }
        last = Some(&probe.of);
        proofs.push_str(&proof(probe));
    }
    proofs
}

fn proof(probe: &Probe) -> String {
    let field = &probe.field;
    let list = |values: &[Json]| {
        values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
    };
    let mut proof = format!("`{field}`");
    if let Some(kind) = &probe.kind {
        proof.push_str(&format!(" of a {kind}"));
    }
    if probe.unset {
        proof.push_str(" unset");
    }
    if let Some(value) = &probe.equals {
        proof.push_str(&format!(" is `{value}`"));
    }
    if let Some(least) = probe.minimum {
        proof.push_str(&format!(" ≥ {least}"));
    }
    if let Some(values) = &probe.contains {
        proof.push_str(&format!(" has {}", list(values)));
    }
    if let Some(values) = &probe.differs {
        proof.push_str(&format!(" is not {}", list(values)));
    }
    match probe.matches.as_deref() {
        None => {}
        Some(".") => proof.push_str(" set"),
        Some(pattern) => proof.push_str(&format!(" matches `{pattern}`")),
    }
    if let Some(type_) = &probe.refers {
        proof.push_str(&format!(" names the composed {type_}"));
    }
    proof
}

fn elsewhere(file: &File) -> String {
    let mut section = "\n## Out of a composition's reach\n\n\
        | control | who | what |\n|---|---|---|\n"
        .to_owned();
    for entry in &file.elsewhere {
        let controls = entry.controls.join(", ");
        section.push_str(&format!("| {controls} | {} | {} |\n", entry.who, entry.what));
    }
    section
}

fn idle(file: &File) -> String {
    let mut section = "\n## Checks without a say\n\n\
        checkov runs them, and they cannot fail on what is composed.\n\n"
        .to_owned();
    for entry in &file.idle {
        section.push_str(&format!("- {}: {}\n", entry.check, entry.reason));
    }
    section
}
