//! RDS instances as Crossplane sends them: 6.5 KB each when observed, of which a
//! function reads little.

use serde_json::{Map, Value, json};

/// An observed RDS instance.
pub(crate) fn managed(index: usize) -> Value {
    let for_provider = for_provider(index);
    let names = |name: &str| {
        let fields = for_provider.as_object().into_iter().flat_map(Map::keys);
        let owned = fields.map(|field| (format!("f:{field}"), json!({}))).collect::<Map<_, _>>();
        json!({name: owned})
    };
    let mut at_provider = for_provider.clone();
    for (key, value) in [
        ("id", format!("db{index}")),
        ("endpoint", format!("db{index}.abc.eu-central-1.rds.amazonaws.com:5432")),
        ("address", format!("db{index}.abc.eu-central-1.rds.amazonaws.com")),
        ("arn", format!("arn:aws:rds:eu-central-1:123456789012:db:db{index}")),
        ("status", "available".to_owned()),
        ("caCertIdentifier", "rds-ca-rsa2048-g1".to_owned()),
        ("resourceId", "db-ABCDEF".to_owned()),
        ("latestRestorableTime", "2026-08-20T10:00:00Z".to_owned()),
    ] {
        at_provider[key] = json!(value);
    }
    let conditions = ["Ready", "Synced", "LastAsyncOperation"];
    json!({
        "apiVersion": "rds.aws.m.upbound.io/v1beta1",
        "kind": "Instance",
        "metadata": {
            "name": format!("session-db-{index:04}"), "generateName": "session-db-",
            "namespace": "team-identity", "uid": "9d0d7c3e-0000-4000-8000-000000000000",
            "generation": 3, "resourceVersion": "123456",
            "creationTimestamp": "2026-08-01T09:00:00Z",
            "finalizers": ["finalizer.managedresource.crossplane.io"],
            "labels": {"team": "identity", "crossplane.io/composite": "session-db"},
            "annotations": {"crossplane.io/composition-resource-name": format!("r{index}")},
            "ownerReferences": [{
                "apiVersion": "platform.example.org/v1alpha1", "kind": "PostgreSQLInstance",
                "name": "session-db", "uid": "1", "controller": true, "blockOwnerDeletion": true,
            }],
            "managedFields": [
                managed_fields("apiextensions.crossplane.io/composed/abc", &json!({
                    "f:metadata": {"f:labels": {"f:team": {}}, "f:annotations": {"f:crossplane": {}}},
                    "f:spec": names("f:forProvider"),
                })),
                managed_fields("provider", &json!({"f:status": names("f:atProvider")})),
            ],
        },
        "spec": {
            "managementPolicies": ["*"],
            "deletionPolicy": "Delete",
            "writeConnectionSecretToRef": {"name": format!("conn-{index}")},
            "providerConfigRef": {"name": "default", "kind": "ClusterProviderConfig"},
            "forProvider": for_provider,
        },
        "status": {
            "observedGeneration": 3,
            "atProvider": at_provider,
            "conditions": conditions.map(|kind| condition(kind, Some(3))),
        },
    })
}

/// A desired RDS instance.
pub(crate) fn wanted(index: usize) -> Value {
    json!({
        "apiVersion": "rds.aws.m.upbound.io/v1beta1",
        "kind": "Instance",
        "spec": {
            "managementPolicies": ["*"],
            "writeConnectionSecretToRef": {"name": format!("conn-{index}")},
            "providerConfigRef": {"name": "default", "kind": "ClusterProviderConfig"},
            "forProvider": for_provider(index),
        },
    })
}

fn for_provider(index: usize) -> Value {
    json!({
        "region": "eu-central-1", "engine": "postgres", "engineVersion": "16.4",
        "instanceClass": "db.m6g.large", "allocatedStorage": 100, "maxAllocatedStorage": 500,
        "storageType": "gp3", "iops": 3000, "storageThroughput": 125, "storageEncrypted": true,
        "kmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "dbName": "app", "username": "master", "manageMasterUserPassword": true, "port": 5432,
        "multiAz": true, "publiclyAccessible": false, "deletionProtection": true,
        "dbSubnetGroupName": format!("sng-{index}"), "parameterGroupName": format!("pg-{index}"),
        "vpcSecurityGroupIds": ["sg-00abcdef0123", "sg-01abcdef0123", "sg-02abcdef0123"],
        "backupRetentionPeriod": 7, "backupWindow": "02:00-03:00",
        "maintenanceWindow": "sun:04:00-sun:05:00", "copyTagsToSnapshot": true,
        "autoMinorVersionUpgrade": true, "iamDatabaseAuthenticationEnabled": true,
        "performanceInsightsEnabled": true, "performanceInsightsRetentionPeriod": 7,
        "monitoringInterval": 60, "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "tags": (0..12).map(|tag| (format!("k{tag}"), json!(format!("value-{tag}")))).collect::<Map<_, _>>(),
    })
}

pub(crate) fn managed_fields(manager: &str, fields: &Value) -> Value {
    json!({
        "apiVersion": "rds.aws.m.upbound.io/v1beta1", "fieldsType": "FieldsV1",
        "manager": manager, "operation": "Apply", "time": "2026-08-01T10:00:00Z",
        "fieldsV1": fields,
    })
}

pub(crate) fn condition(kind: &str, generation: Option<u32>) -> Value {
    let mut condition = json!({
        "type": kind, "status": "True", "reason": "Available",
        "lastTransitionTime": "2026-08-01T09:20:00Z",
    });
    if let Some(generation) = generation {
        condition["observedGeneration"] = json!(generation);
    }
    condition
}
