//! What guardrails ask of a claim that only some kinds can answer.

use super::{Kind, Parameters, Settings, event_stream, message_queue, object_store, postgresql};
use crate::catalog::Range;
use crate::claim::{Claim, Parameter};
use crate::observed::Observed;

/// A number that a claim may set, and its limits.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// The parameter.
    pub name: &'static str,
    /// What the claim says.
    pub value: Option<i64>,
    /// What it may say.
    pub range: Range,
}

/// The numbers of a claim.
pub fn numbers(parameters: &Parameters, settings: &Settings) -> Vec<Number> {
    match (parameters, settings) {
        (Parameters::PostgreSql(own), Settings::PostgreSql(settings)) => vec![
            Number { name: "storageGB", value: own.storage_gb, range: settings.storage_range() },
            Number {
                name: "backupRetentionDays",
                value: own.backup_retention_days,
                range: settings.backup_retention_days,
            },
        ],
        (Parameters::ObjectStore(own), Settings::ObjectStore(settings)) => vec![
            Number {
                name: "expireAfterDays",
                value: own.expire_after_days,
                range: settings.expire_after_days,
            },
            Number {
                name: "archiveAfterDays",
                value: own.archive_after_days,
                range: settings.archive_after_days,
            },
        ],
        (Parameters::EventStream(own), Settings::EventStream(settings)) => vec![
            Number {
                name: "partitions",
                value: own.partitions,
                range: settings.partitions_range(),
            },
            Number {
                name: "retentionHours",
                value: own.retention_hours,
                range: settings.retention_hours,
            },
        ],
        _ => Vec::new(),
    }
}

/// The storage that a claim asks for, in GB.
pub fn storage_gb(parameters: &Parameters) -> Option<i64> {
    match parameters {
        Parameters::PostgreSql(own) => own.storage_gb,
        _ => None,
    }
}

/// The storage that exists, in GB.
pub fn living_storage_gb(kind: Kind, observed: &Observed) -> Option<i64> {
    match kind {
        Kind::PostgreSqlInstance => postgresql::aws::living_storage_gb(observed),
        _ => None,
    }
}

/// The partitions that a claim asks for.
pub fn partitions(parameters: &Parameters) -> Option<i64> {
    match parameters {
        Parameters::EventStream(own) => own.partitions,
        _ => None,
    }
}

/// The partitions that exist.
pub fn living_partitions(kind: Kind, observed: &Observed) -> Option<i64> {
    match kind {
        Kind::EventStream => event_stream::aws::living_partitions(observed),
        _ => None,
    }
}

/// The consumer groups that a claim asks for.
pub fn consumer_groups(parameters: &Parameters) -> &[String] {
    match parameters {
        Parameters::EventStream(own) => &own.access.consumer_groups,
        _ => &[],
    }
}

/// The tenancy that a claim asks for, and those on offer; `None` for kinds without.
pub fn tenancy(
    parameters: &Parameters,
    settings: &Settings,
) -> Option<(event_stream::Tenancy, Vec<event_stream::Tenancy>)> {
    match (parameters, settings) {
        (Parameters::EventStream(own), Settings::EventStream(settings)) => {
            Some((own.tenancy(), settings.tenancies()))
        }
        _ => None,
    }
}

/// Parameters of an identity that a claim sets although it logs in with a password.
pub fn unused_identity(parameters: &Parameters) -> Vec<&'static str> {
    match parameters {
        Parameters::EventStream(own) if !own.is_dedicated() => own.access.identity_parameters(),
        _ => Vec::new(),
    }
}

/// The shared cluster that a living claim is on, and the environment's, where they differ.
pub fn moved_cluster(
    parameters: &Parameters,
    settings: &Settings,
    observed: &Observed,
) -> Option<(String, String)> {
    match (parameters, settings) {
        (Parameters::EventStream(own), Settings::EventStream(settings)) if !own.is_dedicated() => {
            event_stream::aws::moved(settings, observed)
        }
        _ => None,
    }
}

/// The maintenance window that a claim asks for, and the backup window it must not meet.
pub fn windows<'a>(
    parameters: &'a Parameters,
    settings: &'a Settings,
) -> (Option<&'a str>, Option<&'a str>) {
    match (parameters, settings) {
        (Parameters::PostgreSql(own), Settings::PostgreSql(settings)) => {
            (own.maintenance_window.as_deref(), Some(&settings.backup_window))
        }
        (Parameters::Redis(own), Settings::Redis(settings)) => {
            (own.maintenance_window.as_deref(), Some(&settings.snapshot_window))
        }
        (Parameters::MessageQueue(own), _) => (own.maintenance_window.as_deref(), None),
        _ => (None, None),
    }
}

/// What the maintenance of a kind takes at most, in minutes; `None` where AWS keeps to any window.
pub fn maintenance_minutes(parameters: &Parameters) -> Option<u32> {
    match parameters {
        Parameters::MessageQueue(_) => Some(message_queue::aws::MAINTENANCE_MINUTES),
        _ => None,
    }
}

/// Name of the virtual host that a claim asks for.
pub fn vhost(parameters: &Parameters) -> Option<&str> {
    match parameters {
        Parameters::MessageQueue(own) => own.vhost.as_deref(),
        _ => None,
    }
}

/// Name of the database that a claim wants, asked for or not; `None` for kinds without.
pub fn database_name(claim: &Claim) -> Option<String> {
    match &claim.parameters {
        Parameters::PostgreSql(own) => Some(own.database(&claim.name)),
        _ => None,
    }
}

/// The extensions that a claim asks for, and those on offer.
pub fn extensions<'a>(
    parameters: &'a Parameters,
    settings: &'a Settings,
) -> (&'a [String], &'a [String]) {
    match (parameters, settings) {
        (Parameters::PostgreSql(own), Settings::PostgreSql(settings)) => {
            (&own.extensions, &settings.extensions)
        }
        _ => (&[], &[]),
    }
}

/// Whether a claim turns off versions that its environment demands.
pub fn declines_versioning(parameters: &Parameters, settings: &Settings) -> bool {
    match (parameters, settings) {
        (Parameters::ObjectStore(own), Settings::ObjectStore(settings)) => {
            settings.versioning == object_store::aws::Versioning::Required && !own.versioning()
        }
        _ => false,
    }
}

/// What an omitted immutable text parameter means.
pub fn default_of(claim: &Claim, parameter: &Parameter) -> Option<String> {
    match (&claim.parameters, parameter.name) {
        (Parameters::PostgreSql(_), "databaseName") => {
            Some(postgresql::default_database(&claim.name))
        }
        (Parameters::MessageQueue(_), "vhost") => Some(claim.name.clone()),
        _ => parameter.form.constant().map(str::to_owned),
    }
}
