//! `EventStream` on Amazon MSK: a topic on the environment's cluster, or on a cluster of its own.

mod settings;

pub use self::settings::{Dedicated, Settings, Shared, Size};
use super::Parameters;
use crate::backends::Order;
use crate::backends::managed::ProviderConfig;
use crate::guardrails::Memory;
use crate::kinds;
use crate::observed::{Observed, ReadError};
use crate::outcome::Plan;

/// Configuration of provider-kafka that reaches the claim's cluster.
pub(crate) fn provider_config(order: &Order<'_>) -> ProviderConfig {
    match (&order.claim.parameters, &order.offering.settings) {
        (kinds::Parameters::EventStream(own), kinds::Settings::EventStream(settings))
            if !own.is_dedicated() =>
        {
            let shared = settings.shared.as_ref();
            ProviderConfig::of_cluster(
                shared.map(|shared| shared.provider_config.clone()).unwrap_or_default(),
            )
        }
        _ => ProviderConfig::of_namespace(order.object_name("kafka-config")),
    }
}

/// What a stream without our annotation was probably accepted with.
pub(crate) fn infer(_settings: &Settings, _observed: &Observed) -> Result<Memory, ReadError> {
    Ok(Memory::default())
}

/// Composes an accepted claim.
pub(crate) fn compose(
    _order: &Order<'_>,
    _parameters: &Parameters,
    _settings: &Settings,
) -> Result<Plan, ReadError> {
    Ok(Plan::default())
}
