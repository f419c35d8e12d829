//! A password that is in use never changes, whatever is lost, and whatever is deleted can go.

use selfservice::outcome::ConditionStatus;
use serde_json::{Value as Json, json};

use super::support::world::{World, encode};
use super::{
    BROKER, CREDENTIALS, condition, fills, objects, settled, wipe_status,
    without_topology_operator, world,
};

const ADMINISTRATOR: &str = "message-queue-administrator";
const CONNECTION: &str = "message-queue-connection";
const LOGIN: &str = "message-queue-login";

fn password(world: &World, key: &str) -> Json {
    world.observed[key]["data"]["password"].clone()
}

/// A world in which External Secrets, were it asked again, would generate other passwords: the
/// passwords in use are not those that it generates for these names.
fn in_use(world: World) -> World {
    let mut world = settled(world);
    for (key, text) in [
        (ADMINISTRATOR, "administrator-in-use"),
        (CONNECTION, "administrator-in-use"),
        (LOGIN, "application-in-use"),
        (CREDENTIALS, "application-in-use"),
    ] {
        world.observed.get_mut(key).expect("it lives")["data"]["password"] = json!(encode(text));
    }
    world.settle();
    world
}

#[test]
fn a_lost_secret_comes_back_as_it_was() {
    for claims in [false, true] {
        for lost in [
            vec![ADMINISTRATOR],
            vec![CONNECTION],
            vec![LOGIN],
            vec![CREDENTIALS],
            vec![ADMINISTRATOR, LOGIN],
            vec![CONNECTION, CREDENTIALS],
        ] {
            let mut world = in_use(world(claims));
            for key in &lost {
                world.observed.remove(*key);
            }
            world.settle();
            for key in [ADMINISTRATOR, CONNECTION] {
                let expected = encode("administrator-in-use");
                assert_eq!(password(&world, key), expected.as_str(), "{key} without {lost:?}");
            }
            for key in [LOGIN, CREDENTIALS] {
                let expected = encode("application-in-use");
                assert_eq!(password(&world, key), expected.as_str(), "{key} without {lost:?}");
            }
        }
    }
}

/// What fills it, made again by a restore, would otherwise overwrite it for as long as it exists.
#[test]
fn a_password_that_is_known_is_sealed() {
    for claims in [false, true] {
        let first = objects(&world(claims).composition());
        let composed = objects(&settled(world(claims)).composition());
        for key in [ADMINISTRATOR, LOGIN] {
            assert_eq!(first.get(key).map_or(&Json::Null, |it| &it["immutable"]), &Json::Null);
            assert_eq!(composed[key]["immutable"], json!(true), "{key}");
        }
        for key in [CONNECTION, CREDENTIALS] {
            assert_eq!(composed[key]["immutable"], Json::Null, "{key} follows addresses");
        }
    }
}

/// Nobody can have changed it, whereas a team can write to its credentials.
#[test]
fn a_sealed_password_counts_more_than_its_copies() {
    for claims in [false, true] {
        let mut world = in_use(world(claims));
        for key in [CONNECTION, CREDENTIALS] {
            world.observed.get_mut(key).expect("it lives")["data"]["password"] =
                json!(encode("altered"));
        }
        let sealed = [ADMINISTRATOR, LOGIN].map(|key| world.observed[key]["data"].clone());
        world.settle();
        assert_eq!([ADMINISTRATOR, LOGIN].map(|key| world.observed[key]["data"].clone()), sealed);
        assert_eq!(password(&world, CONNECTION), password(&world, ADMINISTRATOR));
        assert_eq!(password(&world, CREDENTIALS), password(&world, LOGIN));
    }
}

/// Generating another one would lock out everybody: only a person can decide what to do.
#[test]
fn a_password_that_nobody_knows_is_said_to_be_lost_and_not_made_anew() {
    let message = "The credentials wait for a password that is in use and that nobody knows any \
                   more; contact platform-team.";
    let delivered = "Secret orders-main-message-queue-credentials in namespace team-orders holds \
                     the credentials, but a password that they were made with is lost and they \
                     cannot be changed; contact platform-team.";
    for lost in [[ADMINISTRATOR, CONNECTION], [LOGIN, CREDENTIALS]] {
        for wiped in [false, true] {
            let mut world = in_use(world(true));
            let broker = objects(&world.composition())[BROKER].clone();
            for key in lost {
                world.observed.remove(key);
            }
            if wiped {
                wipe_status(&mut world);
            }
            let composition = world.composition();
            for key in composition.resources.keys() {
                assert!(!fills(key), "{key} would generate a password over the one in use");
            }
            assert_eq!(objects(&composition)[BROKER], broker, "the broker stays");
            let expected = if lost.contains(&CREDENTIALS) {
                (ConditionStatus::False, "PasswordUnknown", message)
            } else {
                (ConditionStatus::True, "PasswordUnknown", delivered)
            };
            assert_eq!(condition(&world.verdict()), expected);
        }
    }
}

#[test]
fn the_administrator_that_an_application_was_given_is_a_copy_too() {
    let mut world = without_topology_operator("development");
    world.settle();
    for key in [ADMINISTRATOR, CREDENTIALS] {
        let secret = world.observed.get_mut(key).expect("it lives");
        secret["data"]["password"] = json!(encode("in-use"));
    }
    world.observed.remove(ADMINISTRATOR);
    world.settle();
    assert_eq!(password(&world, ADMINISTRATOR), encode("in-use").as_str());
    assert_eq!(password(&world, CREDENTIALS), encode("in-use").as_str());
}

#[test]
fn without_external_secrets_no_broker_is_made() {
    let mut world = world(false);
    world.operators = false;
    world.offering["platform"]["operators"] = json!({"messagingTopology": "always"});
    let composition = world.settle();
    assert!(!composition.resources.contains_key(BROKER));
    let message = "The credentials wait for External Secrets Operator, which is not installed in \
                   this cluster; contact platform-team.";
    assert_eq!(condition(&world.verdict()), (ConditionStatus::False, "OperatorMissing", message));
}

/// The topology operator needs its access to delete what it made. Kubernetes deletes an object
/// when the last of its owners is gone.
#[test]
fn the_operators_access_outlives_what_it_has_to_delete() {
    for claims in [false, true] {
        let world = settled(world(claims));
        let composed = objects(&world.composition());
        let connection = &composed[CONNECTION];
        let owners = connection["metadata"]["ownerReferences"].as_array().expect("owners");
        let expected: Vec<Json> =
            [("vhost", "Vhost"), ("user", "User"), ("permission", "Permission")]
                .into_iter()
                .map(|(part, kind)| {
                    let living = &world.observed[&format!("message-queue-{part}")]["metadata"];
                    // Owners elsewhere do not count.
                    assert_eq!(living["namespace"], connection["metadata"]["namespace"], "{part}");
                    json!({
                        "apiVersion": "rabbitmq.com/v1beta1",
                        "kind": kind,
                        "name": living["name"],
                        "uid": living["uid"],
                    })
                })
                .collect();
        assert_eq!(*owners, expected, "claims={claims}");
        assert!(owners.iter().all(|owner| owner.get("controller").is_none()));
        // One that is gone is an owner no more.
        let mut world = world;
        world.observed.remove("message-queue-permission");
        let connection = objects(&world.composition())[CONNECTION].clone();
        assert_eq!(connection["metadata"]["ownerReferences"].as_array().map(Vec::len), Some(2));
    }
}

/// A broker that outlives its claim is of no use without its administrator, whom AWS tells nobody.
#[test]
fn the_administrators_password_is_kept_in_aws_as_long_as_the_broker() {
    for (environment, retained) in [("development", false), ("production", true)] {
        for claims in [false, true] {
            let world = settled(super::in_environment(environment, claims));
            let composed = objects(&world.composition());
            for key in ["message-queue-recovery-secret", "message-queue-recovery-password"] {
                let policies = &composed[key]["spec"]["managementPolicies"];
                assert_eq!(policies, &composed[BROKER]["spec"]["managementPolicies"], "{key}");
                assert_eq!(policies.is_array(), retained, "{environment}: {key}");
            }
            let version = &composed["message-queue-recovery-password"]["spec"]["forProvider"];
            let users = &composed[BROKER]["spec"]["forProvider"]["user"];
            assert_eq!(version["secretStringSecretRef"], users[0]["passwordSecretRef"]);
        }
    }
}

/// Nor does it reach a broker that nobody may reach: the rule stays with its security group.
#[test]
fn the_way_to_the_management_api_is_open_until_the_security_group_goes() {
    for claims in [false, true] {
        for environment in ["development", "production"] {
            let world = settled(super::in_environment(environment, claims));
            let composed = objects(&world.composition());
            let mut rules = composed.iter().filter(|(key, _)| key.contains("management-rule"));
            let rule = rules.next().expect("a rule").1;
            let policies = rule["spec"]["managementPolicies"].as_array().expect("policies");
            assert!(!policies.contains(&json!("Delete")), "{environment}");
        }
    }
}

/// What is taken out of the catalogue is revoked in AWS: first the rule becomes deletable, then it
/// goes.
#[test]
fn taking_a_client_out_of_the_catalogue_revokes_its_rules_alone() {
    let rule = |client: &str| format!("message-queue-management-rule-{client}");
    let mut world = world(false);
    world.offering["aws"]["clientSecurityGroupIds"] = json!(["sg-0aaa", "sg-0bbb"]);
    let mut world = settled(world);
    world.offering["aws"]["clientSecurityGroupIds"] = json!(["sg-0bbb"]);
    let first = world.composition();
    assert!(!first.resources.contains_key("message-queue-ingress-rule-sg-0aaa"));
    let revoked = objects(&first)[&rule("sg-0aaa")].clone();
    assert_eq!(revoked["spec"]["managementPolicies"], Json::Null);
    world.apply(&first);
    let second = world.composition();
    assert!(!second.resources.contains_key(&rule("sg-0aaa")));
    assert!(second.resources.contains_key(&rule("sg-0bbb")));
}
