//! `PostgreSQLInstance` on Amazon RDS: one instance, and a role of the application's own in it.

mod access;
mod chosen;
mod instance;
mod settings;
#[cfg(feature = "cli")]
mod told;

use serde::Deserialize;
use serde_json::Value as Json;

use self::access::Application;
use self::chosen::Chosen;
pub use self::settings::{Settings, Size};
use super::Parameters;
use crate::backends::Order;
use crate::backends::living::LivingVersion;
use crate::guardrails::Memory;
use crate::manifest::Node;
use crate::object;
use crate::observed::{Managed, Observed, ReadError};
use crate::outcome::Plan;

/// PostgreSQL's own port. Security Hub's RDS.23 wants another one, which hides nothing from
/// whom the security group lets in, and which every client would have to be told.
const PORT: i64 = 5432;

/// The living instance as it was asked for, as far as it decides what is composed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wanted {
    identifier: Option<String>,
    instance_class: Option<String>,
    engine_version: Option<String>,
    allocated_storage: Option<i64>,
    max_allocated_storage: Option<i64>,
    backup_retention_period: Option<i64>,
    backup_window: Option<String>,
    db_name: Option<String>,
    final_snapshot_identifier: Option<String>,
    kms_key_id: Option<String>,
    master_user_secret_kms_key_id: Option<String>,
    multi_az: Option<bool>,
    iops: Option<i64>,
    parameter_group_name: Option<String>,
    performance_insights_kms_key_id: Option<String>,
    port: Option<i64>,
    storage_throughput: Option<i64>,
    username: Option<String>,
}

/// The living instance as AWS reports it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reported {
    address: Option<String>,
    allocated_storage: Option<i64>,
    engine_version_actual: Option<String>,
    master_user_secret: Vec<MasterUserSecret>,
    port: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct MasterUserSecret {
    secret_arn: Option<String>,
}

type Living = Managed<Wanted, Reported>;

impl Living {
    fn version(&self) -> LivingVersion<'_> {
        LivingVersion {
            wanted: self.spec.for_provider.engine_version.as_deref(),
            actual: self.status.at_provider.engine_version_actual.as_deref(),
        }
    }

    /// Storage in GB: what was asked for, or what autoscaling made of it.
    fn storage_gb(&self) -> Option<i64> {
        let wanted = self.spec.for_provider.allocated_storage;
        wanted.max(self.status.at_provider.allocated_storage)
    }
}

/// Storage of the living database in GB.
pub(crate) fn living_storage_gb(observed: &Observed) -> Option<i64> {
    let living: Living = observed.managed(super::PRIMARY).ok()?;
    living.storage_gb()
}

/// What a database without our annotation was probably accepted with.
pub(crate) fn infer(settings: &Settings, observed: &Observed) -> Result<Memory, ReadError> {
    let living: Living = observed.managed(super::PRIMARY)?;
    let wanted = living.spec.for_provider;
    let mut memory = Memory { high_availability: wanted.multi_az, ..Memory::default() };
    let mut remember = |name: &str, value: Json| {
        memory.parameters.insert(name.to_owned(), value);
    };
    let mut sizes = settings.sizes.0.iter();
    if let Some(size) =
        sizes.find(|size| Some(&size.instance_class) == wanted.instance_class.as_ref())
    {
        remember("size", Json::from(size.name.as_str()));
    }
    // Extensions are never guessed: what was created shows, and nothing else may pass unseen.
    let extensions = observed.keys().filter_map(|key| key.strip_prefix(super::EXTENSION_PREFIX));
    remember("extensions", extensions.map(Json::from).collect());
    let mut versions = settings.versions.offered.iter();
    memory.version = versions
        .find(|version| Some(&version.engine_version) == wanted.engine_version.as_ref())
        .map(|version| version.name.clone());
    if let Some(version) = memory.version.clone() {
        memory.parameters.insert("version".to_owned(), Json::from(version));
    }
    Ok(memory)
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
    order.network(&mut plan, chosen.port);
    instance::surroundings(order, &mut plan, &chosen);

    let wanted = &living.spec.for_provider;
    match order.encryption_key(&mut plan, wanted.kms_key_id.as_deref())? {
        None => plan.wait(super::PRIMARY, "the ARN of its encryption key"),
        Some(key) => {
            let instance = instance::instance(order, &chosen, wanted, key);
            // Its connection details would lie in the team's namespace, and nobody needs them.
            order.manage_silent_primary(&mut plan, instance);
        }
    }

    let reported = &living.status.at_provider;
    if let Some(address) = &reported.address {
        plan.status.push(("endpoint", Node::from(address)));
        plan.status.push(("port", Node::from(chosen.port)));
    }
    let application = Application {
        address: reported.address.as_deref(),
        port: reported.port.unwrap_or(chosen.port),
        master_secret: reported
            .master_user_secret
            .iter()
            .find_map(|secret| secret.secret_arn.as_deref()),
        database: &chosen.database,
        connections: chosen.connections,
        extensions: &parameters.extensions,
    };
    access::give(order, &mut plan, &application);
    plan.offering = Some(object! {
        instanceClass: &chosen.instance_class,
        storageGB: chosen.storage_gb,
        autoscalingLimitGB: chosen.autoscaling_limit_gb,
        multiAz: order.high_availability,
        engineVersion: &chosen.engine_version,
    });
    Ok(plan)
}
