//! What the product answers to a claim that breaks a guardrail: asked of the product itself.

use serde_json::{Value as Json, json};

use super::attempts::{Attempt, Label, attempt};
use super::kind_page::namespace;
use super::{xrd, yaml};
use crate::catalog::{Catalog, Offering};
use crate::guardrails::{Guardrail, MEMORY_ANNOTATION, Memory, Violation, selector_mismatch};
use crate::kinds::Kind;
use crate::manifest::Node;
use crate::object;
use crate::observed::{Observed, Resource};
use crate::outcome::{Answer, Refusal};
use crate::pipeline::{self, Input, SERVICE_ACCOUNT};
use crate::wire::Struct;

/// An example of a guardrail.
#[derive(Clone, Debug)]
pub struct Example {
    /// Kind of the claim.
    pub kind: Kind,
    /// Its environment.
    pub environment: String,
    /// What the catalogue would have to say, where it does not.
    pub catalogue: Option<String>,
    /// What had been accepted, where the claim lives already, as YAML.
    pub before: Option<String>,
    /// The part of the claim that matters, as YAML.
    pub claim: String,
    /// What else is there to know.
    pub beside: Option<String>,
    /// The answers.
    pub violations: Vec<Violation>,
    /// Whether they only warn.
    pub warns: bool,
}

impl Example {
    /// What the claim says, each part with what leads to it.
    pub fn snippets(&self) -> Vec<(String, String)> {
        let (name, environment) = (self.kind.name(), &self.environment);
        let article = if name.starts_with(['E', 'O']) { "an" } else { "a" };
        let place = format!("{article} {name} in {environment}");
        let given = match &self.catalogue {
            Some(said) => format!("Example, if an Offering said {said}, {place}"),
            None => format!("Example, {place}"),
        };
        let claim = self.claim.clone();
        match &self.before {
            Some(before) => vec![
                (format!("{given} that was accepted with"), before.clone()),
                ("It now says".to_owned(), claim),
            ],
            None => vec![(given, claim)],
        }
    }

    /// What becomes of it, in a sentence or two; the answers follow.
    pub fn verdict(&self) -> String {
        let verdict = if self.warns { "It is accepted with a warning:" } else { "It is refused:" };
        match &self.beside {
            Some(beside) => format!("{beside} {verdict}"),
            None => verdict.to_owned(),
        }
    }
}

/// An example of a guardrail for this catalogue, where its claims can meet it.
pub fn example(catalog: &Catalog, guardrail: &Guardrail) -> Option<Example> {
    let found = catalog.offerings().filter_map(|offering| {
        let attempt = attempt(guardrail.code, offering)?;
        let example = judge(catalog, offering, &attempt)?;
        let meant = example.violations.iter().any(|violation| violation.code == guardrail.code);
        meant.then_some(example)
    });
    // Rather one that this catalogue gives than one that it could give.
    let mut rest = None;
    for example in found {
        if example.catalogue.is_none() {
            return Some(example);
        }
        rest = rest.or(Some(example));
    }
    rest.or_else(|| moved_environment(catalog, guardrail))
}

/// A claim that was accepted in another environment: it takes two.
fn moved_environment(catalog: &Catalog, guardrail: &Guardrail) -> Option<Example> {
    catalog.offerings().filter(|_| guardrail.code == "environment-changed").find_map(|offering| {
        let name = &offering.environment.name;
        let mut others = catalog.offerings_of(offering.kind).map(|other| &other.environment.name);
        let attempt = Attempt {
            before: Some(json!({})),
            environment_before: Some(others.find(|other| *other != name)?.clone()),
            ..Attempt::default()
        };
        judge(catalog, offering, &attempt)
    })
}

fn judge(catalog: &Catalog, offering: &Offering, attempt: &Attempt) -> Option<Example> {
    let kind = offering.kind;
    let claim = offering.example_claim();
    let wanted = merged(&claim.parameters, &attempt.parameters);
    let mut example = Example {
        kind,
        environment: offering.environment.name.clone(),
        catalogue: attempt.catalogue.map(|(path, value)| {
            let path = path.trim_start_matches('/').replace('/', ".");
            format!("{path}: {value}")
        }),
        before: None,
        claim: text(&snippet(offering, attempt, &wanted))?,
        beside: attempt
            .service_account
            .then(|| format!("A ServiceAccount called {} exists already.", claim.name)),
        violations: Vec::new(),
        warns: false,
    };
    if let Some(before) = &attempt.before {
        let environment =
            attempt.environment_before.as_ref().map(|name| selector(offering, Some(name)));
        example.before = if let Some(selector) = environment {
            Some(text(&object! { spec: object! { crossplane: selector } })?)
        } else if attempt.living.get("region").is_some() {
            example.beside = Some(format!(
                "It was created when the environment was in region {}.",
                attempt.living["region"].as_str().unwrap_or_default()
            ));
            None
        } else {
            let shown = merged(&json!({}), before);
            let shown = ordered(kind, if shown == json!({}) { &claim.parameters } else { &shown });
            Some(text(&object! { spec: object! { parameters: shown } })?)
        };
    }
    if attempt.today != jiff::civil::Date::default() {
        example.beside = Some(format!("Today is {}.", attempt.today));
    }
    (example.violations, example.warns) = answer(catalog, offering, attempt, &wanted)?;
    Some(example)
}

/// What the product answers.
fn answer(
    catalog: &Catalog,
    offering: &Offering,
    attempt: &Attempt,
    wanted: &Json,
) -> Option<(Vec<Violation>, bool)> {
    let kind = offering.kind;
    let path = "spec.crossplane.compositionSelector.matchLabels";
    match attempt.environment {
        Label::Missing => {
            let labels = catalog.labels(kind, "environment");
            let field = format!("{path}.environment");
            let violation = selector_mismatch::missing(&field, "environment", &labels);
            return Some((vec![violation], false));
        }
        Label::Other(environment) => {
            let provider = offering.provider.name();
            let violation = catalog.select(kind, provider, environment, path).err()?;
            return Some((vec![violation], false));
        }
        Label::Own => {}
    }
    let mut document =
        catalog.document(kind, offering.provider.name(), &offering.environment.name)?.clone();
    if let Some((path, value)) = attempt.catalogue {
        *document.pointer_mut(path)? = Json::from(value);
    }
    let mut input = Input {
        composite: Struct::write(&composite(catalog, offering, attempt, wanted)).ok()?,
        offering: Some(Struct::write(&document).ok()?),
        observed: observed(offering, attempt)?,
        now: attempt.today,
        ..Input::default()
    };
    for name in pipeline::run(&input).requirements.objects.into_keys() {
        let exists = name == SERVICE_ACCOUNT && attempt.service_account;
        let answer = if exists { Answer::Present(Struct::default()) } else { Answer::Absent };
        input.objects.insert(name.to_owned(), answer);
    }
    match pipeline::run(&input).decision {
        Err(Refusal::Violations(violations)) => Some((violations, false)),
        Ok(composition) => Some((composition.warnings, true)),
        Err(Refusal::Platform { .. }) => None,
    }
}

/// The composite resource of the `namespaced` flavour.
fn composite(catalog: &Catalog, offering: &Offering, attempt: &Attempt, wanted: &Json) -> Json {
    let claim = offering.example_claim();
    let name = attempt.name.unwrap_or(claim.name);
    let own = namespace(offering, "orders");
    let namespace = attempt.namespace.unwrap_or(&own);
    let mut composite = json!({
        "apiVersion": xrd::api_version(catalog, offering.kind),
        "kind": offering.kind.name(),
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "parameters": wanted,
            "crossplane": {"compositionSelector": {"matchLabels": {
                "provider": offering.provider.name(),
                "environment": offering.environment.name,
            }}},
        },
    });
    if let Some(secret) = attempt.secret {
        composite["spec"]["writeConnectionSecretToRef"] = json!({"name": secret});
    }
    if let Some(policy) = attempt.update_policy {
        composite["spec"]["crossplane"]["compositionUpdatePolicy"] = Json::from(policy);
    }
    composite
}

/// The living resource that remembers what was accepted.
fn observed(offering: &Offering, attempt: &Attempt) -> Option<Observed> {
    let Some(before) = &attempt.before else { return Some(Observed::default()) };
    let parameters = merged(&offering.example_claim().parameters, before);
    let text = |name: &str| parameters[name].as_str().map(str::to_owned);
    let environment = attempt.environment_before.as_ref().unwrap_or(&offering.environment.name);
    let memory = Memory {
        environment: Some(environment.clone()),
        provider: Some(offering.provider.name().to_owned()),
        version: text("version"),
        high_availability: parameters["highAvailability"].as_bool(),
        parameters: serde_json::from_value(parameters).ok()?,
        inferred: false,
    };
    let object = json!({
        "metadata": {"annotations": {MEMORY_ANNOTATION: memory.write()}},
        "spec": {"forProvider": attempt.living},
    });
    // A topic is primary where there is no cluster before it.
    let key = offering.kind.primary_keys().last()?;
    let object = Struct::write(&object).ok()?;
    let resource = Resource { object, connection: std::collections::BTreeMap::new() };
    Some([((*key).to_owned(), resource)].into_iter().collect())
}

/// The part of a claim that an attempt is about.
fn snippet(offering: &Offering, attempt: &Attempt, wanted: &Json) -> Node {
    let kind = offering.kind;
    let takes_out = attempt
        .parameters
        .as_object()
        .is_some_and(|parameters| parameters.values().any(Json::is_null));
    let shown = if takes_out { wanted } else { &attempt.parameters };
    let parameters = shown.is_object().then(|| ordered(kind, shown));
    let metadata = [("name", attempt.name), ("namespace", attempt.namespace)];
    let metadata: Vec<_> = metadata
        .into_iter()
        .filter_map(|(field, value)| Some((field.into(), Node::from(value?))))
        .collect();
    let own = offering.environment.name.as_str();
    let crossplane = match attempt.environment {
        Label::Missing => Some(selector(offering, None)),
        Label::Other(environment) => Some(selector(offering, Some(environment))),
        Label::Own if attempt.environment_before.is_some() => Some(selector(offering, Some(own))),
        Label::Own => {
            attempt.update_policy.map(|policy| object! { compositionUpdatePolicy: policy })
        }
    };
    let secret = attempt.secret.map(|name| object! { name: name });
    let says = parameters.is_some() || crossplane.is_some() || secret.is_some();
    let spec = object! {
        parameters: parameters,
        crossplane: crossplane,
        writeConnectionSecretToRef: secret,
    };
    object! {
        kind: kind.name(),
        metadata: (!metadata.is_empty()).then_some(Node::Map(metadata)),
        spec: says.then_some(spec),
    }
}

fn selector(offering: &Offering, environment: Option<&str>) -> Node {
    object! {
        compositionSelector: object! {
            matchLabels: object! {
                provider: offering.provider.name(),
                environment: environment.map(str::to_owned),
            },
        },
    }
}

/// Parameters in the order of their table; what is in none comes last.
fn ordered(kind: Kind, parameters: &Json) -> Node {
    let Some(parameters) = parameters.as_object() else { return Node::map() };
    let rank = |name: &String| kind.parameters().iter().position(|known| known.name == name);
    let mut entries: Vec<_> = parameters.iter().collect();
    entries.sort_by_key(|(name, _)| rank(name).unwrap_or(usize::MAX));
    let entries = entries.into_iter();
    Node::Map(
        entries.map(|(name, value)| (name.clone().into(), Node::from(value.clone()))).collect(),
    )
}

/// `base` with what `over` says besides; `null` takes an entry out.
fn merged(base: &Json, over: &Json) -> Json {
    let mut all = base.as_object().cloned().unwrap_or_default();
    for (name, value) in over.as_object().into_iter().flatten() {
        all.insert(name.clone(), value.clone());
    }
    all.retain(|_, value| !value.is_null());
    Json::Object(all)
}

fn text(document: &Node) -> Option<String> {
    yaml(document).ok()
}
