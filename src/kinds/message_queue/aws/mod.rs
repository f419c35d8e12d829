//! `MessageQueue` on Amazon MQ for RabbitMQ: a broker, and a virtual host and user of the
//! application's own in it.

mod access;
mod broker;
mod chosen;
mod network;
mod recovery;
mod settings;
#[cfg(feature = "cli")]
mod told;

use serde::Deserialize;
use serde_json::Value as Json;

use self::access::Application;
use self::chosen::Chosen;
pub(in crate::kinds) use self::settings::MAINTENANCE_MINUTES;
pub use self::settings::{Settings, Size};
use super::Parameters;
use crate::backends::Order;
use crate::backends::living::LivingVersion;
use crate::backends::stages::{Lack, stage};
use crate::guardrails::Memory;
use crate::manifest::Node;
use crate::object;
use crate::observed::{Managed, Observed, ReadError};
use crate::outcome::Plan;

/// AMQP over TLS; Amazon MQ has no other port for it.
const PORT: i64 = 5671;

/// The living broker as it was asked for, as far as it decides what is composed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wanted {
    broker_name: Option<String>,
    deployment_mode: Option<String>,
    engine_version: Option<String>,
    host_instance_type: Option<String>,
    subnet_ids: Option<Vec<String>>,
    configuration: Configured,
    user: Vec<User>,
}

/// The configuration that a broker uses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Configured {
    id: Option<String>,
    revision: Option<i64>,
}

/// A user that a broker was created with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct User {
    username: Option<String>,
    password_secret_ref: Option<SecretEntry>,
}

/// An entry of a Secret, as a managed resource refers to it.
#[derive(Clone, Debug, Deserialize)]
struct SecretEntry {
    name: String,
    namespace: Option<String>,
    key: String,
}

/// The living broker as AWS reports it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reported {
    engine_version: Option<String>,
    instances: Vec<Instance>,
}

/// A node of a broker. All nodes of a cluster are behind one address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Instance {
    console_url: Option<String>,
    endpoints: Vec<String>,
}

type Living = Managed<Wanted, Reported>;

impl Living {
    fn version(&self) -> LivingVersion<'_> {
        LivingVersion {
            wanted: self.spec.for_provider.engine_version.as_deref(),
            actual: self.status.at_provider.engine_version.as_deref(),
        }
    }

    /// Host name and port for AMQP, once AWS reports them.
    fn endpoint(&self) -> Option<(&str, i64)> {
        let instances = &self.status.at_provider.instances;
        let mut endpoints = instances.iter().flat_map(|instance| &instance.endpoints);
        endpoints.find_map(|endpoint| {
            let (host, port) = endpoint.strip_prefix("amqps://")?.rsplit_once(':')?;
            Some((host, port.parse().ok()?))
        })
    }

    /// Address of the management API, once AWS reports it.
    fn management_url(&self) -> Option<&str> {
        let mut instances = self.status.at_provider.instances.iter();
        let url = instances.find_map(|instance| instance.console_url.as_deref())?;
        url.starts_with("https://").then(|| url.trim_end_matches('/'))
    }
}

/// What a broker without our annotation was probably accepted with.
pub(crate) fn infer(settings: &Settings, observed: &Observed) -> Result<Memory, ReadError> {
    let living: Living = observed.managed(super::PRIMARY)?;
    let wanted = living.spec.for_provider;
    let mut memory = Memory {
        high_availability: wanted.deployment_mode.map(|mode| mode == chosen::CLUSTER),
        ..Memory::default()
    };
    let mut sizes = settings.sizes.0.iter();
    if let Some(size) =
        sizes.find(|size| Some(&size.instance_type) == wanted.host_instance_type.as_ref())
    {
        memory.parameters.insert("size".to_owned(), Json::from(size.name.as_str()));
    }
    let mut versions = settings.versions.offered.iter();
    memory.version = versions
        .find(|version| Some(&version.engine_version) == wanted.engine_version.as_ref())
        .map(|version| version.name.clone());
    if let Some(version) = memory.version.clone() {
        memory.parameters.insert("version".to_owned(), Json::from(version));
    }
    Ok(memory)
}

/// A cluster that is not spread over three zones is not what was promised, and stays so for ever.
fn zones(order: &Order<'_>, chosen: &Chosen) -> Result<(), Lack> {
    let spread = chosen.deployment_mode != chosen::CLUSTER
        || chosen.subnet_ids.len() == chosen::NODES
        || order.exists(broker::PART);
    spread.then_some(()).ok_or_else(|| {
        Lack::new(
            "WaitingForZones",
            format!(
                "a private subnet in a third zone, which the catalogue does not name; contact {}",
                order.offering.platform.contact
            ),
        )
    })
}

/// Composes an accepted claim.
pub(crate) fn compose(
    order: &Order<'_>,
    parameters: &Parameters,
    settings: &Settings,
) -> Result<Plan, ReadError> {
    let mut plan = Plan::default();
    let living: Living = order.observed.managed(super::PRIMARY)?;
    let chosen = Chosen::new(order, parameters, settings, &living);
    order.network(&mut plan, PORT);
    network::management_rules(order, &mut plan);
    broker::configuration(order, &mut plan, &chosen);
    broker::alarms(order, &mut plan, &chosen);
    broker::logs(order, &mut plan, &living);

    let administrator = access::administrator(order, &mut plan, &living);
    recovery::keep(order, &mut plan, &living, &administrator)?;
    let configured = broker::configured(order, &chosen, &living)?;
    // What lives does not wait for a password that is in use already.
    let password = if order.exists(broker::PART) {
        Ok(())
    } else {
        administrator.password.as_ref().map(drop).map_err(Clone::clone)
    };
    let ready = password.and_then(|()| zones(order, &chosen)).and(configured);
    let created = stage(order, &mut plan, [broker::PART], ready, |plan, configured| {
        let broker = broker::broker(order, &chosen, &living, &administrator, configured);
        // Its connection details may hold the administrator's password, and would lie in the
        // team's namespace.
        order.manage_silent_primary(plan, broker);
    });

    let application = Application {
        endpoint: living.endpoint(),
        management_url: living.management_url(),
        vhost: access::vhost(order, parameters),
        administrator,
        gets_administrator: settings.administrator_for_applications && !order.retains(),
    };
    access::give(order, &mut plan, &application, created);
    plan.offering = Some(object! {
        instanceType: &chosen.instance_type,
        deploymentMode: &chosen.deployment_mode,
        engineVersion: &chosen.engine_version,
    });
    if let Some((host, port)) = application.endpoint {
        plan.status.push(("endpoint", Node::from(host.to_owned())));
        plan.status.push(("port", Node::from(port)));
    }
    Ok(plan)
}
