//! CEL rules: what an API server can refuse at once, in the guardrails' own sentences.
//!
//! Each sentence is made by the guardrail itself, with a marker in the place of the given value,
//! which the rule's `messageExpression` puts in. The function judges again: it is the authority.

use crate::catalog::Catalog;
use crate::claim::{Change, Flavour, REVISION_SELECTOR};
use crate::guardrails::{
    CLAIM_NAME, CREDENTIALS_SECRET_NAME, Shape, Violation, composition_pinned, immutable_parameter,
    not_offered, selector_mismatch,
};
use crate::kinds::Kind;
use crate::manifest::Node;
use crate::object;

/// A rule that holds for a text of `shape`, itself at hand as `self`.
pub(super) fn shaped(shape: &Shape) -> Node {
    let fits = format!("self.matches({})", quote(shape.pattern));
    rule(&fits, &Sentence::of(["self"], |[given]| (shape.violation)(given)))
}

/// The rules for a whole object: those that need its name, or what it was before.
pub(super) fn of_object(kind: Kind) -> Node {
    let name = format!(
        "self.kind != {} || size(self.metadata.name) >= 3 && size(self.metadata.name) <= {} && \
         self.metadata.name.matches({})",
        quote(kind.name()),
        CLAIM_NAME.longest,
        quote(CLAIM_NAME.pattern),
    );
    let mut rules = vec![rule(
        &name,
        &Sentence::of(["self.metadata.name"], |[given]| (CLAIM_NAME.violation)(given)),
    )];
    rules.extend(
        kind.parameters().iter().filter(|parameter| parameter.change == Change::Never).map(
            |parameter| unchanged(&format!("spec.parameters.{}", parameter.name), parameter.name),
        ),
    );
    rules
        .push(unchanged("spec.writeConnectionSecretToRef.name", "writeConnectionSecretToRef.name"));
    Node::List(rules)
}

/// Nothing changes from one value to another once the claim was accepted. Until then its author is
/// free to correct it. Left out is what only the function can judge.
fn unchanged(path: &str, name: &str) -> Node {
    let optional = path.replace('.', ".?");
    let holds = format!(
        "!oldSelf.?status.?offering.hasValue() || !oldSelf.?{optional}.hasValue() || \
         !self.?{optional}.hasValue() || self.{path} == oldSelf.{path}"
    );
    let given = [format!("oldSelf.{path}"), format!("self.{path}")];
    let sentence = Sentence::of([&given[0], &given[1]], |[before, after]| {
        immutable_parameter::violation(path, name, Some(before), Some(after))
    });
    rule(&holds, &sentence)
}

/// The rules for `spec`.
pub(super) fn of_spec(catalog: &Catalog, kind: Kind, flavour: Flavour) -> Node {
    let labels = Labels::new(flavour, "self");
    let mut rules: Vec<Node> = ["provider", "environment"]
        .into_iter()
        .map(|label| {
            let violation = selector_mismatch::missing("", label, &catalog.labels(kind, label));
            rule(&labels.have(label), &Sentence::plain(&violation))
        })
        .collect();
    rules.push(offered(catalog, kind, flavour));
    let (base, there) = match flavour {
        Flavour::Namespaced => ("self.crossplane", "!has(self.crossplane) || "),
        Flavour::Claims => ("self", ""),
    };
    let policy = format!("{base}.compositionUpdatePolicy");
    rules.push(rule(
        &format!("{there}!has({policy}) || {policy} != \"Manual\""),
        &Sentence::plain(&composition_pinned::violation("", "Manual")),
    ));
    rules.push(rule(
        &format!("{there}!has({base}.compositionRevisionSelector)"),
        &Sentence::plain(&composition_pinned::violation("", REVISION_SELECTOR)),
    ));
    if flavour == Flavour::Claims {
        // Crossplane's own field, whose name has no limit: a pattern would be too expensive.
        let secret = "self.writeConnectionSecretToRef";
        let name = format!("{secret}.name");
        rules.push(rule(
            &format!("!has({secret}) || !has({name}) || {name}.endsWith(\"-credentials\")"),
            &Sentence::of([&name], |[given]| (CREDENTIALS_SECRET_NAME.violation)(given)),
        ));
    }
    Node::List(rules)
}

/// The catalogue has what the labels choose, or they are as before: a changed catalogue refuses
/// nothing that lives.
fn offered(catalog: &Catalog, kind: Kind, flavour: Flavour) -> Node {
    let labels = Labels::new(flavour, "self");
    let before = Labels::new(flavour, "oldSelf.value()");
    let [provider, environment] = ["provider", "environment"].map(|label| labels.value(label));
    let known: Vec<String> = catalog
        .labels(kind, "provider")
        .into_iter()
        .map(|name| {
            let environments: Vec<String> = catalog
                .offerings_of(kind)
                .filter(|offering| offering.provider.name() == name)
                .map(|offering| quote(&offering.environment.name))
                .collect();
            let environments = environments.join(", ");
            format!("{provider} == {} && {environment} in [{environments}]", quote(name))
        })
        .collect();
    let unchanged: Vec<String> = ["provider", "environment"]
        .into_iter()
        .map(|label| {
            format!("{} && {} == {}", before.have(label), before.value(label), labels.value(label))
        })
        .collect();
    let holds = format!(
        "!({} && {}) || {} || oldSelf.hasValue() && {}",
        labels.have("provider"),
        labels.have("environment"),
        known.join(" || "),
        unchanged.join(" && "),
    );
    let sentence = Sentence::of([&provider, &environment], |[provider, environment]| {
        not_offered::violation("", kind.name(), provider, environment, &catalog.choices(kind))
    });
    let mut rule = rule(&holds, &sentence);
    rule.set("optionalOldSelf", true);
    rule
}

/// The labels of a claim's selector, in CEL.
struct Labels {
    there: String,
    path: String,
}

impl Labels {
    /// Of the claim whose `spec` is `spec`.
    fn new(flavour: Flavour, spec: &str) -> Self {
        match flavour {
            Flavour::Namespaced => Self {
                there: format!(
                    "has({spec}.crossplane) && has({spec}.crossplane.compositionSelector)"
                ),
                path: format!("{spec}.crossplane.compositionSelector.matchLabels"),
            },
            Flavour::Claims => Self {
                there: format!("has({spec}.compositionSelector)"),
                path: format!("{spec}.compositionSelector.matchLabels"),
            },
        }
    }

    /// Whether there is a label.
    fn have(&self, label: &str) -> String {
        format!("{} && {} in {}", self.there, quote(label), self.path)
    }

    /// Its value, where there is one.
    fn value(&self, label: &str) -> String {
        format!("{}[{}]", self.path, quote(label))
    }
}

fn rule(holds: &str, sentence: &Sentence) -> Node {
    object! {
        rule: holds.to_owned(),
        message: sentence.plain.clone(),
        messageExpression: sentence.expression.clone(),
    }
}

/// A guardrail's sentence.
struct Sentence {
    /// Without given values, for where they cannot be had.
    plain: String,
    /// A CEL expression of it with them.
    expression: Option<String>,
}

impl Sentence {
    fn plain(violation: &Violation) -> Self {
        Self { plain: violation.message(), expression: None }
    }

    /// The sentence that `violation` makes of the values of CEL expressions.
    fn of<const N: usize>(given: [&str; N], violation: impl Fn([&str; N]) -> Violation) -> Self {
        const MARKERS: [&str; 2] = ["GIVEN-VALUE-1", "GIVEN-VALUE-2"];
        let message = violation(std::array::from_fn(|index| MARKERS[index])).message();
        let mut expression = quote(&message);
        let mut plain = message;
        for (marker, given) in MARKERS.iter().zip(given) {
            expression = expression.replace(marker, &format!("\" + {given} + \""));
            plain = plain.replace(&format!("\"{marker}\""), "…");
        }
        Self { plain, expression: Some(expression) }
    }
}

/// A CEL string: JSON's escapes are among CEL's.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
