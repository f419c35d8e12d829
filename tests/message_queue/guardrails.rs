//! Every sentence that a developer of this kind can meet: a valid claim, one mutation, the
//! exact text.

use serde_json::{Value as Json, json};

use super::support::world::{refuses, warns};
use super::{in_environment, settled, world};

/// Refuses a new claim with `parameter` set to `value`.
#[track_caller]
fn refuses_new(parameter: &str, value: Json, line: &str) {
    let mut world = world(false);
    world.set(parameter, value);
    refuses(&world, line);
}

#[test]
fn a_valid_claim_is_accepted_without_a_word() {
    warns(&world(false), &[]);
    warns(&settled(world(true)), &[]);
}

#[test]
fn size_above_limit() {
    refuses_new(
        "size",
        json!("xlarge"),
        "spec.parameters.size [size-above-limit]: Maximum allowed size is large. Contact platform-team for exceptions.",
    );
}

#[test]
fn unsupported_version() {
    refuses_new(
        "version",
        json!("3.12"),
        "spec.parameters.version [unsupported-version]: Version \"3.12\" is not supported. Choose one of 3.13, 4.2.",
    );
}

#[test]
fn version_downgrade() {
    let mut world = settled(world(true));
    world.set("version", json!("3.13"));
    refuses(
        &world,
        "spec.parameters.version [version-downgrade]: Version cannot go down from 4.2 to 3.13. Set version to 4.2 or later, or create a new claim with version 3.13 and move the data.",
    );
}

#[test]
fn version_jump() {
    let mut world = world(false);
    world.set("version", json!("3.13"));
    let mut world = settled(world);
    let offered = world.offering["settings"]["versions"]["offered"].as_array_mut();
    offered.expect("a list").push(json!({"name": "4.3", "engineVersion": "4.3"}));
    world.set("version", json!("4.3"));
    refuses(
        &world,
        "spec.parameters.version [version-jump]: Version cannot go from 3.13 to 4.3 in one step. Upgrade to one of 4.2 first.",
    );
}

#[test]
fn availability_fixed() {
    let mut world = settled(in_environment("development", true));
    world.set("highAvailability", json!(true));
    refuses(
        &world,
        "spec.parameters.highAvailability [availability-fixed]: highAvailability cannot change from false to true after creation. Set it back to false, or create a new claim and move over to it.",
    );
}

#[test]
fn high_availability_required() {
    refuses_new(
        "highAvailability",
        json!(false),
        "spec.parameters.highAvailability [high-availability-required]: High availability is required in production. Set highAvailability to true, or leave it out.",
    );
}

#[test]
fn maintenance_window() {
    refuses_new(
        "maintenanceWindow",
        json!("sunday 3am"),
        "spec.parameters.maintenanceWindow [maintenance-window]: Maintenance window \"sunday 3am\" does not have the form ddd:hh:mm-ddd:hh:mm. Give a window of 60 minutes to 24 hours in UTC, such as sun:03:30-sun:04:30.",
    );
    refuses_new(
        "maintenanceWindow",
        json!("sun:03:00-sun:04:59"),
        "spec.parameters.maintenanceWindow [maintenance-window]: Maintenance window \"sun:03:00-sun:04:59\" is shorter than the 120 minutes that maintenance takes. Give a longer window, such as sun:03:00-sun:05:00.",
    );
    let mut world = world(false);
    world.set("maintenanceWindow", json!("sun:23:00-mon:01:00"));
    warns(&world, &[]);
}

#[test]
fn vhost_name() {
    for name in ["", "/", ".", "1st", "a/b", "a b", "größe", "{{ x }}", &"v".repeat(256)] {
        let mut world = world(false);
        world.set("vhost", json!(name));
        let refusal = world.refusal();
        assert!(refusal.len() == 1 && refusal[0].contains("[vhost-name]"), "{name}: {refusal:?}");
    }
    refuses_new(
        "vhost",
        json!("orders/main"),
        "spec.parameters.vhost [vhost-name]: Name \"orders/main\" of a virtual host is not allowed. Use 1 to 255 letters, digits, dots, underscores and dashes, beginning with a letter.",
    );
    let mut world = world(false);
    world.set("vhost", json!("Orders_2.main-v1"));
    warns(&world, &[]);
}

#[test]
fn immutable_parameter() {
    let mut world = settled(world(true));
    world.set("vhost", json!("orders"));
    refuses(
        &world,
        "spec.parameters.vhost [immutable-parameter]: vhost cannot change from its default to \"orders\" after creation. Leave it out again, or create a new claim and move the data.",
    );
    // Saying the default is no change.
    world.set("vhost", json!("orders-main"));
    warns(&world, &[]);
}

#[test]
fn unknown_parameter() {
    refuses_new(
        "vhosts",
        json!("orders"),
        "spec.parameters.vhosts [unknown-parameter]: Parameter \"vhosts\" does not exist. Did you mean vhost.",
    );
}

#[test]
fn wrong_type() {
    refuses_new(
        "version",
        json!(4.2),
        "spec.parameters.version [wrong-type]: Parameter version must be a string, not the number 4.2. Put it in quotes: version: \"4.2\".",
    );
}

/// Versions that run on some instance types only must not meet others in the catalogue.
#[test]
fn the_catalogue_cannot_offer_what_does_not_run() {
    let mut world = world(false);
    world.offering["settings"]["sizes"][0]["instanceType"] = json!("mq.m5.large");
    world.offering["settings"]["maintenanceWindow"] = json!("sun:03:00-sun:04:00");
    refuses(
        &world,
        "InvalidOffering: cannot use the Offering in this pipeline step's input: \
         settings.maintenanceWindow: \"sun:03:00-sun:04:00\" is shorter than the two hours that AWS takes; \
         settings.sizes[0].instanceType: \"mq.m5.large\" cannot run version 4.2: RabbitMQ 4 needs mq.m7g",
    );
    world.offering["settings"]["maintenanceWindow"] = json!("sun:03:00-sun:05:00");
    world.offering["settings"]["versions"]["default"] = json!("3.13");
    let versions = world.offering["settings"]["versions"]["offered"].as_array_mut();
    let versions = versions.expect("a list");
    versions.truncate(1);
    versions[0].as_object_mut().expect("an object").remove("upgradesTo");
    world.set("version", json!("3.13"));
    warns(&world, &[]);
}

/// A size that one environment cannot make a cluster of is no size of an environment with clusters.
#[test]
fn the_smallest_broker_is_offered_where_nobody_may_ask_for_a_cluster() {
    let mut world = world(false);
    world.offering["settings"]["sizes"][0]["instanceType"] = json!("mq.t3.micro");
    world.offering["settings"]["versions"] = json!({
        "default": "3.13",
        "offered": [{"name": "3.13", "engineVersion": "3.13"}],
    });
    world.set("version", json!("3.13"));
    refuses(
        &world,
        "InvalidOffering: cannot use the Offering in this pipeline step's input: \
         settings.sizes[0].instanceType: mq.t3.micro forms no cluster, which claims of this \
         environment may ask for",
    );
}
