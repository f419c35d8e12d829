//! What a rendered claim finds: catalogue, Composition, and objects that exist.

use std::collections::BTreeMap;

use base64::Engine as _;
use jiff::civil::Date;
use serde_json::Value as Json;

use super::super::Error;
use super::super::documents::{Document, text};
use super::{Accepted, Composite, judge};
use crate::catalog::{Catalog, KIND};
use crate::claim;
use crate::guardrails::{Violation, quote, selector_mismatch};
use crate::kinds::Kind;
use crate::observed::{Observed, Resource, Sensitive};
use crate::outcome::{Answer, ObjectSelector, Verdict};
use crate::pipeline::Input;
use crate::wire::Struct;

/// The annotation by which Crossplane knows a composed resource.
const RESOURCE_NAME: &str = "crossplane.io/composition-resource-name";

/// Everything besides the claim.
pub(super) struct Inputs {
    pub(super) catalog: Catalog,
    pub(super) compositions: Option<Vec<Document>>,
    pub(super) observed: Vec<Document>,
    pub(super) required: Vec<Document>,
    pub(super) now: Date,
}

impl Inputs {
    /// Judges a claim.
    pub(super) fn judge(
        &self,
        composite: &Composite,
        document: &Document,
    ) -> Result<Result<Accepted, Vec<Violation>>, Error> {
        let object = structure(&composite.object, document)?;
        let offering = match self.offering(composite, document)? {
            Ok(offering) => offering,
            Err(mut violations) => {
                // What can be said without an offering is said all the same.
                violations.extend(claim::read(&object).map_or_else(|_| Vec::new(), |read| read.1));
                violations.sort();
                return Ok(Err(violations));
            }
        };
        let input = Input {
            composite: object,
            offering: Some(structure(offering, document)?),
            observed: self.observed()?,
            now: self.now,
            ..Input::default()
        };
        let verdict = judge(input, |input, first| self.answer(input, first, composite));
        Accepted::new(verdict, self.now).map_err(|message| document.error(message))
    }

    fn offering<'a>(
        &'a self,
        composite: &Composite,
        document: &Document,
    ) -> Result<Result<&'a Json, Vec<Violation>>, Error> {
        if let Some(compositions) = &self.compositions {
            let steps = compositions.iter().filter_map(|composition| {
                composition.content.pointer("/spec/pipeline").and_then(Json::as_array)
            });
            let input = steps
                .flatten()
                .filter_map(|step| step.get("input"))
                .find(|input| text(input, &["kind"]) == Some(KIND));
            return input.map(Ok).ok_or_else(|| no_offering(compositions, document));
        }
        let kind = composite.kind;
        let (provider, environment, path) = composite.selector();
        let (Some(provider), Some(environment)) = (provider, environment) else {
            let missing = [("provider", provider), ("environment", environment)]
                .into_iter()
                .filter(|(_, given)| given.is_none())
                .map(|(label, _)| {
                    let field = format!("{path}.{label}");
                    selector_mismatch::missing(&field, label, &self.catalog.labels(kind, label))
                });
            return Ok(Err(missing.collect()));
        };
        Ok(match self.catalog.select(kind, provider, environment, path) {
            Ok(_) => Ok(self.catalog.document(kind, provider, environment).unwrap_or(&Json::Null)),
            Err(violation) => Err(vec![violation]),
        })
    }

    /// The composed resources that exist, with the connection Secrets that they refer to.
    fn observed(&self) -> Result<Observed, Error> {
        self.observed
            .iter()
            .filter_map(|document| {
                let key = document
                    .content
                    .pointer("/metadata/annotations")?
                    .get(RESOURCE_NAME)?
                    .as_str()?;
                Some((key, document))
            })
            .map(|(key, document)| {
                let object = structure(&document.content, document)?;
                let connection = self.connection(&document.content);
                Ok((key.to_owned(), Resource { object, connection }))
            })
            .collect()
    }

    fn connection(&self, resource: &Json) -> BTreeMap<String, Sensitive> {
        let reference = ["spec", "writeConnectionSecretToRef"];
        let Some(name) = text(resource, &[reference[0], reference[1], "name"]) else {
            return BTreeMap::new();
        };
        let namespace = text(resource, &[reference[0], reference[1], "namespace"])
            .or_else(|| text(resource, &["metadata", "namespace"]));
        let secret = self.find("v1", "Secret", namespace, name);
        let data = secret.and_then(|secret| secret.get("data")).and_then(Json::as_object);
        data.into_iter()
            .flatten()
            .filter_map(|(key, value)| {
                let value =
                    base64::engine::general_purpose::STANDARD.decode(value.as_str()?).ok()?;
                Some((key.clone(), Sensitive::new(value)))
            })
            .collect()
    }

    fn find(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<&Json> {
        self.required.iter().chain(&self.observed).map(|document| &document.content).find(
            |object| {
                text(object, &["apiVersion"]) == Some(api_version)
                    && text(object, &["kind"]) == Some(kind)
                    && text(object, &["metadata", "name"]) == Some(name)
                    && text(object, &["metadata", "namespace"]) == namespace
            },
        )
    }

    /// Answers what is required: the claim itself, objects from the files, and every schema,
    /// since a platform is taken to have the operators that it uses.
    fn answer(&self, input: &mut Input, first: &Verdict, composite: &Composite) {
        for (name, selector) in &first.requirements.objects {
            let object = self
                .required_object(selector, composite)
                .and_then(|object| Struct::write(object).ok());
            let answer = object.map_or(Answer::Absent, Answer::Present);
            input.objects.insert((*name).to_owned(), answer);
        }
        for name in first.requirements.schemas.keys() {
            input.schemas.insert((*name).to_owned(), Answer::Present(()));
        }
    }

    fn required_object<'a>(
        &'a self,
        selector: &ObjectSelector,
        composite: &'a Composite,
    ) -> Option<&'a Json> {
        let given = self.find(
            &selector.api_version,
            selector.kind,
            Some(&selector.namespace),
            &selector.name,
        );
        given
            .or_else(|| composite.claim.as_ref().filter(|_| selector.kind == composite.kind.name()))
    }
}

fn structure(content: &Json, document: &Document) -> Result<Struct, Error> {
    Struct::write(content).map_err(|error| document.error(format!("cannot be used: {error}")))
}

/// Why nothing in `compositions` says what is offered to the claim in `document`.
fn no_offering(compositions: &[Document], document: &Document) -> Error {
    let Some(first) = compositions.first() else {
        return document.error("has an empty Composition");
    };
    let other = compositions.iter().find_map(|other| {
        let kind = other.text(&["kind"])?;
        (kind != "Composition").then_some((other, kind))
    });
    let Some((other, kind)) = other else {
        return first.error(
            "has no pipeline step with an input of kind Offering; print one with \
             `selfservice catalog offering`",
        );
    };
    let advice = match Kind::from_name(kind) {
        Some(_) => "; to render several claims, put them into one file, with --- between them",
        None => "",
    };
    other.error(format!("is of kind {}, not a Composition{advice}", quote(kind)))
}
