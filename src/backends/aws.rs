//! What managed resources on AWS have in common: tags, security group, log group, alarms and key.

use std::borrow::Cow;
use std::rc::Rc;

use serde::Deserialize;

use super::Order;
pub use super::managed::{Lifetime, ManagedResource, Type};
use crate::catalog::Aws;
use crate::manifest::Node;
use crate::names::Limit;
use crate::observed::{Managed, ReadError, Unread};
use crate::outcome::Plan;
use crate::{list, object};

const SECURITY_GROUP: Type = Type::new("ec2", "SecurityGroup", "v1beta1");
const INGRESS_RULE: Type = Type::new("ec2", "SecurityGroupIngressRule", "v1beta1");
const LOG_GROUP: Type = Type::new("cloudwatchlogs", "Group", "v1beta1");
const ALARM: Type = Type::new("cloudwatch", "MetricAlarm", "v1beta2");
const KEY: Type = Type::new("kms", "Key", "v1beta1");

impl Order<'_> {
    /// The AWS account and network of this claim.
    pub fn aws(&self) -> &Aws {
        &self.offering.aws
    }

    /// Tags for every resource that takes them. Ours win over the catalogue's.
    pub fn tags(&self) -> Node {
        Node::Shared(Rc::clone(self.tags.get_or_init(|| Rc::new(self.make_tags()))))
    }

    fn make_tags(&self) -> Node {
        let offering = self.offering;
        let ours = [
            ("claim", self.claim.name.as_str()),
            ("cluster", &offering.platform.cluster_id),
            ("environment", &offering.environment.name),
            ("kind", self.claim.kind.name()),
            ("managed-by", "function-self-service"),
            ("namespace", &self.claim.namespace),
            ("team", offering.platform.teams.of(&self.claim.namespace)),
        ];
        let catalogue = self.aws().tags.iter();
        let theirs = catalogue.filter(|(name, _)| ours.iter().all(|(our, _)| our != name));
        let mut tags: Vec<(Cow<'static, str>, Node)> = ours
            .iter()
            .map(|(name, value)| (Cow::Borrowed(*name), (*value).to_owned().into()))
            .chain(theirs.map(|(name, value)| (Cow::Owned(name.clone()), value.into())))
            .collect();
        tags.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        Node::Map(tags)
    }

    /// A security group that lets in only the environment's clients, on one port.
    pub fn network(&self, plan: &mut Plan, port: i64) {
        let aws = self.aws();
        self.manage(
            plan,
            ManagedResource {
                kind: SECURITY_GROUP,
                part: "security-group".to_owned(),
                external_name: None,
                lifetime: Lifetime::WithData,
                for_provider: object! {
                    region: &self.place.region,
                    vpcId: &aws.vpc_id,
                    name: self.given_name("security-group", Limit::AWS),
                    description: format!("Clients of {} {}", self.claim.kind.name(), self.names),
                    tags: self.tags(),
                },
            },
        );
        self.let_in(
            plan,
            &Rules {
                part: "ingress-rule-",
                clients: &aws.client_security_group_ids,
                port,
                about: "Clients of this environment",
                lifetime: Lifetime::WithClaim,
            },
        );
    }

    /// Rules of the security group.
    pub fn let_in(&self, plan: &mut Plan, rules: &Rules<'_>) {
        if self.place.former_vpc.is_some() {
            // Groups of another network cannot be let in: whoever is, stays.
            let prefix = self.key(rules.part);
            for key in self.observed.keys().filter(|key| key.starts_with(&prefix)) {
                plan.wait(key, "a network of the catalogue that this claim is not in");
            }
            return;
        }
        for client in rules.clients {
            // One rule a client group, named after it: taking a group out of the catalogue
            // revokes its rule and touches no other.
            self.manage(
                plan,
                ManagedResource {
                    kind: INGRESS_RULE,
                    part: format!("{}{client}", rules.part),
                    external_name: None,
                    lifetime: rules.lifetime,
                    for_provider: object! {
                        region: &self.place.region,
                        securityGroupIdRef: self.reference("security-group"),
                        referencedSecurityGroupId: client,
                        ipProtocol: "tcp",
                        fromPort: rules.port,
                        toPort: rules.port,
                        description: rules.about,
                        tags: self.tags(),
                    },
                },
            );
        }
    }

    /// The environment's subnets, or the living ones of the group `part` where the environment
    /// moved to another network since.
    pub fn subnet_ids(&self, part: &str) -> Vec<String> {
        let living: Managed<Subnets, Unread> =
            self.observed.managed(&self.key(part)).unwrap_or_default();
        let living = living.spec.for_provider.ids.filter(|_| self.place.former_vpc.is_some());
        living.unwrap_or_else(|| self.aws().subnet_ids.clone())
    }

    /// A log group with the environment's retention. `name` is its name in AWS.
    ///
    /// A shorter retention of the catalogue deletes nothing that was logged.
    pub fn log_group(&self, plan: &mut Plan, part: &str, name: String) {
        let living: Managed<Retention, Unread> =
            self.observed.managed(&self.key(part)).unwrap_or_default();
        let living = living.spec.for_provider.retention_in_days;
        let retention = self.aws().log_retention_days.max(living.unwrap_or_default());
        self.manage(
            plan,
            ManagedResource {
                kind: LOG_GROUP,
                part: part.to_owned(),
                external_name: Some(name),
                lifetime: Lifetime::WithData,
                for_provider: object! {
                    region: &self.place.region,
                    retentionInDays: retention,
                    tags: self.tags(),
                },
            },
        );
    }

    /// An alarm that tells the environment's topic, where there is one.
    pub fn alarm(&self, plan: &mut Plan, alarm: Alarm) {
        let part = format!("alarm-{}", alarm.part);
        let external_name = self.external_name(&part, Limit::AWS);
        let topic = self.aws().alarm_topic_arn.as_ref();
        self.manage(plan, ManagedResource {
            kind: ALARM,
            part,
            external_name: Some(external_name),
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                region: &self.place.region,
                alarmDescription: format!("{} {}: {}", self.claim.kind.name(), self.names, alarm.about),
                namespace: alarm.namespace,
                metricName: alarm.metric,
                dimensions: alarm.dimensions,
                statistic: alarm.statistic,
                comparisonOperator: alarm.comparison,
                threshold: alarm.threshold,
                period: alarm.period,
                evaluationPeriods: alarm.periods,
                treatMissingData: "missing",
                alarmActions: topic.map(|topic| list![topic]),
                okActions: topic.map(|topic| list![topic]),
                tags: self.tags(),
            },
        });
    }

    /// ARN of the key that encrypts this claim's data: the living resource's own, else the
    /// environment's or the claim's. `None` while the claim's key is being created.
    pub fn encryption_key(
        &self,
        plan: &mut Plan,
        living: Option<&str>,
    ) -> Result<Option<String>, ReadError> {
        const PART: &str = "kms-key";
        let exists = self.observed.get(&self.key(PART)).is_some();
        if !exists && (!self.aws().key_per_claim || living.is_some()) {
            return Ok(Some(living.unwrap_or(&self.aws().kms_key_arn).to_owned()));
        }
        self.manage(
            plan,
            ManagedResource {
                kind: KEY,
                part: PART.to_owned(),
                external_name: None,
                lifetime: Lifetime::Forever,
                for_provider: object! {
                    region: &self.place.region,
                    description: format!("{} {}", self.claim.kind.name(), self.names),
                    enableKeyRotation: true,
                    // The longest window AWS has, should a person ever schedule the deletion.
                    deletionWindowInDays: 30,
                    policy: key_policy(&self.aws().account_id, partition(&self.aws().kms_key_arn)),
                    tags: self.tags(),
                },
            },
        );
        let key: Managed<Unread, KeyState> = self.observed.managed(&self.key(PART))?;
        Ok(living.map(str::to_owned).or(key.status.at_provider.arn))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Retention {
    retention_in_days: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subnets {
    #[serde(rename = "subnetIds")]
    ids: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeyState {
    arn: Option<String>,
}

/// The account administers its key; IAM policies of the account give out its use.
fn key_policy(account: &str, partition: &str) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "AccountAdministersKey",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
    .to_string()
}

/// The partition of an ARN: `aws`, `aws-cn`, `aws-us-gov`.
pub fn partition(arn: &str) -> &str {
    arn.split(':').nth(1).unwrap_or("aws")
}

/// Rules that let client groups in on one port.
#[derive(Debug)]
pub struct Rules<'a> {
    /// Their part of the name, before the client group.
    pub part: &'static str,
    /// The security groups that are let in.
    pub clients: &'a [String],
    /// The port.
    pub port: i64,
    /// Who the clients are, as the console shows it.
    pub about: &'static str,
    /// How long the rules stay.
    pub lifetime: Lifetime,
}

/// An alarm on one metric.
#[derive(Debug)]
pub struct Alarm {
    /// Its part of the name, after `alarm-`.
    pub part: String,
    /// What is wrong when it rings, in a few words.
    pub about: &'static str,
    /// CloudWatch namespace: `AWS/RDS`.
    pub namespace: &'static str,
    /// Name of the metric.
    pub metric: &'static str,
    /// Dimensions of the metric.
    pub dimensions: Node,
    /// `Average`, `Maximum`, …
    pub statistic: &'static str,
    /// `GreaterThanThreshold`, `LessThanThreshold`.
    pub comparison: &'static str,
    /// Threshold, in the metric's unit.
    pub threshold: i64,
    /// Length of a period in seconds.
    pub period: i64,
    /// Periods in a row that make it ring.
    pub periods: i64,
}
