//! What a living broker keeps, and what it follows.

use selfservice::guardrails::MEMORY_ANNOTATION;
use serde_json::{Value as Json, json};

use super::support::world::World;
use super::{BROKER, asked, in_environment, objects, settled, wipe_status, world};

/// The living broker, to be changed.
fn broker(world: &mut World) -> &mut Json {
    world.observed.get_mut(BROKER).expect("it lives")
}

#[test]
fn an_edit_of_the_catalogue_changes_nothing_that_lives_until_it_is_rolled_out() {
    let mut world = settled(world(false));
    let before = asked(&world.composition(), BROKER);
    let settings = &mut world.offering["settings"];
    settings["sizes"][1]["instanceType"] = json!("mq.m7g.8xl");
    settings["versions"]["offered"][1]["engineVersion"] = json!("4.3");
    assert_eq!(asked(&world.composition(), BROKER), before);

    world.offering["settings"]["sizes"][1]["rollout"] = json!(true);
    let after = asked(&world.composition(), BROKER);
    assert_eq!(after["hostInstanceType"], "mq.m7g.8xl");
    assert_eq!(after["engineVersion"], "4.2");
    world.offering["settings"]["versions"]["offered"][1]["rollout"] = json!(true);
    world.settle();
    assert_eq!(asked(&world.composition(), BROKER)["engineVersion"], "4.3");
}

#[test]
fn what_aws_would_replace_it_for_is_taken_from_the_living_broker() {
    for claims in [false, true] {
        let mut world = settled(world(claims));
        let mut secret = json!({"name": "by-hand", "key": "secret-word"});
        if claims {
            secret["namespace"] = json!("elsewhere");
        }
        let living = json!({
            "brokerName": "imported-by-hand",
            "deploymentMode": "SINGLE_INSTANCE",
            "subnetIds": ["subnet-0999"],
            "user": [{"username": "root_of_old", "passwordSecretRef": secret}],
        });
        for (field, value) in living.as_object().expect("an object") {
            broker(&mut world)["spec"]["forProvider"][field] = value.clone();
        }
        wipe_status(&mut world);
        let composition = world.composition();
        let asked_for = asked(&composition, BROKER);
        for (field, value) in living.as_object().expect("an object") {
            assert_eq!(&asked_for[field], value, "{field}");
        }
        let alarm = asked(&composition, "message-queue-alarm-cpu");
        assert_eq!(alarm["dimensions"]["Broker"], "imported-by-hand");
        let connection = objects(&composition)["message-queue-connection"].clone();
        assert_eq!(
            connection["data"]["username"],
            super::support::world::encode("root_of_old").as_str()
        );
    }
}

#[test]
fn a_single_node_has_one_of_the_subnets_and_a_cluster_all() {
    let subnets = |world: World| {
        let world = settled(world);
        let subnets = asked(&world.composition(), BROKER)["subnetIds"].clone();
        (subnets.as_array().expect("a list").len(), world.offering["aws"]["subnetIds"].clone())
    };
    assert_eq!(subnets(in_environment("development", false)).0, 1);
    let (count, all) = subnets(world(false));
    assert_eq!(count, all.as_array().expect("a list").len());
    // Not all brokers are in the zone that is lost.
    let zones: std::collections::BTreeSet<String> = (0..20)
        .map(|number| {
            let mut world = in_environment("development", false);
            world.composite["metadata"]["name"] = json!(format!("orders-{number}"));
            let world = settled(world);
            asked(&world.composition(), BROKER)["subnetIds"][0].as_str().expect("one").to_owned()
        })
        .collect();
    assert!(zones.len() > 1, "{zones:?}");
}

#[test]
fn an_upgrade_waits_for_the_configuration_of_its_version() {
    let mut world = world(false);
    world.set("version", json!("3.13"));
    let mut world = settled(world);
    let before = asked(&world.composition(), BROKER);
    assert_eq!(before["engineVersion"], "3.13");
    world.set("version", json!("4.2"));
    let composition = world.composition();
    assert!(composition.resources.contains_key("message-queue-configuration-4-2"));
    assert_eq!(asked(&composition, BROKER), before, "the broker waits");
    let composition = world.settle();
    let after = asked(&composition, BROKER);
    assert_eq!(after["engineVersion"], "4.2");
    assert_ne!(after["configuration"]["id"], before["configuration"]["id"]);
    // AWS uses the former one until the maintenance window, and never deletes any.
    assert!(composition.resources.contains_key("message-queue-configuration-3-13"));
}

/// RabbitMQ 4 runs on one family of instances. A living broker of another one keeps it until its
/// claim asks for RabbitMQ 4.
#[test]
fn an_upgrade_takes_an_instance_type_that_can_run_it() {
    let mut world = world(false);
    world.set("version", json!("3.13"));
    let mut world = settled(world);
    broker(&mut world)["spec"]["forProvider"]["hostInstanceType"] = json!("mq.m5.large");
    assert_eq!(asked(&world.composition(), BROKER)["hostInstanceType"], "mq.m5.large");
    world.set("version", json!("4.2"));
    world.settle();
    assert_eq!(asked(&world.composition(), BROKER)["hostInstanceType"], "mq.m7g.xlarge");
}

/// When support of a version ends, AWS upgrades by itself; asking for less would wedge the broker.
#[test]
fn what_aws_upgraded_by_itself_is_followed() {
    let mut world = world(false);
    world.set("version", json!("3.13"));
    let mut world = settled(world);
    for _ in 0..2 {
        broker(&mut world)["status"]["atProvider"]["engineVersion"] = json!("4.2");
        world.apply(&world.composition());
    }
    assert_eq!(asked(&world.composition(), BROKER)["engineVersion"], "4.2");
}

#[test]
fn a_new_revision_of_the_configuration_is_used() {
    let mut world = settled(world(false));
    let configuration = world.observed.get_mut("message-queue-configuration-4-2");
    let configuration = configuration.expect("it lives");
    configuration["status"]["atProvider"]["latestRevision"] = json!(7);
    assert_eq!(asked(&world.composition(), BROKER)["configuration"]["revision"], 7);
    // Unknown for a while, or lost: the broker keeps what it uses.
    world.apply(&world.composition());
    wipe_status(&mut world);
    assert_eq!(asked(&world.composition(), BROKER)["configuration"]["revision"], 7);
    world.observed.remove("message-queue-configuration-4-2");
    assert_eq!(asked(&world.composition(), BROKER)["configuration"]["revision"], 7);
}

#[test]
fn the_maintenance_window_begins_when_the_claim_says() {
    let start =
        |world: &World| asked(&world.composition(), BROKER)["maintenanceWindowStartTime"].clone();
    let mut world = settled(world(false));
    let default = json!({"dayOfWeek": "SUNDAY", "timeOfDay": "03:00", "timeZone": "UTC"});
    assert_eq!(start(&world), default);
    world.set("maintenanceWindow", json!("wed:23:30-thu:01:30"));
    let asked_for = json!({"dayOfWeek": "WEDNESDAY", "timeOfDay": "23:30", "timeZone": "UTC"});
    assert_eq!(start(&world), asked_for);
}

/// An imported broker, or one whose annotation was lost: nothing is changed or refused on a guess.
#[test]
fn a_broker_without_our_annotation_is_read_by_its_looks() {
    let mut world = settled(world(false));
    let before = asked(&world.composition(), BROKER);
    let annotations = &mut broker(&mut world)["metadata"]["annotations"];
    annotations.as_object_mut().expect("an object").remove(MEMORY_ANNOTATION);
    assert_eq!(asked(&world.composition(), BROKER), before);
    let composition = world.composition();
    let remembered = objects(&composition)[BROKER]["metadata"]["annotations"][MEMORY_ANNOTATION]
        .as_str()
        .expect("it remembers again")
        .to_owned();
    assert!(remembered.contains(r#""highAvailability":true"#), "{remembered}");
    // The catalogue's size moved on: what lives stays.
    world.offering["settings"]["sizes"][1]["instanceType"] = json!("mq.m7g.8xl");
    assert_eq!(asked(&world.composition(), BROKER), before);
    world.set("highAvailability", json!(false));
    assert!(world.refusal().iter().any(|line| line.contains("[availability-fixed]")));
}

#[test]
fn a_virtual_host_that_lives_keeps_its_name() {
    let mut world = settled(world(false));
    let vhost = world.observed.get_mut("message-queue-vhost").expect("it lives");
    vhost["spec"]["name"] = json!("of-old");
    let composed = objects(&world.composition());
    assert_eq!(composed["message-queue-vhost"]["spec"]["name"], "of-old");
    assert_eq!(composed["message-queue-permission"]["spec"]["vhost"], "of-old");
}
