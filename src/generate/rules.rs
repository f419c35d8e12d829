//! CEL rules: what an API server can refuse at once, in the guardrails' own sentences.
//!
//! Each sentence is made by the guardrail itself, with a marker in the place of the given value,
//! which the rule's `messageExpression` puts in. The function judges again: it is the authority.

use crate::catalog::Catalog;
use crate::claim::{Flavour, REVISION_SELECTOR};
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
    // Names do not change: an object from before this rule is left to the function.
    let name = format!(
        "oldSelf.hasValue() || {} || size(self.metadata.name) >= 3 && \
         size(self.metadata.name) <= {} && self.metadata.name.matches({})",
        is_no_claim(kind),
        CLAIM_NAME.longest,
        quote(CLAIM_NAME.pattern),
    );
    let sentence = Sentence::of(["self.metadata.name"], |[given]| (CLAIM_NAME.violation)(given));
    let mut rules = vec![tolerant(rule(&name, &sentence))];
    for parameter in kind.fixed_parameters() {
        let name = parameter.name;
        let (path, fixed) = (format!("spec.parameters.{name}"), format!("fixed.{name}"));
        rules.push(unchanged(kind, &path, name, &fixed));
    }
    let secret = "writeConnectionSecretToRef.name";
    rules.push(unchanged(kind, &format!("spec.{secret}"), secret, "credentials.secretName"));
    Node::List(rules)
}

/// Crossplane copies the schema to the composite resource of a claim, which only Crossplane writes.
fn is_no_claim(kind: Kind) -> String {
    format!("self.kind != {}", quote(kind.name()))
}

/// What is said at `path` is what was accepted, which the status says at `accepted`, or as it was
/// before. What is left out only the function can judge.
fn unchanged(kind: Kind, path: &str, name: &str, accepted: &str) -> Node {
    let optional = |path: &str| path.replace('.', ".?");
    let said = optional(path);
    let holds = format!(
        "{} || !oldSelf.?status.?{}.hasValue() || !self.?{said}.hasValue() || \
         self.{path} == oldSelf.status.{accepted} || \
         oldSelf.?{said}.hasValue() && self.{path} == oldSelf.{path}",
        is_no_claim(kind),
        optional(accepted),
    );
    let given = [format!("oldSelf.status.{accepted}"), format!("self.{path}")];
    let sentence = Sentence::of([&given[0], &given[1]], |[before, after]| {
        immutable_parameter::violation(path, name, Some(before), Some(after))
    });
    rule(&holds, &sentence)
}

/// The rules for `spec`.
pub(super) fn of_spec(catalog: &Catalog, kind: Kind, flavour: Flavour) -> Node {
    let labels = Labels::new(flavour, "self");
    let before = Labels::new(flavour, "oldSelf.value()");
    let mut rules: Vec<Node> = ["provider", "environment"]
        .into_iter()
        .map(|label| {
            let violation = selector_mismatch::missing("", label, &catalog.labels(kind, label));
            let holds = format!(
                "{} || oldSelf.hasValue() && !({})",
                labels.have(label),
                before.have(label)
            );
            tolerant(rule(&holds, &Sentence::plain(&violation)))
        })
        .collect();
    rules.push(offered(catalog, kind, flavour));
    for (field, compared, value) in [
        ("compositionUpdatePolicy", " == \"Manual\"", "Manual"),
        ("compositionRevisionSelector", " != null", REVISION_SELECTOR),
    ] {
        let pins = |spec: &str| {
            let (there, machinery) = match flavour {
                Flavour::Namespaced => {
                    (format!("has({spec}.crossplane) && "), format!("{spec}.crossplane"))
                }
                Flavour::Claims => (String::new(), spec.to_owned()),
            };
            format!("{there}has({machinery}.{field}) && {machinery}.{field}{compared}")
        };
        let holds =
            format!("!({}) || oldSelf.hasValue() && {}", pins("self"), pins("oldSelf.value()"));
        let violation = composition_pinned::violation("", value);
        rules.push(tolerant(rule(&holds, &Sentence::plain(&violation))));
    }
    if flavour == Flavour::Claims {
        // Crossplane's own field, whose name has no limit: a pattern would be too expensive.
        let secret = "self.writeConnectionSecretToRef";
        let name = format!("{secret}.name");
        let holds = format!(
            "!has({secret}) || !has({name}) || {name}.endsWith(\"-credentials\") || \
             oldSelf.hasValue() && has(oldSelf.value().writeConnectionSecretToRef) && \
             oldSelf.value().writeConnectionSecretToRef.name == {name}",
        );
        let sentence = Sentence::of([&name], |[given]| (CREDENTIALS_SECRET_NAME.violation)(given));
        rules.push(tolerant(rule(&holds, &sentence)));
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
    tolerant(rule(&holds, &sentence))
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

/// A rule that knows what an object was before, if it was: what it refuses today may live.
fn tolerant(mut rule: Node) -> Node {
    rule.set("optionalOldSelf", true);
    rule
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
