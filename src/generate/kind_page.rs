//! `docs/kinds/<kind>.md`: what a person wrote of a kind, around what its code and the catalogue
//! say.

use super::markdown::{and, block, by_environment, paragraph, table};
use super::{File, xrd, yaml};
use crate::backends::managed::Lifetime;
use crate::catalog::{Availability, Catalog, Offering, OnDelete};
use crate::claim::{Change, Flavour, Form, Parameter};
use crate::kinds::Kind;
use crate::kinds::told::{ExampleClaim, code, codes};
use crate::manifest::Node;
use crate::object;
use crate::outcome::Class;
use crate::report::{CREDENTIALS_READY, REASONS};

/// The files.
pub(super) fn files(catalog: &Catalog) -> Vec<File> {
    catalog.kinds().map(|kind| file(catalog, kind)).collect()
}

fn file(catalog: &Catalog, kind: Kind) -> File {
    let mut text = format!(
        "# {}\n\n<!-- Made by `selfservice generate` from the catalogue and the kind's code: change \
         those instead. -->\n\n",
        kind.name()
    );
    for line in kind.prose().lines() {
        match line.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
            Some(part) => text.push_str(&generated(catalog, kind, part)),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    File::text(format!("docs/kinds/{}.md", kind.key_prefix()), text)
}

/// What stands for `{{part}}`. An unknown part stays as it is, for a test to find.
fn generated(catalog: &Catalog, kind: Kind, part: &str) -> String {
    match part {
        "example" => example(catalog, kind),
        "parameters" => parameters(catalog, kind),
        "resources" => resources(catalog, kind),
        "secret" => secret(kind),
        "status" => status(kind),
        "conditions" => conditions(kind),
        "arrows" => ARROWS.to_owned(),
        unknown => format!("{{{{{unknown}}}}}\n"),
    }
}

/// The offering whose claims are shown: one that demands much, so that they fit elsewhere, too.
pub(super) fn shown(catalog: &Catalog, kind: Kind) -> Option<&Offering> {
    let mut offerings = catalog.offerings_of(kind);
    let strict = |offering: &&Offering| {
        offering.environment.high_availability == Availability::Required
            && !offering.environment.namespaces.is_empty()
    };
    offerings.find(strict).or_else(|| catalog.offerings_of(kind).last())
}

fn example(catalog: &Catalog, kind: Kind) -> String {
    let Some(offering) = shown(catalog, kind) else { return String::new() };
    let secret = kind.key_prefix();
    let [claims, namespaced] = [Flavour::Claims, Flavour::Namespaced].map(|flavour| {
        let claim = claim(catalog, offering, flavour);
        // An object of texts and numbers can always be written.
        block("yaml", &yaml(&claim).unwrap_or_default())
    });
    format!(
        "In the `namespaced` flavour, where the claim is the composite resource (Crossplane v2):\n\n\
         {namespaced}\n\
         In the `claims` flavour (Crossplane v1) the selector is `spec.compositionSelector`:\n\n\
         {claims}\n\
         {}",
        paragraph(
            "",
            "",
            &format!(
                "The credentials Secret lies in the claim's namespace in both. \
             `spec.writeConnectionSecretToRef.name` names it, with `-credentials` at the end, or it \
             is called `<claim>-{secret}-credentials`."
            )
        ),
    )
}

/// An example of a claim, or composite resource, as a developer writes it.
pub(super) fn claim(catalog: &Catalog, offering: &Offering, flavour: Flavour) -> Node {
    let kind = offering.kind;
    let ExampleClaim { name, parameters } = offering.example_claim();
    let ordered = kind.parameters().iter().filter_map(|parameter| {
        Some((parameter.name.into(), Node::from(parameters.get(parameter.name)?.clone())))
    });
    let ordered = Node::Map(ordered.collect());
    let selector = object! {
        matchLabels: object! {
            provider: offering.provider.name(),
            environment: &offering.environment.name,
        },
    };
    let (flat, nested) = match flavour {
        Flavour::Claims => (Some(selector), None),
        Flavour::Namespaced => (None, Some(object! { compositionSelector: selector })),
    };
    object! {
        apiVersion: xrd::api_version(catalog, kind),
        kind: kind.name(),
        metadata: object! { name: name, namespace: namespace(offering, "orders") },
        spec: object! {
            parameters: ordered,
            crossplane: nested,
            compositionSelector: flat,
            writeConnectionSecretToRef: object! { name: format!("{name}-credentials") },
        },
    }
}

/// A namespace that may use the environment, as far as any may.
pub(super) fn namespace(offering: &Offering, team: &str) -> String {
    let pattern = offering.environment.namespaces.first();
    pattern.map_or_else(|| team.to_owned(), |pattern| pattern.replace('*', team))
}

fn parameters(catalog: &Catalog, kind: Kind) -> String {
    let mut rows = Vec::new();
    for parameter in kind.parameters() {
        rows.push(parameter_row(catalog, kind, "", parameter));
        if let Form::Object(fields) = parameter.form {
            let prefix = format!("{}.", parameter.name);
            rows.extend(fields.iter().map(|field| parameter_row(catalog, kind, &prefix, field)));
        }
    }
    table(&["parameter", "type", "may be", "when left out", "may change", "meaning"], &rows)
}

fn parameter_row(
    catalog: &Catalog,
    kind: Kind,
    prefix: &str,
    parameter: &Parameter,
) -> Vec<String> {
    let choices: Vec<_> = catalog
        .offerings_of(kind)
        .filter(|_| prefix.is_empty())
        .filter_map(|offering| {
            let choice = offering.choice(parameter.name)?;
            Some((offering.environment.name.as_str(), choice))
        })
        .collect();
    let allowed = if choices.is_empty() {
        allowed(parameter.form)
    } else {
        by_environment(choices.iter().map(|(name, choice)| (*name, choice.allowed.clone())))
    };
    let omitted = by_environment(choices.iter().map(|(name, choice)| {
        let said = if choice.omitted.is_empty() { parameter.omitted } else { &choice.omitted };
        (*name, said.to_owned())
    }));
    let omitted = match omitted.as_str() {
        "" if parameter.name == "size" => "**required**".to_owned(),
        "" => constant(parameter),
        _ => omitted,
    };
    let change = match parameter.change {
        Change::Allowed(how) => how,
        Change::Never => "never",
    };
    vec![
        code(&format!("{prefix}{}", parameter.name)),
        type_of(parameter.form).to_owned(),
        allowed,
        omitted,
        change.to_owned(),
        parameter.about.to_owned(),
    ]
}

/// What it is when left out, whatever the catalogue says.
fn constant(parameter: &Parameter) -> String {
    match parameter.form {
        Form::Boolean | Form::OneOf { .. } if !parameter.omitted.is_empty() => {
            code(parameter.omitted)
        }
        _ => parameter.omitted.to_owned(),
    }
}

const fn type_of(form: Form) -> &'static str {
    match form {
        Form::Text | Form::Shaped(_) | Form::OneOf { .. } => "text",
        Form::Integer => "whole number",
        Form::Boolean => "boolean",
        Form::TextList => "list of texts",
        Form::Object(_) => "object",
    }
}

/// What every catalogue allows.
fn allowed(form: Form) -> String {
    match form {
        Form::Text | Form::Integer | Form::TextList | Form::Object(_) => String::new(),
        Form::Shaped(shape) => {
            let fix = (shape.violation)("").fix;
            fix.strip_prefix("Use ").unwrap_or(&fix).to_owned()
        }
        Form::Boolean => "`true`, `false`".to_owned(),
        Form::OneOf { options, .. } => codes(options),
    }
}

fn resources(catalog: &Catalog, kind: Kind) -> String {
    let rows: Vec<Vec<String>> = kind
        .keys()
        .iter()
        .map(|key| {
            let left = by_environment(catalog.offerings_of(kind).map(|offering| {
                let environment = &offering.environment;
                let stays = match key.lifetime {
                    Lifetime::Forever => true,
                    Lifetime::WithClaim => false,
                    Lifetime::WithData => environment.on_delete == OnDelete::Retain,
                };
                (environment.name.as_str(), if stays { "stays" } else { "goes" }.to_owned())
            }));
            let class = match key.class {
                Class::Data => "data",
                Class::Access => "access",
                Class::Derived => "derived",
            };
            vec![
                code(key.pattern()),
                key.about.to_owned(),
                code(&key.resource.name(Flavour::Namespaced)),
                code(&key.resource.name(Flavour::Claims)),
                class.to_owned(),
                left,
            ]
        })
        .collect();
    let headers = ["key", "what for", "in `namespaced`", "in `claims`", "class", "on deletion"];
    let operators = |flavour| {
        let names: Vec<&str> =
            kind.operators(flavour).iter().map(|operator| operator.name()).collect();
        and(&names)
    };
    let (namespaced, claims) = (operators(Flavour::Namespaced), operators(Flavour::Claims));
    let needs = match (namespaced.as_str(), claims.as_str()) {
        ("", "") => String::new(),
        (one, other) if one == other => format!("\nIt needs {one}.\n"),
        (one, other) => {
            let both = format!(
                "It needs {one} in the `namespaced` flavour, {other} in the `claims` flavour."
            );
            format!("\n{}", paragraph("", "", &both))
        }
    };
    format!("{}{CLASSES}{needs}", table(&headers, &rows))
}

const CLASSES: &str = "
While the claim lives, *data* is never removed, *access* is taken away when it is no longer asked for, and what is
*derived* is replaced as needed. What stays on deletion stays at its provider: Crossplane no longer knows it.
";

/// How the pictures are to be read.
const ARROWS: &str = "\
A dotted arrow leads to what refers to a resource without waiting for it, a solid one to what is not made, or stays
empty, until that resource is there. Names are the keys above, without the kind; what a claim does not need is left out.
";

fn secret(kind: Kind) -> String {
    let rows: Vec<Vec<String>> = kind
        .secret_keys()
        .iter()
        .map(|key| {
            let when = key.when.unwrap_or("always");
            vec![code(key.name), key.about.to_owned(), when.to_owned()]
        })
        .collect();
    if kind.secret_keys().iter().all(|key| key.when.is_none()) {
        let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row[..2].to_vec()).collect();
        return table(&["entry", "what it is"], &rows);
    }
    table(&["entry", "what it is", "when"], &rows)
}

fn status(kind: Kind) -> String {
    let Node::Map(fields) = xrd::status(kind) else { return String::new() };
    let about = |schema: &Node| {
        schema.get("description").and_then(Node::text).unwrap_or_default().to_owned()
    };
    let mut rows = Vec::new();
    for (name, schema) in fields {
        match schema.get("properties") {
            Some(Node::Map(inner)) => rows.extend(inner.iter().map(|(field, inner)| {
                let own = about(inner);
                let about = if own.is_empty() { about(&schema) } else { own };
                vec![code(&format!("{name}.{field}")), about]
            })),
            _ => rows.push(vec![code(&name), about(&schema)]),
        }
    }
    // What only this kind has is last in the schema.
    rows.rotate_right(kind.status().len());
    table(&["field", "what it is"], &rows)
}

fn conditions(kind: Kind) -> String {
    let has_operators = !kind.operators(Flavour::Namespaced).is_empty();
    let common = REASONS.iter().filter(|reason| has_operators || !reason.of_operators);
    let mut rows: Vec<Vec<String>> = common
        .map(|reason| {
            let names = match reason.names {
                [made] if made.contains(' ') => (*made).to_owned(),
                names => codes(names),
            };
            vec![code(reason.condition), code(reason.status), names, reason.about.to_owned()]
        })
        .collect();
    rows.extend(kind.reasons().iter().map(|reason| {
        let (name, about) = (code(reason.name), reason.about.to_owned());
        vec![code(CREDENTIALS_READY), code("False"), name, about]
    }));
    let table = table(&["condition", "status", "reason", "what it tells"], &rows);
    format!(
        "{table}\n{}",
        paragraph(
            "",
            "",
            "`Synced` and `Ready` are Crossplane's: in the `claims` flavour, a refused claim still \
             shows `Synced=True`. [Guardrails](../guardrails.md) has the codes."
        )
    )
}
