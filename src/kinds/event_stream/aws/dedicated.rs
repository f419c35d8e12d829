//! A cluster of the claim's own, the topic on it, and the application's identity.

use super::cluster::{self, Cluster, Living};
use super::identity;
use super::shared::made;
use super::topic::{Replicas, Topic};
use super::{
    BOOTSTRAP_SERVERS, CREDENTIALS, KAFKA_CONFIG, Settings, TOPIC, binding, connection,
    consumer_groups, tell,
};
use crate::backends::managed::Lifetime;
use crate::backends::stages::{Lack, stage};
use crate::backends::{Operator, Order};
use crate::credentials;
use crate::kinds::event_stream::{self, Parameters};
use crate::manifest::Node;
use crate::object;
use crate::observed::ReadError;
use crate::outcome::Plan;

/// Port of brokers for clients that show an identity of AWS (MSK developer guide, "Port
/// information").
const IAM_PORT: i64 = 9098;

/// Composes as many stages as can be, and delivers the credentials after the last one.
pub(super) fn compose(
    order: &Order<'_>,
    plan: &mut Plan,
    parameters: &Parameters,
    settings: &Settings,
) -> Result<(), ReadError> {
    let living: Living = order.observed.managed(event_stream::CLUSTER)?;
    let chosen = Cluster::new(order, settings, &living);
    // One broker restarts at a time: with as many copies as must be there, nobody could write.
    let factor = settings.replication_factor.min(chosen.brokers).max(1);
    let min_insync = settings.min_insync_replicas.min(factor - 1).max(1);
    let topic = Topic::new(order, parameters, settings, Replicas { factor, min_insync })?;
    let groups = consumer_groups(&topic.name, parameters);

    order.network(plan, IAM_PORT);
    cluster::compose(order, plan, &chosen, &living, &topic)?;

    let reported = &living.status.at_provider;
    let brokers = reported.bootstrap_brokers_sasl_iam.as_deref();
    let connected = connection::compose(order, plan, brokers);
    // Deleting the cluster deletes the topic; without it no provider could.
    let in_kafka = stage(order, plan, [TOPIC], reachable(order), |plan, ()| {
        topic.compose(order, plan, Lifetime::Forever);
    });
    let granted =
        identity::compose(order, plan, reported.arn.as_deref(), &topic.name, parameters, &groups);

    tell(plan, &topic.name, &groups);
    let servers = brokers.map(str::to_owned).or_else(|| told(order));
    if let Some(servers) = &servers {
        plan.status.push(("endpoint", Node::from(servers)));
    }
    plan.status.push(("roleArn", Node::from(&granted.role_arn)));
    plan.status.push(("serviceAccountName", Node::from(granted.service_account)));
    plan.offering = Some(object! {
        tenancy: parameters.tenancy().name(),
        partitions: topic.partitions,
        replicationFactor: topic.replication_factor,
        brokerType: &chosen.broker_type,
        brokers: chosen.brokers,
        volumeGB: chosen.volume_gb,
        kafkaVersion: &chosen.kafka_version,
    });
    let ready = connected
        .and(in_kafka)
        .and_then(|()| made(order))
        .and_then(|()| servers.ok_or_else(connection::unknown));
    match ready {
        Err(lack) => credentials::wait(order, plan, lack.credentials_wait()),
        Ok(servers) => {
            let own = identity_entries(granted.role_arn);
            credentials::deliver(order, plan, binding(&topic.name, &groups, servers, own));
        }
    }
    Ok(())
}

/// Where the brokers are, as the application was told.
fn told(order: &Order<'_>) -> Option<String> {
    let told = order.observed.secret_value(&order.key(CREDENTIALS), BOOTSTRAP_SERVERS)?;
    told.expose_text().map(str::to_owned)
}

/// Whether provider-kafka can reach the cluster.
fn reachable(order: &Order<'_>) -> Result<(), Lack> {
    order.operator(Operator::ProviderKafka, &[TOPIC])?;
    if order.exists(KAFKA_CONFIG) || order.exists(TOPIC) {
        return Ok(());
    }
    Err(Lack::new("WaitingForConfiguration", "provider-kafka's access to the cluster"))
}

/// How clients show their identity: as AWS's library for the JVM is told. Others sign tokens for
/// `OAUTHBEARER` with AWS's libraries of their language.
fn identity_entries(role_arn: String) -> Vec<(&'static str, String)> {
    vec![
        ("sasl.mechanism", "AWS_MSK_IAM".to_owned()),
        ("sasl.jaas.config", "software.amazon.msk.auth.iam.IAMLoginModule required;".to_owned()),
        (
            "sasl.client.callback.handler.class",
            "software.amazon.msk.auth.iam.IAMClientCallbackHandler".to_owned(),
        ),
        ("role-arn", role_arn),
    ]
}
