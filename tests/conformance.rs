//! The conformance matrix: every kind × environment × size × availability × flavour × encryption
//! key, from the first call to a settled claim.
//!
//! What breaks for users when this fails: a provider refuses a composed object, a resource is
//! created unencrypted or without tags, a claim never settles, or a reconcile changes what
//! lives.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use selfservice::backends::Operator;
use selfservice::backends::managed::Lifetime;
use selfservice::catalog::{BUILT_IN, CLUSTER_TAG, Catalog, TAGS};
use selfservice::claim::Flavour;
use selfservice::generate::Artefact;
use selfservice::kinds::Kind;
use selfservice::outcome::Manifest;
use serde_json::{Value as Json, json};
use support::matrix::{assert_covers, cells};
use support::schemas;
use support::world::{World, document, objects};

/// Every cell, settled: computed once for all tests.
fn settled() -> Vec<(String, World)> {
    static SETTLED: OnceLock<Vec<(String, World)>> = OnceLock::new();
    let settle = |(title, mut world): (String, World)| {
        world.settle();
        (title, world)
    };
    SETTLED.get_or_init(|| cells().into_iter().map(settle).collect()).clone()
}

#[test]
fn every_composed_object_fits_its_schema_from_the_first_call_on() {
    let mut judged = BTreeSet::new();
    for (title, mut world) in cells() {
        for round in 0..10 {
            let composition = world.composition();
            for (key, object) in objects(&composition) {
                let problems = schemas::validate(&object);
                assert!(
                    problems.is_empty(),
                    "{title}, round {round}, {key}:\n{}",
                    problems.join("\n")
                );
                assert!(
                    object["metadata"]["name"].is_string(),
                    "{title}: {key} has no explicit name"
                );
                judged.insert((object["apiVersion"].to_string(), object["kind"].to_string()));
            }
            let before = world.observed.clone();
            world.apply(&composition);
            if before == world.observed {
                break;
            }
        }
    }
    assert!(judged.len() >= 40, "only {} kinds were judged", judged.len());
}

#[test]
fn every_claim_settles_ready_with_the_secret_of_its_kind() {
    let mut keys: BTreeMap<(Kind, String), BTreeSet<String>> = BTreeMap::new();
    for (title, world) in settled() {
        let composition = world.composition();
        let kind =
            Kind::ALL.into_iter().find(|kind| title.starts_with(kind.name())).expect("a kind");
        let verdict = world.verdict();
        let states: Vec<String> = verdict
            .conditions
            .iter()
            .map(|condition| {
                format!("{}={} {}", condition.kind, condition.status.name(), condition.message)
            })
            .collect();
        assert!(composition.ready, "{title}: {states:?} {:?}", composition.waiting);
        assert!(states.iter().all(|state| state.contains("=True")), "{title}: {states:?}");
        let secret = &world.observed[&kind.credentials_key()];
        assert_eq!(secret["metadata"]["namespace"], "team-orders", "{title}");
        assert_eq!(
            secret["metadata"]["name"],
            format!("orders-main-{}-credentials", kind.key_prefix()),
            "{title}",
        );
        let entries: BTreeSet<String> =
            secret["data"].as_object().expect("data").keys().cloned().collect();
        let expected: BTreeSet<String> = kind.constant_secret_keys().map(str::to_owned).collect();
        assert!(expected.is_subset(&entries), "{title}: {entries:?}");
        let told: BTreeSet<String> =
            kind.secret_keys().iter().map(|key| key.name.to_owned()).collect();
        assert!(entries.is_subset(&told), "{title}: {entries:?}");
        // A login has a name and a password, an identity a role.
        let tenancy = world.composite["spec"]["parameters"]["tenancy"].to_string();
        let before = keys.entry((kind, tenancy)).or_insert_with(|| entries.clone());
        assert_eq!(*before, entries, "{title}: Secret keys are the same wherever it runs");
    }
}

#[test]
fn a_settled_claim_changes_nothing_and_is_the_same_every_time() {
    for (title, world) in settled() {
        let once = objects(&world.composition());
        let twice = objects(&world.composition());
        assert_eq!(once, twice, "{title}");
        for (key, desired) in once {
            assert_covers(&title, &key, &world.observed[&key], &desired);
        }
    }
}

/// What the documents tell of a composed resource, its kind and what deletion leaves of it, is
/// what is composed.
#[test]
fn every_composed_object_is_what_its_key_tells() {
    let mut judged = BTreeSet::new();
    for (title, world) in settled() {
        let kind =
            Kind::ALL.into_iter().find(|kind| title.starts_with(kind.name())).expect("a kind");
        let flavour = if world.claim.is_some() { Flavour::Claims } else { Flavour::Namespaced };
        for (key, object) in &world.seen {
            let told = kind.keys().iter().find(|told| told.covers(key)).expect("a known key");
            let api_version = object["apiVersion"].as_str().expect("a text");
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            let name = format!("{}.{group}", object["kind"].as_str().expect("a text"));
            assert_eq!(told.resource.name(flavour), name.trim_end_matches('.'), "{title}: {key}");
            let retained = object["spec"]["managementPolicies"].is_array();
            let expected = match told.lifetime {
                Lifetime::Forever => true,
                Lifetime::WithClaim => false,
                // It is not deleted in a cluster that goes.
                Lifetime::WithData if key.ends_with("-topic") && title.contains("dedicated") => {
                    true
                }
                Lifetime::WithData => world.offering["environment"]["onDelete"] == "retain",
            };
            assert_eq!(retained, expected, "{title}: {key}");
            judged.insert((kind, told.pattern()));
        }
    }
    let all = Kind::ALL
        .into_iter()
        .flat_map(|kind| kind.keys().iter().map(move |told| (kind, told.pattern())));
    let never: Vec<_> = all.filter(|told| !judged.contains(told)).map(|told| told.1).collect();
    // Their suites have them: other identities, and what a claim must ask for.
    let known =
        ["postgresql-extension-*", "object-store-pod-identity-*", "event-stream-pod-identity-*"];
    assert_eq!(never, known);
}

#[test]
fn what_holds_data_is_encrypted_and_private() {
    for (title, world) in settled() {
        let mut encrypted = 0;
        for (key, object) in &world.seen {
            let wanted = &object["spec"]["forProvider"];
            let says = |field: &str, value: Json| {
                assert_eq!(wanted[field], value, "{title}: {key} {field}");
            };
            let has_key = |arn: &Json| {
                assert!(
                    arn.as_str().is_some_and(|arn| arn.starts_with("arn:aws")),
                    "{title}: {key} {arn}"
                );
            };
            match object["kind"].as_str().unwrap_or_default() {
                "ReplicationGroup" => {
                    encrypted += 1;
                    says("atRestEncryptionEnabled", json!("true"));
                    says("transitEncryptionEnabled", json!(true));
                    says("transitEncryptionMode", json!("required"));
                    has_key(&wanted["kmsKeyId"]);
                    assert!(wanted["authTokenSecretRef"].is_object(), "{title}");
                }
                "Instance" => {
                    encrypted += 1;
                    says("storageEncrypted", json!(true));
                    says("publiclyAccessible", json!(false));
                    says("manageMasterUserPassword", json!(true));
                    says("iamDatabaseAuthenticationEnabled", json!(true));
                    for field in
                        ["kmsKeyId", "performanceInsightsKmsKeyId", "masterUserSecretKmsKeyId"]
                    {
                        has_key(&wanted[field]);
                    }
                }
                "Cluster" => {
                    encrypted += 1;
                    has_key(&wanted["encryptionInfo"]["encryptionAtRestKmsKeyArn"]);
                    let transit = &wanted["encryptionInfo"]["encryptionInTransit"];
                    assert_eq!(*transit, json!({"clientBroker": "TLS", "inCluster": true}));
                    let group = &wanted["brokerNodeGroupInfo"];
                    assert_eq!(group["connectivityInfo"]["publicAccess"]["type"], "DISABLED");
                    let clients = &wanted["clientAuthentication"];
                    assert_eq!(clients["unauthenticated"], false, "{title}");
                    assert_eq!(clients["sasl"], json!({"iam": true, "scram": false}), "{title}");
                }
                // A shared stream's topic is in the platform's cluster: its own is the login. A
                // queue's is a copy of what its broker was made with.
                "Secret" if !wanted.is_null() => {
                    encrypted += u32::from(title.starts_with("EventStream"));
                    has_key(&wanted["kmsKeyId"]);
                }
                "BucketServerSideEncryptionConfiguration" => {
                    encrypted += 1;
                    let default = &wanted["rule"][0]["applyServerSideEncryptionByDefault"];
                    assert_eq!(default["sseAlgorithm"], "aws:kms", "{title}");
                    has_key(&default["kmsMasterKeyId"]);
                }
                // RabbitMQ's storage is encrypted with AWS's own key, and there is no other.
                "Broker" => {
                    encrypted += 1;
                    says("publiclyAccessible", json!(false));
                    says("autoMinorVersionUpgrade", json!(true));
                    says("logs", json!({"general": true}));
                    says("encryptionOptions", Json::Null);
                    let users = wanted["user"].as_array().expect("users");
                    assert_eq!(users.len(), 1, "{title}");
                    assert!(users[0]["passwordSecretRef"].is_object(), "{title}");
                }
                _ => {}
            }
        }
        assert_eq!(encrypted, 1, "{title}: exactly one resource holds the data");
    }
}

#[test]
fn guards_and_tags_are_never_left_out() {
    for (title, world) in settled() {
        for (key, object) in &world.seen {
            let wanted = &object["spec"]["forProvider"];
            match object["kind"].as_str().unwrap_or_default() {
                "BucketPublicAccessBlock" => {
                    for field in [
                        "blockPublicAcls",
                        "blockPublicPolicy",
                        "ignorePublicAcls",
                        "restrictPublicBuckets",
                    ] {
                        assert_eq!(wanted[field], true, "{title}: {key} {field}");
                    }
                }
                "SecurityGroupIngressRule" => {
                    assert!(wanted["referencedSecurityGroupId"].is_string(), "{title}");
                    assert!(
                        wanted["cidrIpv4"].is_null() && wanted["cidrIpv6"].is_null(),
                        "{title}"
                    );
                }
                "Key" => {
                    assert_eq!(wanted["enableKeyRotation"], true, "{title}");
                    let policies =
                        object["spec"]["managementPolicies"].as_array().expect("policies");
                    assert!(
                        !policies.contains(&json!("Delete")),
                        "{title}: a key is never deleted"
                    );
                }
                _ => {}
            }
            if let Some(tags) = wanted.get("tags") {
                for tag in
                    ["team", "environment", "cluster", "namespace", "claim", "kind", "managed-by"]
                {
                    assert!(tags[tag].is_string(), "{title}: {key} has no tag {tag}");
                }
                // What a catalogue may not set.
                for tag in tags.as_object().expect("tags").keys().map(String::as_str) {
                    let ours = TAGS.contains(&tag) || [CLUSTER_TAG, "backup"].contains(&tag);
                    assert!(ours, "{title}: {key} has a tag {tag} that is not among ours");
                }
            }
        }
    }
}

#[test]
fn no_object_leaves_its_place() {
    for (title, world) in settled() {
        let composition = world.composition();
        let claims = world.claim.is_some();
        for (key, object) in objects(&composition) {
            let namespace = object["metadata"]["namespace"].as_str();
            let managed =
                object["apiVersion"].as_str().is_some_and(|version| version.contains("upbound.io"));
            let expected = if managed && claims { None } else { namespace };
            assert_eq!(namespace, expected, "{title}: {key}");
            if claims {
                assert!(
                    matches!(namespace, None | Some("team-orders" | "platform-secrets")),
                    "{title}: {key} in {namespace:?}",
                );
            } else {
                // A namespaced composite resource may compose nothing elsewhere.
                assert_eq!(namespace, Some("team-orders"), "{title}: {key}");
            }
            assert!(object.get("status").is_none(), "{title}: {key} has a status");
        }
    }
}

/// A restarted core forgets what was required, status can be wiped, Secrets deleted, operators
/// hidden for a while: nothing that holds data may leave the response.
#[test]
fn nothing_that_lives_is_dropped_whatever_is_forgotten() {
    for (title, world) in settled() {
        let all: BTreeSet<String> = world.observed.keys().cloned().collect();
        let kept = |what: &str, world: &World| {
            let composition = world.composition();
            let missing: Vec<&String> = all
                .iter()
                .filter(|key| {
                    world.observed.contains_key(*key) && !composition.resources.contains_key(*key)
                })
                .collect();
            assert!(missing.is_empty(), "{title}: {what} drops {missing:?}");
        };
        let first = selfservice::pipeline::run(&world.first_call());
        let composition = first.decision.unwrap_or_else(|refusal| panic!("{title}: {refusal:?}"));
        for key in &all {
            assert!(composition.resources.contains_key(key), "{title}: the first call drops {key}");
        }
        let mut hidden = world.clone();
        hidden.operators = false;
        kept("a hidden operator", &hidden);
        let mut unclaimed = world.clone();
        unclaimed.claim = None;
        kept("an absent claim", &unclaimed);
        let mut wiped = world.clone();
        for object in wiped.observed.values_mut() {
            object.as_object_mut().expect("an object").remove("status");
        }
        wiped.connections.clear();
        kept("a wiped status", &wiped);
        for key in &all {
            let mut lost = world.clone();
            lost.observed.remove(key);
            kept(&format!("a deleted {key}"), &lost);
        }
    }
}

/// A living object that is kept unchanged is kept in the form in which it was composed.
#[test]
fn what_is_preserved_is_what_was_asked_for() {
    for (title, mut world) in settled() {
        let asked = world.seen.clone();
        world.operators = false;
        world.connections.clear();
        for object in world.observed.values_mut() {
            object.as_object_mut().expect("an object").remove("status");
        }
        for (key, composed) in world.composition().resources {
            if let Manifest::Preserved(_) = composed.manifest {
                let preserved = document(&composed.manifest);
                assert_covers(&title, &key, &preserved, &asked[&key]);
                assert!(preserved["metadata"].get("uid").is_none(), "{title}: {key}");
                assert!(preserved["metadata"].get("managedFields").is_none(), "{title}: {key}");
                assert!(preserved.get("status").is_none(), "{title}: {key}");
            }
        }
    }
}

/// What a claim's status says, its XRD keeps: the API server drops every other field, and Crossplane
/// loses the whole status over a value of another type.
#[test]
fn every_status_fits_the_xrd_of_its_kind() {
    let schemas: BTreeMap<String, Json> = Artefact::Xrds
        .files(&catalog())
        .iter()
        .flat_map(|file| file.documents().expect("YAML").to_vec())
        .map(|xrd| {
            let xrd = serde_json::to_value(&xrd).expect("JSON");
            let schema = xrd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
            (xrd["spec"]["names"]["kind"].as_str().expect("a kind").to_owned(), schema)
        })
        .collect();
    let mut said: BTreeSet<(String, String)> = BTreeSet::new();
    for (title, world) in settled() {
        let status = serde_json::to_value(&world.composition().status).expect("JSON");
        let kind = world.composite["kind"].as_str().expect("a kind");
        let properties = &schemas[kind]["properties"]["status"]["properties"];
        for (name, value) in status.as_object().expect("an object") {
            let fits = match properties[name]["type"].as_str() {
                Some("string") => value.is_string(),
                Some("integer") => value.is_i64(),
                Some("array") => value.is_array(),
                Some("object") => value.is_object(),
                _ => false,
            };
            assert!(
                fits,
                "{title}: status.{name} is {value}, and the XRD has {}",
                properties[name]
            );
            said.insert((kind.trim_start_matches('X').to_owned(), name.clone()));
        }
    }
    for kind in Kind::ALL {
        for field in kind.status() {
            let claim = (kind.name().to_owned(), field.name.to_owned());
            // Only a claim with groups has them.
            assert!(
                said.contains(&claim) || field.name == "consumerGroups",
                "nobody says {claim:?}"
            );
        }
    }
}

/// The packages that a configuration depends on bring every kind that claims become.
#[test]
fn every_composed_group_is_of_a_service_or_an_operator_of_its_kind() {
    let mut used: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
    for (title, world) in settled() {
        let kind =
            Kind::ALL.into_iter().find(|kind| title.starts_with(kind.name())).expect("a kind");
        let flavour =
            if title.contains("claims=true") { Flavour::Claims } else { Flavour::Namespaced };
        for object in objects(&world.composition()).values() {
            let group = object["apiVersion"].as_str().expect("text").split_once('/');
            let Some((group, _)) = group else { continue };
            if let Some((service, _)) = group.split_once(".aws.") {
                assert!(kind.services().contains(&service), "{title}: {group}");
                used.entry(kind).or_default().insert(service.to_owned());
                continue;
            }
            let known = kind.operators(flavour).iter().any(|operator| match operator {
                Operator::ExternalSecrets => group.ends_with("external-secrets.io"),
                Operator::ProviderSql => group.contains("sql.") && group.ends_with("crossplane.io"),
                Operator::ProviderKubernetes => group == "kubernetes.m.crossplane.io",
                Operator::MessagingTopology => group == "rabbitmq.com",
                Operator::ProviderKafka => {
                    group.contains("kafka.") && group.ends_with("crossplane.io")
                }
            });
            assert!(known, "{title}: {group}");
        }
    }
    for kind in Kind::ALL {
        // Pod Identity is another catalogue's choice.
        let listed = kind.services().iter().filter(|service| **service != "eks");
        assert_eq!(
            used[&kind].iter().map(String::as_str).collect::<Vec<_>>(),
            listed.copied().collect::<Vec<_>>(),
            "{}",
            kind.name(),
        );
    }
}

fn catalog() -> Catalog {
    let document: Json = serde_saphyr::from_str(BUILT_IN).expect("YAML");
    Catalog::read(&document).expect("valid")
}
