//! A small stand-in for Crossplane and its providers: reconciles a composite resource against
//! the pipeline, applies what comes back, and lets managed resources become ready.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use jiff::civil::{Date, date};
use selfservice::catalog::{BUILT_IN, Catalog};
use selfservice::function::proto::{RequestMeta, Resources, RunFunctionRequest};
use selfservice::kinds::Kind;
use selfservice::observed::{Observed, Resource, Sensitive};
use selfservice::outcome::{Answer, Composition, Manifest, Refusal, Verdict};
use selfservice::pipeline::{self, Input};
use selfservice::wire::{self, State, Struct};
use serde_json::{Value as Json, json};

/// The day on which every test takes place.
pub(crate) const TODAY: Date = date(2026, 11, 24);

/// The built-in catalogue as a document.
pub(crate) fn catalog_document() -> Json {
    serde_saphyr::from_str(BUILT_IN).expect("the built-in catalogue is YAML")
}

/// The built-in catalogue.
pub(crate) fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        Catalog::read(&catalog_document()).expect("the built-in catalogue is valid")
    })
}

/// A composite resource and everything around it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) composite: Json,
    /// The claim, in the flavour that has one.
    pub(crate) claim: Option<Json>,
    pub(crate) offering: Json,
    /// Composed resources by key, as the API server holds them.
    pub(crate) observed: BTreeMap<String, Json>,
    /// Connection details by key.
    pub(crate) connections: BTreeMap<String, BTreeMap<String, String>>,
    /// Other objects by requirement.
    pub(crate) objects: BTreeMap<String, Json>,
    /// Whether the operators of third-party kinds are installed.
    pub(crate) operators: bool,
    /// Every key that was ever composed.
    pub(crate) seen: BTreeMap<String, Json>,
    /// What an API server makes of composed objects, by their text; as they are without one.
    pub(crate) served: Option<&'static BTreeMap<String, Json>>,
}

impl World {
    /// A new composite resource of `kind` in `flavour`, with `parameters`.
    pub(crate) fn new(kind: Kind, environment: &str, claims: bool, parameters: Json) -> Self {
        let claim = json!({
            "apiVersion": format!("{}.platform.example.com/v1alpha1", kind.group()),
            "kind": kind.name(),
            "metadata": {"name": "orders-main", "namespace": "team-orders"},
            "spec": {
                "parameters": parameters,
                "compositionSelector": {"matchLabels": {"provider": "aws", "environment": environment}},
            },
        });
        Self::of_claim(kind, claim, claims)
    }

    /// A new composite resource of a claim as it is written for the `claims` flavour.
    pub(crate) fn of_claim(kind: Kind, claim: Json, claims: bool) -> Self {
        let uid = "5b1ac1ba-76f0-4f2b-9f32-6f1f4f0f3c11";
        let (metadata, spec) = (&claim["metadata"], &claim["spec"]);
        let (name, namespace) = (&metadata["name"], &metadata["namespace"]);
        let labels = &spec["compositionSelector"]["matchLabels"];
        let label = |name: &str| labels[name].as_str().unwrap_or_default();
        let offering = catalog()
            .document(kind, label("provider"), label("environment"))
            .cloned()
            .expect("the built-in catalogue offers every kind in every environment");
        let api_version = &claim["apiVersion"];
        let mut namespaced = json!({
            "apiVersion": api_version,
            "kind": kind.name(),
            "metadata": {"name": name, "namespace": namespace, "uid": uid},
            "spec": {
                "parameters": spec["parameters"],
                "crossplane": {"compositionSelector": spec["compositionSelector"]},
            },
        });
        if let Some(secret) = spec.get("writeConnectionSecretToRef") {
            namespaced["spec"]["writeConnectionSecretToRef"] = secret.clone();
        }
        let composite = json!({
            "apiVersion": api_version,
            "kind": format!("X{}", kind.name()),
            "metadata": {"name": format!("{}-x7k2m", name.as_str().unwrap_or_default()), "uid": uid},
            "spec": {
                "parameters": spec["parameters"],
                "compositionSelector": spec["compositionSelector"],
                "claimRef": {"apiVersion": api_version, "kind": kind.name(), "namespace": namespace, "name": name},
            },
        });
        Self {
            composite: if claims { composite } else { namespaced },
            claim: claims.then_some(claim),
            offering,
            observed: BTreeMap::new(),
            connections: BTreeMap::new(),
            objects: BTreeMap::new(),
            operators: true,
            seen: BTreeMap::new(),
            served: None,
        }
    }

    /// Changes a parameter; `null` takes it out.
    pub(crate) fn set(&mut self, parameter: &str, value: Json) {
        for object in [Some(&mut self.composite), self.claim.as_mut()].into_iter().flatten() {
            let parameters = &mut object["spec"]["parameters"];
            if value.is_null() {
                parameters.as_object_mut().expect("an object").remove(parameter);
            } else {
                parameters[parameter] = value.clone();
            }
        }
    }

    /// The input of a first call, before anything was asked for.
    pub(crate) fn first_call(&self) -> Input {
        let resource = |(key, object): (&String, &Json)| {
            let connection = self.connections.get(key).into_iter().flatten();
            let connection = connection
                .map(|(name, value)| (name.clone(), Sensitive::new(value.clone().into_bytes())))
                .collect();
            (key.clone(), Resource { object: structure(object), connection })
        };
        Input {
            composite: structure(&self.composite),
            offering: Some(structure(&self.offering)),
            observed: self.observed.iter().map(resource).collect::<Observed>(),
            now: TODAY,
            ..Input::default()
        }
    }

    /// The world as Crossplane sends it on the second call, when requirements are answered.
    pub(crate) fn request(&self) -> RunFunctionRequest {
        let mut observed = State::default();
        observed.merge_composite(&wire::Resource {
            resource: structure(&self.composite),
            ..wire::Resource::default()
        });
        for (key, object) in &self.observed {
            let details = self.connections.get(key).into_iter().flatten();
            let details = details
                .map(|(name, value)| (name.clone(), value.clone().into_bytes().into()))
                .collect();
            observed.insert(
                key,
                &wire::Resource {
                    resource: structure(object),
                    connection_details: details,
                    ..wire::Resource::default()
                },
            );
        }
        let found = |object: Option<&Json>| Resources {
            items: object
                .map(|object| wire::Resource {
                    resource: structure(object),
                    ..wire::Resource::default()
                })
                .into_iter()
                .collect(),
        };
        let mut required_resources = BTreeMap::new();
        if self.claim.is_some() {
            required_resources.insert("claim".to_owned(), found(self.claim.as_ref()));
        }
        RunFunctionRequest {
            meta: Some(RequestMeta { tag: "a-tag".to_owned(), ..RequestMeta::default() }),
            observed: Some(observed),
            input: Some(structure(&self.offering)),
            required_resources,
            ..RunFunctionRequest::default()
        }
    }

    /// Calls the pipeline until its requirements are answered, as Crossplane does.
    pub(crate) fn verdict(&self) -> Verdict {
        let mut input = self.first_call();
        let first = pipeline::run(&input);
        for (name, selector) in &first.requirements.objects {
            let object = match *name {
                "claim" => self.claim.as_ref(),
                other => self.objects.get(other).or_else(|| {
                    // What we composed exists.
                    self.observed.values().find(|object| {
                        object["kind"] == selector.kind
                            && object["metadata"]["name"] == selector.name.as_str()
                    })
                }),
            };
            let answer = object.map_or(Answer::Absent, |object| Answer::Present(structure(object)));
            input.objects.insert((*name).to_owned(), answer);
        }
        for name in first.requirements.schemas.keys() {
            let answer = if self.operators { Answer::Present(()) } else { Answer::Absent };
            input.schemas.insert((*name).to_owned(), answer);
        }
        let verdict = pipeline::run(&input);
        assert_eq!(
            verdict.requirements, first.requirements,
            "requirements must not depend on answers"
        );
        verdict
    }

    /// What is composed; panics when the claim is refused.
    pub(crate) fn composition(&self) -> Composition {
        match self.verdict().decision {
            Ok(composition) => composition,
            Err(refusal) => panic!("must be accepted: {refusal:?}"),
        }
    }

    /// The refusal's lines; panics when the claim is accepted.
    pub(crate) fn refusal(&self) -> Vec<String> {
        match self.verdict().decision {
            Ok(_) => panic!("must be refused"),
            Err(Refusal::Violations(violations)) => {
                violations.iter().map(ToString::to_string).collect()
            }
            Err(Refusal::Platform { reason, message }) => vec![format!("{reason}: {message}")],
        }
    }

    /// Applies a composition as Crossplane does, and lets providers do their work.
    pub(crate) fn apply(&mut self, composition: &Composition) {
        self.observed.retain(|key, _| composition.resources.contains_key(key));
        let account = self.offering["aws"]["accountId"].as_str().unwrap_or_default().to_owned();
        for (key, composed) in &composition.resources {
            let desired = document(&composed.manifest);
            self.seen.insert(key.clone(), desired.clone());
            let before = self.observed.get(key);
            let served = self.served.and_then(|served| served.get(&desired.to_string()));
            let served = served.unwrap_or(&desired);
            let (object, connection) = provide(&desired, served, before, &account);
            if !connection.is_empty() {
                self.connections.insert(key.clone(), connection);
            }
            self.observed.insert(key.clone(), object);
        }
        self.fill_tokens();
        self.fill_passwords();
    }

    /// Reconciles until nothing changes; panics when that takes more than ten rounds.
    pub(crate) fn settle(&mut self) -> Composition {
        for _ in 0..10 {
            let composition = self.composition();
            let before = self.observed.clone();
            self.apply(&composition);
            if before == self.observed {
                return composition;
            }
        }
        panic!("does not settle within ten reconciles");
    }

    /// External Secrets fills the Secrets that `ExternalSecret`s with a generator name, each with a
    /// password of its own: the name of the Secret tells them apart.
    fn fill_passwords(&mut self) {
        let generator = "/spec/dataFrom/0/sourceRef/generatorRef/name";
        let wanted: Vec<String> = self
            .observed
            .values()
            .filter(|object| {
                object["kind"] == "ExternalSecret" && object.pointer(generator).is_some()
            })
            .filter_map(|object| object["spec"]["target"]["name"].as_str().map(str::to_owned))
            .collect();
        for name in wanted {
            for secret in self.observed.values_mut().filter(|object| {
                object["kind"] == "Secret" && object["metadata"]["name"] == name.as_str()
            }) {
                if secret["data"]["password"].is_null() {
                    secret["data"]["password"] =
                        Json::from(encode(&format!("generated-for-{name}")));
                }
            }
        }
    }

    /// Providers generate what `autoGenerate…` asks for into the Secret that it names.
    fn fill_tokens(&mut self) {
        let wanted: Vec<(String, String)> = self
            .observed
            .values()
            .filter_map(|object| object.pointer("/spec/forProvider/authTokenSecretRef"))
            .filter_map(|reference| {
                Some((
                    reference["name"].as_str()?.to_owned(),
                    reference["key"].as_str()?.to_owned(),
                ))
            })
            .collect();
        for (name, key) in wanted {
            for object in self.observed.values_mut().filter(|object| {
                object["kind"] == "Secret" && object["metadata"]["name"] == name.as_str()
            }) {
                if object["data"][&key].is_null() {
                    object["data"][&key] = Json::from(encode("example-token-not-a-secret"));
                }
            }
        }
    }
}

/// A composed object as JSON.
pub(crate) fn document(manifest: &Manifest) -> Json {
    match manifest {
        Manifest::Built(node) => serde_json::to_value(node).expect("serialisable"),
        Manifest::Preserved(object) => object.read().expect("readable"),
    }
}

/// A document as the wire has it.
pub(crate) fn structure(document: &Json) -> Struct {
    Struct::write(document).expect("an object")
}

pub(crate) fn encode(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// What the API server and the provider make of a desired object.
fn provide(
    desired: &Json,
    served: &Json,
    before: Option<&Json>,
    account: &str,
) -> (Json, BTreeMap<String, String>) {
    let mut object = served.clone();
    let kind = desired["kind"].as_str().unwrap_or_default().to_owned();
    let name = desired["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    object["metadata"]["uid"] = json!("11111111-1111-1111-1111-111111111111");
    object["metadata"]["resourceVersion"] = json!("7");
    object["metadata"]["managedFields"] =
        json!([{"manager": "apiextensions.crossplane.io/composed/1"}]);
    if kind == "Secret" && desired["apiVersion"] == "v1" {
        // Fields of other owners stay: this is server-side apply.
        if let Some(Json::Object(data)) = before.and_then(|before| before.get("data")) {
            for (key, value) in data {
                if object["data"].get(key).is_none() {
                    object["data"][key] = value.clone();
                }
            }
        }
        return (object, BTreeMap::new());
    }
    if matches!(kind.as_str(), "ServiceAccount" | "ProviderConfig" | "Password") {
        return (object, BTreeMap::new());
    }
    let external = desired["metadata"]["annotations"]["crossplane.io/external-name"].as_str();
    let external = external.map_or_else(|| format!("id-{name}"), str::to_owned);
    object["metadata"]["annotations"]["crossplane.io/external-name"] = json!(external);
    let arn = format!("arn:aws:example:eu-west-1:{account}:{kind}/{external}");
    let (at_provider, connection) = report(&kind, &desired["spec"]["forProvider"], &external);
    object["status"] = json!({
        "conditions": [
            {"type": "Synced", "status": "True", "reason": "ReconcileSuccess"},
            {"type": "Ready", "status": "True", "reason": "Available"},
        ],
        "atProvider": at_provider,
    });
    if object["status"]["atProvider"]["arn"].is_null() {
        object["status"]["atProvider"]["arn"] = json!(arn);
    }
    (object, connection)
}

/// `status.atProvider` and connection details of a ready managed resource.
fn report(kind: &str, wanted: &Json, external: &str) -> (Json, BTreeMap<String, String>) {
    let details = |entries: &[(&str, &str)]| {
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    match kind {
        "ReplicationGroup" => {
            let host = format!("master.{external}.abc123.euw1.cache.amazonaws.com");
            let reader = format!("replica.{external}.abc123.euw1.cache.amazonaws.com");
            (
                json!({"primaryEndpointAddress": host, "readerEndpointAddress": reader, "engineVersionActual": wanted["engineVersion"]}),
                details(&[
                    ("primary_endpoint_address", &host),
                    ("reader_endpoint_address", &reader),
                    ("port", "6379"),
                    ("attribute.auth_token", "example-token-not-a-secret"),
                ]),
            )
        }
        "Instance" => {
            let host = format!(
                "{}.abc123.eu-west-1.rds.amazonaws.com",
                wanted["identifier"].as_str().unwrap_or_default()
            );
            (
                json!({
                    "address": host,
                    "endpoint": format!("{host}:5432"),
                    "port": 5432,
                    "allocatedStorage": wanted["allocatedStorage"],
                    "engineVersionActual": "17.5",
                    "masterUserSecret": [{"secretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1a2b3c-AbCdEf", "secretStatus": "active"}],
                }),
                details(&[
                    ("endpoint", &format!("{host}:5432")),
                    ("address", &host),
                    ("port", "5432"),
                    ("username", "master"),
                ]),
            )
        }
        "Broker" => {
            let host = format!("{external}.mq.eu-west-1.on.aws");
            (
                json!({"id": external, "instances": [{
                    "consoleUrl": format!("https://{host}"),
                    "endpoints": [format!("amqps://{host}:5671")],
                }]}),
                BTreeMap::new(),
            )
        }
        "Configuration" => (json!({"latestRevision": 1}), BTreeMap::new()),
        "Cluster" => {
            let brokers = |port| {
                (1..=3)
                    .map(|broker| {
                        format!("b-{broker}.own.abc123.c1.kafka.eu-west-1.amazonaws.com:{port}")
                    })
                    .collect::<Vec<_>>()
                    .join(",")
            };
            (
                json!({
                    "arn": "arn:aws:kafka:eu-west-1:777788889999:cluster/own/22222222-3333-4444-5555-666666666666-7",
                    "bootstrapBrokersSaslIam": brokers(9098),
                }),
                BTreeMap::new(),
            )
        }
        "Key" => (
            json!({"arn": format!("arn:aws:kms:eu-west-1:111122223333:key/{external}")}),
            details(&[]),
        ),
        "Role" if wanted.get("assumeRolePolicy").is_none() => (
            json!({}),
            details(&[
                ("username", external),
                ("password", "example-password-not-a-secret"),
                ("endpoint", "db.example"),
                ("port", "5432"),
            ]),
        ),
        _ => (json!({}), BTreeMap::new()),
    }
}

/// A world whose resources live, as they were accepted.
#[track_caller]
pub(crate) fn settled(mut world: World) -> World {
    let composition = world.settle();
    assert!(composition.ready, "{:?}", composition.waiting);
    world
}

/// What a composition wants, by key.
pub(crate) fn objects(composition: &Composition) -> BTreeMap<String, Json> {
    let composed = composition.resources.iter();
    composed.map(|(key, composed)| (key.clone(), document(&composed.manifest))).collect()
}

/// Expects one refusal.
#[track_caller]
pub(crate) fn refuses(world: &World, line: &str) {
    assert_eq!(world.refusal(), [line]);
}

/// Expects an accepted claim, and these warnings.
#[track_caller]
pub(crate) fn warns(world: &World, lines: &[&str]) {
    let warnings: Vec<String> =
        world.composition().warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, lines);
}
