//! What the catalogue's entries come to for one claim, next to what already lives.
//!
//! A living instance keeps what it has unless its claim asks for something else, or the
//! catalogue rolls out.

use super::settings::STORAGE_GB;
use super::{Living, PORT, Reported, Settings, Size, Wanted};
use crate::backends::Order;
use crate::backends::window;
use crate::catalog::version_number;
use crate::kinds::postgresql::Parameters;
use crate::manifest::Node;
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
    /// `None` when the storage is as large as AWS has it.
    pub(super) autoscaling_limit_gb: Option<i64>,
    pub(super) engine_version: String,
    /// Family of the parameter group; `None` when nobody knows it any more.
    pub(super) family: Option<String>,
    /// Families of the groups to compose: the one above, and during an upgrade the living one,
    /// which AWS uses until its maintenance window.
    pub(super) families: Vec<String>,
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
        let version = order.choose_version(&settings.versions, wanted.engine_version.as_deref());
        let catalogue_family = version.entry.map(|version| version.family.clone());
        let family = living_family(order, wanted).filter(|_| version.kept).or(catalogue_family);
        let upgrades = upgrades(wanted, &living.status.at_provider, &version.engine_version);
        let mut families: Vec<String> = living_families(order).filter(|_| upgrades).collect();
        families.extend(family.clone());
        families.sort();
        families.dedup();
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
            engine_version: version.engine_version,
            family,
            families,
            upgrades,
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

/// What autoscaling may grow the storage to: always more than there is, with the 26 % of room
/// that AWS recommends (RDS user guide, "Managing capacity automatically").
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
    let room = storage_gb + (storage_gb * 26 + 99) / 100;
    let limit = if limit > storage_gb { limit } else { room };
    Some(limit.min(*STORAGE_GB.end())).filter(|limit| *limit > storage_gb)
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

/// Whether the living server still has an older major version than it is to have.
fn upgrades(wanted: &Wanted, reported: &Reported, engine_version: &str) -> bool {
    let major = |version: &str| version_number(version).and_then(|parts| parts.first().copied());
    let (Some(target), Some(asked)) =
        (major(engine_version), wanted.engine_version.as_deref().and_then(major))
    else {
        return false;
    };
    match reported.engine_version_actual.as_deref().and_then(major) {
        Some(actual) => actual < target,
        // Nothing is reported: an upgrade that was under way still is.
        None => asked < target || wanted.allow_major_version_upgrade == Some(true),
    }
}

/// Families of the parameter groups that exist.
fn living_families(order: &Order<'_>) -> impl Iterator<Item = String> {
    let prefix = order.key("parameter-group-");
    order.observed.keys().filter_map(move |key| key.strip_prefix(&prefix).map(str::to_owned))
}

/// Family of the parameter group that the living instance was given.
fn living_family(order: &Order<'_>, wanted: &Wanted) -> Option<String> {
    let group = wanted.parameter_group_name_ref.as_ref()?;
    living_families(order).find(|family| {
        let reference = order.reference(&format!("parameter-group-{family}"));
        reference.get("name").and_then(Node::text) == Some(&group.name)
    })
}
