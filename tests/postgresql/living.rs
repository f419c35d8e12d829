//! What a living database keeps, and what it follows.

use serde_json::{Value as Json, json};

use super::support::world::World;
use super::{INSTANCE, asked, in_environment, objects, settled, world};

/// The living instance, to be changed.
fn instance(world: &mut World) -> &mut Json {
    world.observed.get_mut(INSTANCE).expect("it lives")
}

fn fields(instance: &Json, names: &[&str]) -> Vec<Json> {
    names.iter().map(|name| instance[name].clone()).collect()
}

#[test]
fn an_edit_of_the_catalogue_changes_nothing_that_lives_until_it_is_rolled_out() {
    let mut world = settled(world(false));
    let before = asked(&world.composition(), INSTANCE);
    let settings = &mut world.offering["settings"];
    settings["sizes"][1] = json!({"name": "medium", "instanceClass": "db.m8g.large", "storageGB": 300, "autoscalingLimitGB": 800});
    settings["versions"]["offered"][2]["engineVersion"] = json!("17.9");
    settings["versions"]["offered"][2]["family"] = json!("postgres17b");
    settings["backupRetentionDays"]["default"] = json!(7);
    assert_eq!(asked(&world.composition(), INSTANCE), before);

    world.offering["settings"]["sizes"][1]["rollout"] = json!(true);
    world.offering["settings"]["versions"]["offered"][2]["rollout"] = json!(true);
    let after = asked(&world.composition(), INSTANCE);
    let names = [
        "instanceClass",
        "allocatedStorage",
        "maxAllocatedStorage",
        "engineVersion",
        "allowMajorVersionUpgrade",
    ];
    assert_eq!(
        fields(&after, &names),
        [json!("db.m8g.large"), json!(300), json!(800), json!("17.9"), json!(false)]
    );
}

#[test]
fn a_version_that_left_the_catalogue_keeps_its_parameters() {
    let mut world = settled(world(true));
    let before = asked(&world.composition(), INSTANCE);
    let versions = world.offering["settings"]["versions"].as_object_mut().expect("an object");
    versions.insert("default".to_owned(), json!("18"));
    let offered = versions["offered"].as_array_mut().expect("a list");
    offered.retain(|version| version["name"] == "18");
    let composition = world.composition();
    assert_eq!(asked(&composition, INSTANCE), before);
    assert!(composition.resources.contains_key("postgresql-parameter-group-postgres17"));
    assert_eq!(composition.warnings.len(), 1, "{:?}", composition.warnings);
}

#[test]
fn names_and_keys_are_those_of_the_living_instance() {
    let mut world = settled(world(false));
    let living = json!({
        "identifier": "imported-by-hand",
        "dbName": "legacy",
        "username": "root_of_old",
        "port": 5433,
        "kmsKeyId": "arn:aws:kms:eu-west-1:777788889999:key/old",
        "masterUserSecretKmsKeyId": "arn:aws:kms:eu-west-1:777788889999:key/older",
        "performanceInsightsKmsKeyId": "arn:aws:kms:eu-west-1:777788889999:key/oldest",
        "finalSnapshotIdentifier": "a-name-that-was-promised",
    });
    for (field, value) in living.as_object().expect("an object") {
        instance(&mut world)["spec"]["forProvider"][field] = value.clone();
    }
    let composition = world.composition();
    let asked_for = asked(&composition, INSTANCE);
    for (field, value) in living.as_object().expect("an object") {
        assert_eq!(&asked_for[field], value, "{field}");
    }
    assert_eq!(asked(&composition, "postgresql-grant-database")["database"], "legacy");
}

/// Were the administrator's Secret looked for under a new name, provider-sql would lose the
/// server.
#[test]
fn objects_in_the_platforms_namespace_keep_their_names() {
    for claims in [false, true] {
        let mut world = settled(world(claims));
        let before = objects(&world.composition());
        world.offering["platform"]["clusterId"] = json!("renamed");
        let after = objects(&world.composition());
        for key in ["master-secret", "sql-config", "role"] {
            let key = format!("postgresql-{key}");
            assert_eq!(after[&key]["spec"], before[&key]["spec"], "{key}");
        }
    }
}

#[test]
fn storage_follows_the_claim_upwards_and_autoscaling_never_down() {
    let mut world = settled(world(false));
    instance(&mut world)["status"]["atProvider"]["allocatedStorage"] = json!(180);
    let grown = asked(&world.composition(), INSTANCE);
    assert_eq!(fields(&grown, &["allocatedStorage", "maxAllocatedStorage"]), [180, 500]);

    world.set("storageGB", json!(600));
    let asked_for = asked(&world.composition(), INSTANCE);
    assert_eq!(fields(&asked_for, &["allocatedStorage", "maxAllocatedStorage"]), [600, 756]);

    // A smaller size keeps the storage that there is.
    world.set("storageGB", Json::Null);
    world.set("size", json!("small"));
    let smaller = asked(&world.composition(), INSTANCE);
    assert_eq!(
        fields(&smaller, &["instanceClass", "allocatedStorage", "maxAllocatedStorage"]),
        [json!("db.t4g.medium"), json!(180), json!(200)]
    );
}

#[test]
fn backups_are_kept_no_shorter_than_before_unless_the_claim_says_so() {
    let mut world = settled(world(false));
    let days =
        |world: &World| asked(&world.composition(), INSTANCE)["backupRetentionPeriod"].clone();
    assert_eq!(days(&world), 14);
    world.offering["settings"]["backupRetentionDays"]["default"] = json!(21);
    assert_eq!(days(&world), 21);
    world.offering["settings"]["backupRetentionDays"]["default"] = json!(7);
    assert_eq!(days(&world), 14);
    world.set("backupRetentionDays", json!(9));
    assert_eq!(days(&world), 9);
}

#[test]
fn a_major_upgrade_is_allowed_only_while_it_is_under_way() {
    const OLD: &str = "postgresql-parameter-group-postgres17";
    const NEW: &str = "postgresql-parameter-group-postgres18";
    let mut world = settled(world(false));
    assert_eq!(asked(&world.composition(), INSTANCE)["allowMajorVersionUpgrade"], false);
    world.set("version", json!("18"));
    // Accepted, applied, and waiting for the maintenance window: the same again and again.
    for round in 0..3 {
        let composition = world.composition();
        let instance = asked(&composition, INSTANCE);
        assert_eq!(
            fields(&instance, &["engineVersion", "allowMajorVersionUpgrade"]),
            [json!("18"), json!(true)],
            "{round}"
        );
        let annotations = &objects(&composition)[NEW]["metadata"]["annotations"];
        assert_eq!(instance["parameterGroupName"], annotations["crossplane.io/external-name"]);
        assert!(composition.resources.contains_key(OLD), "the server still uses it");
        world.apply(&composition);
    }
    // Nothing is known of the server: nothing is forbidden half-way.
    let mut wiped = world.clone();
    wiped.observed.get_mut(INSTANCE).expect("it lives")["status"] = json!({});
    assert_eq!(asked(&wiped.composition(), INSTANCE)["allowMajorVersionUpgrade"], true);

    instance(&mut world)["status"]["atProvider"]["engineVersionActual"] = json!("18.1");
    let done = world.composition();
    assert_eq!(asked(&done, INSTANCE)["allowMajorVersionUpgrade"], false);
    assert!(!done.resources.contains_key(OLD));
}

#[test]
fn a_minor_version_that_aws_installed_is_not_an_upgrade() {
    let mut world = settled(world(false));
    instance(&mut world)["status"]["atProvider"]["engineVersionActual"] = json!("17.9");
    let asked_for = asked(&world.composition(), INSTANCE);
    assert_eq!(
        fields(&asked_for, &["engineVersion", "allowMajorVersionUpgrade"]),
        [json!("17"), json!(false)]
    );
    // Somebody upgraded by hand: there is no way back, and nothing to allow.
    instance(&mut world)["status"]["atProvider"]["engineVersionActual"] = json!("18.1");
    assert_eq!(asked(&world.composition(), INSTANCE)["allowMajorVersionUpgrade"], false);
}

#[test]
fn an_instance_without_our_annotation_is_taken_as_it_is() {
    for claims in [false, true] {
        let mut world = settled(world(claims));
        let before = asked(&world.composition(), INSTANCE);
        let annotations = instance(&mut world)["metadata"]["annotations"].as_object_mut();
        annotations.expect("an object").remove("selfservice.fn.crossplane.io/accepted");
        let composition = world.composition();
        assert_eq!(asked(&composition, INSTANCE), before);
        assert!(composition.warnings.is_empty());
        // What the database does not have is judged as if it were new.
        world.set("extensions", json!(["plpython3u"]));
        assert_eq!(world.refusal().len(), 1);
    }
}

#[test]
fn an_extension_that_is_no_longer_asked_for_stays_in_the_database() {
    let mut world = settled(world(false));
    let composition = world.composition();
    let extension = &objects(&composition)["postgresql-extension-uuid-ossp"];
    let policies = json!(["Observe", "Create", "Update", "LateInitialize"]);
    assert_eq!(extension["spec"]["managementPolicies"], policies);
    assert_eq!(extension["spec"]["forProvider"]["extension"], "uuid-ossp");
    world.set("extensions", json!(["pg_trgm"]));
    let composition = world.composition();
    assert!(!composition.resources.contains_key("postgresql-extension-uuid-ossp"));
    assert!(composition.resources.contains_key("postgresql-extension-pg_trgm"));
}

/// A retained database keeps all it needs; what is inside a database, and keys, are kept
/// everywhere.
#[test]
fn deletion_leaves_what_the_environment_retains() {
    for (environment, retains) in [("development", false), ("production", true)] {
        for claims in [false, true] {
            let world = settled(in_environment(environment, claims));
            for (key, object) in objects(&world.composition()) {
                let part = key.trim_start_matches("postgresql-");
                let kept = match part.split('-').next().unwrap_or_default() {
                    "instance" | "subnet" | "security" | "parameter" | "log" => retains,
                    "role" | "database" | "grant" | "extension" => true,
                    _ => false,
                };
                let policies = object["spec"]["managementPolicies"].is_array();
                assert_eq!(policies, kept, "{environment}, {key}");
                let orphan = object["spec"]["deletionPolicy"] == "Orphan";
                assert_eq!(orphan, kept && claims, "{environment}, {key}");
            }
            let instance = asked(&world.composition(), INSTANCE);
            assert_eq!(instance["deletionProtection"], retains, "{environment}");
            assert_eq!(instance["skipFinalSnapshot"], false, "{environment}");
        }
    }
}

#[test]
fn a_backup_window_that_came_to_meet_the_claims_maintenance_is_not_taken_over() {
    let mut world = world(false);
    world.set("maintenanceWindow", json!("mon:05:00-mon:06:00"));
    let mut world = settled(world);
    world.offering["settings"]["backupWindow"] = json!("05:30-06:30");
    let composition = world.composition();
    assert_eq!(asked(&composition, INSTANCE)["backupWindow"], "02:00-03:00");
    assert_eq!(composition.warnings.len(), 1, "its author should know");
}

#[test]
fn the_catalogue_may_give_the_backup_tag_its_own_value() {
    let mut world = world(false);
    assert_eq!(asked(&world.composition(), INSTANCE)["tags"]["backup"], "true");
    world.offering["aws"]["tags"] = json!({"backup": "daily-35d"});
    assert_eq!(asked(&world.composition(), INSTANCE)["tags"]["backup"], "daily-35d");
}
