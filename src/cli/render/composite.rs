//! From a developer's file to the composite resource that the function would see.

use serde_json::{Value as Json, json};

use super::super::Error;
use super::super::documents::Document;
use super::Accepted;
use crate::catalog::{Catalog, list};
use crate::claim::Flavour;
use crate::kinds::Kind;
use crate::manifest::Node;
use crate::names::Names;
use crate::object;
use crate::text::{did_you_mean, nearest};

/// A composite resource, and the claim that it is for.
pub(super) struct Composite {
    /// The kind of the claim.
    pub(super) kind: Kind,
    /// The object that the function sees.
    pub(super) object: Json,
    /// The claim, in the flavour that has one.
    pub(super) claim: Option<Json>,
    /// Namespace and name of the claim.
    namespace: String,
    name: String,
}

impl Composite {
    /// Reads a claim of either flavour, or a composite resource.
    pub(super) fn read(
        document: &Document,
        wanted: Option<Flavour>,
        catalog: &Catalog,
    ) -> Result<Self, Error> {
        let (kind, is_composite) = recognise(document, catalog)?;
        check_group(document, kind, catalog.domain())?;
        let object = &document.content;
        if let Some(spec) = object.get("spec")
            && !spec.is_object()
        {
            return Err(
                document.error("has a spec that is no object; write spec.parameters below it")
            );
        }
        check_fields(document)?;
        let name = required(document, "name")?;
        if is_composite {
            let claim = |field: &str| {
                document.text(&["spec", "claimRef", field]).unwrap_or_default().to_owned()
            };
            let (namespace, claim_name) = (claim("namespace"), claim("name"));
            let own = claim_object(object, kind, &namespace, &claim_name);
            return Ok(Self {
                kind,
                object: object.clone(),
                claim: Some(own),
                namespace,
                name: claim_name,
            });
        }
        let namespace = required(document, "namespace")?;
        let nested = object.get("spec").is_some_and(|spec| spec.get("crossplane").is_some());
        let flat = object.get("spec").is_some_and(|spec| {
            spec.as_object()
                .is_some_and(|spec| spec.keys().any(|key| key.starts_with("composition")))
        });
        if flat && nested {
            return Err(document.error(
                "has its selector in spec and in spec.crossplane; a claim of Crossplane v1 has \
                 spec.compositionSelector, a composite resource of v2 \
                 spec.crossplane.compositionSelector",
            ));
        }
        let written = if flat { Flavour::Claims } else { Flavour::Namespaced };
        let flavour = wanted.unwrap_or(written);
        let claim = convert(object, flavour);
        Ok(match flavour {
            Flavour::Namespaced => Self { kind, object: claim, claim: None, namespace, name },
            Flavour::Claims => {
                let object = composite_of(&claim, kind, &namespace, &name);
                Self { kind, object, claim: Some(claim), namespace, name }
            }
        })
    }

    /// Kind, namespace and name of the claim.
    pub(super) fn title(&self) -> String {
        format!("{} {}/{}", self.kind.name(), self.namespace, self.name)
    }

    /// Labels of the selector, and their path in the object that the developer writes.
    pub(super) fn selector(&self) -> (Option<&str>, Option<&str>, &'static str) {
        let path = match self.claim {
            Some(_) => "/spec/compositionSelector/matchLabels",
            None => "/spec/crossplane/compositionSelector/matchLabels",
        };
        let label =
            |name: &str| self.object.pointer(&format!("{path}/{name}")).and_then(Json::as_str);
        let shown = match self.claim {
            Some(_) => "spec.compositionSelector.matchLabels",
            None => "spec.crossplane.compositionSelector.matchLabels",
        };
        (label("provider"), label("environment"), shown)
    }

    /// The composite resource with the status that it gets.
    pub(super) fn with_status(&self, accepted: &Accepted, now: jiff::civil::Date) -> Node {
        let mut status = accepted.composition.status.clone();
        let ready = object! {
            "type": "Ready",
            status: if accepted.composition.ready { "True" } else { "False" },
            reason: if accepted.composition.ready { "Available" } else { "Creating" },
            lastTransitionTime: format!("{now}T00:00:00Z"),
        };
        let mut conditions = match accepted.conditions.clone() {
            Node::List(conditions) => conditions,
            _ => Vec::new(),
        };
        conditions.push(ready);
        status.set("conditions", Node::List(conditions));
        let metadata = self.object.get("metadata").cloned().unwrap_or_default();
        let field = |name: &str| self.object.get(name).cloned().map(Node::from);
        object! {
            apiVersion: field("apiVersion"),
            kind: field("kind"),
            metadata: Node::from(metadata),
            spec: field("spec"),
            status: status,
        }
    }
}

fn recognise(document: &Document, catalog: &Catalog) -> Result<(Kind, bool), Error> {
    let Some(kind) = document.text(&["kind"]) else {
        return Err(document.error(if document.content.is_object() {
            "has no kind; a claim begins with apiVersion and kind"
        } else {
            "is no object; a claim begins with apiVersion and kind"
        }));
    };
    if let Some(kind) = Kind::from_name(kind) {
        return Ok((kind, false));
    }
    if let Some(kind) = kind.strip_prefix('X').and_then(Kind::from_name) {
        return Ok((kind, true));
    }
    Err(document.error(format!(
        "is of kind {}, which is no claim{}; claims are {}",
        crate::guardrails::quote(kind),
        did_you_mean(kind, catalog.kinds().map(Kind::name)),
        list(catalog.kinds().map(Kind::name)),
    )))
}

/// Crossplane's machinery, wherever a flavour has it.
const MACHINERY: [&str; 6] = [
    "compositionSelector",
    "compositionRef",
    "compositionRevisionRef",
    "compositionRevisionSelector",
    "compositionUpdatePolicy",
    "resourceRefs",
];
/// What only a claim, or the composite resource of one, has of it.
const OF_CLAIMS: [&str; 4] =
    ["compositeDeletePolicy", "publishConnectionDetailsTo", "claimRef", "resourceRef"];
const OURS: [&str; 3] = ["parameters", "crossplane", "writeConnectionSecretToRef"];

/// What an object in a claim or a composite resource may have, and what to write where a field is
/// no slip of the pen.
type Fields = (&'static [&'static str], &'static [&'static [&'static str]], &'static str);

const SELECTOR: &str = "write matchLabels, with provider and environment";
const PLACES: [Fields; 5] = [
    (&["spec"], &[&OURS, &MACHINERY, &OF_CLAIMS], "parameters belong into spec.parameters"),
    (&["spec", "crossplane"], &[&MACHINERY], "write it in spec, or leave it out"),
    (&["spec", "compositionSelector"], &[&["matchLabels"]], SELECTOR),
    (&["spec", "crossplane", "compositionSelector"], &[&["matchLabels"]], SELECTOR),
    (&["spec", "writeConnectionSecretToRef"], &[&["name", "namespace"]], "write name alone"),
];

/// Finds what an API server would refuse, or drop in silence.
fn check_fields(document: &Document) -> Result<(), Error> {
    for (place, known, advice) in PLACES {
        let object = place.iter().try_fold(&document.content, |holder, key| holder.get(key));
        let Some(object) = object.and_then(Json::as_object) else { continue };
        let known = || known.iter().copied().flatten().copied();
        let Some(field) = object.keys().find(|key| known().all(|field| field != key.as_str()))
        else {
            continue;
        };
        let place = place.join(".");
        let advice = match nearest(field, known()) {
            Some(meant) => format!("did you mean {place}.{meant}?"),
            None => advice.to_owned(),
        };
        let shown = crate::guardrails::quote(field);
        let field = shown.trim_matches('"');
        return Err(document.error(format!("has an unknown field {place}.{field}; {advice}")));
    }
    let secret = document.content.pointer("/spec/writeConnectionSecretToRef");
    match secret.map(|secret| secret.get("name")) {
        None | Some(Some(Json::String(_))) => Ok(()),
        Some(_) => {
            let message = "has a spec.writeConnectionSecretToRef without a name in text; write \
                           {name: …-credentials}, or leave it out";
            Err(document.error(message))
        }
    }
}

fn check_group(document: &Document, kind: Kind, domain: &str) -> Result<(), Error> {
    let expected = kind.api_version(domain);
    match document.text(&["apiVersion"]) {
        Some(given) if given == expected => Ok(()),
        Some(given) => Err(document.error(format!(
            "has apiVersion {}, but {} is of {expected} here; write that, or choose your platform's \
             catalogue with --catalog FILE",
            crate::guardrails::quote(given),
            kind.name(),
        ))),
        None => Err(document.error(format!("has no apiVersion; write {expected}"))),
    }
}

fn required(document: &Document, field: &str) -> Result<String, Error> {
    match document.text(&["metadata", field]) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(document.error(format!("has no metadata.{field}; every claim has one"))),
    }
}

/// Moves the machinery to where `flavour` has it.
fn convert(claim: &Json, flavour: Flavour) -> Json {
    let mut claim = claim.clone();
    let Some(spec) = claim.get_mut("spec").and_then(Json::as_object_mut) else {
        return claim;
    };
    match flavour {
        Flavour::Namespaced => {
            let machinery: Vec<String> =
                spec.keys().filter(|key| key.starts_with("composition")).cloned().collect();
            for key in machinery {
                let value = spec.remove(&key).unwrap_or_default();
                let crossplane = spec.entry("crossplane").or_insert_with(|| json!({}));
                if let Some(crossplane) = crossplane.as_object_mut() {
                    crossplane.insert(key, value);
                }
            }
        }
        Flavour::Claims => {
            if let Some(Json::Object(machinery)) = spec.remove("crossplane") {
                spec.extend(machinery);
            }
        }
    }
    claim
}

/// The cluster-scoped composite resource that Crossplane makes of a claim. Its name ends in
/// five characters which Crossplane draws and we derive.
fn composite_of(claim: &Json, kind: Kind, namespace: &str, name: &str) -> Json {
    let mut spec = claim.get("spec").cloned().unwrap_or_else(|| json!({}));
    let api_version = claim.get("apiVersion").cloned().unwrap_or_default();
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("writeConnectionSecretToRef");
        spec.insert(
            "claimRef".to_owned(),
            json!({"apiVersion": &api_version, "kind": kind.name(), "namespace": namespace, "name": name}),
        );
    }
    let suffix = Names::new("", namespace, kind.name(), name).hash("composite");
    json!({
        "apiVersion": api_version,
        "kind": Flavour::Claims.composite_kind(kind),
        "metadata": {
            "name": format!("{name}-{}", suffix.get(..5).unwrap_or_default()),
            "labels": {
                "crossplane.io/claim-name": name,
                "crossplane.io/claim-namespace": namespace,
            },
        },
        "spec": spec,
    })
}

/// The claim of a composite resource that was given without it.
fn claim_object(composite: &Json, kind: Kind, namespace: &str, name: &str) -> Json {
    let mut spec = composite.get("spec").cloned().unwrap_or_else(|| json!({}));
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("claimRef");
        spec.remove("resourceRefs");
        // This one is the composite resource's own, in Crossplane's namespace.
        spec.remove("writeConnectionSecretToRef");
    }
    json!({
        "apiVersion": composite.get("apiVersion"),
        "kind": kind.name(),
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    })
}
