//! `PostgreSQLInstance` on RDS: what the matrix does not say.

#![expect(clippy::panic, reason = "helpers stop tests, too")]

mod support;

#[path = "postgresql/guardrails.rs"]
mod guardrails;
#[path = "postgresql/living.rs"]
mod living;
#[path = "postgresql/stages.rs"]
mod stages;

use selfservice::kinds::Kind;
use selfservice::outcome::Composition;
use serde_json::{Value as Json, json};
use support::snapshots::assert_snapshot;
use support::world::{World, document, objects, settled};

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

/// What is asked of the provider for `key`.
#[track_caller]
fn asked(composition: &Composition, key: &str) -> Json {
    let composed = composition.resources.get(key);
    let composed = composed.unwrap_or_else(|| panic!("{key} is not composed"));
    document(&composed.manifest)["spec"]["forProvider"].clone()
}

/// The instance and what carries its administrator's password: what is wrong with them is not
/// seen by reading code.
#[test]
fn what_reaches_the_providers_is_what_was_reviewed() {
    for (flavour, claims) in [("namespaced", false), ("claims", true)] {
        let first = objects(&world(claims).composition());
        assert_snapshot(&format!("postgresql/instance-{flavour}"), &first[INSTANCE]);
        let ready = settled(world(claims));
        for part in ["master-secret", "sql-config", "role", "credentials"] {
            let mut object = objects(&ready.composition())[&format!("postgresql-{part}")].clone();
            assert!(object.as_object_mut().expect("an object").remove("status").is_none());
            assert_snapshot(&format!("postgresql/{part}-{flavour}"), &object);
        }
    }
}
