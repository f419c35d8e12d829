//! What a developer asked for, read from a composite resource.
//!
//! Reading never decides: what is malformed becomes violations beside a claim that holds the
//! rest, so that everything wrong with a claim is said at once.

mod parameters;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

pub use self::parameters::{Change, Form, Parameter};
use crate::guardrails::{Violation, wrong_type};
use crate::kinds::{Kind, Parameters};
use crate::wire::{self, Struct, Value};

/// Which of Crossplane's two object models a platform installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// The developer's object is the composite resource, in a namespace (Crossplane v2).
    Namespaced,
    /// The developer's object is a claim; the composite resource is cluster-scoped (v1).
    Claims,
}

impl Flavour {
    /// The kind of composite resource of a claim of `kind`.
    pub fn composite_kind(self, kind: Kind) -> String {
        match self {
            Self::Namespaced => kind.name().to_owned(),
            Self::Claims => format!("X{}", kind.name()),
        }
    }
}

/// The labels that choose a Composition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Label `provider`.
    pub provider: Option<String>,
    /// Label `environment`.
    pub environment: Option<String>,
}

/// What a developer asked for.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The kind of the claim.
    pub kind: Kind,
    /// How the composite resource carries it.
    pub flavour: Flavour,
    /// Name of the claim.
    pub name: String,
    /// Namespace of the claim.
    pub namespace: String,
    /// API version of the claim.
    pub api_version: String,
    /// Identity of the composite resource; absent before it exists.
    pub uid: Option<String>,
    /// The labels that it selects a Composition by.
    pub selector: Selector,
    /// Fields that pin a Composition or a revision, with the values they have.
    pub pins: Vec<(String, String)>,
    /// The name it wants for its credentials Secret, when the composite resource says so.
    pub secret_name: Option<String>,
    /// Its parameters; what was malformed is missing.
    pub parameters: Parameters,
    /// Its parameters as written, without those that say what omitting them says, for comparison
    /// with what was accepted before.
    pub written: BTreeMap<String, Json>,
}

impl Claim {
    /// Path of the selector's labels in the object that the developer writes.
    pub const fn selector_path(&self) -> &'static str {
        match self.flavour {
            Flavour::Namespaced => "spec.crossplane.compositionSelector.matchLabels",
            Flavour::Claims => "spec.compositionSelector.matchLabels",
        }
    }

    /// Name of the credentials Secret of a claim that names none.
    pub fn default_secret_name(&self) -> String {
        format!("{}-{}-credentials", self.name, self.kind.key_prefix())
    }
}

/// Why a composite resource cannot be read as a claim at all: nobody's claim is at fault.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadClaimError {
    /// A field that Crossplane or the API server always writes is missing or malformed.
    #[error("cannot read the composite resource: {path}: {message}")]
    Malformed {
        /// The field.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// Its kind is none of ours.
    #[error("cannot compose kind \"{kind}\": this function composes {offered}")]
    UnknownKind {
        /// The kind it has.
        kind: String,
        /// The kinds we compose.
        offered: String,
    },
    /// A cluster-scoped composite resource that belongs to no claim.
    #[error(
        "cannot compose {kind} \"{name}\": it has no spec.claimRef; create a {claim} claim in a \
         namespace instead of the composite resource"
    )]
    NoClaim {
        /// Kind of the composite resource.
        kind: String,
        /// Its name.
        name: String,
        /// Kind of the claim to write.
        claim: &'static str,
    },
}

impl From<wire::Error> for ReadClaimError {
    fn from(error: wire::Error) -> Self {
        Self::Malformed { path: error.path().to_owned(), message: error.message().to_owned() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composite {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    namespace: Option<String>,
    uid: Option<String>,
}

/// Fields of both flavours: `spec.crossplane` holds the machinery in one, `spec` itself in the
/// other.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    parameters: Option<Struct>,
    crossplane: Option<Machinery>,
    claim_ref: Option<ClaimRef>,
    write_connection_secret_to_ref: Option<SecretRef>,
    composition_selector: Option<Labels>,
    composition_update_policy: Option<String>,
    composition_revision_selector: Option<Labels>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Machinery {
    #[serde(rename = "compositionSelector")]
    selector: Option<Labels>,
    #[serde(rename = "compositionUpdatePolicy")]
    update_policy: Option<String>,
    #[serde(rename = "compositionRevisionSelector")]
    revision_selector: Option<Labels>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Labels {
    match_labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ClaimRef {
    api_version: String,
    name: String,
    namespace: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SecretRef {
    name: Option<String>,
}

/// Reads a composite resource.
///
/// The violations are those of form: unknown parameters and values of a wrong type.
///
/// # Errors
///
/// When it is no composite resource of ours; the claim's author can do nothing about it.
pub fn read(composite: &Struct) -> Result<(Claim, Vec<Violation>), ReadClaimError> {
    let (object, malformed) = tolerate(composite)?;
    let (flavour, kind) = recognise(&object.kind)?;
    let (name, namespace, api_version) = match flavour {
        Flavour::Namespaced => (
            object.metadata.name,
            object.metadata.namespace.unwrap_or_default(),
            object.api_version,
        ),
        Flavour::Claims => {
            let Some(claim) = object.spec.claim_ref else {
                return Err(ReadClaimError::NoClaim {
                    kind: object.kind,
                    name: object.metadata.name,
                    claim: kind.name(),
                });
            };
            (claim.name, claim.namespace, claim.api_version)
        }
    };
    for (path, text) in [("metadata.name", &name), ("metadata.namespace", &namespace)] {
        if text.is_empty() {
            return Err(ReadClaimError::Malformed {
                path: path.to_owned(),
                message: "is missing".to_owned(),
            });
        }
    }
    let machinery = match flavour {
        Flavour::Namespaced => object.spec.crossplane.unwrap_or_default(),
        Flavour::Claims => Machinery {
            selector: object.spec.composition_selector,
            update_policy: object.spec.composition_update_policy,
            revision_selector: object.spec.composition_revision_selector,
        },
    };
    let secret_name = match flavour {
        Flavour::Namespaced => {
            object.spec.write_connection_secret_to_ref.and_then(|secret| secret.name)
        }
        // The composite resource's own reference is Crossplane's; the claim's is read later.
        Flavour::Claims => None,
    };
    let written = object.spec.parameters.unwrap_or_default();
    let (parameters, mut violations) = parameters::read(kind, &written)?;
    violations.extend(malformed);
    let claim = Claim {
        kind,
        flavour,
        name,
        namespace,
        api_version,
        uid: object.metadata.uid,
        pins: pins(&machinery, flavour),
        selector: selector(machinery.selector),
        secret_name,
        parameters,
        written: parameters::without_defaults(kind, written.read()?),
    };
    Ok((claim, violations))
}

/// Reads a composite resource whose spec may hold what its author got wrong: such fields become
/// violations, and the rest is read without them.
fn tolerate(composite: &Struct) -> Result<(Composite, Vec<Violation>), wire::Error> {
    const MOST: usize = 8;
    let mut violations = Vec::new();
    let mut composite = composite.clone();
    loop {
        let error = match composite.read() {
            Ok(object) => return Ok((object, violations)),
            Err(error) => error,
        };
        let field = error
            .path()
            .strip_prefix("spec.")
            .map(|path| path.split(['.', '[']).next().unwrap_or(path).to_owned());
        let (Some(field), Some(Value::Struct(spec))) = (field, composite.get("spec")?) else {
            return Err(error);
        };
        if violations.len() == MOST {
            return Err(error);
        }
        violations.push(wrong_type::malformed(error.path(), error.message()));
        let mut spec = spec.to_struct()?;
        spec.remove(&field)?;
        composite.set("spec", &spec)?;
    }
}

/// The flavour and kind of a composite resource of kind `name`: `RedisInstance` in one flavour,
/// `XRedisInstance` in the other.
fn recognise(name: &str) -> Result<(Flavour, Kind), ReadClaimError> {
    if let Some(kind) = Kind::from_name(name) {
        return Ok((Flavour::Namespaced, kind));
    }
    name.strip_prefix('X').and_then(Kind::from_name).map(|kind| (Flavour::Claims, kind)).ok_or_else(
        || ReadClaimError::UnknownKind {
            kind: name.to_owned(),
            offered: crate::catalog::list(Kind::ALL.iter().map(|kind| kind.name())),
        },
    )
}

fn selector(labels: Option<Labels>) -> Selector {
    let mut labels = labels.unwrap_or_default().match_labels;
    Selector { provider: labels.remove("provider"), environment: labels.remove("environment") }
}

/// What a selector of revisions is called in a sentence.
pub(crate) const REVISION_SELECTOR: &str = "a revision selector";

fn pins(machinery: &Machinery, flavour: Flavour) -> Vec<(String, String)> {
    let base = match flavour {
        Flavour::Namespaced => "spec.crossplane",
        Flavour::Claims => "spec",
    };
    let mut pins = Vec::new();
    if let Some(policy) = machinery.update_policy.as_deref().filter(|policy| *policy != "Automatic")
    {
        pins.push((format!("{base}.compositionUpdatePolicy"), policy.to_owned()));
    }
    if machinery.revision_selector.is_some() {
        pins.push((format!("{base}.compositionRevisionSelector"), REVISION_SELECTOR.to_owned()));
    }
    pins
}
