//! The states in `examples/*/observed` are what the claims beside them become today: stale ones
//! are rewritten, and the test fails once.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use selfservice::kinds::Kind;
use serde_json::{Value as Json, json};
use support::world::{World, encode};

fn folder(kind: Kind) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(kind.key_prefix())
}

fn world(kind: Kind) -> World {
    let claim = fs::read_to_string(folder(kind).join("claim.yaml")).expect("readable");
    World::of_claim(kind, serde_saphyr::from_str(&claim).expect("YAML"), true)
}

/// A composed resource as a reader wants it: named, and without what the API server adds.
fn shown(key: &str, object: &Json) -> Json {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().expect("metadata");
    for field in ["uid", "resourceVersion", "managedFields"] {
        metadata.remove(field);
    }
    object["metadata"]["annotations"]["crossplane.io/composition-resource-name"] = json!(key);
    object
}

/// Everything is applied, and AWS has not made the primary resource yet.
fn creating(kind: Kind) -> BTreeMap<String, Json> {
    let mut world = world(kind);
    let composition = world.composition();
    world.apply(&composition);
    let status = json!({"conditions": [
        {"type": "Synced", "status": "True", "reason": "ReconcileSuccess"},
        {"type": "Ready", "status": "False", "reason": "Creating"},
    ]});
    for key in kind.primary_keys() {
        if let Some(primary) = world.observed.get_mut(*key) {
            primary["status"] = status.clone();
        }
    }
    for secret in world.observed.values_mut().filter(|object| object["kind"] == "Secret") {
        secret.as_object_mut().expect("an object").remove("data");
    }
    world.observed.iter().map(|(key, object)| (key.clone(), shown(key, object))).collect()
}

/// Everything is there.
fn ready(world: &World) -> BTreeMap<String, Json> {
    world.observed.iter().map(|(key, object)| (key.clone(), shown(key, object))).collect()
}

/// The connection Secrets that providers write for their managed resources.
fn connections(world: &World) -> BTreeMap<String, Json> {
    let secret = |(key, details): (&String, &BTreeMap<String, String>)| {
        let reference = world.observed[key]["spec"].get("writeConnectionSecretToRef")?;
        let data: BTreeMap<&String, String> =
            details.iter().map(|(name, value)| (name, encode(value))).collect();
        let object = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": reference,
            "type": "connection.crossplane.io/v1alpha1",
            "data": data,
        });
        Some((format!("{key}-connection"), object))
    };
    world.connections.iter().filter_map(secret).collect()
}

/// Makes `folder` hold exactly `files`; returns what was stale.
fn write(folder: &Path, files: &BTreeMap<String, Json>) -> Vec<PathBuf> {
    let mut stale = Vec::new();
    fs::create_dir_all(folder).expect("writable");
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if !files.contains_key(name) {
            fs::remove_file(&path).expect("writable");
            stale.push(path);
        }
    }
    for (name, object) in files {
        let path = folder.join(format!("{name}.yaml"));
        let text = serde_saphyr::to_string(object).expect("YAML");
        if fs::read_to_string(&path).unwrap_or_default() != text {
            fs::write(&path, text).expect("writable");
            stale.push(path);
        }
    }
    stale
}

#[test]
fn observed_states_are_current() {
    let mut stale = Vec::new();
    for kind in Kind::ALL {
        let observed = folder(kind).join("observed");
        let mut settled = world(kind);
        settled.settle();
        stale.extend(write(&observed.join("creating"), &creating(kind)));
        stale.extend(write(&observed.join("ready"), &ready(&settled)));
        let connections = connections(&settled);
        if !connections.is_empty() {
            stale.extend(write(&folder(kind).join("required"), &connections));
        }
    }
    assert!(stale.is_empty(), "were stale and are rewritten; commit them: {stale:#?}");
}
