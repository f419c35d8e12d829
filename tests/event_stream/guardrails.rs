//! Every sentence that a developer of this kind can meet: a valid claim, one mutation, the
//! exact text.

use serde_json::{Value as Json, json};

use super::support::world::{World, refuses};
use super::{dedicated, settled, shared, stream};

/// Refuses `world` with `parameter` set to `value`.
#[track_caller]
fn refuses_with(mut world: World, parameter: &str, value: Json, line: &str) {
    world.set(parameter, value);
    refuses(&world, line);
}

#[test]
fn valid_claims_are_accepted_without_a_word() {
    for world in [shared(false), dedicated(true), settled(shared(true)), settled(dedicated(false))]
    {
        assert_eq!(world.composition().warnings, []);
    }
}

#[test]
fn number_out_of_range() {
    refuses_with(
        shared(false),
        "partitions",
        json!(61),
        "spec.parameters.partitions [number-out-of-range]: partitions 61 is out of range. Choose a whole number from 1 to 60.",
    );
    refuses_with(
        dedicated(false),
        "partitions",
        json!(0),
        "spec.parameters.partitions [number-out-of-range]: partitions 0 is out of range. Choose a whole number from 1 to 60.",
    );
    refuses_with(
        shared(false),
        "retentionHours",
        json!(721),
        "spec.parameters.retentionHours [number-out-of-range]: retentionHours 721 is out of range. Choose a whole number from 1 to 720.",
    );
}

#[test]
fn partitions_shrink() {
    for world in [shared(false), dedicated(true)] {
        refuses_with(
            settled(world),
            "partitions",
            json!(11),
            "spec.parameters.partitions [partitions-shrink]: Partitions cannot shrink from 12 to 11. Set partitions to 12 or more, or create a new claim and move over to it.",
        );
    }
    // As many as there are, and what was accepted before somebody added some in Kafka.
    let mut world = shared(false);
    world.set("partitions", json!(12));
    let mut world = settled(world);
    world.observed.get_mut("event-stream-topic").expect("it lives")["status"]["atProvider"]["partitions"] =
        json!(20);
    assert_eq!(world.composition().warnings, []);
}

#[test]
fn unknown_value() {
    refuses_with(
        shared(false),
        "cleanupPolicy",
        json!("discard"),
        "spec.parameters.cleanupPolicy [unknown-value]: \"discard\" is not allowed here. Choose one of compact, compact,delete, delete.",
    );
    refuses_with(
        shared(false),
        "tenancy",
        json!("own"),
        "spec.parameters.tenancy [unknown-value]: \"own\" is not allowed here. Choose one of dedicated, shared.",
    );
}

#[test]
fn tenancy_not_offered() {
    refuses_with(
        stream("development", false, json!({"size": "small"})),
        "tenancy",
        json!("dedicated"),
        "spec.parameters.tenancy [tenancy-not-offered]: Tenancy dedicated is not offered in development. Set tenancy to shared.",
    );
    // One sentence is enough: the version is not what is wrong.
    let parameters = json!({"size": "small", "version": "3.9"});
    refuses_with(
        stream("development", false, parameters),
        "tenancy",
        json!("dedicated"),
        "spec.parameters.tenancy [tenancy-not-offered]: Tenancy dedicated is not offered in development. Set tenancy to shared.",
    );
    let mut world = shared(false);
    world.offering["settings"].as_object_mut().expect("settings").remove("shared");
    refuses(
        &world,
        "spec.parameters.tenancy [tenancy-not-offered]: Tenancy shared is not offered in production. Set tenancy to dedicated.",
    );
}

#[test]
fn immutable_parameter() {
    refuses_with(
        settled(shared(false)),
        "tenancy",
        json!("dedicated"),
        "spec.parameters.tenancy [immutable-parameter]: tenancy cannot change from \"shared\" to \"dedicated\" after creation. Set it back to \"shared\", or create a new claim and move the data.",
    );
    refuses_with(
        settled(dedicated(true)),
        "tenancy",
        json!("shared"),
        "spec.parameters.tenancy [immutable-parameter]: tenancy cannot change from \"dedicated\" to \"shared\" after creation. Set it back to \"dedicated\", or create a new claim and move the data.",
    );
    // Writing the default down is no change.
    let mut world = settled(shared(false));
    world.set("tenancy", json!("shared"));
    assert_eq!(world.composition().warnings, []);
}

#[test]
fn availability_fixed() {
    let parameters = json!({"size": "small", "tenancy": "dedicated", "highAvailability": false});
    refuses_with(
        settled(stream("staging", false, parameters)),
        "highAvailability",
        json!(true),
        "spec.parameters.highAvailability [availability-fixed]: highAvailability cannot change from false to true after creation. Set it back to false, or create a new claim and move over to it.",
    );
    // A shared cluster has what the platform gave it.
    let mut world = settled(stream("staging", false, json!({"size": "small"})));
    for wanted in [true, false] {
        world.set("highAvailability", json!(wanted));
        assert_eq!(world.composition().warnings, []);
    }
}

#[test]
fn high_availability_required() {
    refuses_with(
        dedicated(false),
        "highAvailability",
        json!(false),
        "spec.parameters.highAvailability [high-availability-required]: High availability is required in production. Set highAvailability to true, or leave it out.",
    );
}

#[test]
fn unsupported_version() {
    refuses_with(
        shared(false),
        "version",
        json!("3.9"),
        "spec.parameters.version [unsupported-version]: Version \"3.9\" cannot be chosen on a shared cluster. Leave version out, or set tenancy to dedicated where that is offered.",
    );
    refuses_with(
        dedicated(false),
        "version",
        json!("2.8"),
        "spec.parameters.version [unsupported-version]: Version \"2.8\" is not supported. Choose one of 3.8, 3.9.",
    );
}

#[test]
fn versions_go_up_the_catalogues_path() {
    refuses_with(
        settled(dedicated(false)),
        "version",
        json!("3.8"),
        "spec.parameters.version [version-downgrade]: Version cannot go down from 3.9 to 3.8. Set version to 3.9 or later, or create a new claim with version 3.8 and move the data.",
    );
    let mut world = dedicated(false);
    world.set("version", json!("3.8"));
    let mut world = settled(world);
    world.offering["settings"]["dedicated"]["versions"]["offered"]
        .as_array_mut()
        .expect("a list")
        .push(json!({"name": "4.0", "engineVersion": "4.0.x.kraft"}));
    refuses_with(
        world,
        "version",
        json!("4.0"),
        "spec.parameters.version [version-jump]: Version cannot go from 3.8 to 4.0 in one step. Upgrade to one of 3.9 first.",
    );
}

#[test]
fn consumer_group() {
    let groups = |names: Json| json!({"consumerGroups": names});
    for world in [shared(false), dedicated(true)] {
        refuses_with(
            world.clone(),
            "access",
            groups(json!(["billing", "*"])),
            "spec.parameters.access.consumerGroups[1] [consumer-group]: \"*\" is not the name of a consumer group. Use at most 100 letters, digits, dots, dashes and underscores.",
        );
        refuses_with(
            world.clone(),
            "access",
            groups(json!(["billing", "audit", "billing"])),
            "spec.parameters.access.consumerGroups[2] [consumer-group]: Consumer group \"billing\" is listed twice. Remove one of the two.",
        );
        refuses_with(
            world.clone(),
            "access",
            groups(json!([""])),
            "spec.parameters.access.consumerGroups[0] [consumer-group]: \"\" is not the name of a consumer group. Use at most 100 letters, digits, dots, dashes and underscores.",
        );
        let names = |count: usize| (0..count).map(|name| format!("g{name}")).collect::<Vec<_>>();
        refuses_with(
            world.clone(),
            "access",
            groups(json!(names(11))),
            "spec.parameters.access.consumerGroups [consumer-group]: 11 consumer groups are too many. List at most 10.",
        );
        let mut longest = world;
        longest.set("access", groups(json!(names(10))));
        assert_eq!(longest.composition().warnings, []);
        longest.set("access", groups(json!(["g".repeat(100)])));
        assert_eq!(longest.composition().warnings, []);
        longest.set("access", groups(json!(["g".repeat(101)])));
        assert!(longest.refusal()[0].contains("[consumer-group]"));
    }
}

#[test]
fn identity_without_effect() {
    for (name, value) in [
        ("serviceAccountName", json!("orders")),
        ("createServiceAccount", json!(false)),
        ("joinIdentityOf", json!("ObjectStore/invoices")),
    ] {
        refuses_with(
            shared(false),
            "access",
            json!({name: value}),
            &format!(
                "spec.parameters.access.{name} [identity-without-effect]: Parameter {name} does nothing on a shared cluster, where applications log in with a password. Leave it out, or set tenancy to dedicated where that is offered."
            ),
        );
    }
}

#[test]
fn service_account_name() {
    refuses_with(
        dedicated(false),
        "access",
        json!({"serviceAccountName": "*"}),
        "spec.parameters.access.serviceAccountName [service-account-name]: \"*\" is not the name of a ServiceAccount. Use at most 63 lower-case letters, digits and dashes.",
    );
    refuses_with(
        dedicated(false),
        "access",
        json!({"joinIdentityOf": "RedisInstance/cache"}),
        "spec.parameters.access.joinIdentityOf [service-account-name]: \"RedisInstance/cache\" is not the name of a claim with an identity. Give the name of another EventStream of this namespace, or Kind/name.",
    );
}
