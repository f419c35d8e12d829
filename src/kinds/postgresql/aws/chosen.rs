//! What the catalogue's entries come to for one claim, next to what already lives.
//!
//! A living instance keeps what it has unless its claim asks for something else, or the
//! catalogue rolls out.

use super::settings::STORAGE_GB;
use super::{Living, PORT, Settings, Size, Wanted};
use crate::backends::Order;
use crate::backends::living::Families;
use crate::backends::window;
use crate::kinds::postgresql::Parameters;
use crate::names::Limit;

/// Connections per GiB of memory that the application may open. PostgreSQL on RDS allows about
/// 112 in all: what is left is for administrators, monitoring and backups.
const CONNECTIONS_PER_GIB: i64 = 80;

/// Everything that was decided.
pub(super) struct Chosen {
    pub(super) identifier: String,
    pub(super) database: String,
    pub(super) port: i64,
    pub(super) instance_class: String,
    /// Memory in GiB, where the class is a known one.
    pub(super) memory_gib: Option<i64>,
    pub(super) connections: i64,
    pub(super) storage_gb: i64,
    /// `None` when the storage is nearly as large as AWS has it.
    pub(super) autoscaling_limit_gb: Option<i64>,
    /// Operations a second, and MB a second: AWS's own choice where the volume is small.
    pub(super) performance: Option<(i64, i64)>,
    pub(super) engine_version: String,
    pub(super) families: Families,
    /// An accepted upgrade to another major version is under way.
    pub(super) upgrades: bool,
    pub(super) backup_days: i64,
    pub(super) backup_window: String,
    pub(super) maintenance_window: String,
}

impl Chosen {
    pub(super) fn new(
        order: &Order<'_>,
        parameters: &Parameters,
        settings: &Settings,
        living: &Living,
    ) -> Self {
        let wanted = &living.spec.for_provider;
        let size = order.size(&settings.sizes);
        let keeps_size = order.keeps_size(size.map(|size| size.rollout));
        let instance_class = wanted
            .instance_class
            .clone()
            .filter(|_| keeps_size)
            .or_else(|| size.map(|size| size.instance_class.clone()))
            .unwrap_or_default();
        let storage_gb = storage_gb(parameters, living, size, keeps_size);
        let version = order.choose_version(&settings.versions, living.version());
        let families = order.families(&version, wanted.parameter_group_name.as_deref());
        let memory_gib = Size::memory_gib(&instance_class);
        Self {
            identifier: wanted
                .identifier
                .clone()
                .unwrap_or_else(|| order.names.aws("instance", Limit::DB_INSTANCE)),
            database: wanted
                .db_name
                .clone()
                .unwrap_or_else(|| parameters.database(&order.claim.name)),
            port: wanted.port.unwrap_or(PORT),
            memory_gib,
            connections: memory_gib
                .map_or(CONNECTIONS_PER_GIB, |memory| (memory * CONNECTIONS_PER_GIB).min(4000)),
            storage_gb,
            autoscaling_limit_gb: autoscaling_limit_gb(storage_gb, wanted, size, keeps_size),
            performance: performance(storage_gb, wanted),
            upgrades: version.upgrades,
            engine_version: version.engine_version,
            families,
            backup_days: backup_days(order, parameters, settings, wanted),
            backup_window: window::beside(
                parameters.maintenance_window.as_deref(),
                &settings.backup_window,
                wanted.backup_window.as_deref(),
            )
            .to_owned(),
            maintenance_window: parameters
                .maintenance_window
                .as_ref()
                .unwrap_or(&settings.maintenance_window)
                .clone(),
            instance_class,
        }
    }
}

/// Storage never shrinks: autoscaling may have grown it behind the claim's back.
fn storage_gb(
    parameters: &Parameters,
    living: &Living,
    size: Option<&Size>,
    keeps_size: bool,
) -> i64 {
    let living = living.storage_gb();
    let of_size = match living {
        Some(living) if keeps_size => living,
        _ => size.map_or(*STORAGE_GB.start(), |size| size.storage_gb),
    };
    let wanted = parameters.storage_gb.unwrap_or(of_size);
    wanted.max(living.unwrap_or_default())
}

/// What autoscaling may grow the storage to. AWS demands 10 % more than there is, and recommends
/// 26 % (RDS user guide, "Managing capacity automatically").
fn autoscaling_limit_gb(
    storage_gb: i64,
    wanted: &Wanted,
    size: Option<&Size>,
    keeps_size: bool,
) -> Option<i64> {
    let limit = wanted
        .max_allocated_storage
        .filter(|_| keeps_size)
        .or_else(|| size.map(|size| size.autoscaling_limit_gb))
        .unwrap_or_default();
    let room = |percent: i64| storage_gb + (storage_gb * percent + 99) / 100;
    let limit = if limit >= room(10) { limit } else { room(26) };
    Some(limit.min(*STORAGE_GB.end())).filter(|limit| *limit >= room(10))
}

/// A volume that grows over this many GB is striped, and AWS refuses to grow it with the numbers
/// that a smaller one had (RDS user guide, "General Purpose SSD storage": PostgreSQL).
const STRIPED_GB: i64 = 400;

/// What AWS gives striped volumes anyway, or more where a living one has more.
fn performance(storage_gb: i64, wanted: &Wanted) -> Option<(i64, i64)> {
    let at_least = |living: Option<i64>, baseline: i64| living.unwrap_or_default().max(baseline);
    (storage_gb >= STRIPED_GB)
        .then(|| (at_least(wanted.iops, 12_000), at_least(wanted.storage_throughput, 500)))
}

/// Days that backups are kept. A shorter default of the catalogue deletes no living backup.
fn backup_days(
    order: &Order<'_>,
    parameters: &Parameters,
    settings: &Settings,
    wanted: &Wanted,
) -> i64 {
    let default = settings.backup_retention_days.default;
    let living =
        wanted.backup_retention_period.filter(|_| order.is_unchanged("backupRetentionDays"));
    parameters.backup_retention_days.unwrap_or_else(|| default.max(living.unwrap_or_default()))
}
