//! What the YAML stream of a package may hold.
//!
//! The rules are those of Crossplane's own linter (crossplane-runtime, `pkg/xpkg/lint.go`), and
//! stricter where a later step fails without saying why.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::guardrails::quote;

/// The API of package objects; core knows it since 1.17.
const META: &str = "meta.pkg.crossplane.io/v1";

/// A type of package.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PackageType {
    /// A composition function: a server, and the schema of its input.
    Function,
    /// Definitions of composite resources, and their compositions.
    Configuration,
}

impl PackageType {
    /// The kind of its package object.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "Function",
            Self::Configuration => "Configuration",
        }
    }

    /// The kinds of its other objects: each with its API group and versions.
    fn allowed(self) -> &'static [(&'static str, &'static str, &'static [&'static str])] {
        const EXTENSIONS: &str = "apiextensions.crossplane.io";
        const OPERATIONS: &str = "ops.crossplane.io";
        match self {
            Self::Function => &[("CustomResourceDefinition", "apiextensions.k8s.io", &["v1"])],
            Self::Configuration => &[
                ("CompositeResourceDefinition", EXTENSIONS, &["v1", "v2"]),
                ("Composition", EXTENSIONS, &["v1"]),
                ("ManagedResourceActivationPolicy", EXTENSIONS, &["v1alpha1"]),
                ("Operation", OPERATIONS, &["v1alpha1"]),
                ("CronOperation", OPERATIONS, &["v1alpha1"]),
                ("WatchOperation", OPERATIONS, &["v1alpha1"]),
            ],
        }
    }

    fn allows(self, api_version: &str, kind: &str) -> bool {
        self.allowed().iter().any(|(known, group, versions)| {
            let version = api_version.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'));
            *known == kind && version.is_some_and(|version| versions.contains(&version))
        })
    }

    fn list(self) -> String {
        let kinds = self
            .allowed()
            .iter()
            .map(|(kind, group, versions)| format!("{kind} ({group}/{})", versions.join(" or ")));
        kinds.collect::<Vec<_>>().join(", ")
    }
}

/// A mistake in one object of a package: its place in the list, and the rest of a sentence.
pub type Mistake = (usize, String);

/// Checks the objects of a package and says which of them is the package object; nothing where
/// there is none.
pub fn check(package: PackageType, objects: &[&Json]) -> Result<Option<usize>, Mistake> {
    let mut meta = None;
    let mut seen = BTreeMap::new();
    for (index, object) in objects.iter().enumerate() {
        let field = |name| object.get(name).and_then(Json::as_str);
        let (Some(api_version), Some(kind)) = (field("apiVersion"), field("kind")) else {
            return Err((index, "is no object; one begins with apiVersion and kind".to_owned()));
        };
        let Some(name) = text(object, &["metadata", "name"]) else {
            return Err((index, format!("is a {kind} without metadata.name; give it one")));
        };
        if api_version.starts_with("meta.pkg.crossplane.io/") {
            let problem = if meta.is_some() {
                Some(format!(
                    "is a second package object, of kind {}; a package has one",
                    quote(kind)
                ))
            } else {
                wrong_meta(package, api_version, kind, name)
            };
            if let Some(problem) = problem {
                return Err((index, problem));
            }
            meta = Some(index);
        } else if !package.allows(api_version, kind) {
            return Err((
                index,
                format!(
                    "is of kind {} in {}, which no {} can hold; allowed are {}",
                    quote(kind),
                    quote(api_version),
                    package.name(),
                    package.list()
                ),
            ));
        }
        if seen.insert((api_version, kind, name), index).is_some() {
            return Err((index, format!("is a second {kind} called {}; remove one", quote(name))));
        }
    }
    Ok(meta)
}

fn wrong_meta(package: PackageType, api_version: &str, kind: &str, name: &str) -> Option<String> {
    if kind != package.name() {
        return Some(format!(
            "is a package object of kind {}, but a {} is built; give a folder of one",
            quote(kind),
            package.name()
        ));
    }
    if api_version != META {
        return Some(format!(
            "has apiVersion {}, but package objects are of {META}",
            quote(api_version)
        ));
    }
    // It becomes the name of a file, and of objects in the cluster.
    let is_label = (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !is_label {
        return Some(format!(
            "has the metadata.name {}, but it must be 1–63 characters of a–z, 0–9 and -, without - \
             at either end",
            quote(name)
        ));
    }
    // Crossplane's specification of functions.
    if package == PackageType::Function && !name.starts_with("function-") {
        return Some(format!(
            "has the metadata.name {}, but names of functions begin with function-",
            quote(name)
        ));
    }
    None
}

/// Text at the end of a chain of keys.
pub fn text<'a>(object: &'a Json, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(object, |value, key| value.get(key)).and_then(Json::as_str)
}

/// The label of an image that says its version (OCI image specification, annotations).
pub const VERSION: &str = "org.opencontainers.image.version";

/// What the package object says for the labels of an image.
pub fn labels(meta: &Json, version: Option<&str>) -> super::image::Labels {
    let annotation = |name: &str| {
        let annotations = meta.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let value = annotations?.get(format!("meta.crossplane.io/{name}"))?.as_str()?;
        Some(value.trim().to_owned())
    };
    [
        ("org.opencontainers.image.title", text(meta, &["metadata", "name"]).map(str::to_owned)),
        (VERSION, version.map(str::to_owned)),
        ("org.opencontainers.image.description", annotation("description")),
        ("org.opencontainers.image.licenses", annotation("license")),
        ("org.opencontainers.image.source", annotation("source")),
        ("org.opencontainers.image.authors", annotation("maintainer")),
    ]
    .into_iter()
    .filter_map(|(label, value)| value.map(|value| (label, value)))
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{PackageType, check, labels};

    fn object(api_version: &str, kind: &str, name: &str) -> Json {
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}})
    }

    fn function() -> Json {
        object("meta.pkg.crossplane.io/v1", "Function", "function-a")
    }

    #[track_caller]
    fn refused(package: PackageType, objects: &[Json], index: usize, problem: &str) {
        let objects: Vec<&Json> = objects.iter().collect();
        assert_eq!(check(package, &objects), Err((index, problem.to_owned())));
    }

    #[test]
    fn a_sound_package_names_its_package_object() {
        let crd = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "as.example.com");
        assert_eq!(check(PackageType::Function, &[&crd, &function()]), Ok(Some(1)));
        assert_eq!(check(PackageType::Function, &[&crd]), Ok(None));
        let meta = object("meta.pkg.crossplane.io/v1", "Configuration", "a");
        for (api_version, kind) in [
            ("apiextensions.crossplane.io/v1", "CompositeResourceDefinition"),
            ("apiextensions.crossplane.io/v2", "CompositeResourceDefinition"),
            ("apiextensions.crossplane.io/v1", "Composition"),
            ("apiextensions.crossplane.io/v1alpha1", "ManagedResourceActivationPolicy"),
            ("ops.crossplane.io/v1alpha1", "CronOperation"),
        ] {
            let brought = object(api_version, kind, "b");
            assert_eq!(check(PackageType::Configuration, &[&meta, &brought]), Ok(Some(0)));
        }
    }

    #[test]
    fn what_a_type_cannot_hold_is_refused_with_what_it_can() {
        refused(
            PackageType::Function,
            &[function(), object("v1", "ConfigMap", "a")],
            1,
            "is of kind \"ConfigMap\" in \"v1\", which no Function can hold; allowed are \
             CustomResourceDefinition (apiextensions.k8s.io/v1)",
        );
        refused(
            PackageType::Configuration,
            &[object("rbac.authorization.k8s.io/v1", "ClusterRole", "a")],
            0,
            "is of kind \"ClusterRole\" in \"rbac.authorization.k8s.io/v1\", which no \
             Configuration can hold; allowed are CompositeResourceDefinition \
             (apiextensions.crossplane.io/v1 or v2), Composition (apiextensions.crossplane.io/v1), \
             ManagedResourceActivationPolicy (apiextensions.crossplane.io/v1alpha1), Operation \
             (ops.crossplane.io/v1alpha1), CronOperation (ops.crossplane.io/v1alpha1), \
             WatchOperation (ops.crossplane.io/v1alpha1)",
        );
    }

    #[test]
    fn the_package_object_is_one_and_of_the_right_kind() {
        refused(
            PackageType::Function,
            &[function(), function()],
            1,
            "is a second package object, of kind \"Function\"; a package has one",
        );
        refused(
            PackageType::Configuration,
            &[function()],
            0,
            "is a package object of kind \"Function\", but a Configuration is built; give a folder \
             of one",
        );
        refused(
            PackageType::Function,
            &[object("meta.pkg.crossplane.io/v1beta1", "Function", "function-a")],
            0,
            "has apiVersion \"meta.pkg.crossplane.io/v1beta1\", but package objects are of \
             meta.pkg.crossplane.io/v1",
        );
        refused(
            PackageType::Function,
            &[object("meta.pkg.crossplane.io/v1", "Function", "a")],
            0,
            "has the metadata.name \"a\", but names of functions begin with function-",
        );
        refused(
            PackageType::Configuration,
            &[object("meta.pkg.crossplane.io/v1", "Configuration", "../a")],
            0,
            "has the metadata.name \"../a\", but it must be 1–63 characters of a–z, 0–9 and -, \
             without - at either end",
        );
    }

    #[test]
    fn objects_have_kinds_and_names_of_their_own() {
        refused(
            PackageType::Function,
            &[json!([1])],
            0,
            "is no object; one begins with apiVersion and kind",
        );
        refused(
            PackageType::Function,
            &[json!({"apiVersion": "v1", "kind": "Secret"})],
            0,
            "is a Secret without metadata.name; give it one",
        );
        let crd = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "as.example.com");
        refused(
            PackageType::Function,
            &[crd.clone(), crd],
            1,
            "is a second CustomResourceDefinition called \"as.example.com\"; remove one",
        );
    }

    #[test]
    fn labels_say_what_the_package_object_says() {
        let mut meta = function();
        meta["metadata"]["annotations"] = json!({
            "meta.crossplane.io/license": "Apache-2.0",
            "meta.crossplane.io/description": "Short.\n",
        });
        assert_eq!(
            labels(&meta, Some("1.2.3")),
            [
                ("org.opencontainers.image.title", "function-a".to_owned()),
                ("org.opencontainers.image.version", "1.2.3".to_owned()),
                ("org.opencontainers.image.description", "Short.".to_owned()),
                ("org.opencontainers.image.licenses", "Apache-2.0".to_owned()),
            ]
        );
    }
}
