//! The judge of composed resources is right: it accepts what an API server
//! accepts and finds, with the field named, what an API server would refuse.
//!
//! With `SHARED_CRDS` set to the folder of CRDs, also that the schemas are what
//! those CRDs say and that the example resources beside them pass.

mod support;

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize as _;
use serde_json::{Value, json};
use support::json_schema::Schema;
use support::schemas::{file_name, folder, validate};

/// Returns a cache, with the fields that only the namespaced flavour has.
fn replication_group() -> Value {
    json!({
        "apiVersion": "elasticache.aws.m.upbound.io/v1beta1",
        "kind": "ReplicationGroup",
        "metadata": {
            "name": "session-cache",
            "namespace": "team-identity",
            "labels": {"app.kubernetes.io/managed-by": "self-service"},
            "annotations": {"crossplane.io/external-name": "sess-8c1f2a"},
        },
        "spec": {
            "managementPolicies": ["Observe", "Create", "Update", "LateInitialize"],
            "providerConfigRef": {"kind": "ClusterProviderConfig", "name": "default"},
            "writeConnectionSecretToRef": {"name": "session-cache-elasticache"},
            "forProvider": {
                "region": "eu-west-1",
                "description": "session-cache of team-identity",
                "engine": "redis",
                "engineVersion": "7.1",
                "nodeType": "cache.m7g.large",
                "numCacheClusters": 2,
                "automaticFailoverEnabled": true,
                "multiAzEnabled": true,
                "atRestEncryptionEnabled": "true",
                "transitEncryptionEnabled": true,
                "authTokenSecretRef": {"name": "session-cache-auth", "key": "token"},
                "securityGroupIds": ["sg-1", "sg-2"],
                "logDeliveryConfiguration": [
                    {"destination": "/cache", "destinationType": "cloudwatch-logs"},
                ],
                "tags": {"team": "identity"},
            },
        },
    })
}

/// Returns a database, with the fields that only the claims flavour has.
fn cluster_scoped_instance() -> Value {
    json!({
        "apiVersion": "rds.aws.upbound.io/v1beta3",
        "kind": "Instance",
        "metadata": {"name": "orders-4b7d"},
        "spec": {
            "deletionPolicy": "Orphan",
            "managementPolicies": ["*"],
            "providerConfigRef": {"name": "default", "policy": {"resolve": "Always"}},
            "writeConnectionSecretToRef": {"name": "orders-rds", "namespace": "platform"},
            "forProvider": {
                "region": "eu-west-1",
                "identifier": "orders-4b7d",
                "engine": "postgres",
                "instanceClass": "db.m7g.large",
                "allocatedStorage": 100,
                "storageEncrypted": true,
                "passwordSecretRef": {"name": "p", "namespace": "platform", "key": "password"},
                "dbSubnetGroupNameRef": {"name": "orders-4b7d"},
                "vpcSecurityGroupIdRefs": [{"name": "orders-4b7d"}],
            },
        },
    })
}

fn lifecycle() -> Value {
    json!({
        "apiVersion": "s3.aws.m.upbound.io/v1beta1",
        "kind": "BucketLifecycleConfiguration",
        "metadata": {"name": "invoices"},
        "spec": {
            "forProvider": {
                "region": "eu-west-1",
                "bucketRef": {"name": "invoices"},
                "rule": [{
                    "id": "old-versions",
                    "status": "Enabled",
                    "filter": [{"prefix": ""}],
                    "noncurrentVersionExpiration": [{"noncurrentDays": 30}],
                }],
            },
        },
    })
}

fn grant() -> Value {
    json!({
        "apiVersion": "postgresql.sql.m.crossplane.io/v1alpha1",
        "kind": "Grant",
        "metadata": {"name": "orders-app"},
        "spec": {
            "providerConfigRef": {"kind": "ProviderConfig", "name": "orders"},
            "forProvider": {
                "privileges": ["CONNECT", "TEMPORARY"],
                "roleRef": {"name": "orders-app"},
                "database": "orders",
            },
        },
    })
}

fn external_secret() -> Value {
    json!({
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "orders-credentials"},
        "spec": {
            "refreshPolicy": "CreatedOnce",
            "target": {
                "name": "orders-credentials",
                "creationPolicy": "Merge",
                "template": {"data": {"password": "{{ .password }}"}},
            },
            "dataFrom": [{
                "sourceRef": {"generatorRef": {"kind": "Password", "name": "orders-password"}},
            }],
        },
    })
}

fn wrapped_topic() -> Value {
    json!({
        "apiVersion": "kubernetes.m.crossplane.io/v1alpha1",
        "kind": "Object",
        "metadata": {"name": "orders-events"},
        "spec": {
            "readiness": {"policy": "DeriveFromObject"},
            "forProvider": {
                "manifest": {
                    "apiVersion": "kafka.strimzi.io/v1",
                    "kind": "KafkaTopic",
                    "metadata": {"name": "orders-events", "namespace": "kafka"},
                    "spec": {"partitions": 12},
                },
            },
        },
    })
}

fn secret() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "orders-credentials", "namespace": "team-orders"},
        "type": "servicebinding.io/postgresql",
        "data": {"host": "ZGIuZXhhbXBsZS5vcmc="},
        "stringData": {"port": "5432"},
    })
}

/// Returns the object with the value at `pointer` set, in a field that may be new.
fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer starts with a slash");
    let parent = object.pointer_mut(parent).expect("the parent is in the object");
    match parent {
        Value::Array(items) => items.push(value),
        parent => parent[field] = value,
    }
    object
}

/// Returns the object without the field at `pointer`.
fn without(mut object: Value, pointer: &str) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer starts with a slash");
    let parent = object.pointer_mut(parent).and_then(Value::as_object_mut);
    let removed = parent.and_then(|parent| parent.remove(field));
    assert!(removed.is_some(), "{pointer} is not in the object");
    object
}

const NOTHING: [&str; 0] = [];

/// A judge that refuses good resources makes every other test useless.
#[test]
fn accepts_what_an_api_server_accepts() {
    let objects = [
        replication_group(),
        cluster_scoped_instance(),
        lifecycle(),
        grant(),
        external_secret(),
        wrapped_topic(),
        secret(),
        without(replication_group(), "/spec/providerConfigRef"),
        with(secret(), "/immutable", json!(true)),
        // The three fields its schema requires have defaults.
        json!({
            "apiVersion": "generators.external-secrets.io/v1alpha1",
            "kind": "Password",
            "metadata": {"generateName": "orders-"},
            "spec": {"symbols": 0},
        }),
        json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "orders"},
            "automountServiceAccountToken": false,
        }),
    ];
    for object in objects {
        assert_eq!(validate(&object), NOTHING, "{object}");
    }
}

/// Returns the path of a field as the judge writes it.
fn path(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// An unknown field is dropped by the API server, so the setting never happens.
#[test]
fn finds_unknown_fields() {
    for (object, pointer) in [
        (replication_group(), "/spec/forProvider/multiAZEnabled"),
        (replication_group(), "/spec/forProvider/authTokenSecretRef/namespace"),
        (replication_group(), "/spec/deletionPolicy"),
        (cluster_scoped_instance(), "/spec/providerConfigRef/kind"),
        (cluster_scoped_instance(), "/metadata/namespace"),
        (secret(), "/metadata/finalizers"),
        (grant(), "/status"),
    ] {
        let problem = format!("{}: is an unknown field", path(pointer));
        assert_eq!(validate(&with(object, pointer, json!("new"))), [problem]);
    }
}

/// Some are required by the schema, some by the provider's CEL rules.
#[test]
fn finds_missing_fields() {
    for (object, pointer) in [
        (replication_group(), "/spec/forProvider/region"),
        (replication_group(), "/spec/forProvider/description"),
        (replication_group(), "/spec/providerConfigRef/kind"),
        (cluster_scoped_instance(), "/spec/forProvider/instanceClass"),
        (cluster_scoped_instance(), "/spec/forProvider/passwordSecretRef/namespace"),
        (cluster_scoped_instance(), "/spec/writeConnectionSecretToRef/namespace"),
        (wrapped_topic(), "/spec/forProvider/manifest/kind"),
        (grant(), "/spec/forProvider"),
        (secret(), "/metadata"),
    ] {
        let problem = format!("{}: is required", path(pointer));
        assert_eq!(validate(&without(object, pointer)), [problem]);
    }
}

/// The provider's Terraform schema decides what is a string, a number or a list.
#[test]
fn finds_wrong_types() {
    let at_rest = "/spec/forProvider/atRestEncryptionEnabled";
    assert_eq!(
        validate(&with(replication_group(), at_rest, json!(true))),
        ["spec.forProvider.atRestEncryptionEnabled: is a boolean, must be a string"]
    );
    let caches = "/spec/forProvider/numCacheClusters";
    assert_eq!(
        validate(&with(replication_group(), caches, json!("2"))),
        ["spec.forProvider.numCacheClusters: is a string, must be a number"]
    );
    let tag = "/spec/forProvider/tags/costCentre";
    assert_eq!(
        validate(&with(replication_group(), tag, json!(7))),
        ["spec.forProvider.tags.costCentre: is an integer, must be a string"]
    );
    let database = "/spec/forProvider/dbName";
    assert_eq!(
        validate(&with(cluster_scoped_instance(), database, json!(null))),
        ["spec.forProvider.dbName: is null, must be a string"]
    );
    let filter = "/spec/forProvider/rule/0/filter";
    assert_eq!(
        validate(&with(lifecycle(), filter, json!({"prefix": ""}))),
        ["spec.forProvider.rule[0].filter: is an object, must be an array"]
    );
}

/// What a schema allows is not for us to guess.
#[test]
fn finds_values_the_schema_does_not_allow() {
    let policies = "/spec/managementPolicies/-";
    assert_eq!(
        validate(&with(replication_group(), policies, json!("Destroy"))),
        ["spec.managementPolicies[4]: is \"Destroy\", must be one of \"Observe\", \"Create\", \
             \"Update\", \"Delete\", \"LateInitialize\", \"*\""]
    );
    let groups = "/spec/forProvider/securityGroupIds/-";
    assert_eq!(
        validate(&with(replication_group(), groups, json!("sg-1"))),
        ["spec.forProvider.securityGroupIds: repeats \"sg-1\""]
    );
    let privileges = "/spec/forProvider/privileges";
    assert_eq!(
        validate(&with(grant(), privileges, json!([]))),
        ["spec.forProvider.privileges: has 0 items, fewer than 1"]
    );
    assert_eq!(
        validate(&with(grant(), privileges, json!(["ALL; DROP"]))),
        ["spec.forProvider.privileges[0]: is \"ALL; DROP\", must match ^[A-Z]+( [A-Z]+)*$"]
    );
    let name = "/spec/target/name";
    assert_eq!(
        validate(&with(external_secret(), name, json!("a".repeat(254)))),
        ["spec.target.name: has 254 characters, more than 253"]
    );
    let source = "/spec/dataFrom/0/sourceRef";
    assert_eq!(
        validate(&with(external_secret(), source, json!({}))),
        ["spec.dataFrom[0].sourceRef: has 0 fields, fewer than 1"]
    );
}

/// No CRD says what a name or a label may be, and every API server refuses wrong ones.
#[test]
fn finds_values_no_api_server_allows() {
    assert_eq!(
        validate(&with(secret(), "/metadata/namespace", json!("Orders"))),
        ["metadata.namespace: is \"Orders\", must match ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"]
    );
    assert_eq!(
        validate(&with(secret(), "/metadata/labels", json!({"team": "a b"}))),
        ["metadata.labels.team: is \"a b\", must match \
             ^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"]
    );
    assert_eq!(
        validate(&with(secret(), "/data/a key", json!(""))),
        ["data[a key] (name): is \"a key\", must match ^[-._a-zA-Z0-9]+$"]
    );
    assert_eq!(
        validate(&with(secret(), "/data/port", json!("5432!"))),
        ["data.port: is \"5432!\", must be base64"]
    );
}

/// One run must show everything there is to repair.
#[test]
fn finds_all_problems_in_order() {
    let object = without(replication_group(), "/spec/forProvider/region");
    let object = with(object, "/spec/forProvider/engine", json!(7));
    let object = with(object, "/metadata/owner", json!("identity"));
    assert_eq!(
        validate(&object),
        [
            "metadata.owner: is an unknown field",
            "spec.forProvider.engine: is an integer, must be a string",
            "spec.forProvider.region: is required",
        ]
    );
}

/// A kind nobody listed must not pass unjudged, and the message must say how to list it.
#[test]
fn refuses_kinds_without_a_schema() {
    let object = json!({"apiVersion": "kafka.strimzi.io/v1", "kind": "KafkaTopic"});
    assert_eq!(
        validate(&object),
        ["no schema for `kafka.strimzi.io/v1 KafkaTopic`: add it to tests/schemas/wanted.txt and \
          run `cargo run --example reduce-crds -- <folder of CRDs> tests/schemas tests/crds`"]
    );
}

fn problems(schema: Value, value: &Value) -> Vec<String> {
    Schema::deserialize(schema).expect("the schema is understood").validate(value)
}

/// The keywords that no listed kind uses yet, or only in places hard to reach.
#[test]
fn judges_the_rarer_keywords() {
    let number = json!({"properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9}}});
    assert_eq!(problems(number.clone(), &json!({"n": 0})), ["n: is 0, less than 1"]);
    assert_eq!(problems(number.clone(), &json!({"n": 10})), ["n: is 10, more than 9"]);
    assert_eq!(
        problems(number.clone(), &json!({"n": 1.5})),
        ["n: is a number, must be an integer"]
    );
    assert_eq!(problems(number, &json!({"n": 2.0})), NOTHING);

    let range = json!({"properties": {"n": {"type": "integer", "format": "int32"}}});
    assert_eq!(problems(range.clone(), &json!({"n": 2.0})), NOTHING);
    assert_eq!(
        problems(range, &json!({"n": 2_147_483_648_i64})),
        ["n: is 2147483648, out of range"]
    );

    let time = json!({"properties": {"t": {"type": "string", "format": "date-time"}}});
    assert_eq!(problems(time.clone(), &json!({"t": "2026-08-01T10:00:00.5+02:00"})), NOTHING);
    assert_eq!(
        problems(time, &json!({"t": "2026-08-01"})),
        ["t: is \"2026-08-01\", must be a time such as 2006-01-02T15:04:05Z"]
    );

    let either = json!({"properties": {"e": {"type": ["integer", "string"]}}});
    assert_eq!(problems(either.clone(), &json!({"e": "5Gi"})), NOTHING);
    assert_eq!(
        problems(either, &json!({"e": true})),
        ["e: is a boolean, must be an integer or a string"]
    );

    let ports = json!({"properties": {"p": {"x-kubernetes-list-map-keys": ["port", "protocol"]}}});
    let twice =
        json!({"p": [{"port": 1, "protocol": "TCP"}, {"port": 1, "protocol": "TCP", "n": 2}]});
    assert_eq!(problems(ports, &twice), ["p: repeats port 1, protocol \"TCP\""]);

    let forms = json!({"properties": {"f": {
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        "not": {"required": ["c"]},
    }}});
    assert_eq!(problems(forms.clone(), &json!({"f": {"a": 1}})), NOTHING);
    assert_eq!(
        problems(forms, &json!({"f": {"a": 1, "b": 1, "c": 1}})),
        ["f: fits 2 of 2 forms, must fit one", "f: has a form that is excluded"]
    );
}

/// A schema that says more than the validator knows must not be half obeyed.
#[test]
fn refuses_schemas_it_does_not_understand() {
    for schema in [
        json!({"items": {"dependentRequired": {}}}),
        json!({"additionalProperties": {"format": "hostname"}}),
        json!({"type": ["string", "file"]}),
        json!({"pattern": "("}),
    ] {
        assert!(Schema::deserialize(&schema).is_err(), "{schema}");
    }
}

/// A listed kind without a file, or a file nobody lists, is a forgotten run of the reducer.
#[test]
fn every_listed_kind_has_its_schema_and_no_other_has() {
    let wanted = fs::read_to_string(folder().join("wanted.txt")).expect("the list is readable");
    let mut expected = BTreeSet::from(["metadata.json".to_owned()]);
    for line in wanted.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        if let (Some(api_version), Some(kind)) = (words.next(), words.next()) {
            expected.insert(file_name(api_version, kind));
            // Of all that can be wrong, only the identity must be right.
            let problems = validate(&json!({"apiVersion": api_version, "kind": kind}));
            assert!(problems.contains(&"metadata: is required".to_owned()), "{problems:?}");
            let is_identity = |problem: &&String| {
                problem.starts_with("apiVersion") || problem.starts_with("kind")
            };
            assert_eq!(problems.iter().find(is_identity), None);
        }
    }
    let present: BTreeSet<String> = fs::read_dir(folder())
        .expect("the folder is readable")
        .map(|entry| entry.expect("the folder is readable").path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    assert_eq!(present, expected);
}

#[cfg(feature = "cli")]
mod shared_crds {
    use std::env;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::*;

    /// Returns the folder of CRDs, which is not part of this repository.
    fn shared_crds() -> Option<PathBuf> {
        let folder = env::var_os("SHARED_CRDS").map(PathBuf::from);
        if folder.is_none() {
            eprintln!("SHARED_CRDS is not set: not compared with the CRDs themselves");
        }
        folder
    }

    /// A schema edited by hand, or older than its CRD, proves nothing.
    #[test]
    fn schemas_are_what_the_crds_say() {
        let Some(crds) = shared_crds() else { return };
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--example", "reduce-crds", "--", "--check"])
            .args([crds, folder(), Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crds")])
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The example resources were validated against the CRDs by other means.
    #[test]
    fn example_resources_pass() {
        let Some(crds) = shared_crds() else { return };
        let mut judged = 0;
        for entry in fs::read_dir(crds.join("fragments")).expect("there are examples") {
            let path = entry.expect("there are examples").path();
            let text = fs::read_to_string(&path).expect("examples are readable");
            let objects: Vec<Value> =
                serde_saphyr::from_multiple(&text).expect("examples are YAML");
            for object in objects {
                let name = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
                let file = file_name(&name("apiVersion"), &name("kind"));
                if folder().join(file).exists() {
                    judged += 1;
                    assert_eq!(validate(&object), NOTHING, "{}: {object}", path.display());
                }
            }
        }
        assert!(judged >= 30, "only {judged} examples are of listed kinds");
    }
}
