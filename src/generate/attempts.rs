//! Claims that break guardrails: for each code, what to ask of an offering that it does not give.

use jiff::civil::Date;
use serde_json::{Value as Json, json};

use crate::catalog::{Availability, Offering, Versions};
use crate::claim::{Form, Parameter};
use crate::guardrails::sizes_without_exception;
use crate::kinds::object_store::aws::Versioning;
use crate::kinds::{self, Kind, Parameters, Settings, event_stream::Tenancy};
use crate::wire::Struct;

/// A claim that breaks a guardrail, as far as it differs from one that is accepted.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt {
    /// Its parameters, besides those of the example; `null` takes one out.
    pub(super) parameters: Json,
    /// The same of what it was accepted with, where it lives already.
    pub(super) before: Option<Json>,
    /// The environment that it was accepted in, if another.
    pub(super) environment_before: Option<String>,
    /// What its living resource has at the provider.
    pub(super) living: Json,
    /// Another name.
    pub(super) name: Option<&'static str>,
    /// Another namespace.
    pub(super) namespace: Option<&'static str>,
    /// Another name for its credentials Secret.
    pub(super) secret: Option<&'static str>,
    /// The environment in its selector.
    pub(super) environment: Label,
    /// Another policy for revisions.
    pub(super) update_policy: Option<&'static str>,
    /// A ServiceAccount of its name exists.
    pub(super) service_account: bool,
    /// What the catalogue would have to say: a path into the offering, and a value.
    pub(super) catalogue: Option<(&'static str, &'static str)>,
    /// The day on which it is judged.
    pub(super) today: Date,
}

/// A label of a selector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Label {
    /// That of the offering.
    #[default]
    Own,
    /// None.
    Missing,
    /// Another.
    Other(&'static str),
}

/// Asks for these parameters.
#[expect(clippy::unnecessary_wraps, reason = "the arms below are all optional")]
fn ask(parameters: Json) -> Option<Attempt> {
    Some(Attempt { parameters, ..Attempt::default() })
}

/// Asks for the second of these parameters, having been accepted with the first.
#[expect(clippy::unnecessary_wraps, reason = "the arms below are all optional")]
fn change(before: Json, parameters: Json) -> Option<Attempt> {
    Some(Attempt { parameters, before: Some(before), ..Attempt::default() })
}

/// Whether claims of a kind can break the guardrail `code`, whatever a catalogue says.
pub(super) fn concerns(code: &str, kind: Kind) -> bool {
    let parameter = match code {
        "unsupported-version" | "end-of-support" | "version-downgrade" | "version-jump" => {
            "version"
        }
        "storage-shrink" => "storageGB",
        "partitions-shrink" => "partitions",
        "tenancy-not-offered" | "consumer-group" | "identity-without-effect" => "tenancy",
        "maintenance-window" => "maintenanceWindow",
        "database-name" => "databaseName",
        "vhost-name" => "vhost",
        "extension-not-offered" => "extensions",
        "lifecycle-order" => "archiveAfterDays",
        "versioning-required" => "versioning",
        "service-account-name" | "service-account-exists" => return kind.has_identity(),
        "high-availability-required" | "high-availability-unavailable" => {
            return kind != Kind::ObjectStore;
        }
        "availability-fixed" => return matches!(kind, Kind::MessageQueue | Kind::EventStream),
        "immutable-parameter" => return kind.fixed_parameters().next().is_some(),
        "number-out-of-range" => {
            return has(kind.parameters(), |form| matches!(form, Form::Integer));
        }
        "unknown-value" => {
            return has(kind.parameters(), |form| matches!(form, Form::OneOf { .. }));
        }
        _ => return true,
    };
    kind.parameters().iter().any(|known| known.name == parameter)
}

/// Whether one of these parameters, or a field of one, has such a form.
fn has(parameters: &[Parameter], is_such: fn(Form) -> bool) -> bool {
    parameters.iter().any(|parameter| match parameter.form {
        Form::Object(fields) => has(fields, is_such),
        form => is_such(form),
    })
}

/// An attempt to break the guardrail `code` at this offering; `None` where it cannot be broken.
pub(super) fn attempt(code: &str, offering: &Offering) -> Option<Attempt> {
    let kind = offering.kind;
    let otherwise = Attempt::default();
    match code {
        "name-shape" => Some(Attempt { name: Some("orders--new"), ..otherwise }),
        "unknown-parameter" => ask(json!({"sise": "small"})),
        "wrong-type" => unquoted_version(offering),
        "unknown-value" => unknown_value(kind),
        "parameter-missing" => ask(json!({"size": null})),
        "size-above-limit" => {
            let free = sizes_without_exception(offering);
            let above = offering.settings.sizes().into_iter().find(|size| !free.contains(size))?;
            ask(json!({"size": above}))
        }
        "unknown-size" => ask(json!({"size": "huge"})),
        "unsupported-version" => ask(json!({"version": unsupported(offering)?})),
        "end-of-support" => unsupported_today(offering),
        "version-downgrade" => version_pair(offering, |versions, from, to| {
            let position = |name: &str| versions.names().position(|known| known == name);
            position(from) > position(to)
        }),
        "version-jump" => version_pair(offering, |versions, from, to| {
            let position = |name: &str| versions.names().position(|known| known == name);
            let steps = versions.find(from).map(|version| &version.upgrades_to);
            position(from) < position(to)
                && steps
                    .is_some_and(|steps| !steps.is_empty() && !steps.iter().any(|step| step == to))
        }),
        "high-availability-required" => availability(offering, Availability::Required, false),
        "high-availability-unavailable" => availability(offering, Availability::Unavailable, true),
        "availability-fixed" => availability_fixed(offering),
        "immutable-parameter" => immutable(kind),
        "credentials-secret-name" => Some(Attempt { secret: Some("github-token"), ..otherwise }),
        "not-offered" => Some(Attempt { environment: Label::Other("qa"), ..otherwise }),
        "selector-mismatch" => Some(Attempt { environment: Label::Missing, ..otherwise }),
        "composition-pinned" => Some(Attempt { update_policy: Some("Manual"), ..otherwise }),
        "environment-not-allowed" => {
            let names = ["default", "kube-system", "sandbox"];
            let foreign = names.into_iter().find(|name| !offering.environment.admits(name))?;
            Some(Attempt { namespace: Some(foreign), ..otherwise })
        }
        "environment-moved" => {
            let regions = ["eu-central-1", "us-east-1"];
            let former = regions.into_iter().find(|region| *region != offering.aws.region)?;
            let living = json!({"region": former});
            Some(Attempt { living, before: Some(json!({})), ..otherwise })
        }
        _ => of_one_kind(code, offering),
    }
}

/// Guardrails that only some kinds can break.
fn of_one_kind(code: &str, offering: &Offering) -> Option<Attempt> {
    let kind = offering.kind;
    match (code, &offering.settings) {
        ("number-out-of-range", settings) => {
            let none = Parameters::read(kind, &Struct::default()).ok()?;
            let number = kinds::numbers(&none, settings).pop()?;
            ask(json!({number.name: number.range.maximum + 1}))
        }
        ("maintenance-window", _) => {
            let has = kind.parameters().iter().any(|known| known.name == "maintenanceWindow");
            has.then(|| ask(json!({"maintenanceWindow": "sunday night"})))?
        }
        ("service-account-name", _) => identity(offering, &json!({"serviceAccountName": "*"})),
        ("service-account-exists", _) => {
            let attempt = identity(offering, &json!({"createServiceAccount": true}))?;
            Some(Attempt { service_account: true, ..attempt })
        }
        ("lifecycle-order", Settings::ObjectStore(own)) => {
            let (archive, expire) = (own.archive_after_days, own.expire_after_days);
            let days = archive.default.clamp(expire.minimum, expire.maximum);
            ask(json!({"archiveAfterDays": archive.default, "expireAfterDays": days}))
        }
        ("versioning-required", Settings::ObjectStore(own)) => {
            let catalogue = (own.versioning != Versioning::Required)
                .then_some(("/settings/versioning", "required"));
            Some(Attempt { catalogue, ..ask(json!({"versioning": false}))? })
        }
        ("storage-shrink", Settings::PostgreSql(own)) => {
            let range = own.storage_range();
            let (before, after) = (range.maximum.min(200), range.minimum);
            let living = json!({"allocatedStorage": before});
            let attempt = change(json!({"storageGB": before}), json!({"storageGB": after}))?;
            Some(Attempt { living, ..attempt })
        }
        ("partitions-shrink", Settings::EventStream(own)) if own.shared.is_some() => {
            let before = own.maximum_partitions.min(12);
            let living = json!({"partitions": before});
            let attempt = change(json!({"partitions": before}), json!({"partitions": before / 2}))?;
            Some(Attempt { living, ..attempt })
        }
        ("tenancy-not-offered", Settings::EventStream(own)) => match own.tenancies().as_slice() {
            [Tenancy::Shared] => ask(json!({"tenancy": "dedicated"})),
            [Tenancy::Dedicated] => ask(json!({"tenancy": "shared"})),
            _ => None,
        },
        ("consumer-group", Settings::EventStream(_)) => {
            ask(json!({"access": {"consumerGroups": ["*"]}}))
        }
        ("identity-without-effect", Settings::EventStream(own)) if own.shared.is_some() => {
            ask(json!({"access": {"serviceAccountName": "orders"}}))
        }
        ("database-name", Settings::PostgreSql(_)) => ask(json!({"databaseName": "order"})),
        ("vhost-name", Settings::MessageQueue(_)) => ask(json!({"vhost": "billing/invoices"})),
        ("extension-not-offered", Settings::PostgreSql(_)) => {
            ask(json!({"extensions": ["plpython3u"]}))
        }
        _ => None,
    }
}

/// Lists of versions, with the parameters that choose them.
fn version_lists(offering: &Offering) -> Vec<(Json, &Versions)> {
    let chosen = |engine: Option<&str>| match engine {
        Some("dedicated") => json!({"tenancy": "dedicated"}),
        Some("valkey") => json!({"engine": "valkey"}),
        _ => json!({}),
    };
    let lists = offering.settings.version_lists().into_iter();
    lists.map(|(engine, versions)| (chosen(engine), versions)).collect()
}

/// With a version besides.
fn with_version(mut parameters: Json, version: &str) -> Json {
    parameters["version"] = Json::from(version);
    parameters
}

/// The default version as a number, as YAML reads it without quotes.
fn unquoted_version(offering: &Offering) -> Option<Attempt> {
    let (mut parameters, versions) = version_lists(offering).into_iter().next()?;
    parameters["version"] = serde_json::from_str(&versions.default).ok()?;
    ask(parameters)
}

fn unsupported(offering: &Offering) -> Option<&'static str> {
    let lists = version_lists(offering);
    let names = ["6", "5", "99"].into_iter();
    let mut unknown =
        names.filter(|name| lists.iter().all(|(_, versions)| versions.find(name).is_none()));
    unknown.next().filter(|_| !lists.is_empty())
}

fn unsupported_today(offering: &Offering) -> Option<Attempt> {
    version_lists(offering).into_iter().find_map(|(parameters, versions)| {
        let version = versions.offered.iter().find(|it| it.standard_support_until.is_some())?;
        let today = version.standard_support_until?.tomorrow().ok()?;
        Some(Attempt { today, ..ask(with_version(parameters, &version.name))? })
    })
}

/// The first pair of versions, from and to, of which `breaks` says so.
fn version_pair(
    offering: &Offering,
    breaks: impl Fn(&Versions, &str, &str) -> bool,
) -> Option<Attempt> {
    version_lists(offering).into_iter().find_map(|(parameters, versions)| {
        let pairs = versions.names().flat_map(|from| versions.names().map(move |to| (from, to)));
        let (from, to) = pairs.into_iter().find(|(from, to)| breaks(versions, from, to))?;
        change(with_version(parameters.clone(), from), with_version(parameters, to))
    })
}

fn unknown_value(kind: Kind) -> Option<Attempt> {
    match kind {
        Kind::RedisInstance => ask(json!({"evictionPolicy": "lru"})),
        Kind::ObjectStore => ask(json!({"access": {"mode": "write-only"}})),
        Kind::EventStream => ask(json!({"cleanupPolicy": "discard"})),
        Kind::PostgreSqlInstance | Kind::MessageQueue => None,
    }
}

/// Asks for the other availability than the environment's `rule` says.
fn availability(offering: &Offering, rule: Availability, wanted: bool) -> Option<Attempt> {
    let mut parameters = match &offering.settings {
        Settings::PostgreSql(_) | Settings::Redis(_) | Settings::MessageQueue(_) => json!({}),
        Settings::EventStream(own) => {
            own.dedicated.as_ref().map(|_| json!({"tenancy": "dedicated"}))?
        }
        Settings::ObjectStore(_) => return None,
    };
    parameters["highAvailability"] = Json::from(wanted);
    let said = match rule {
        Availability::Required => "required",
        _ => "unavailable",
    };
    let catalogue = (offering.environment.high_availability != rule)
        .then_some(("/environment/highAvailability", said));
    Some(Attempt { catalogue, ..ask(parameters)? })
}

fn availability_fixed(offering: &Offering) -> Option<Attempt> {
    let free = matches!(
        offering.environment.high_availability,
        Availability::Optional | Availability::Preferred
    );
    (free && offering.kind == Kind::MessageQueue)
        .then(|| change(json!({"highAvailability": false}), json!({"highAvailability": true})))?
}

fn immutable(kind: Kind) -> Option<Attempt> {
    match kind {
        Kind::PostgreSqlInstance => {
            change(json!({"databaseName": "orders"}), json!({"databaseName": "billing"}))
        }
        Kind::MessageQueue => change(json!({"vhost": "orders"}), json!({"vhost": "billing"})),
        Kind::RedisInstance => change(json!({}), json!({"engine": "valkey", "version": null})),
        Kind::ObjectStore | Kind::EventStream => None,
    }
}

/// Says whose identity is meant, where that counts.
fn identity(offering: &Offering, access: &Json) -> Option<Attempt> {
    match &offering.settings {
        Settings::ObjectStore(_) => ask(json!({"access": access})),
        Settings::EventStream(own) if own.dedicated.is_some() => {
            ask(json!({"tenancy": "dedicated", "access": access}))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{attempt, concerns};
    use crate::catalog::{BUILT_IN, Catalog};
    use crate::guardrails::ALL;
    use crate::kinds::Kind;

    /// A page without a guardrail that refuses would leave a developer alone.
    #[test]
    fn what_breaks_a_guardrail_is_concerned_by_it() {
        let document = serde_saphyr::from_str(BUILT_IN).expect("YAML");
        let catalog = Catalog::read(&document).expect("valid");
        for guardrail in ALL {
            for offering in catalog.offerings() {
                let breaks = attempt(guardrail.code, offering).is_some();
                let name = offering.kind.name();
                assert!(
                    !breaks || concerns(guardrail.code, offering.kind),
                    "{} {name}",
                    guardrail.code
                );
            }
            assert!(Kind::ALL.into_iter().any(|kind| concerns(guardrail.code, kind)));
        }
    }
}
