//! `CompositeResourceDefinitions`: the API that developers see.

use super::{File, configuration_folder, rules};
use crate::catalog::{Catalog, list as sentence};
use crate::claim::{Change, Flavour, Form, Parameter};
use crate::guardrails::{CREDENTIALS_SECRET_NAME, MOST, sizes_without_exception};
use crate::kinds::Kind;
use crate::manifest::Node;
use crate::{list, object};

/// Most characters of a text that no guardrail gives another limit: rules have a budget that
/// shrinks with it.
const LONGEST: usize = 253;

/// The XRDs of a flavour.
pub(super) fn files(catalog: &Catalog, flavour: Flavour) -> Vec<File> {
    let folder = configuration_folder(flavour);
    catalog
        .kinds()
        .map(|kind| {
            let path = format!("{folder}/xrds/{}.yaml", kind.key_prefix());
            File::document(path, xrd(catalog, kind, flavour))
        })
        .collect()
}

/// API version of the claims of a kind.
pub(super) fn api_version(catalog: &Catalog, kind: Kind) -> String {
    kind.api_version(catalog.domain())
}

/// API group of the claims of a kind.
pub(super) fn group(catalog: &Catalog, kind: Kind) -> String {
    kind.api_group(catalog.domain())
}

fn xrd(catalog: &Catalog, kind: Kind, flavour: Flavour) -> Node {
    let group = group(catalog, kind);
    let claim = names(kind.name(), kind.plural(), Some(kind.short_name()));
    // Crossplane deprecates its first API, and serves claims in no other.
    let (api, scope, composite, claim) = match flavour {
        Flavour::Namespaced => ("v2", "Namespaced", claim, None),
        Flavour::Claims => {
            let composite =
                names(&flavour.composite_kind(kind), format!("x{}", kind.plural()), None);
            ("v1", "LegacyCluster", composite, Some(claim))
        }
    };
    let plural = composite.get("plural").and_then(Node::text).unwrap_or_default();
    object! {
        apiVersion: format!("apiextensions.crossplane.io/{api}"),
        kind: "CompositeResourceDefinition",
        metadata: object! { name: format!("{plural}.{group}") },
        spec: object! {
            group: group,
            scope: scope,
            names: composite,
            claimNames: claim,
            defaultCompositionUpdatePolicy: "Automatic",
            versions: list![object! {
                name: Kind::VERSION,
                served: true,
                referenceable: true,
                additionalPrinterColumns: columns(kind),
                schema: object! { openAPIV3Schema: schema(catalog, kind, flavour) },
            }],
        },
    }
}

fn names(kind: &str, plural: String, short: Option<&'static str>) -> Node {
    object! {
        kind: kind.to_owned(),
        listKind: format!("{kind}List"),
        plural: plural,
        singular: kind.to_lowercase(),
        shortNames: short.map(|short| list![short]),
        categories: list!["selfservice"],
    }
}

/// Beside Crossplane's own, of which SYNCED does not tell that a claim was refused.
fn columns(kind: Kind) -> Node {
    let column = |name: &'static str, path: &'static str, about: &'static str, priority: u32| {
        object! { name: name, type: "string", jsonPath: path, description: about, priority: priority }
    };
    let accepted = ".status.conditions[?(@.type=='Accepted')].status";
    let mut columns = vec![
        column("Accepted", accepted, "Whether the claim is accepted as it stands.", 0),
        column("Size", ".spec.parameters.size", "The size that it asks for.", 0),
        column("Environment", ".status.environment", "The environment that it is in.", 0),
    ];
    if kind.status().iter().any(|field| field.name == "endpoint") {
        columns.push(column("Endpoint", ".status.endpoint", "What clients connect to.", 1));
    }
    let secret = ".status.credentials.secretName";
    columns.push(column("Secret", secret, "The Secret with the credentials.", 1));
    Node::List(columns)
}

fn schema(catalog: &Catalog, kind: Kind, flavour: Flavour) -> Node {
    object! {
        type: "object",
        description: kind.about(),
        required: list!["spec"],
        "x-kubernetes-validations": rules::of_object(kind),
        properties: object! {
            spec: object! {
                type: "object",
                description: "What is asked for.",
                required: list!["parameters"],
                "x-kubernetes-validations": rules::of_spec(catalog, kind, flavour),
                properties: spec(catalog, kind, flavour),
            },
            status: object! {
                type: "object",
                description: "What became of it.",
                properties: status(kind),
            },
        },
    }
}

fn spec(catalog: &Catalog, kind: Kind, flavour: Flavour) -> Node {
    let secret = object! {
        type: "object",
        title: "Credentials Secret",
        description: "The Secret of this namespace that gets the credentials.",
        required: list!["name"],
        properties: object! {
            name: object! {
                type: "string",
                maxLength: number(CREDENTIALS_SECRET_NAME.longest),
                "x-kubernetes-validations": list![rules::shaped(&CREDENTIALS_SECRET_NAME)],
                description: format!(
                    "Its name, which ends in -credentials; <claim>-{}-credentials when left out. \
                     It cannot change later.",
                    kind.key_prefix(),
                ),
            },
        },
    };
    object! {
        parameters: parameters(catalog, kind),
        // Claims have one of Crossplane's own.
        writeConnectionSecretToRef: (flavour == Flavour::Namespaced).then_some(secret),
    }
}

fn parameters(catalog: &Catalog, kind: Kind) -> Node {
    let mut schema = fields(kind.parameters());
    schema.set("description", "What it is to be.");
    schema.set("required", list!["size"]);
    let mut properties = schema.get("properties").cloned().unwrap_or(Node::map());
    for (name, offered) in [("size", sizes(catalog, kind)), ("version", versions(catalog, kind))] {
        let Some(mut property) = properties.get(name).cloned() else { continue };
        let about = property.get("description").and_then(Node::text).unwrap_or_default();
        property.set("description", format!("{about} {offered}"));
        if name == "size" {
            let all = all_sizes(catalog, kind);
            property.set("enum", Node::List(all.into_iter().map(Node::from).collect()));
        }
        properties.set(name, property);
    }
    schema.set("properties", properties);
    schema
}

/// Every size of a kind, those that need an exception included: such a claim is to exist, so that
/// it can carry its refusal.
fn all_sizes(catalog: &Catalog, kind: Kind) -> Vec<String> {
    let mut sizes: Vec<String> = Vec::new();
    for offering in catalog.offerings_of(kind) {
        for size in offering.settings.sizes() {
            if !sizes.iter().any(|known| known == size) {
                sizes.push(size.to_owned());
            }
        }
    }
    sizes
}

fn sizes(catalog: &Catalog, kind: Kind) -> String {
    let free = |size: &String| {
        catalog
            .offerings_of(kind)
            .any(|offering| sizes_without_exception(offering).contains(&size.as_str()))
    };
    let (free, bound): (Vec<String>, Vec<String>) =
        all_sizes(catalog, kind).into_iter().partition(free);
    match bound.as_slice() {
        [] => format!("Offered: {}.", sentence(&free)),
        [one] => format!("Offered: {}; {one} needs an exception.", sentence(&free)),
        more => {
            format!("Offered: {}; {} need an exception.", sentence(&free), sentence(more))
        }
    }
}

fn versions(catalog: &Catalog, kind: Kind) -> String {
    let mut lists: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    for offering in catalog.offerings_of(kind) {
        for (engine, versions) in offering.settings.version_lists() {
            let index = lists.iter().position(|(known, _)| *known == engine).unwrap_or_else(|| {
                lists.push((engine, Vec::new()));
                lists.len() - 1
            });
            for name in versions.names() {
                if !lists[index].1.contains(&name) {
                    lists[index].1.push(name);
                }
            }
        }
    }
    let parts: Vec<String> = lists
        .into_iter()
        .map(|(engine, names)| match engine {
            Some(engine) => format!("{} for {engine}", sentence(names)),
            None => sentence(names),
        })
        .collect();
    format!("Offered: {}.", parts.join("; "))
}

/// An object with these fields.
fn fields(parameters: &[Parameter]) -> Node {
    let properties = parameters.iter().map(|parameter| {
        let about = match parameter.change {
            Change::Allowed(_) => parameter.sentence(),
            Change::Never => format!("{} It cannot change later.", parameter.sentence()),
        };
        (parameter.name.into(), titled(parameter.name, parameter.form, about))
    });
    object! { type: "object", properties: Node::Map(properties.collect()) }
}

fn titled(name: &str, form: Form, about: String) -> Node {
    let Node::Map(rest) = form_schema(form) else { return Node::Absent };
    let mut schema = object! { title: title(name), description: about };
    if let Node::Map(entries) = &mut schema {
        entries.extend(rest);
    }
    schema
}

/// The schema of a value.
fn form_schema(form: Form) -> Node {
    match form {
        Form::Text => object! { type: "string", maxLength: number(LONGEST) },
        Form::Shaped(shape) => object! {
            type: "string",
            maxLength: number(shape.longest),
            "x-kubernetes-validations": list![rules::shaped(shape)],
        },
        Form::Integer => object! { type: "integer", minimum: 1 },
        Form::Boolean => object! { type: "boolean" },
        Form::TextList => object! {
            type: "array",
            maxItems: number(MOST),
            "x-kubernetes-list-type": "atomic",
            items: object! { type: "string", maxLength: number(LONGEST) },
        },
        Form::OneOf { options, default } => object! {
            type: "string",
            enum: Node::List(options.iter().map(|option| Node::from(*option)).collect()),
            default: default,
        },
        Form::Object(parameters) => fields(parameters),
    }
}

fn number(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// `highAvailability` as `High availability`, `storageGB` as `Storage GB`.
fn title(name: &str) -> String {
    let mut title = String::new();
    let mut previous_upper = false;
    for (index, letter) in name.chars().enumerate() {
        let upper = letter.is_ascii_uppercase();
        let next_upper = name.chars().nth(index + 1).is_none_or(|next| next.is_ascii_uppercase());
        if index == 0 {
            title.push(letter.to_ascii_uppercase());
        } else if upper && !previous_upper {
            title.push(' ');
            title.push(if next_upper { letter } else { letter.to_ascii_lowercase() });
        } else {
            title.push(letter);
        }
        previous_upper = upper;
    }
    title
}

/// The schema of each field of its status.
pub(super) fn status(kind: Kind) -> Node {
    let text = |about: &'static str| {
        object! { type: "string", maxLength: number(LONGEST), description: about }
    };
    let named = |about: &'static str, name: &'static str, meaning: &'static str| {
        object! {
            type: "object",
            description: about,
            properties: Node::Map(vec![(name.into(), text(meaning))]),
        }
    };
    let mut status = object! {
        binding: named("For Service Binding.", "name", "The Secret to bind to, for Service Binding."),
        credentials: named("Where the credentials are.", "secretName", "The Secret with the credentials."),
        environment: text("The environment that it is in."),
        offering: object! {
            type: "object",
            description: "What the size became.",
            "x-kubernetes-preserve-unknown-fields": true,
        },
        team: text("The team that it belongs to."),
    };
    let fixed: Vec<_> = kind
        .fixed_parameters()
        .map(|parameter| {
            let schema = object! { type: "string", maxLength: number(LONGEST) };
            (parameter.name.into(), schema)
        })
        .collect();
    if !fixed.is_empty() {
        status.set(
            "fixed",
            object! {
                type: "object",
                description: "What was accepted and cannot change any more.",
                properties: Node::Map(fixed),
            },
        );
    }
    if let Node::Map(entries) = &mut status {
        entries.extend(kind.status().iter().map(|field| {
            // The function writes it: limits would only lose what it says.
            let form = match field.form {
                Form::TextList => object! { type: "array", items: object! { type: "string" } },
                Form::Integer => object! { type: "integer" },
                _ => object! { type: "string" },
            };
            let mut schema = form;
            schema.set("description", field.about);
            (field.name.into(), schema)
        }));
    }
    status
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn titles_are_the_names_in_words() {
        for (name, expected) in [
            ("size", "Size"),
            ("highAvailability", "High availability"),
            ("storageGB", "Storage GB"),
            ("expireAfterDays", "Expire after days"),
        ] {
            assert_eq!(title(name), expected);
        }
    }
}
