//! A topic on the environment's cluster: topic, access control lists and a login.

use super::login;
use super::topic::{Replicas, Topic};
use super::{Settings, TOPIC, binding, consumer_groups, grants, tell};
use crate::backends::managed::Lifetime;
use crate::backends::stages::{Lack, stage};
use crate::backends::{Operator, Order};
use crate::credentials;
use crate::kinds::event_stream::Parameters;
use crate::manifest::Node;
use crate::object;
use crate::observed::{Observed, ReadError, Sensitive};
use crate::outcome::Plan;

/// The cluster that a stream is on: the living stream's, else the environment's. What the
/// catalogue does not say any more and nothing remembers is absent.
pub(super) struct Cluster {
    arn: Option<String>,
    key: Option<String>,
    /// Its brokers, for whoever logs in with a password.
    pub(super) bootstrap_servers: Option<String>,
    contact: String,
}

/// What a login is made for.
pub(super) struct Known {
    /// ARN of the cluster.
    pub(super) arn: String,
    /// ARN of the key that encrypts the login.
    pub(super) key: String,
}

impl Cluster {
    fn new(order: &Order<'_>, settings: &Settings) -> Self {
        let today = settings.shared.as_ref();
        let arn = login::living_cluster(order.observed)
            .or_else(|| today.map(|today| today.cluster_arn.clone()));
        // Brokers come and go; another cluster is none of a living stream's business.
        let here = today.filter(|today| Some(&today.cluster_arn) == arn.as_ref());
        let key = today.map(|today| today.secret_key_arn.clone());
        Self {
            key: login::living_key(order.observed).or(key),
            bootstrap_servers: here
                .map(|today| today.bootstrap_servers.clone())
                .or_else(|| login::living_bootstrap_servers(order)),
            arn,
            contact: order.offering.platform.contact.clone(),
        }
    }

    /// Everything that a login is made for.
    pub(super) fn known(&self) -> Result<Known, Lack> {
        let (arn, key) = self.arn.clone().zip(self.key.clone()).ok_or_else(|| self.unknown())?;
        Ok(Known { arn, key })
    }

    fn unknown(&self) -> Lack {
        let what = format!(
            "the shared cluster, which the catalogue does not name any more; contact {}",
            self.contact
        );
        Lack::new("ClusterUnknown", what)
    }
}

/// The ARN of the cluster that a living stream is on, and of the environment's, where they are
/// not the same any more.
pub(crate) fn moved(settings: &Settings, observed: &Observed) -> Option<(String, String)> {
    let today = settings.shared.as_ref()?.cluster_arn.clone();
    let living = login::living_cluster(observed)?;
    (living != today).then_some((living, today))
}

/// Composes as many stages as can be, and delivers the credentials after the last one.
pub(super) fn compose(
    order: &Order<'_>,
    plan: &mut Plan,
    parameters: &Parameters,
    settings: &Settings,
) -> Result<(), ReadError> {
    let replicas =
        Replicas { factor: settings.replication_factor, min_insync: settings.min_insync_replicas };
    let topic = Topic::new(order, parameters, settings, replicas)?;
    let groups = consumer_groups(&topic.name, parameters);
    let cluster = Cluster::new(order, settings);
    let user = login::user_name(order);

    let grants = grants::of(&topic.name, &parameters.access);
    let parts = [TOPIC].into_iter().chain(grants.iter().map(|grant| grant.part.as_str()));
    let reachable = order.operator(Operator::ProviderKafka, &[TOPIC]).and_then(|()| {
        let named = settings.shared.is_some() || order.exists(TOPIC);
        named.then_some(()).ok_or_else(|| cluster.unknown())
    });
    let in_kafka = stage(order, plan, parts, reachable, |plan, ()| {
        topic.compose(order, plan, Lifetime::WithData);
        for grant in &grants {
            grants::compose(order, plan, &user, grant);
        }
    });
    let password = login::compose(order, plan, &user, &cluster);

    tell(plan, &topic.name, &groups);
    if let Some(servers) = &cluster.bootstrap_servers {
        plan.status.push(("endpoint", Node::from(servers)));
    }
    plan.offering = Some(object! {
        tenancy: parameters.tenancy().name(),
        partitions: topic.partitions,
        replicationFactor: topic.replication_factor,
    });
    let ready = in_kafka.and_then(|()| made(order)).and(password).and_then(|password| {
        let servers = cluster.bootstrap_servers.clone().ok_or_else(|| cluster.unknown())?;
        Ok((password, servers))
    });
    match ready {
        Err(lack) => credentials::wait(order, plan, lack.credentials_wait()),
        Ok((password, servers)) => {
            let own = login_entries(&user, &password);
            credentials::deliver(order, plan, binding(&topic.name, &groups, servers, own));
        }
    }
    Ok(())
}

/// Whether the topic was made: clusters create none by themselves.
pub(super) fn made(order: &Order<'_>) -> Result<(), Lack> {
    let made = order.observed.is_ready(&order.key(TOPIC)) || order.exists(super::CREDENTIALS);
    made.then_some(())
        .ok_or_else(|| Lack::new("WaitingForTopic", "the topic, which provider-kafka creates"))
}

fn login_entries(user: &str, password: &Sensitive) -> Vec<(&'static str, String)> {
    let password = password.expose_text().unwrap_or_default();
    vec![
        ("sasl.mechanism", "SCRAM-SHA-512".to_owned()),
        (
            "sasl.jaas.config",
            format!(
                "org.apache.kafka.common.security.scram.ScramLoginModule required username={} \
                 password={};",
                jaas_quoted(user),
                jaas_quoted(password),
            ),
        ),
        ("username", user.to_owned()),
        ("password", password.to_owned()),
    ]
}

/// A value of a JAAS configuration, which Kafka reads as Java writes string literals.
fn jaas_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::jaas_quoted;

    #[test]
    fn no_password_ends_its_value() {
        assert_eq!(jaas_quoted("plain-7"), r#""plain-7""#);
        assert_eq!(jaas_quoted(r#"a"b\c;"#), r#""a\"b\\c;""#);
    }
}
