//! What a deleted claim leaves, and that its deletion ends.

use serde_json::{Value as Json, json};

use super::support::world::World;
use super::{CREDENTIALS, TOPIC, dedicated, entry, objects, settled, shared, stream};

/// Whether the provider deletes what `object` asks for when the object is deleted.
fn is_deleted(object: &Json) -> bool {
    let spec = &object["spec"];
    let kept = spec["managementPolicies"]
        .as_array()
        .is_some_and(|policies| policies.iter().all(|policy| policy != "Delete" && policy != "*"));
    let orphaned = spec["deletionPolicy"] == "Orphan";
    let cluster_scoped = object["metadata"]["namespace"].is_null();
    assert_eq!(kept && cluster_scoped, orphaned, "both flavours say the same");
    !kept
}

fn deleted(world: &World, part: &str) -> bool {
    is_deleted(&objects(&world.composition())[&format!("event-stream-{part}")])
}

/// Once the cluster is deleted, or the Secret by which provider-kafka finds it, nobody could
/// delete a topic any more: its finalizer would stay for ever. It goes with its cluster.
#[test]
fn a_topic_on_its_own_cluster_is_never_deleted_by_its_provider() {
    for environment in ["staging", "production"] {
        for claims in [false, true] {
            let parameters = json!({"size": "small", "tenancy": "dedicated"});
            let world = settled(stream(environment, claims, parameters));
            assert!(!deleted(&world, "topic"), "{environment}");
        }
    }
}

#[test]
fn data_stays_where_the_environment_retains_it_and_access_never_does() {
    for claims in [false, true] {
        let retained = settled(shared(claims));
        assert!(!deleted(&retained, "topic"));
        for part in [
            "acl-topic-write",
            "acl-group-read.billing",
            "scram-secret",
            "scram-version",
            "scram-association",
        ] {
            assert!(deleted(&retained, part), "{part}");
        }
        let parameters = json!({"size": "small"});
        let gone = settled(stream("development", claims, parameters));
        assert!(deleted(&gone, "topic"));

        let retained = settled(dedicated(claims));
        for part in ["cluster", "configuration", "log-group", "security-group"] {
            assert!(!deleted(&retained, part), "{part}");
        }
        for part in ["policy", "role", "policy-attachment-orders-main"] {
            assert!(deleted(&retained, part), "{part}");
        }
    }
}

/// The same claim again: its topic is the one that was retained, and its login is another one,
/// in a secret whose name nothing can hold any more.
#[test]
fn a_claim_that_is_made_again_finds_its_topic_and_gets_another_login() {
    let first = settled(shared(false));
    let mut again = shared(false);
    again.composite["metadata"]["uid"] = json!("0c9d7c8e-0000-4000-8000-000000000002");
    let again = settled(again);
    let name = |world: &World| {
        world.observed[TOPIC]["metadata"]["annotations"]["crossplane.io/external-name"].clone()
    };
    assert_eq!(name(&first), name(&again));
    let user = |world: &World| entry(world, CREDENTIALS, "username");
    assert_ne!(user(&first), user(&again));
    for world in [&first, &again] {
        let asked = &world.observed["event-stream-scram-secret"]["spec"]["forProvider"];
        assert_eq!(asked["name"], format!("AmazonMSK_{}", user(world)));
        assert_eq!(asked["recoveryWindowInDays"], 0);
    }
}
