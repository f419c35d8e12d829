//! Every sentence a developer can meet: a valid claim, one mutation, the exact text.

mod support;

use selfservice::guardrails;
use selfservice::kinds::Kind;
use serde_json::json;
use support::world::World;

fn redis() -> World {
    World::new(
        Kind::RedisInstance,
        "production",
        false,
        json!({"size": "medium", "version": "7", "highAvailability": true}),
    )
}

/// A world whose resources live, as they were accepted.
fn living(mut world: World) -> World {
    world.settle();
    world
}

#[track_caller]
fn refuses(world: &World, lines: &[&str]) {
    assert_eq!(world.refusal(), lines);
}

#[track_caller]
fn warns(world: &World, lines: &[&str]) {
    let warnings: Vec<String> =
        world.composition().warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, lines);
}

#[test]
fn a_valid_claim_is_accepted_without_a_word() {
    warns(&redis(), &[]);
}

#[test]
fn size_above_limit() {
    let mut world = redis();
    world.set("size", json!("xlarge"));
    refuses(
        &world,
        &[
            "spec.parameters.size [size-above-limit]: Maximum allowed size is large. Contact platform-team for exceptions.",
        ],
    );
}

#[test]
fn unknown_size() {
    let mut world = redis();
    world.set("size", json!("huge"));
    refuses(
        &world,
        &[
            "spec.parameters.size [unknown-size]: Size \"huge\" is not offered. Choose one of small, medium, large.",
        ],
    );
}

#[test]
fn parameter_missing() {
    let mut world = redis();
    world.set("size", json!(null));
    refuses(
        &world,
        &[
            "spec.parameters.size [parameter-missing]: Parameter size is missing. Set it to one of small, medium, large.",
        ],
    );
}

#[test]
fn unsupported_version() {
    let mut world = redis();
    world.set("version", json!("6"));
    refuses(
        &world,
        &[
            "spec.parameters.version [unsupported-version]: Version \"6\" is not supported. Choose one of 7.",
        ],
    );
}

#[test]
fn end_of_support_warns() {
    let mut world = redis();
    world.offering["settings"]["redis"]["offered"][0]["standardSupportUntil"] = json!("2026-11-23");
    warns(
        &world,
        &[
            "spec.parameters.version [end-of-support]: Standard support of version 7 ended on 2026-11-23. Contact platform-team about its successor.",
        ],
    );
    world.offering["settings"]["redis"]["offered"][0]["standardSupportUntil"] = json!("2026-11-24");
    warns(&world, &[]);
}

#[test]
fn high_availability_required() {
    let mut world = redis();
    world.set("highAvailability", json!(false));
    refuses(
        &world,
        &[
            "spec.parameters.highAvailability [high-availability-required]: High availability is required in production. Set highAvailability to true, or leave it out.",
        ],
    );
}

#[test]
fn high_availability_unavailable() {
    let mut world = redis();
    world.offering["environment"]["highAvailability"] = json!("unavailable");
    refuses(
        &world,
        &[
            "spec.parameters.highAvailability [high-availability-unavailable]: High availability is not available in production. Set highAvailability to false, or leave it out.",
        ],
    );
}

#[test]
fn name_shape() {
    let mut world = redis();
    world.composite["metadata"]["name"] = json!("a--b");
    refuses(
        &world,
        &[
            "metadata.name [name-shape]: Name \"a--b\" does not have the allowed shape. Use 3 to 25 lower-case letters, digits and single dashes, beginning with a letter and not ending with a dash.",
        ],
    );
}

#[test]
fn unknown_parameter() {
    let mut world = redis();
    world.set("sise", json!("small"));
    refuses(
        &world,
        &[
            "spec.parameters.sise [unknown-parameter]: Parameter \"sise\" does not exist. Did you mean size.",
        ],
    );
    let mut world = redis();
    world.set("shards", json!(3));
    refuses(
        &world,
        &[
            "spec.parameters.shards [unknown-parameter]: Parameter \"shards\" does not exist. Remove it; the parameters are size, version, highAvailability, engine, evictionPolicy, maintenanceWindow.",
        ],
    );
}

#[test]
fn wrong_type() {
    let mut world = redis();
    world.set("version", json!(7));
    refuses(
        &world,
        &[
            "spec.parameters.version [wrong-type]: Parameter version must be a string, not the number 7. Put it in quotes: version: \"7\".",
        ],
    );
    let mut world = redis();
    world.set("highAvailability", json!("true"));
    refuses(
        &world,
        &[
            "spec.parameters.highAvailability [wrong-type]: Parameter highAvailability must be true or false, not a string. Remove the quotes: highAvailability: true.",
        ],
    );
    let mut world = redis();
    world.set("size", json!(["large"]));
    refuses(
        &world,
        &[
            "spec.parameters.size [wrong-type]: Parameter size must be a string, not a list. Give a string.",
        ],
    );
}

#[test]
fn unknown_value() {
    let mut world = redis();
    world.set("engine", json!("keydb"));
    refuses(
        &world,
        &[
            "spec.parameters.engine [unknown-value]: \"keydb\" is not allowed here. Choose one of redis, valkey.",
        ],
    );
}

#[test]
fn maintenance_window() {
    let mut world = redis();
    world.set("maintenanceWindow", json!("sunday night"));
    refuses(
        &world,
        &[
            "spec.parameters.maintenanceWindow [maintenance-window]: Maintenance window \"sunday night\" does not have the form ddd:hh:mm-ddd:hh:mm. Give a window of 60 minutes to 24 hours in UTC, such as sun:03:30-sun:04:30.",
        ],
    );
    world.set("maintenanceWindow", json!("tue:03:30-tue:04:30"));
    refuses(
        &world,
        &[
            "spec.parameters.maintenanceWindow [maintenance-window]: Maintenance window \"tue:03:30-tue:04:30\" meets the backup window 03:00-04:00. Choose a time outside the backup window.",
        ],
    );
}

#[test]
fn credentials_secret_name() {
    let mut world = redis();
    world.composite["spec"]["writeConnectionSecretToRef"] = json!({"name": "github-token"});
    refuses(
        &world,
        &[
            "spec.writeConnectionSecretToRef.name [credentials-secret-name]: Secret name \"github-token\" is not allowed. Use lower-case letters, digits and dashes, and end it in -credentials.",
        ],
    );
}

#[test]
fn environment_not_allowed() {
    let mut world = redis();
    world.offering["environment"]["namespaces"] = json!(["team-payments", "prod-*"]);
    refuses(
        &world,
        &[
            "metadata.namespace [environment-not-allowed]: Namespace team-orders may not use environment production. Use another environment, or a namespace named like team-payments, prod-*.",
        ],
    );
}

#[test]
fn selector_mismatch() {
    let mut world = redis();
    world.composite["spec"]["crossplane"]["compositionSelector"]["matchLabels"] =
        json!({"environment": "development"});
    refuses(
        &world,
        &[
            "spec.crossplane.compositionSelector.matchLabels.environment [selector-mismatch]: Selector label environment is \"development\", but this claim is composed for \"production\". Set it to production, or create a new claim with the selector you want.",
            "spec.crossplane.compositionSelector.matchLabels.provider [selector-mismatch]: Selector label provider is missing. Set it to aws, or create a new claim with the selector you want.",
        ],
    );
}

#[test]
fn composition_pinned() {
    let mut world = redis();
    world.composite["spec"]["crossplane"]["compositionUpdatePolicy"] = json!("Manual");
    refuses(
        &world,
        &[
            "spec.crossplane.compositionUpdatePolicy [composition-pinned]: \"Manual\" pins this claim to a revision of its Composition. Remove the field.",
        ],
    );
}

#[test]
fn environment_changed() {
    let mut world = living(redis());
    world.offering["environment"]["name"] = json!("staging");
    world.composite["spec"]["crossplane"]["compositionSelector"]["matchLabels"]["environment"] =
        json!("staging");
    refuses(
        &world,
        &[
            "spec.crossplane.compositionSelector.matchLabels.environment [environment-changed]: Environment cannot change from \"production\" to \"staging\" after creation. Set it back to production, or create a new claim and move the data.",
        ],
    );
}

#[test]
fn immutable_parameter() {
    let mut world = living(redis());
    world.set("engine", json!("valkey"));
    world.set("version", json!(null));
    refuses(
        &world,
        &[
            "spec.parameters.engine [immutable-parameter]: engine cannot change from \"redis\" to \"valkey\" after creation. Set it back to \"redis\", or create a new claim and move the data.",
        ],
    );
    let mut world = living(redis());
    world.set("engine", json!("redis"));
    warns(&world, &[]);
    let mut world = living(redis());
    world.composite["spec"]["writeConnectionSecretToRef"] = json!({"name": "other-credentials"});
    refuses(
        &world,
        &[
            "spec.writeConnectionSecretToRef.name [immutable-parameter]: writeConnectionSecretToRef.name cannot change from \"orders-main-redis-credentials\" to \"other-credentials\" after creation. Set it back to \"orders-main-redis-credentials\", or create a new claim and move the data.",
        ],
    );
}

#[test]
fn version_downgrade_and_jump() {
    let mut valkey = redis();
    valkey.set("engine", json!("valkey"));
    valkey.set("version", json!("9"));
    let mut world = living(valkey.clone());
    world.set("version", json!("8"));
    refuses(
        &world,
        &[
            "spec.parameters.version [version-downgrade]: Version cannot go down from 9 to 8. Set version to 9 or later, or create a new claim with version 8 and move the data.",
        ],
    );

    valkey.set("version", json!("8"));
    let mut world = living(valkey);
    world.set("version", json!("9"));
    warns(&world, &[]);
    world.offering["settings"]["valkey"]["offered"][0]["upgradesTo"] = json!([]);
    refuses(
        &world,
        &[
            "spec.parameters.version [version-jump]: Version cannot go from 8 to 9 in one step. Contact platform-team about this upgrade.",
        ],
    );
}

#[test]
fn everything_wrong_is_said_at_once() {
    let mut world = redis();
    world.set("size", json!("xlarge"));
    world.set("version", json!(6));
    world.set("sise", json!("small"));
    world.set("highAvailability", json!(false));
    assert_eq!(world.refusal().len(), 4);
    let accepted = &world.verdict().conditions[0];
    assert_eq!(accepted.reason, "HighAvailabilityRequired");
    assert!(
        accepted.message.starts_with("4 problems: (1) spec.parameters.highAvailability: "),
        "{}",
        accepted.message
    );
}

/// A catalogue edit never refuses, resizes or upgrades what lives.
#[test]
fn what_only_the_catalogue_broke_is_a_standing_warning() {
    let mut world = living(redis());
    world.offering["settings"]["maximumSize"] = json!("small");
    world.offering["settings"]["sizes"][1]["nodeType"] = json!("cache.m8g.large");
    world.offering["settings"]["redis"]["offered"][0]["engineVersion"] = json!("7.2");
    world.offering["environment"]["namespaces"] = json!(["payments"]);
    warns(
        &world,
        &[
            "metadata.namespace [environment-not-allowed]: Namespace team-orders may not use environment production. Use another environment, or a namespace named like payments.",
            "spec.parameters.size [size-above-limit]: Maximum allowed size is small. Contact platform-team for exceptions.",
        ],
    );
    let group = support::world::document(
        &world.composition().resources["redis-replication-group"].manifest,
    );
    assert_eq!(group["spec"]["forProvider"]["nodeType"], "cache.m7g.large");
    assert_eq!(group["spec"]["forProvider"]["engineVersion"], "7.1");
    let accepted = &world.verdict().conditions[0];
    assert_eq!(
        (accepted.status.name(), accepted.reason.as_str()),
        ("True", "AcceptedWithWarnings")
    );

    // Growing is another matter: the claim asks for it.
    world.set("size", json!("large"));
    refuses(
        &world,
        &[
            "spec.parameters.size [size-above-limit]: Maximum allowed size is small. Contact platform-team for exceptions.",
        ],
    );

    // A rollout is what the catalogue marks as one.
    world.set("size", json!("medium"));
    world.offering["settings"]["sizes"][1]["rollout"] = json!(true);
    let group = support::world::document(
        &world.composition().resources["redis-replication-group"].manifest,
    );
    assert_eq!(group["spec"]["forProvider"]["nodeType"], "cache.m8g.large");
}

#[test]
fn a_refusal_leaves_the_other_conditions_untouched() {
    let mut world = living(redis());
    world.composite["status"] = json!({"conditions": [
        {"type": "CredentialsReady", "status": "True", "reason": "Delivered", "message": "As it was."},
    ]});
    world.set("size", json!("xlarge"));
    let verdict = world.verdict();
    let states: Vec<String> = verdict
        .conditions
        .iter()
        .map(|condition| {
            format!(
                "{} {} {} {}",
                condition.kind,
                condition.status.name(),
                condition.reason,
                condition.message
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            "Accepted False SizeAboveLimit Maximum allowed size is large. Contact platform-team for exceptions.",
            "CredentialsReady True Delivered As it was.",
        ]
    );
}

#[test]
fn every_code_is_unique_and_explained() {
    let mut codes: Vec<&str> = guardrails::ALL.iter().map(|guardrail| guardrail.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), guardrails::ALL.len());
    for guardrail in guardrails::ALL {
        assert!(
            !guardrail.about.ends_with('.') && guardrail.why.ends_with('.'),
            "{}",
            guardrail.code
        );
        assert!(!guardrail.ways_out.is_empty(), "{}", guardrail.code);
        assert!(guardrail.ways_out.iter().all(|way| way.ends_with('.')), "{}", guardrail.code);
    }
}

/// A hostile claim must not fill the memory with what is wrong with it.
#[test]
fn a_claim_with_thousands_of_mistakes_is_told_some_of_them() {
    let mut world = World::new(
        Kind::PostgreSqlInstance,
        "production",
        false,
        json!({"size": "medium", "extensions": (0..5000).map(|n| format!("no{n}")).collect::<Vec<_>>()}),
    );
    for parameter in 0..5000 {
        world.set(&format!("no{parameter}"), json!(1));
    }
    assert_eq!(world.refusal().len(), 200, "a hundred of each");
}
