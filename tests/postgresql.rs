//! `PostgreSQLInstance` on RDS: what the matrix does not say.

#![expect(clippy::panic, reason = "helpers stop tests, too")]

mod support;

#[path = "postgresql/guardrails.rs"]
mod guardrails;
#[path = "postgresql/living.rs"]
mod living;
#[path = "postgresql/stages.rs"]
mod stages;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use selfservice::kinds::Kind;
use selfservice::outcome::Composition;
use serde_json::{Value as Json, json};
use support::world::{World, document};

const INSTANCE: &str = "postgresql-instance";
const CREDENTIALS: &str = "postgresql-credentials";

/// A claim in production that leaves nothing to chance.
fn world(claims: bool) -> World {
    in_environment("production", claims)
}

fn in_environment(environment: &str, claims: bool) -> World {
    let parameters =
        json!({"size": "medium", "version": "17", "extensions": ["uuid-ossp", "pg_trgm"]});
    World::new(Kind::PostgreSqlInstance, environment, claims, parameters)
}

/// A world whose resources live, as they were accepted.
fn settled(mut world: World) -> World {
    let composition = world.settle();
    assert!(composition.ready, "{:?}", composition.waiting);
    world
}

fn objects(composition: &Composition) -> BTreeMap<String, Json> {
    let composed = composition.resources.iter();
    composed.map(|(key, composed)| (key.clone(), document(&composed.manifest))).collect()
}

/// What is asked of the provider for `key`.
#[track_caller]
fn asked(composition: &Composition, key: &str) -> Json {
    let composed = composition.resources.get(key);
    let composed = composed.unwrap_or_else(|| panic!("{key} is not composed"));
    document(&composed.manifest)["spec"]["forProvider"].clone()
}

/// Compares with an expected file; with `UPDATE_SNAPSHOTS=1` writes it instead.
fn assert_snapshot(name: &str, actual: &Json) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/snapshots/postgresql/{name}.json"));
    let actual = serde_json::to_string_pretty(actual).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, actual).expect("a file");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{}: UPDATE_SNAPSHOTS=1 rewrites it", path.display());
}

/// The instance and what carries its administrator's password: what is wrong with them is not
/// seen by reading code.
#[test]
fn what_reaches_the_providers_is_what_was_reviewed() {
    for (flavour, claims) in [("namespaced", false), ("claims", true)] {
        let first = objects(&world(claims).composition());
        assert_snapshot(&format!("instance-{flavour}"), &first[INSTANCE]);
        let ready = settled(world(claims));
        for part in ["master-secret", "sql-config", "role", "credentials"] {
            let mut object = objects(&ready.composition())[&format!("postgresql-{part}")].clone();
            assert!(object.as_object_mut().expect("an object").remove("status").is_none());
            assert_snapshot(&format!("{part}-{flavour}"), &object);
        }
    }
}
