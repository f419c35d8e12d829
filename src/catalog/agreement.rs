//! What the parts of a catalogue must agree on.
//!
//! Asked of the file alone, never of an Offering that living claims depend on: a check that
//! grows stricter must not refuse what lives.

use std::collections::BTreeMap;

use super::aws::is_account;
use super::{
    Aws, CLUSTER_TAG, Identity, Offering, Problem, Problems, TAGS, Teams, Version, Versions, list,
    version_number,
};
use crate::kinds::Settings;
use crate::names::is_dns_label;

/// What does not go together in an offering, with paths into it.
pub(super) fn problems(offering: &Offering) -> Vec<Problem> {
    let mut problems = Problems::default();
    check_namespaces(offering, &mut problems);
    problems.require(is_region(&offering.aws.region), "aws.region", || {
        format!("\"{}\" is not a region such as eu-west-1", offering.aws.region)
    });
    for (field, arn, bound) in arns(offering) {
        check_arn(field, arn, bound, &offering.aws, &mut problems);
    }
    check_certificates(offering.aws.rds_certificates.as_deref(), &mut problems);
    check_teams(&offering.platform.teams, &mut problems);
    check_tags(&offering.aws.tags, &mut problems);
    check_versions(&offering.settings, &mut problems);
    check_storage(&offering.settings, &mut problems);
    problems.into_sorted()
}

fn check_namespaces(offering: &Offering, problems: &mut Problems) {
    let Offering { environment, platform, .. } = offering;
    problems.require(!environment.namespaces.is_empty(), "environment.namespaces", || {
        "must list at least one namespace, such as team-*: nobody could use this environment"
            .to_owned()
    });
    for (index, pattern) in environment.namespaces.iter().enumerate() {
        let fits = pattern.len() <= 63;
        problems.require(fits, &format!("environment.namespaces[{index}]"), || {
            format!("\"{pattern}\" is longer than the name of a namespace may be, 63 characters")
        });
    }
    // Where everybody is admitted, nothing says that the platform's namespace is a team's.
    let everybody = environment.namespaces.iter().any(|pattern| pattern == "*");
    let apart = everybody || !environment.admits(&platform.namespace);
    problems.require(apart, "platform.namespace", || {
        format!(
            "\"{}\" must be a namespace that no environment admits, and {} does ({}): a team's \
             claims would live beside administrators' passwords",
            platform.namespace,
            environment.name,
            list(&environment.namespaces),
        )
    });
}

fn check_certificates(certificates: Option<&str>, problems: &mut Problems) {
    let is_pem = |text: &str| {
        text.contains("-----BEGIN CERTIFICATE-----") && text.contains("-----END CERTIFICATE-----")
    };
    problems.require(certificates.is_none_or(is_pem), "aws.rdsCertificates", || {
        "must be PEM certificates, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----".to_owned()
    });
}

/// Names of teams become tags; what no namespace is called, tells no team.
fn check_teams(teams: &Teams, problems: &mut Problems) {
    let prefix = &teams.namespace_prefix;
    let begins = prefix.is_empty() || is_dns_label(&format!("{prefix}a"));
    problems.require(begins, "platform.teams.namespacePrefix", || {
        format!("\"{prefix}\" begins the name of no namespace: use a–z, 0–9 and -, such as team-")
    });
    for (namespace, team) in &teams.namespaces {
        let field = format!("platform.teams.namespaces[{namespace}]");
        problems.require(is_dns_label(namespace), &field, || {
            format!("\"{namespace}\" is not the name of a namespace")
        });
        problems.require(!team.is_empty() && is_tag_value(team), &field, || {
            format!("\"{team}\" must be 1–256 {TAG_CHARACTERS}: it becomes a tag")
        });
    }
}

/// What IAM takes in a tag (its service model, `tagValueType`); the other services take it, too.
const TAG_CHARACTERS: &str = "letters, digits, spaces and _ . : / = + - @";
/// Of the 50 tags that a resource may have ours take some, one more on databases and on secrets of
/// MSK, and three are the provider's.
const MOST_TAGS: usize = 50 - TAGS.len() - 1 - 3;

fn has_tag_characters(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c))
}

fn is_tag_value(text: &str) -> bool {
    text.chars().count() <= 256 && has_tag_characters(text)
}

fn check_tags(tags: &BTreeMap<String, String>, problems: &mut Problems) {
    problems.require(tags.len() <= MOST_TAGS, "aws.tags", || {
        format!(
            "must be {MOST_TAGS} tags at most, and there are {}: AWS takes 50, with ours and the \
             provider's",
            tags.len()
        )
    });
    // IAM, unlike the other services, tells no capital letters from small ones.
    for (index, (key, value)) in tags.iter().enumerate() {
        let field = format!("aws.tags[{key}]");
        let is_ours = TAGS.iter().chain([&CLUSTER_TAG]).any(|tag| tag.eq_ignore_ascii_case(key));
        let is_twice = tags.keys().take(index).any(|tag| tag.eq_ignore_ascii_case(key));
        problems.require(!is_ours, &field, || "is one of our own tags: take it out".to_owned());
        problems.require(is_ours || !is_twice, &field, || {
            "differs from another tag in capital letters alone, which IAM does not tell apart"
                .to_owned()
        });
        // Its length is told elsewhere.
        problems.require(has_tag_characters(key), &field, || format!("must be {TAG_CHARACTERS}"));
        problems.require(is_tag_value(value), &field, || {
            format!("\"{value}\" must be 256 {TAG_CHARACTERS} at most")
        });
    }
}

/// What an ARN has in common with its environment, besides the partition.
#[derive(Clone, Copy)]
enum Bound {
    /// The account: IAM takes nothing of another one.
    Account,
    /// The region: services use keys and topics of their own, whoever shares them.
    Region,
}

/// The ARNs of an offering, each with its field.
fn arns(offering: &Offering) -> Vec<(&'static str, &str, Bound)> {
    let aws = &offering.aws;
    let mut arns = vec![
        ("aws.kmsKeyArn", aws.kms_key_arn.as_str(), Bound::Region),
        ("aws.permissionsBoundaryArn", &aws.permissions_boundary_arn, Bound::Account),
        ("aws.monitoringRoleArn", &aws.monitoring_role_arn, Bound::Account),
    ];
    arns.extend(
        aws.alarm_topic_arn.iter().map(|arn| ("aws.alarmTopicArn", arn.as_str(), Bound::Region)),
    );
    if let Identity::Irsa { oidc_provider_arn: arn } = &aws.identity {
        arns.push(("aws.identity.irsa.oidcProviderArn", arn, Bound::Account));
    }
    if let Settings::EventStream(own) = &offering.settings
        && let Some(shared) = &own.shared
    {
        arns.push(("settings.shared.clusterArn", &shared.cluster_arn, Bound::Region));
        arns.push(("settings.shared.secretKeyArn", &shared.secret_key_arn, Bound::Region));
    }
    arns
}

/// Compares what both have the form to be compared by: a wrong form is told elsewhere.
fn check_arn(field: &str, arn: &str, bound: Bound, aws: &Aws, problems: &mut Problems) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, _, region, account, _] = parts[..] else { return };
    let Aws { region: here, account_id, .. } = aws;
    match bound {
        Bound::Account => {
            let formed = is_account(account_id) && is_account(account);
            let own = !formed || account == account_id;
            problems.require(own, field, || {
                format!("\"{arn}\" must be of account {account_id}, this environment's accountId")
            });
        }
        Bound::Region => {
            let formed = is_region(here) && is_region(region);
            problems.require(!formed || region == here, field, || {
                format!("\"{arn}\" must be of region {here}, this environment's region")
            });
        }
    }
    let expected = partition_of(here);
    problems.require(!is_region(here) || partition == expected, field, || {
        format!("\"{arn}\" must begin with arn:{expected}:, the partition of region {here}")
    });
}

/// Whether `text` has the form of a region: words, and a number at the end.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [words @ .., number] = &parts[..] else { return false };
    (2..=3).contains(&words.len())
        && words.iter().all(|word| {
            (2..=12).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
        })
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// The partition of a region (botocore, `partitions.json`).
fn partition_of(region: &str) -> &'static str {
    let partitions = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
    ];
    let special = partitions.into_iter().find(|(prefix, _)| region.starts_with(prefix));
    special.map_or("aws", |(_, partition)| partition)
}

/// The versions of an offering, each list with its field and how its families begin.
fn version_lists(settings: &Settings) -> Vec<(&'static str, Option<&'static str>, &Versions)> {
    match settings {
        Settings::PostgreSql(own) => vec![("settings.versions", Some("postgres"), &own.versions)],
        Settings::Redis(own) => vec![
            ("settings.redis", Some("redis"), &own.redis),
            ("settings.valkey", Some("valkey"), &own.valkey),
        ],
        Settings::MessageQueue(own) => vec![("settings.versions", None, &own.versions)],
        Settings::EventStream(own) => {
            let dedicated = own.dedicated.iter();
            dedicated.map(|own| ("settings.dedicated.versions", None, &own.versions)).collect()
        }
        Settings::ObjectStore(_) => vec![],
    }
}

fn check_versions(settings: &Settings, problems: &mut Problems) {
    for (field, engine, versions) in version_lists(settings) {
        for (index, version) in versions.offered.iter().enumerate() {
            let field = format!("{field}.offered[{index}]");
            // A name that is no version is told elsewhere.
            if version_number(&version.name).is_none() {
                continue;
            }
            check_engine_version(version, &field, problems);
            if let Some(engine) = engine {
                check_family(version, engine, &field, problems);
            }
        }
    }
}

/// What claims call a version, AWS calls so, too, or more exactly: `17` is `17` or `17.6`.
fn check_engine_version(version: &Version, field: &str, problems: &mut Problems) {
    let Version { name, engine_version, .. } = version;
    let rest = engine_version.strip_prefix(name.as_str());
    let fits = rest.is_some_and(|rest| {
        (rest.is_empty() || rest.starts_with(['.', '-']))
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
    });
    problems.require(fits, &format!("{field}.engineVersion"), || {
        format!("\"{engine_version}\" must be {name}, or begin with {name}. and have letters, digits, . and - alone: the version's name is {name}")
    });
}

/// A parameter group family is for one major version: `postgres17`, `redis6.x`, `valkey8`.
fn check_family(version: &Version, engine: &str, field: &str, problems: &mut Problems) {
    let Some(family) = version.family.as_deref().filter(|family| !family.is_empty()) else {
        return;
    };
    let major = version.name.split('.').next().unwrap_or_default();
    let expected = format!("{engine}{major}");
    let rest = family.strip_prefix(&expected);
    let fits = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    problems.require(fits, &format!("{field}.family"), || {
        format!(
            "\"{family}\" must begin with {expected}, as the version's name is {}",
            version.name
        )
    });
}

/// What a size has without being asked, a claim may ask for.
fn check_storage(settings: &Settings, problems: &mut Problems) {
    let Settings::PostgreSql(own) = settings else { return };
    let most = own.maximum_storage_gb;
    for (index, size) in own.sizes.0.iter().enumerate() {
        let given = size.storage_gb;
        problems.require(
            most <= 0 || given <= most,
            &format!("settings.sizes[{index}].storageGB"),
            || format!("{given} must not exceed maximumStorageGB, which is {most}"),
        );
    }
}

/// What environments share by its name, though each says something else of it.
pub(super) fn contradictions<'a>(offerings: impl Iterator<Item = &'a Offering>) -> Vec<Problem> {
    let mut told: BTreeMap<(&str, &str), (&str, String)> = BTreeMap::new();
    let mut problems = Vec::new();
    for Offering { environment, aws, .. } in offerings {
        let Aws { account_id, region, provider_config, secret_store, identity, .. } = aws;
        let cluster = match identity {
            Identity::Irsa { .. } => None,
            Identity::PodIdentity { cluster_name } => Some(cluster_name),
        };
        for (field, name, here, rule) in [
            (
                "providerConfig",
                Some(provider_config),
                format!("leads into account {account_id}"),
                "every account needs one of its own",
            ),
            (
                "secretStore.name",
                Some(&secret_store.name),
                format!("reads region {region} of account {account_id}"),
                "every region of an account needs one of its own",
            ),
            (
                "identity.podIdentity.clusterName",
                cluster,
                format!("is in region {region} of account {account_id}"),
                "EKS gives out identities in its cluster's region and account alone, and irsa elsewhere",
            ),
        ] {
            let Some(name) = name else { continue };
            let here = (environment.name.as_str(), here);
            let (other, there) = told.entry((field, name)).or_insert_with(|| here.clone());
            if *there != here.1 {
                problems.push(Problem {
                    path: format!("environments.{}.aws.{field}", here.0),
                    message: format!("\"{name}\" {there} in {other}: {rule}"),
                });
            }
        }
    }
    problems
}
