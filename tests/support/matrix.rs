//! The conformance matrix: every kind × environment × size × availability × flavour × encryption
//! key.

use selfservice::kinds::Kind;
use serde_json::{Value as Json, json};

use crate::support::world::World;

const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];
const SIZES: [&str; 3] = ["small", "medium", "large"];

/// What claims are made with besides what the matrix varies.
fn variants() -> Vec<(Kind, Json)> {
    let mut variants: Vec<_> = Kind::ALL.map(|kind| (kind, json!({}))).into();
    variants.push((Kind::EventStream, json!({"tenancy": "dedicated"})));
    variants
}

/// Every cell of the matrix, with its title.
pub(crate) fn cells() -> Vec<(String, World)> {
    let mut cells = Vec::new();
    for (kind, parameters) in variants() {
        for environment in ENVIRONMENTS {
            for size in SIZES {
                for availability in [json!(null), json!(true), json!(false)] {
                    for claims in [false, true] {
                        for own_key in [false, true] {
                            let title = format!(
                                "{} {parameters} {environment} {size} highAvailability={availability} claims={claims} ownKey={own_key}",
                                kind.name(),
                            );
                            let mut world =
                                World::new(kind, environment, claims, parameters.clone());
                            world.set("size", json!(size));
                            world.set("highAvailability", availability.clone());
                            world.offering["aws"]["keyPerClaim"] = json!(own_key);
                            // Refused where production requires it, and where there are no
                            // clusters of one's own, which is proven elsewhere.
                            let declines = environment == "production" && availability == false;
                            let own = environment == "development" && parameters != json!({});
                            if !(declines || own) || world.verdict().decision.is_ok() {
                                cells.push((title, world));
                            }
                        }
                    }
                }
            }
        }
    }
    cells
}

/// Asserts that applying `desired` over `observed` changes nothing.
pub(crate) fn assert_covers(title: &str, path: &str, observed: &Json, desired: &Json) {
    match (observed, desired) {
        (Json::Object(observed), Json::Object(desired)) => {
            for (key, value) in desired {
                let path = format!("{path}.{key}");
                let observed =
                    observed.get(key).unwrap_or_else(|| panic!("{title}: {path} would be added"));
                assert_covers(title, &path, observed, value);
            }
        }
        _ => assert_eq!(observed, desired, "{title}: {path} would change"),
    }
}
