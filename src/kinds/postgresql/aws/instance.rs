//! The instance and what it needs around it: subnets, parameters, logs and alarms.

use super::Wanted;
use super::chosen::Chosen;
use crate::backends::Order;
use crate::backends::aws::Alarm;
use crate::backends::managed::{Lifetime, ManagedResource, Type};
use crate::manifest::Node;
use crate::names::Limit;
use crate::outcome::Plan;
use crate::{list, object};

const INSTANCE: Type = Type::new("rds", "Instance", "v1beta3");
const SUBNET_GROUP: Type = Type::new("rds", "SubnetGroup", "v1beta1");
const PARAMETER_GROUP: Type = Type::new("rds", "ParameterGroup", "v1beta1");

/// The logs that the server exports; RDS writes each to a log group named after it.
const LOGS: [&str; 2] = ["postgresql", "upgrade"];

/// The tag that a plan of AWS Backup selects instances by (Security Hub's RDS.26). The
/// catalogue's tags may give it another value.
const BACKUP_TAG: &str = "backup";

const GIB: i64 = 1024 * 1024 * 1024;

/// Everything around the instance.
pub(super) fn surroundings(order: &Order<'_>, plan: &mut Plan, chosen: &Chosen) {
    subnet_group(order, plan);
    for family in &chosen.families.composed {
        parameter_group(order, plan, family);
    }
    for log in LOGS {
        let name = format!("/aws/rds/instance/{}/{log}", chosen.identifier);
        order.log_group(plan, &format!("log-group-{log}"), name);
    }
    alarms(order, plan, chosen);
}

fn subnet_group(order: &Order<'_>, plan: &mut Plan) {
    order.manage(
        plan,
        ManagedResource {
            kind: SUBNET_GROUP,
            part: "subnet-group".to_owned(),
            external_name: Some(order.external_name("subnet-group", Limit::AWS)),
            lifetime: Lifetime::WithData,
            for_provider: object! {
                region: &order.place.region,
                description: format!("Subnets of PostgreSQLInstance {}", order.names),
                subnetIds: &order.subnet_ids("subnet-group"),
                tags: order.tags(),
            },
        },
    );
}

/// A parameter group for one family. An upgrade to another family composes another one, since
/// neither name nor family of a group can change.
fn parameter_group(order: &Order<'_>, plan: &mut Plan, family: &str) {
    let part = format!("parameter-group-{family}");
    let parameter = |name: &'static str, value: &'static str| {
        object! { name: name, value: value, applyMethod: "immediate" }
    };
    order.manage(
        plan,
        ManagedResource {
            kind: PARAMETER_GROUP,
            external_name: Some(order.external_name(&part, Limit::AWS)),
            lifetime: Lifetime::WithData,
            for_provider: object! {
                region: &order.place.region,
                family: family.to_owned(),
                description: format!("Parameters of PostgreSQLInstance {}", order.names),
                parameter: list![
                    // No connection without TLS (Security Hub's RDS.38).
                    parameter("rds.force_ssl", "1"),
                    // Changes of the schema, and what takes longer than a second: enough to
                    // find who did what, without the data of every statement.
                    parameter("log_statement", "ddl"),
                    parameter("log_min_duration_statement", "1000"),
                ],
                tags: order.tags(),
            },
            part,
        },
    );
}

/// The instance. What AWS would replace it for, or what clients know it by, is taken from the
/// living one.
pub(super) fn instance(
    order: &Order<'_>,
    chosen: &Chosen,
    living: &Wanted,
    key: String,
) -> ManagedResource {
    let or_key = |living: &Option<String>| living.clone().unwrap_or_else(|| key.clone());
    let group = chosen.families.chosen.as_deref().map(|family| order.parameter_group_name(family));
    let (iops, throughput) = chosen.performance.unzip();
    ManagedResource {
        kind: INSTANCE,
        part: "instance".to_owned(),
        // The provider makes it from AWS's own id.
        external_name: None,
        lifetime: Lifetime::WithData,
        for_provider: object! {
            region: &order.place.region,
            identifier: &chosen.identifier,
            engine: "postgres",
            engineVersion: &chosen.engine_version,
            autoMinorVersionUpgrade: true,
            allowMajorVersionUpgrade: chosen.upgrades,
            engineLifecycleSupport: "open-source-rds-extended-support-disabled",
            instanceClass: &chosen.instance_class,
            allocatedStorage: chosen.storage_gb,
            maxAllocatedStorage: chosen.autoscaling_limit_gb,
            storageType: "gp3",
            iops: iops,
            storageThroughput: throughput,
            storageEncrypted: true,
            multiAz: order.high_availability,
            dbName: &chosen.database,
            port: chosen.port,
            username: living.username.clone().unwrap_or_else(|| "dbadmin".to_owned()),
            // RDS makes, keeps and rotates the administrator's password; no team reads it.
            manageMasterUserPassword: true,
            masterUserSecretKmsKeyId: or_key(&living.master_user_secret_kms_key_id),
            iamDatabaseAuthenticationEnabled: true,
            publiclyAccessible: false,
            dbSubnetGroupNameRef: order.reference("subnet-group"),
            vpcSecurityGroupIdRefs: list![order.reference("security-group")],
            // By value: Crossplane would not look at a reference again once it has a name, and an
            // upgrade needs the group of the new family.
            parameterGroupName: group.or_else(|| living.parameter_group_name.clone()),
            caCertIdentifier: "rds-ca-rsa2048-g1",
            backupRetentionPeriod: chosen.backup_days,
            backupWindow: &chosen.backup_window,
            maintenanceWindow: &chosen.maintenance_window,
            copyTagsToSnapshot: true,
            deleteAutomatedBackups: false,
            deletionProtection: order.retains(),
            skipFinalSnapshot: false,
            finalSnapshotIdentifier: order.final_snapshot(living.final_snapshot_identifier.as_ref(), &chosen.identifier),
            enabledCloudwatchLogsExports: list!["postgresql", "upgrade"],
            performanceInsightsEnabled: true,
            performanceInsightsKmsKeyId: or_key(&living.performance_insights_kms_key_id),
            performanceInsightsRetentionPeriod: 7,
            monitoringInterval: 60,
            monitoringRoleArn: &order.aws().monitoring_role_arn,
            applyImmediately: false,
            // By value: nothing is created before its key is known.
            kmsKeyId: key,
            tags: tags(order),
        },
    }
}

fn tags(order: &Order<'_>) -> Node {
    let mut tags = order.tags();
    if tags.get(BACKUP_TAG).is_none() {
        tags.set(BACKUP_TAG, "true");
    }
    tags
}

fn alarms(order: &Order<'_>, plan: &mut Plan, chosen: &Chosen) {
    // Autoscaling begins below 10 % of free storage: below 5 % it did not help.
    let free_storage = chosen.storage_gb * GIB / 20;
    let free_memory = chosen.memory_gib.map_or(GIB / 4, |memory| memory * GIB / 16);
    for (part, about, metric, comparison, threshold) in [
        ("cpu", "the server uses 90 % of its CPU", "CPUUtilization", "GreaterThanThreshold", 90),
        (
            "storage",
            "less than 5 % of the storage is free, although it grows by itself",
            "FreeStorageSpace",
            "LessThanThreshold",
            free_storage,
        ),
        (
            "memory",
            "the server is short of memory",
            "FreeableMemory",
            "LessThanThreshold",
            free_memory,
        ),
        (
            "connections",
            "the application uses 90 % of its connections",
            "DatabaseConnections",
            "GreaterThanThreshold",
            chosen.connections * 9 / 10,
        ),
    ] {
        order.alarm(
            plan,
            Alarm {
                part: part.to_owned(),
                about,
                namespace: "AWS/RDS",
                metric,
                dimensions: object! { DBInstanceIdentifier: &chosen.identifier },
                statistic: "Average",
                comparison,
                threshold,
                period: 300,
                periods: 3,
            },
        );
    }
}
