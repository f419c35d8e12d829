//! No text of a claim widens what is granted: it is refused, or it is what it says and nothing
//! more.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::support::world::World;
use super::{dedicated, objects, shared};

/// A dedicated stream whose cluster's ARN is known.
fn known(access: Json) -> World {
    let mut world = dedicated(false);
    world.set("access", access);
    if world.verdict().decision.is_ok() {
        world.apply(&world.composition());
    }
    world
}

fn policy(world: &World) -> Json {
    let policy = &objects(&world.composition())["event-stream-policy"];
    let text = policy["spec"]["forProvider"]["policy"].as_str().expect("a text");
    serde_json::from_str(text).expect("JSON")
}

/// Everything of a policy but the ARNs, and how many of those there are.
fn shape(policy: &Json) -> Vec<Json> {
    let statements = policy["Statement"].as_array().expect("statements").iter();
    statements
        .map(|statement| {
            assert!(statement["Condition"].is_null() && statement["Principal"].is_null());
            let resources = statement["Resource"].as_array().expect("a list");
            json!([statement["Sid"], statement["Effect"], statement["Action"], resources.len()])
        })
        .collect()
}

/// Any text, and texts that almost pass.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9._-]{0,110}",
        "[a-z*?:\"\\\\{}/-]{0,40}",
        "[а-яё\u{202e}\u{0}\r\n ]{1,8}",
        Just("*".to_owned()),
        Just("billing\",\"*".to_owned()),
        Just("billing\"; admin=\"".to_owned()),
        Just("../other".to_owned()),
        Just("${aws:username}".to_owned()),
    ]
}

fn is_plain(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_group_widens_a_policy(group in hostile()) {
        let usual = policy(&known(json!({"consumerGroups": ["billing"]})));
        let world = known(json!({"consumerGroups": [group]}));
        if !is_plain(&group) {
            prop_assert!(world.refusal()[0].contains("[consumer-group]"));
            return Ok(());
        }
        let policy = policy(&world);
        prop_assert_eq!(shape(&policy), shape(&usual));
        let arn = policy["Statement"][2]["Resource"][0].as_str().expect("an ARN");
        let topic = policy["Statement"][1]["Resource"][0].as_str().expect("an ARN");
        prop_assert_eq!(arn, format!("{}.{group}", topic.replace(":topic/", ":group/")));
    }

    #[test]
    fn no_group_widens_a_list(group in hostile()) {
        let mut world = shared(false);
        world.set("access", json!({"produce": false, "consumerGroups": [group]}));
        if !is_plain(&group) {
            prop_assert!(world.refusal()[0].contains("[consumer-group]"));
            return Ok(());
        }
        let objects = objects(&world.composition());
        let topic = &objects["event-stream-acl-topic-read"]["spec"]["forProvider"]["resourceName"];
        let lists: Vec<_> = objects.keys().filter(|key| key.contains("-acl-")).collect();
        prop_assert_eq!(lists.len(), 3);
        let list = &objects[&format!("event-stream-acl-group-read.{group}")];
        let asked = &list["spec"]["forProvider"];
        let expected = format!("{}.{group}", topic.as_str().expect("a name"));
        prop_assert_eq!(&asked["resourceName"], &expected);
        prop_assert_eq!(&asked["resourcePatternTypeFilter"], "Literal");
    }

    #[test]
    fn no_other_text_reaches_a_policy(
        size in hostile(),
        policy_name in hostile(),
        account in hostile(),
        joined in hostile(),
    ) {
        let usual = policy(&known(json!({})));
        let mut named = known(json!({}));
        named.set("cleanupPolicy", json!(policy_name));
        let mut sized = known(json!({}));
        sized.set("size", json!(size));
        for world in [
            named,
            sized,
            known(json!({"serviceAccountName": account})),
            known(json!({"joinIdentityOf": joined})),
        ] {
            if world.verdict().decision.is_ok() {
                prop_assert_eq!(policy(&world), usual.clone());
            }
        }
    }

    #[test]
    fn no_claim_name_widens_anything(name in hostile()) {
        let mut world = known(json!({"consumerGroups": ["billing"]}));
        world.composite["metadata"]["name"] = json!(name);
        if world.verdict().decision.is_ok() {
            for statement in policy(&world)["Statement"].as_array().expect("statements") {
                for arn in statement["Resource"].as_array().into_iter().flatten() {
                    prop_assert!(!arn.as_str().expect("an ARN").contains(['*', '?', '$']));
                }
            }
        }
    }
}
