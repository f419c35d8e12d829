//! A valid claim for an `ObjectStore`, and one change at a time to it and to what it meets.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::civil::date;
use selfservice::catalog::Catalog;
use selfservice::claim::Flavour;
use selfservice::kinds::Kind;
use selfservice::observed::Resource;
use selfservice::outcome::{Answer, Composition, Manifest, Refusal, Verdict};
use selfservice::pipeline::{self, CLAIM, Input, SERVICE_ACCOUNT};
use selfservice::wire::Struct;
use serde_json::{Value, json};

/// The composed resources by key.
pub(crate) type Resources = BTreeMap<String, Value>;

/// A claim, and everything its verdict depends on.
#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) flavour: Flavour,
    pub(crate) name: String,
    pub(crate) secret_name: String,
    pub(crate) parameters: Value,
    pub(crate) offering: Value,
    pub(crate) observed: Resources,
    pub(crate) service_account: Answer<()>,
}

/// A claim of the namespaced flavour in production that nothing is known of yet, but that no
/// ServiceAccount has its name.
pub(crate) fn claim() -> Scenario {
    Scenario {
        flavour: Flavour::Namespaced,
        name: "invoices".to_owned(),
        secret_name: "billing-bucket-credentials".to_owned(),
        parameters: json!({"size": "medium"}),
        offering: offering("production"),
        observed: Resources::new(),
        service_account: Answer::Absent,
    }
}

/// The built-in catalogue's offering of `ObjectStore` in an environment.
pub(crate) fn offering(environment: &str) -> Value {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    let catalog = CATALOG.get_or_init(|| {
        let document = read_yaml(&root().join("catalog/default.yaml")).remove(0);
        Catalog::read(&document).expect("a valid catalogue")
    });
    let offering = catalog.document(Kind::ObjectStore, "aws", environment);
    offering.expect("an offering").clone()
}

impl Scenario {
    pub(crate) fn flavour(mut self, flavour: Flavour) -> Self {
        self.flavour = flavour;
        self
    }

    pub(crate) fn environment(mut self, name: &str) -> Self {
        self.offering = offering(name);
        self
    }

    pub(crate) fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets a parameter; `access.mode` is the field `mode` of `access`.
    pub(crate) fn set(mut self, path: &str, value: impl Into<Value>) -> Self {
        let target = path.split('.').fold(&mut self.parameters, |node, name| {
            &mut node[name] // An object springs up where there is none.
        });
        *target = value.into();
        self
    }

    pub(crate) fn without(mut self, parameter: &str) -> Self {
        let parameters = self.parameters.as_object_mut().expect("an object");
        parameters.remove(parameter);
        self
    }

    /// Sets a field of the offering by its JSON pointer.
    pub(crate) fn offer(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        let parent = self.offering.pointer_mut(parent).expect("a parent");
        parent[field] = value.into();
        self
    }

    pub(crate) fn pod_identity(self) -> Self {
        self.offer("/aws/identity", json!({"podIdentity": {"clusterName": "example"}}))
    }

    pub(crate) fn service_account(mut self, answer: Answer<()>) -> Self {
        self.service_account = answer;
        self
    }

    /// The resources exist, ready or still in the making.
    pub(crate) fn observing(mut self, resources: &Resources, stage: Stage) -> Self {
        self.observed = resources
            .iter()
            .map(|(key, resource)| (key.clone(), with_status(resource.clone(), stage)))
            .collect();
        if self.observed.keys().any(|key| key.contains("-service-account-")) {
            self.service_account = Answer::Present(());
        }
        self
    }

    /// Everything of the claim exists and is ready.
    pub(crate) fn living(self) -> Self {
        let mut scenario = self;
        // The key first, then the bucket, then the Secret.
        for _ in 0..3 {
            let resources = scenario.resources();
            scenario = scenario.observing(&resources, Stage::Ready);
        }
        scenario
    }

    pub(crate) fn input(&self) -> Input {
        let object = |resource: &Value| Struct::write(resource).expect("a document");
        let observed = self.observed.iter().map(|(key, resource)| {
            let object = object(resource);
            (key.clone(), Resource { object, ..Resource::default() })
        });
        let mut objects = BTreeMap::new();
        if self.flavour == Flavour::Claims {
            let claim = json!({
                "spec": {"writeConnectionSecretToRef": {"name": self.secret_name}},
            });
            objects.insert(CLAIM.to_owned(), Answer::Present(object(&claim)));
        }
        let account = match self.service_account {
            Answer::Pending => Answer::Pending,
            Answer::Absent => Answer::Absent,
            Answer::Present(()) => Answer::Present(object(&json!({"kind": "ServiceAccount"}))),
        };
        objects.insert(SERVICE_ACCOUNT.to_owned(), account);
        Input {
            composite: object(&self.composite()),
            offering: Some(object(&self.offering)),
            observed: observed.collect(),
            objects,
            schemas: BTreeMap::new(),
            now: date(2026, 12, 1),
        }
    }

    fn composite(&self) -> Value {
        let api_version = "storage.platform.example.com/v1alpha1";
        let selector = json!({"matchLabels": {
            "provider": "aws",
            "environment": self.offering["environment"]["name"],
        }});
        match self.flavour {
            Flavour::Namespaced => json!({
                "apiVersion": api_version,
                "kind": "ObjectStore",
                "metadata": {"name": self.name, "namespace": "team-billing", "uid": "one"},
                "spec": {
                    "parameters": self.parameters,
                    "crossplane": {"compositionSelector": selector},
                    "writeConnectionSecretToRef": {"name": self.secret_name},
                },
            }),
            Flavour::Claims => json!({
                "apiVersion": api_version,
                "kind": "XObjectStore",
                "metadata": {"name": format!("{}-x7k2p", self.name), "uid": "one"},
                "spec": {
                    "parameters": self.parameters,
                    "compositionSelector": selector,
                    "claimRef": {
                        "apiVersion": api_version,
                        "kind": "ObjectStore",
                        "name": self.name,
                        "namespace": "team-billing",
                    },
                },
            }),
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        pipeline::run(&self.input())
    }

    pub(crate) fn accepted(&self) -> Composition {
        match self.verdict().decision {
            Ok(composition) => composition,
            Err(refusal) => panic!("is accepted, not {refusal:?}"),
        }
    }

    /// The composed resources of the accepted claim.
    pub(crate) fn resources(&self) -> Resources {
        let resources = self.accepted().resources.into_iter();
        resources
            .map(|(key, composed)| {
                let object = match composed.manifest {
                    Manifest::Built(node) => serde_json::to_value(node).expect("a document"),
                    Manifest::Preserved(object) => object.read().expect("a document"),
                };
                (key, object)
            })
            .collect()
    }

    /// One composed resource.
    pub(crate) fn resource(&self, key: &str) -> Value {
        let mut resources = self.resources();
        let found = resources.remove(key);
        found.unwrap_or_else(|| panic!("composes {key}, not only {:?}", resources.keys()))
    }

    pub(crate) fn composes(&self, key: &str) -> bool {
        self.accepted().resources.contains_key(key)
    }

    /// Status of the composite resource.
    pub(crate) fn status(&self) -> Value {
        serde_json::to_value(self.accepted().status).expect("a document")
    }

    /// Keys that wait.
    pub(crate) fn waiting(&self) -> Vec<String> {
        let waiting = self.accepted().waiting.into_iter();
        waiting.map(|waiting| waiting.key).collect()
    }

    /// `field [code]: problem. fix.` of everything that refuses the claim.
    pub(crate) fn violations(&self) -> Vec<String> {
        match self.verdict().decision {
            Err(Refusal::Violations(violations)) => {
                violations.iter().map(ToString::to_string).collect()
            }
            other => panic!("is refused, not {other:?}"),
        }
    }

    /// The same for what the claim is warned of.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let warnings = self.accepted().warnings.into_iter();
        warnings.map(|warning| warning.to_string()).collect()
    }
}

/// How far AWS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Creating,
    Ready,
}

/// A resource as a provider would report it.
fn with_status(mut resource: Value, stage: Stage) -> Value {
    let managed =
        resource["apiVersion"].as_str().is_some_and(|version| version.contains("upbound.io"));
    if !managed {
        return resource;
    }
    let ready = if stage == Stage::Ready { "True" } else { "False" };
    resource["status"] = json!({"conditions": [{"type": "Ready", "status": ready}]});
    if stage == Stage::Ready {
        let name = resource["metadata"]["annotations"]["crossplane.io/external-name"].clone();
        let arn = match resource["kind"].as_str() {
            Some("Bucket") => Some(format!("arn:aws:s3:::{}", name.as_str().unwrap_or_default())),
            Some("Key") => {
                Some("arn:aws:kms:eu-west-1:777788889999:key/of-this-claim-alone".to_owned())
            }
            _ => None,
        };
        resource["status"]["atProvider"] = json!({"arn": arn});
    }
    resource
}

/// A policy document of a resource, read.
pub(crate) fn document(resource: &Value, field: &str) -> Value {
    let text = resource["spec"]["forProvider"][field].as_str();
    serde_json::from_str(text.expect("a text")).expect("JSON")
}

/// The documents of a YAML file.
pub(crate) fn read_yaml(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a file");
    serde_saphyr::from_multiple(&text).expect("YAML")
}

/// The folder of the package.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares with a file of this kind's snapshots.
#[track_caller]
pub(crate) fn assert_snapshot(name: &str, actual: &Value) {
    crate::support::snapshots::assert_snapshot(&format!("object_store/{name}"), actual);
}
