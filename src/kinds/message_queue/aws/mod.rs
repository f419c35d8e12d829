//! `MessageQueue` on Amazon MQ for RabbitMQ: a broker, and a virtual host and user of the
//! application's own in it.

mod settings;

pub use self::settings::{Settings, Size};
use super::Parameters;
use crate::backends::Order;
use crate::guardrails::Memory;
use crate::observed::{Observed, ReadError};
use crate::outcome::Plan;

/// AMQP over TLS.
const PORT: i64 = 5671;

/// What a broker without our annotation was probably accepted with.
pub(crate) fn infer(_settings: &Settings, _observed: &Observed) -> Result<Memory, ReadError> {
    Ok(Memory::default())
}

/// Composes an accepted claim.
pub(crate) fn compose(
    order: &Order<'_>,
    _parameters: &Parameters,
    _settings: &Settings,
) -> Result<Plan, ReadError> {
    let mut plan = Plan::default();
    order.network(&mut plan, PORT);
    Ok(plan)
}
