//! `ObjectStore` on AWS: what is composed is what an API server accepts, least-privileged, and
//! never loses what exists.

#![cfg(feature = "cli")]
#![expect(clippy::panic, reason = "helpers stop tests, too")]

mod support;

#[path = "object_store/fixture.rs"]
mod fixture;

#[path = "object_store/access.rs"]
mod access;
#[path = "object_store/examples.rs"]
mod examples;
#[path = "object_store/guardrails.rs"]
mod guardrails;
#[path = "object_store/injection.rs"]
mod injection;

use fixture::{Resources, Scenario, Stage, assert_snapshot, claim, document};
use selfservice::catalog::Offering;
use selfservice::claim::Flavour;
use selfservice::kinds::Kind;
use selfservice::names::Names;
use selfservice::outcome::{Answer, Class, ConditionStatus};
use selfservice::wire::Struct;
use serde_json::{Value, json};

/// Every flavour, environment, way of identity, way of access and key.
fn matrix() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for flavour in [Flavour::Namespaced, Flavour::Claims] {
        for environment in ["development", "staging", "production"] {
            let base = claim()
                .flavour(flavour)
                .environment(environment)
                .set("archiveAfterDays", 60)
                .set("expireAfterDays", 400);
            for base in [base.clone(), base.pod_identity()] {
                for base in [base.clone(), base.offer("/aws/keyPerClaim", true)] {
                    scenarios.push(base.clone());
                    scenarios.push(base.clone().set("access.mode", "read-only"));
                    scenarios.push(base.clone().set("access.joinIdentityOf", "receipts"));
                    scenarios.push(base.set("access.serviceAccountName", "biller"));
                }
            }
        }
    }
    scenarios
}

/// The stages that a scenario goes through.
fn stages(scenario: &Scenario) -> Vec<Scenario> {
    let first = scenario.clone().service_account(Answer::Pending);
    let resources = scenario.resources();
    let creating = scenario.clone().observing(&resources, Stage::Creating);
    vec![first, scenario.clone(), creating, scenario.clone().living()]
}

/// A field that the CRD does not know is pruned or refused by the API server.
#[test]
fn composes_what_the_schemas_accept() {
    for scenario in matrix() {
        for stage in stages(&scenario) {
            for (key, resource) in stage.resources() {
                let problems = support::schemas::validate(&resource);
                assert!(problems.is_empty(), "{key}: {problems:?}\n{resource:#}");
                assert!(Kind::ObjectStore.class_of(&key).is_some(), "{key} has no class");
            }
        }
    }
}

/// Otherwise Crossplane would apply for ever.
#[test]
fn settles_when_fed_its_own_output() {
    for scenario in matrix() {
        let living = scenario.living();
        let resources = living.resources();
        assert_eq!(living.clone().observing(&resources, Stage::Ready).resources(), resources);
        let composition = living.accepted();
        assert!(composition.ready, "waits for {:?}", composition.waiting);
    }
}

/// An application that starts on Ready finds its Secret, with every entry.
#[test]
fn is_never_ready_before_the_credentials_exist() {
    for scenario in matrix() {
        for stage in stages(&scenario) {
            let verdict = stage.verdict();
            let ready = verdict.decision.expect("accepted").ready;
            let delivered = verdict.conditions[1].status == ConditionStatus::True;
            assert_eq!(ready, delivered, "{:?}", verdict.conditions);
            assert_eq!(ready, stage.observed.contains_key("object-store-credentials"));
        }
        let living = scenario.living();
        let secret = living.resource("object-store-credentials");
        let entries: Vec<_> = secret["data"].as_object().expect("data").keys().collect();
        let mut expected = Kind::ObjectStore.constant_secret_keys().collect::<Vec<_>>();
        expected.sort_unstable();
        assert_eq!(entries, expected);
        assert_eq!(secret["type"], "servicebinding.io/s3");
        assert_eq!(secret["metadata"]["name"], "billing-bucket-credentials");
        assert_eq!(secret["metadata"]["namespace"], "team-billing");
    }
}

/// Until AWS has made the bucket, its name may be somebody else's.
#[test]
fn says_where_the_bucket_is_once_it_exists() {
    let new = claim();
    assert_eq!(new.status().get("bucket"), None);
    assert_eq!(new.status().get("endpoint"), None);
    assert_eq!(
        new.status()["roleArn"],
        "arn:aws:iam::777788889999:role/invoices-team-billing-ubt5ctjjwcor"
    );
    let status = new.living().status();
    assert_eq!(status["bucket"], "invoices-team-billing-h7japziby6qp");
    assert_eq!(status["endpoint"], "https://s3.eu-west-1.amazonaws.com");
    assert_eq!(status["serviceAccountName"], "invoices");
    assert_eq!(
        status["offering"],
        json!({"expectedGB": 1000, "versioning": true, "noncurrentVersionDays": 90})
    );
}

#[test]
fn composes_exactly_these() {
    let archiving = claim().set("archiveAfterDays", 60).set("expireAfterDays", 400);
    for (snapshot, key) in [
        ("bucket", "object-store-bucket"),
        ("bucket-policy", "object-store-bucket-policy"),
        ("encryption", "object-store-encryption"),
        ("lifecycle", "object-store-lifecycle"),
        ("alarm", "object-store-alarm-size"),
        ("role", "object-store-role"),
        ("service-account", "object-store-service-account-invoices"),
    ] {
        assert_snapshot(snapshot, &archiving.resource(key));
    }
    let cluster_scoped = archiving.clone().flavour(Flavour::Claims);
    assert_snapshot("bucket-claims", &cluster_scoped.resource("object-store-bucket"));
    let pod_identity = archiving.pod_identity();
    assert_snapshot(
        "pod-identity",
        &pod_identity.resource("object-store-pod-identity-example.invoices"),
    );
}

/// Each is a promise that no parameter takes back.
#[test]
fn protects_every_bucket() {
    for scenario in matrix() {
        let resources = scenario.living().resources();
        let asked = |key: &str| resources[key]["spec"]["forProvider"].clone();
        let blocked = asked("object-store-public-access-block");
        for flag in
            ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"]
        {
            assert_eq!(blocked[flag], true);
        }
        let ownership = asked("object-store-ownership-controls");
        assert_eq!(ownership["rule"]["objectOwnership"], "BucketOwnerEnforced");
        assert_eq!(asked("object-store-bucket")["forceDestroy"], false);
        let rule = &asked("object-store-encryption")["rule"][0];
        let default = &rule["applyServerSideEncryptionByDefault"];
        assert_eq!(default["sseAlgorithm"], "aws:kms");
        let key = default["kmsMasterKeyId"].as_str().expect("a key");
        assert!(key.starts_with("arn:aws:kms:eu-west-1:"), "{key}");
        let logging = asked("object-store-logging");
        assert!(logging["targetBucket"].as_str().expect("a bucket").ends_with("-access-logs"));
        assert_eq!(logging["targetPrefix"], "invoices-team-billing-h7japziby6qp/");
        for (key, resource) in &resources {
            let tags = &resource["spec"]["forProvider"]["tags"];
            if !tags.is_null() {
                assert_eq!(tags["team"], "billing", "{key}");
            }
        }
    }
}

/// A bucket and what protects it outlive their claim everywhere: S3 deletes no bucket that holds
/// anything, and takes no snapshot. Who may use it goes at once.
#[test]
fn keeps_the_bucket_and_revokes_access_in_every_environment() {
    let identity = ["policy", "role", "pod-identity", "service-account", "alarm"];
    for environment in ["development", "production"] {
        let resources = claim().environment(environment).pod_identity().resources();
        for (key, resource) in resources {
            let policies = &resource["spec"]["managementPolicies"];
            let part = key.strip_prefix("object-store-").expect("our prefix");
            let goes = identity.iter().any(|known| part.starts_with(known));
            assert_eq!(policies.is_null(), goes, "{key} in {environment}: {policies}");
        }
    }
}

/// A key of the claim's own has no ARN before it exists; nothing may use another one meanwhile.
#[test]
fn waits_for_the_key_of_its_own() {
    let scenario = claim().offer("/aws/keyPerClaim", true);
    assert_eq!(
        scenario.waiting(),
        [
            "object-store-encryption",
            "object-store-policy",
            "object-store-policy-attachment-invoices",
            "object-store-credentials",
        ]
    );
    let living = scenario.living();
    let key = "arn:aws:kms:eu-west-1:777788889999:key/of-this-claim-alone";
    let rule = &living.resource("object-store-encryption")["spec"]["forProvider"]["rule"][0];
    assert_eq!(rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"], key);
    let policy = document(&living.resource("object-store-policy"), "policy");
    assert_eq!(policy["Statement"][2]["Resource"], json!([key]));
    // The catalogue changes its mind: the living bucket keeps its key.
    let later = living.offer("/aws/keyPerClaim", false);
    let rule = &later.resource("object-store-encryption")["spec"]["forProvider"]["rule"][0];
    assert_eq!(rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"], key);
}

/// S3 cannot go back to `Disabled`; former versions stay readable.
#[test]
fn suspends_versioning_where_the_environment_lets_it() {
    let status = |scenario: &Scenario| {
        let versioning = scenario.resource("object-store-versioning");
        versioning["spec"]["forProvider"]["versioningConfiguration"]["status"].clone()
    };
    let declining = claim().environment("development").set("versioning", false);
    assert_eq!(status(&claim()), "Enabled");
    assert_eq!(status(&declining), "Suspended");
    let lifecycle = declining.resource("object-store-lifecycle");
    let housekeeping = &lifecycle["spec"]["forProvider"]["rule"][0];
    assert_eq!(housekeeping["noncurrentVersionExpiration"][0]["noncurrentDays"], 90);
}

/// An edit of the catalogue must not delete former versions, move or re-create a bucket.
#[test]
fn keeps_what_lives_when_the_catalogue_changes() {
    let living = claim().living();
    let days = |scenario: &Scenario| {
        let lifecycle = scenario.resource("object-store-lifecycle");
        lifecycle["spec"]["forProvider"]["rule"][0]["noncurrentVersionExpiration"][0]
            ["noncurrentDays"]
            .clone()
    };
    let offer_days = |days: i64| living.clone().offer("/settings/noncurrentVersionDays", days);
    assert_eq!(days(&offer_days(7)), 90);
    assert_eq!(days(&offer_days(120)), 120);

    let elsewhere = living.clone().offer("/aws/region", "eu-central-1");
    let bucket = elsewhere.resource("object-store-bucket");
    assert_eq!(bucket["spec"]["forProvider"]["region"], "eu-west-1");

    let renamed = living.clone().offer("/platform/clusterId", "other");
    let bucket = renamed.resource("object-store-bucket");
    assert_eq!(
        bucket["metadata"]["annotations"]["crossplane.io/external-name"],
        "invoices-team-billing-h7japziby6qp"
    );
    let policy = document(&renamed.resource("object-store-policy"), "policy");
    assert_eq!(
        policy["Statement"][0]["Resource"],
        json!(["arn:aws:s3:::invoices-team-billing-h7japziby6qp"])
    );
    let sizes = json!([{"name": "large", "expectedGB": 5}]);
    let alarm = living.offer("/settings/sizes", sizes).resource("object-store-alarm-size");
    assert_eq!(alarm["spec"]["forProvider"]["threshold"], 1_000_000_000_000_i64);
}

/// Whatever a claim turns to, data stays, and so does all that guards it.
#[test]
fn never_drops_data() {
    let living = claim().offer("/aws/keyPerClaim", true).living();
    for changed in [
        living.clone().set("access.joinIdentityOf", "receipts"),
        living.clone().set("access.createServiceAccount", false),
        living.clone().set("archiveAfterDays", 30).set("size", "small"),
        living.clone().offer("/aws/keyPerClaim", false),
        living.clone().pod_identity(),
        living.clone().service_account(Answer::Pending),
    ] {
        let resources = changed.resources();
        for key in living.observed.keys() {
            if Kind::ObjectStore.class_of(key) == Some(Class::Data) {
                assert!(resources.contains_key(key), "{key}");
            }
        }
    }
}

/// A bucket from before we wrote annotations is judged by what it looks like.
#[test]
fn infers_what_a_bucket_was_accepted_with() {
    let mut living = claim()
        .environment("development")
        .set("versioning", false)
        .set("expireAfterDays", 400)
        .living();
    let bucket = living.observed.get_mut("object-store-bucket").expect("a bucket");
    let annotations = bucket["metadata"]["annotations"].as_object_mut();
    annotations.expect("annotations").remove("selfservice.fn.crossplane.io/accepted");
    let stricter = living
        .offer("/settings/versioning", "required")
        .offer("/settings/maximumSize", "small")
        .offer("/settings/expireAfterDays", json!({"minimum": 1, "maximum": 30, "default": 30}));
    let codes = |texts: Vec<String>| -> Vec<String> {
        let code = |text: &String| text.split(['[', ']']).nth(1).map(str::to_owned);
        texts.iter().filter_map(code).collect()
    };
    assert_eq!(
        codes(stricter.warnings()),
        ["number-out-of-range", "size-above-limit", "versioning-required"]
    );
    let grown = stricter.clone().set("size", "large").set("expireAfterDays", 401);
    assert_eq!(codes(grown.violations()), ["number-out-of-range", "size-above-limit"]);
}

/// S3 reserves some names; ours must not be among them, whatever the claim is called.
#[test]
fn names_no_bucket_as_s3_reserves() {
    for (name, start) in [
        ("sthree", "store-sthree-team-billing-"),
        ("sthree-configurator", "store-sthree-configurator-team-billing-"),
        ("amzn-s3-demo", "store-amzn-s3-demo-team-billing-"),
        ("amzn-s3-demo-bucket", "store-amzn-s3-demo-bucket-team-billing-"),
        ("sthreefold", "sthreefold-team-billing-"),
        ("xn-data", "xn-data-team-billing-"),
    ] {
        let bucket = claim().name(name).resource("object-store-bucket");
        let external = bucket["metadata"]["annotations"]["crossplane.io/external-name"].clone();
        let external = external.as_str().expect("a name");
        assert!(external.starts_with(start), "{external}");
    }
    let longest = Names::new("c", "n".repeat(63), "ObjectStore", "sthree-123456789-123456789");
    assert_eq!(longest.bucket("bucket").len(), 63);
}

/// A name that S3 would not allow could widen a policy.
#[test]
fn takes_no_living_name_into_a_policy_that_is_no_bucket() {
    let mut living = claim().living();
    let bucket = living.observed.get_mut("object-store-bucket").expect("a bucket");
    bucket["metadata"]["annotations"]["crossplane.io/external-name"] = "*".into();
    let encryption = living.observed.get_mut("object-store-encryption").expect("encryption");
    encryption["spec"]["forProvider"]["rule"][0]["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] =
        "arn:aws:kms:eu-west-1:777788889999:key/*".into();
    let policy = document(&living.resource("object-store-policy"), "policy");
    let resources: Vec<&Value> = (0..3).map(|n| &policy["Statement"][n]["Resource"][0]).collect();
    assert_eq!(
        resources,
        [
            "arn:aws:s3:::invoices-team-billing-h7japziby6qp",
            "arn:aws:s3:::invoices-team-billing-h7japziby6qp/*",
            "arn:aws:kms:eu-west-1:777788889999:key/11111111-2222-3333-4444-555555555553",
        ]
    );
}

/// The platform team learns of a mistake before any claim does.
#[test]
fn names_every_mistake_in_the_settings() {
    let mistaken = claim()
        .offer("/settings/noncurrentVersionDays", 0)
        .offer("/settings/sizes", json!([{"name": "large", "expectedGB": 0}]))
        .offer("/settings/expireAfterDays", json!({"minimum": 0, "maximum": 3650, "default": 365}));
    let offering = Struct::write(&mistaken.offering).expect("a document");
    let problems = Offering::read(&offering).expect_err("mistakes");
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "settings.expireAfterDays: 0 to 3650 must lie within AWS's own limits 1–2147483647",
            "settings.noncurrentVersionDays: 0 must lie within AWS's own limits 1–2147483647",
            "settings.sizes[0].expectedGB: 0 must lie within 1–1000000",
        ]
    );
}

/// The same request has the same answer, byte for byte.
#[test]
fn answers_alike_every_time() {
    let bytes = |resources: &Resources| serde_json::to_vec(resources).expect("JSON");
    for scenario in matrix() {
        assert_eq!(bytes(&scenario.resources()), bytes(&scenario.resources()));
    }
}
