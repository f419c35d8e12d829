//! Every sentence that a developer of this kind can meet: a valid claim, one mutation, the
//! exact text.

use serde_json::{Value as Json, json};

use super::support::world::{refuses, warns};
use super::{settled, world};

/// Refuses a new claim with `parameter` set to `value`.
#[track_caller]
fn refuses_new(parameter: &str, value: Json, line: &str) {
    let mut world = world(false);
    world.set(parameter, value);
    refuses(&world, line);
}

/// Refuses to change `parameter` of a living database to `value`.
#[track_caller]
fn refuses_change(parameter: &str, value: Json, line: &str) {
    let mut world = settled(world(true));
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
fn unknown_size() {
    refuses_new(
        "size",
        json!("huge"),
        "spec.parameters.size [unknown-size]: Size \"huge\" is not offered. Choose one of small, medium, large.",
    );
}

#[test]
fn parameter_missing() {
    refuses_new(
        "size",
        Json::Null,
        "spec.parameters.size [parameter-missing]: Parameter size is missing. Set it to one of small, medium, large.",
    );
}

#[test]
fn unknown_parameter() {
    refuses_new(
        "storageGb",
        json!(100),
        "spec.parameters.storageGb [unknown-parameter]: Parameter \"storageGb\" does not exist. Did you mean storageGB.",
    );
}

#[test]
fn wrong_type() {
    refuses_new(
        "version",
        json!(17),
        "spec.parameters.version [wrong-type]: Parameter version must be a string, not the number 17. Put it in quotes: version: \"17\".",
    );
    refuses_new(
        "storageGB",
        json!("100"),
        "spec.parameters.storageGB [wrong-type]: Parameter storageGB must be a whole number, not a string. Remove the quotes: storageGB: 100.",
    );
    refuses_new(
        "extensions",
        json!("pg_trgm"),
        "spec.parameters.extensions [wrong-type]: Parameter extensions must be a list of strings, not a string. Give a list of strings.",
    );
}

#[test]
fn unsupported_version() {
    refuses_new(
        "version",
        json!("14"),
        "spec.parameters.version [unsupported-version]: Version \"14\" is not supported. Choose one of 15, 16, 17, 18.",
    );
}

#[test]
fn end_of_support() {
    let mut world = settled(world(false));
    world.offering["settings"]["versions"]["offered"][2]["standardSupportUntil"] =
        json!("2026-11-23");
    warns(
        &world,
        &[
            "spec.parameters.version [end-of-support]: Standard support of version 17 ended on 2026-11-23. Upgrade to one of 18.",
        ],
    );
}

#[test]
fn version_downgrade() {
    refuses_change(
        "version",
        json!("16"),
        "spec.parameters.version [version-downgrade]: Version cannot go down from 17 to 16. Set version to 17 or later, or create a new claim with version 16 and move the data.",
    );
}

#[test]
fn version_jump() {
    let mut world = world(false);
    world.set("version", json!("15"));
    let mut world = settled(world);
    world.set("version", json!("18"));
    refuses(
        &world,
        "spec.parameters.version [version-jump]: Version cannot go from 15 to 18 in one step. Upgrade to one of 16, 17 first.",
    );
}

#[test]
fn high_availability() {
    refuses_new(
        "highAvailability",
        json!(false),
        "spec.parameters.highAvailability [high-availability-required]: High availability is required in production. Set highAvailability to true, or leave it out.",
    );
    let mut world = world(false);
    world.offering["environment"]["highAvailability"] = json!("unavailable");
    world.set("highAvailability", json!(true));
    refuses(
        &world,
        "spec.parameters.highAvailability [high-availability-unavailable]: High availability is not available in production. Set highAvailability to false, or leave it out.",
    );
}

#[test]
fn number_out_of_range() {
    refuses_new(
        "storageGB",
        json!(19),
        "spec.parameters.storageGB [number-out-of-range]: storageGB 19 is out of range. Choose a whole number from 20 to 1000.",
    );
    refuses_new(
        "storageGB",
        json!(1001),
        "spec.parameters.storageGB [number-out-of-range]: storageGB 1001 is out of range. Choose a whole number from 20 to 1000.",
    );
    refuses_new(
        "backupRetentionDays",
        json!(6),
        "spec.parameters.backupRetentionDays [number-out-of-range]: backupRetentionDays 6 is out of range. Choose a whole number from 7 to 35.",
    );
}

#[test]
fn storage_shrink() {
    refuses_change(
        "storageGB",
        json!(99),
        "spec.parameters.storageGB [storage-shrink]: Storage cannot shrink from 100 GB to 99 GB. Set storageGB to 100 or more, or create a new claim and move the data.",
    );
    // What autoscaling made of an accepted claim is not its author's fault.
    let mut world = world(true);
    world.set("storageGB", json!(120));
    let mut world = settled(world);
    let instance = world.observed.get_mut(super::INSTANCE).expect("it lives");
    instance["status"]["atProvider"]["allocatedStorage"] = json!(200);
    warns(&world, &[]);
    world.set("storageGB", json!(150));
    refuses(
        &world,
        "spec.parameters.storageGB [storage-shrink]: Storage cannot shrink from 200 GB to 150 GB. Set storageGB to 200 or more, or create a new claim and move the data.",
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
        json!("sun:02:30-sun:03:30"),
        "spec.parameters.maintenanceWindow [maintenance-window]: Maintenance window \"sun:02:30-sun:03:30\" meets the backup window 02:00-03:00. Choose a time outside the backup window.",
    );
}

#[test]
fn database_name() {
    for name in ["Orders", "1st", "", "_x", "a-b", "größe", "a b", &"a".repeat(64)] {
        let mut world = world(false);
        world.set("databaseName", json!(name));
        let refusal = world.refusal();
        assert!(
            refusal.len() == 1 && refusal[0].contains("[database-name]"),
            "{name}: {refusal:?}"
        );
    }
    refuses_new(
        "databaseName",
        json!("Orders"),
        "spec.parameters.databaseName [database-name]: Database name \"Orders\" is not allowed. Use 1 to 63 lower-case letters, digits and underscores, beginning with a letter.",
    );
    for name in ["postgres", "template0", "template1", "rdsadmin", "user", "order", "left"] {
        refuses_new(
            "databaseName",
            json!(name),
            &format!(
                "spec.parameters.databaseName [database-name]: Database name \"{name}\" is reserved. Set databaseName to another word."
            ),
        );
    }
    // The claim's name is the default, and may be such a word, too.
    let mut world = world(false);
    world.composite["metadata"]["name"] = json!("user");
    refuses(
        &world,
        "spec.parameters.databaseName [database-name]: Database name \"user\" is reserved. Set databaseName to another word.",
    );
    world.set("databaseName", json!("users"));
    warns(&world, &[]);
}

#[test]
fn extension_not_offered() {
    refuses_new(
        "extensions",
        json!(["pg_trgm", "plpython3u"]),
        "spec.parameters.extensions[1] [extension-not-offered]: Extension \"plpython3u\" is not offered. Choose from btree_gin, btree_gist, citext, hstore, pg_stat_statements, pg_trgm, pgcrypto, uuid-ossp, vector.",
    );
}

#[test]
fn immutable_parameter() {
    refuses_change(
        "databaseName",
        json!("orders"),
        "spec.parameters.databaseName [immutable-parameter]: databaseName cannot change from its default to \"orders\" after creation. Leave it out again, or create a new claim and move the data.",
    );
    // Saying the default is no change.
    let mut world = settled(world(true));
    world.set("databaseName", json!("orders_main"));
    warns(&world, &[]);
}

/// Every mistake at once: nobody wants to find them one by one.
#[test]
fn several() {
    let mut world = world(false);
    world.set("size", json!("xlarge"));
    world.set("databaseName", json!("user"));
    world.set("storageGB", json!(5000));
    world.set("colour", json!("red"));
    assert_eq!(world.refusal().len(), 4);
}
