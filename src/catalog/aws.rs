//! AWS accounts and networks, one for each environment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Problems, list};
use crate::names::is_object_name;

/// One AWS account and network, for one environment.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aws {
    /// Region, such as `eu-west-1`.
    pub region: String,
    /// Account number, 12 digits.
    pub account_id: String,
    /// Name of the provider's (Cluster)ProviderConfig.
    #[serde(default = "default_provider_config")]
    pub provider_config: String,
    /// VPC of the subnets and security groups.
    pub vpc_id: String,
    /// Private subnets, at least two of different availability zones.
    pub subnet_ids: Vec<String>,
    /// Security groups whose members may connect: nodes or pods of the cluster.
    pub client_security_group_ids: Vec<String>,
    /// ARN of the key that encrypts everything of this environment.
    pub kms_key_arn: String,
    /// Give each claim a key of its own instead.
    #[serde(default)]
    pub key_per_claim: bool,
    /// ARN of the policy that bounds every role we create.
    pub permissions_boundary_arn: String,
    /// Days that log groups keep their events; one of the values CloudWatch Logs knows.
    pub log_retention_days: i64,
    /// SNS topic that alarms notify.
    #[serde(default)]
    pub alarm_topic_arn: Option<String>,
    /// Role that RDS enhanced monitoring writes with.
    pub monitoring_role_arn: String,
    /// Bucket that S3 access logs go to.
    pub access_log_bucket: String,
    /// How pods get AWS credentials.
    pub identity: Identity,
    /// Where External Secrets reads AWS Secrets Manager.
    pub secret_store: SecretStore,
    /// PEM certificates that clients need to verify RDS servers. Without them clients are told
    /// `sslmode=require`.
    #[serde(default)]
    pub rds_certificates: Option<String>,
    /// Tags for every resource, besides ours: `claim`, `cluster`, `environment`, `kind`, `managed-by`,
    /// `namespace` and `team`. AWS takes letters, digits, spaces and `_ . : / = + - @` in both keys
    /// and values.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// The tags that every resource has of ours, as `backends::aws` makes them.
pub const TAGS: [&str; 7] =
    ["claim", "cluster", "environment", "kind", "managed-by", "namespace", "team"];

/// Tag of a stream's secret, besides, that says which cluster its login is for.
pub const CLUSTER_TAG: &str = "kafka-cluster";

fn default_provider_config() -> String {
    "default".to_owned()
}

/// How pods of the cluster get AWS credentials.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Identity {
    /// IAM roles for service accounts.
    #[serde(rename_all = "camelCase")]
    Irsa {
        /// ARN of the cluster's OpenID Connect provider.
        oidc_provider_arn: String,
    },
    /// EKS Pod Identity.
    #[serde(rename_all = "camelCase")]
    PodIdentity {
        /// Name of the EKS cluster.
        cluster_name: String,
    },
}

/// A store of External Secrets.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretStore {
    /// Name of the `ClusterSecretStore`.
    pub name: String,
}

/// Retention periods that CloudWatch Logs accepts, in days (botocore 1.44.5, logs
/// `PutRetentionPolicy`).
const LOG_RETENTION_DAYS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

impl Aws {
    /// Issuer host and path of the cluster's OpenID Connect provider, as in IAM conditions.
    pub fn issuer(oidc_provider_arn: &str) -> &str {
        oidc_provider_arn.split_once(":oidc-provider/").map_or("", |(_, issuer)| issuer)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.require(is_word(&self.region, b"-"), "region", || {
            format!("\"{}\" is not a region such as eu-west-1", self.region)
        });
        problems.require(is_account(&self.account_id), "accountId", || {
            format!("\"{}\" is not an account number of 12 digits, in quotes", self.account_id)
        });
        problems.require(is_id(&self.vpc_id, "vpc-"), "vpcId", || {
            format!("\"{}\" is not a VPC id such as vpc-0123456789abcdef0", self.vpc_id)
        });
        problems.require(self.subnet_ids.len() >= 2, "subnetIds", || {
            "must list at least 2 private subnets of different availability zones".to_owned()
        });
        for (field, ids, prefix) in [
            ("subnetIds", &self.subnet_ids, "subnet-"),
            ("clientSecurityGroupIds", &self.client_security_group_ids, "sg-"),
        ] {
            for (index, id) in ids.iter().enumerate() {
                problems.require(is_id(id, prefix), &format!("{field}[{index}]"), || {
                    format!("\"{id}\" does not have the form {prefix}0123456789abcdef0")
                });
                problems.require(!ids[..index].contains(id), &format!("{field}[{index}]"), || {
                    format!("\"{id}\" is listed twice")
                });
            }
        }
        problems.require(
            !self.client_security_group_ids.is_empty(),
            "clientSecurityGroupIds",
            || "must list at least one security group: nobody else may connect".to_owned(),
        );
        self.check_arns(problems);
        problems.require(
            LOG_RETENTION_DAYS.contains(&self.log_retention_days),
            "logRetentionDays",
            || {
                format!(
                    "{} is not a period that CloudWatch Logs knows: {}",
                    self.log_retention_days,
                    list(LOG_RETENTION_DAYS.iter().map(ToString::to_string)),
                )
            },
        );
        problems.require(is_bucket(&self.access_log_bucket), "accessLogBucket", || {
            format!("\"{}\" is not the name of a bucket", self.access_log_bucket)
        });
        for (field, name, what) in [
            ("providerConfig", &self.provider_config, "(Cluster)ProviderConfig"),
            ("secretStore.name", &self.secret_store.name, "ClusterSecretStore"),
        ] {
            problems.require(is_object_name(name), field, || {
                format!("\"{name}\" is not the name of a {what}")
            });
        }
        for key in self.tags.keys() {
            problems.require(is_tag_key(key), &format!("tags[{key}]"), || {
                "must be 1–128 characters and not begin with aws:".to_owned()
            });
        }
    }

    fn check_arns(&self, problems: &mut Problems) {
        let alarm = self.alarm_topic_arn.as_deref();
        let (identity, provider) = match &self.identity {
            Identity::Irsa { oidc_provider_arn } => (Some(oidc_provider_arn.as_str()), "iam"),
            Identity::PodIdentity { cluster_name } => {
                problems.require(
                    is_word(cluster_name, b"-_"),
                    "identity.podIdentity.clusterName",
                    || format!("\"{cluster_name}\" is not the name of an EKS cluster"),
                );
                (None, "iam")
            }
        };
        for (field, arn, service, resource) in [
            ("kmsKeyArn", Some(self.kms_key_arn.as_str()), "kms", "key/"),
            (
                "permissionsBoundaryArn",
                Some(self.permissions_boundary_arn.as_str()),
                "iam",
                "policy/",
            ),
            ("monitoringRoleArn", Some(self.monitoring_role_arn.as_str()), "iam", "role/"),
            ("alarmTopicArn", alarm, "sns", ""),
            ("identity.irsa.oidcProviderArn", identity, provider, "oidc-provider/"),
        ] {
            let Some(arn) = arn else { continue };
            problems.require(is_arn(arn, service, resource), field, || {
                format!("\"{arn}\" is not an ARN of the form arn:aws:{service}:…:{resource}…")
            });
        }
    }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(text: &str, also: &[u8]) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| is_word(rest, b""))
}

fn is_bucket(text: &str) -> bool {
    (3..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b))
}

fn is_tag_key(text: &str) -> bool {
    (1..=128).contains(&text.chars().count()) && !text.starts_with("aws:")
}

/// Whether `text` is an ARN of `service` in any partition, whose last part begins with
/// `resource`.
pub(crate) fn is_arn(text: &str, service: &str, resource: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    next() == "arn"
        && next().starts_with("aws")
        && next() == service
        && {
            next();
            true
        }
        && next().len() == 12
        && next().strip_prefix(resource).is_some_and(|rest| is_word(rest, b"-_/.+=,@"))
}
