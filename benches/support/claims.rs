//! Requests that the function accepts, as Crossplane sends them for claims in
//! several stages of their life.
//!
//! The stand-in for Crossplane and its providers is that of the tests. Added here
//! is what real API servers and providers add and no test reads: labels, owners,
//! managed fields, and everything asked for once more in `status.atProvider`.

use bytes::Bytes;
use prost::Message as _;
use selfservice::function;
use selfservice::function::proto::resource_selector::Match;
use selfservice::function::proto::{
    Capability, RequestMeta, Resources, RunFunctionRequest, Schema,
};
use selfservice::kinds::Kind;
use selfservice::wire::{Resource, State};
use serde_json::{Map, Value, json};

use crate::instances;
use crate::support::world::{TODAY, World, structure};

/// A stage of a claim's life.
#[derive(Clone, Copy)]
pub(crate) enum Stage {
    /// Nothing exists, and nothing was asked for yet.
    FirstCall,
    /// What was composed first exists; no provider has reported anything.
    Creating,
    /// Everything exists and is ready.
    Settled,
}

impl Stage {
    pub(crate) const ALL: [Self; 3] = [Self::FirstCall, Self::Creating, Self::Settled];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FirstCall => "first call",
            Self::Creating => "creating",
            Self::Settled => "settled",
        }
    }
}

/// The serialised request of a production claim in a stage.
pub(crate) fn request(kind: Kind, stage: Stage) -> Bytes {
    serialise(build(kind, stage, Writers::CrossplaneAndProviders))
}

/// A settled cache of the size that function authors measure with: 43 KB.
pub(crate) fn typical() -> Bytes {
    serialise(build(Kind::RedisInstance, Stage::Settled, Writers::Crossplane))
}

/// A settled database of 515 KB.
pub(crate) fn large() -> Bytes {
    among_others(55)
}

/// Who writes to objects more than the function reads.
#[derive(Clone, Copy, PartialEq)]
enum Writers {
    Crossplane,
    CrossplaneAndProviders,
}

fn build(kind: Kind, stage: Stage, writers: Writers) -> RunFunctionRequest {
    let mut world = World::new(kind, "production", false, json!({"size": "medium"}));
    match stage {
        Stage::FirstCall => {}
        Stage::Creating => {
            let composition = world.composition();
            world.apply(&composition);
            world.connections.clear();
            for object in world.observed.values_mut() {
                object["status"] = json!({});
            }
        }
        Stage::Settled => {
            world.settle();
        }
    }
    embellish(&mut world, writers);
    match stage {
        Stage::FirstCall => world.request(),
        Stage::Creating | Stage::Settled => answered(&world),
    }
}

/// A settled database in a pipeline whose earlier steps compose `others` RDS
/// instances, which the function hands on.
fn among_others(others: usize) -> Bytes {
    let mut request =
        build(Kind::PostgreSqlInstance, Stage::Settled, Writers::CrossplaneAndProviders);
    let (mut observed, mut desired) = (request.observed.unwrap_or_default(), State::default());
    for index in 0..others {
        let key = format!("other-{index}");
        observed.insert(&key, &resource(&instances::managed(index)));
        desired.insert(&key, &resource(&instances::wanted(index)));
    }
    request.observed = Some(observed);
    request.desired = Some(desired);
    serialise(request)
}

fn resource(object: &Value) -> Resource {
    Resource { resource: structure(object), ..Resource::default() }
}

fn serialise(mut request: RunFunctionRequest) -> Bytes {
    let capabilities = [
        Capability::Capabilities,
        Capability::RequiredResources,
        Capability::Credentials,
        Capability::Conditions,
        Capability::RequiredSchemas,
    ];
    request.meta = Some(RequestMeta {
        tag: "a".repeat(64),
        capabilities: capabilities.map(i32::from).to_vec(),
    });
    request.encode_to_vec().into()
}

/// The request of a second call: what the first one required is answered.
fn answered(world: &World) -> RunFunctionRequest {
    let mut request = world.request();
    let required = function::run(request.clone(), TODAY).requirements.unwrap_or_default();
    for (name, selector) in required.resources {
        let Some(Match::MatchName(wanted)) = selector.r#match else {
            continue;
        };
        let found = world.observed.values().find(|object| {
            object["kind"] == selector.kind.as_str()
                && object["metadata"]["name"] == wanted.as_str()
        });
        let answer = Resources { items: found.map(resource).into_iter().collect() };
        request.required_resources.entry(name).or_insert(answer);
    }
    for name in required.schemas.into_keys() {
        let schema =
            structure(&json!({"type": "object", "properties": {"spec": {"type": "object"}}}));
        request.required_schemas.insert(name, Schema { openapi_v3: Some(schema) });
    }
    request
}

/// Adds what API server, Crossplane and providers write besides.
fn embellish(world: &mut World, writers: Writers) {
    let owner = json!({
        "apiVersion": world.composite["apiVersion"], "kind": world.composite["kind"],
        "name": world.composite["metadata"]["name"], "uid": world.composite["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    });
    let references = world.observed.values().map(|object| {
        json!({
            "apiVersion": object["apiVersion"], "kind": object["kind"],
            "name": object["metadata"]["name"],
        })
    });
    world.composite["spec"]["crossplane"]["resourceRefs"] = references.collect();
    world.composite["metadata"]["generation"] = json!(2);
    world.composite["metadata"]["managedFields"] =
        json!([managed_fields("argocd-controller", &world.composite, &["spec"])]);
    for (key, object) in &mut world.observed {
        let crossplane = "apiextensions.crossplane.io/composed/5b1ac1ba";
        let mut fields = vec![managed_fields(crossplane, object, &["metadata", "spec"])];
        if writers == Writers::CrossplaneAndProviders {
            repeat_in_status(object);
            fields.push(managed_fields("provider", object, &["status"]));
        }
        let metadata = &mut object["metadata"];
        metadata["managedFields"] = json!(fields);
        metadata["generation"] = json!(3);
        metadata["creationTimestamp"] = json!("2026-08-01T09:00:00Z");
        metadata["finalizers"] = json!(["finalizer.managedresource.crossplane.io"]);
        metadata["labels"] = json!({"crossplane.io/composite": owner["name"]});
        metadata["ownerReferences"] = json!([owner]);
        metadata["annotations"]["crossplane.io/composition-resource-name"] = json!(key);
    }
}

/// Everything that was asked for once more, as providers of AWS report it.
fn repeat_in_status(object: &mut Value) {
    let asked = object["spec"]["forProvider"].clone();
    let reported = object.pointer_mut("/status/atProvider");
    if let (Value::Object(asked), Some(Value::Object(reported))) = (asked, reported) {
        for (field, value) in asked {
            reported.entry(field).or_insert(value);
        }
    }
}

fn managed_fields(manager: &str, object: &Value, parts: &[&str]) -> Value {
    let owned = parts.iter().map(|part| (format!("f:{part}"), owned_fields(&object[*part])));
    json!({
        "apiVersion": object["apiVersion"], "fieldsType": "FieldsV1", "manager": manager,
        "operation": "Apply", "time": "2026-08-01T10:00:00Z",
        "fieldsV1": owned.collect::<Map<_, _>>(),
    })
}

fn owned_fields(value: &Value) -> Value {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(name, value)| (format!("f:{name}"), owned_fields(value))).collect()
}
