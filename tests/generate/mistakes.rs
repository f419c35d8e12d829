//! The mistakes that a platform team makes in its catalogue, and the sentences it is told.

use std::fs;

use super::{files, folder, path, run, text};

const ACCOUNT: &str = "777788889999";

/// What `generate` says of the built-in catalogue with words replaced, each once: its problems, one
/// a line. Nothing is written.
fn problems(name: &str, words: &[(&str, &str)]) -> Vec<String> {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let mistaken = words.iter().fold(catalogue, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    told(name, &mistaken)
}

fn told(name: &str, catalogue: &str) -> Vec<String> {
    let folder = folder(&format!("mistakes-{name}"));
    let file = folder.join("catalog.yaml");
    fs::write(&file, catalogue).expect("writable");
    let out = folder.join("out");
    let output = run(&["generate", "--catalog", path(&file), "--out", path(&out)]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{name}: {stderr}");
    assert!(!out.exists() || files(&out).is_empty(), "{name}: nothing is written");
    let mut lines = stderr.lines();
    let found: Vec<String> =
        lines.by_ref().skip(1).map(|line| line.trim_start().to_owned()).collect();
    let count = match found.len() {
        1 => "1 problem".to_owned(),
        several => format!("{several} problems"),
    };
    assert!(
        stderr.starts_with(&format!("error: {}: {count} in the catalogue:\n", file.display())),
        "{name}: {stderr}"
    );
    found
}

/// A name, what is replaced by what, and every problem that is told.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

#[track_caller]
fn check(cases: &[Case<'_>]) {
    for (name, words, expected) in cases {
        assert_eq!(problems(name, words), *expected, "{name}");
    }
}

#[test]
fn an_arn_must_fit_its_environment() {
    let other = |field: &str| {
        let own = format!("{field}: arn:aws:iam::{ACCOUNT}");
        let other = format!("{field}: arn:aws:iam::111122223333");
        problems(field, &[(&own, &other)])
    };
    for (field, place, resource) in [
        ("permissionsBoundaryArn", "", "policy/self-service-boundary"),
        ("monitoringRoleArn", "", "role/rds-monitoring"),
        (
            "oidcProviderArn",
            "identity.irsa.",
            "oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE9F8E7D6C5B4A39281EXAMPLE",
        ),
    ] {
        let sentence = format!(
            "environments.production.aws.{place}{field}: \"arn:aws:iam::111122223333:{resource}\" \
             must be of account {ACCOUNT}, this environment's accountId"
        );
        assert_eq!(other(field), [sentence]);
    }
    check(&[
        (
            "key-region",
            &[(
                "kmsKeyArn: arn:aws:kms:eu-west-1:777788889999",
                "kmsKeyArn: arn:aws:kms:us-east-1:777788889999",
            )],
            &[
                "environments.production.aws.kmsKeyArn: \"arn:aws:kms:us-east-1:777788889999:key/11111111-2222-3333-4444-555555555553\" must be of region eu-west-1, this environment's region",
            ],
        ),
        (
            "topic",
            &[(
                "alarmTopicArn: arn:aws:sns:eu-west-1:777788889999",
                "alarmTopicArn: arn:aws-cn:sns:cn-north-1:777788889999",
            )],
            &[
                "environments.production.aws.alarmTopicArn: \"arn:aws-cn:sns:cn-north-1:777788889999:self-service-alarms\" must be of region eu-west-1, this environment's region",
                "environments.production.aws.alarmTopicArn: \"arn:aws-cn:sns:cn-north-1:777788889999:self-service-alarms\" must begin with arn:aws:, the partition of region eu-west-1",
            ],
        ),
        (
            "stream",
            &[(
                "clusterArn: arn:aws:kafka:eu-west-1:777788889999",
                "clusterArn: arn:aws:kafka:eu-west-2:777788889999",
            )],
            &[
                "offerings.EventStream.aws.environments.production.shared.clusterArn: \"arn:aws:kafka:eu-west-2:777788889999:cluster/production/11111111-2222-3333-4444-555555555553-1\" must be of region eu-west-1, this environment's region",
            ],
        ),
        (
            "region",
            &[("region: eu-west-1", "region: eu-west-1a")],
            &[
                "environments.development.aws.region: \"eu-west-1a\" is not a region such as eu-west-1",
            ],
        ),
    ]);
}

/// Keys and topics may be shared by accounts, and every partition has regions of its own.
#[test]
fn what_fits_is_accepted() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    for (name, words) in [
        (
            "shared-key",
            vec![
                ("kms:eu-west-1:777788889999", "kms:eu-west-1:111122223333"),
                ("sns:eu-west-1:777788889999", "sns:eu-west-1:111122223333"),
            ],
        ),
        ("gov-cloud", vec![("eu-west-1", "us-gov-west-1"), ("arn:aws:", "arn:aws-us-gov:")]),
        ("china", vec![("eu-west-1", "cn-northwest-1"), ("arn:aws:", "arn:aws-cn:")]),
        ("sovereign", vec![("eu-west-1", "eusc-de-east-1"), ("arn:aws:", "arn:aws-eusc:")]),
        ("asia", vec![("eu-west-1", "ap-southeast-2")]),
        ("everybody", vec![("namespaces: [team-*]", "namespaces: [\"*\"]")]),
    ] {
        let fitting =
            words.into_iter().fold(catalogue.clone(), |text, (from, to)| text.replace(from, to));
        let file = folder(&format!("fits-{name}")).join("catalog.yaml");
        fs::write(&file, fitting).expect("writable");
        let output = run(&["catalog", "--catalog", path(&file)]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stderr));
    }
}

/// Stores are of a region, and EKS gives out identities in its own alone.
#[test]
fn one_name_is_one_thing() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let one_account =
        catalogue.replace("777788889999", "444455556666").replace("aws-production", "aws-staging");
    let (others, production) = one_account.split_once("\n  production:\n").expect("there");
    let production = production.replace("eu-west-1", "eu-west-2");
    assert_eq!(
        told("two-regions", &format!("{others}\n  production:\n{production}"))[0],
        "environments.staging.aws.secretStore.name: \"aws-staging\" reads region eu-west-2 of account 444455556666 in production: every region of an account needs one of its own"
    );
    let issuer = |account| {
        format!(
            "irsa:\n          oidcProviderArn: arn:aws:iam::{account}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE9F8E7D6C5B4A39281EXAMPLE"
        )
    };
    let cluster = "podIdentity: {clusterName: main}";
    let two_accounts = catalogue
        .replace(&issuer("111122223333"), cluster)
        .replace(&issuer("777788889999"), cluster);
    assert_eq!(
        told("two-accounts", &two_accounts),
        [
            "environments.production.aws.identity.podIdentity.clusterName: \"main\" is in region eu-west-1 of account 111122223333 in development: EKS gives out identities in its cluster's region and account alone, and irsa elsewhere"
        ]
    );
}

/// Whatever a key is called, it is found in the file.
#[test]
fn keys_with_dots_are_told_where_they_are() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let odd = catalogue
        .replacen("      region:", "      x.y: 1\n      region:", 1)
        .replacen("      nodes: 3", "      a/b: 1\n      nodes: 3", 1)
        .replacen("  contact:", "  a.b: 1\n  contact:", 1);
    let told = told("dots", &odd);
    let places: Vec<&str> = told.iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(
        places,
        ["environments.development.aws[x.y]", "offerings.RedisInstance.aws[a/b]", "platform[a.b]"]
    );
}

#[test]
fn kinds_are_spelt_out_and_have_a_provider() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let short = catalogue.replacen("  RedisInstance:", "  Redis:", 1);
    assert_eq!(
        told("short", &short),
        [
            "offerings.Redis: is not a known field (did you mean \"RedisInstance\"?), expected one of \
          \"PostgreSQLInstance\", \"RedisInstance\", \"MessageQueue\", \"ObjectStore\", \"EventStream\""
        ]
    );
    let kept = &catalogue[..=catalogue.find("\n  RedisInstance:").expect("offerings in order")];
    for nothing in ["{}", "null"] {
        assert_eq!(
            told("nothing", &format!("{kept}  RedisInstance: {nothing}\n")),
            ["offerings.RedisInstance: must hold a provider: aws"],
            "{nothing}"
        );
    }
}

#[test]
fn a_mistake_is_one_line_whatever_the_names_are() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let broken = catalogue.replacen("  development:\n", "  \"deve\\nlopment\":\n", 1);
    let told = told("broken", &broken);
    let first =
        r#"environments.deve\nlopment: "deve\nlopment" must be 1–63 characters of a–z, 0–9 and -"#;
    assert!(told.iter().any(|line| line == first), "{told:?}");
    let place = |line: &String| line.starts_with("environments.") || line.starts_with("offerings.");
    assert!(told.iter().all(place), "{told:?}");
}

#[test]
fn more_mistakes_than_are_told_are_mentioned() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let many: Vec<String> = (0..60).map(|number| format!("  unknown{number}: 1\n")).collect();
    let many = many.concat();
    let told = told("many", &catalogue.replacen("  contact:", &format!("{many}  contact:"), 1));
    assert_eq!(told[0], "there may be more than these: mend them first, and check again");
    assert_eq!(told.len(), 51);
}

#[test]
fn teams_and_tags_must_be_what_aws_takes() {
    let many: Vec<String> = (0..40).map(|number| format!("cost-{number}: a, ")).collect();
    let many = many.concat();
    check(&[
        (
            "teams",
            &[(
                "namespacePrefix: team-",
                "namespacePrefix: Team_\n    namespaces: {Shop: shop, bank: \"Bank & Co\", box: \"\", mail: \"a: b_c.d/e=f+g-h@i é\"}",
            )],
            &[
                "platform.teams.namespacePrefix: \"Team_\" begins the name of no namespace: use a–z, 0–9 and -, such as team-",
                "platform.teams.namespaces[Shop]: \"Shop\" is not the name of a namespace",
                "platform.teams.namespaces[bank]: \"Bank & Co\" must be 1–256 letters, digits, spaces and _ . : / = + - @: it becomes a tag",
                "platform.teams.namespaces[box]: \"\" must be 1–256 letters, digits, spaces and _ . : / = + - @: it becomes a tag",
            ],
        ),
        (
            "tags",
            &[(
                "secretStore: {name: aws-production}",
                "secretStore: {name: aws-production}\n      tags: {Team: shop, kafka-cluster: a, unit: a, \"cost#\": \"1\", Unit: \"R&D\\n\", empty: \"\"}",
            )],
            &[
                "environments.production.aws.tags[Team]: is one of our own tags: take it out",
                "environments.production.aws.tags[Unit]: \"R&D\\n\" must be 256 letters, digits, spaces and _ . : / = + - @ at most",
                "environments.production.aws.tags[cost#]: must be letters, digits, spaces and _ . : / = + - @",
                "environments.production.aws.tags[kafka-cluster]: is one of our own tags: take it out",
                "environments.production.aws.tags[unit]: differs from another tag in capital letters alone, which IAM does not tell apart",
            ],
        ),
        (
            "many-tags",
            &[(
                "secretStore: {name: aws-production}",
                &format!("secretStore: {{name: aws-production}}\n      tags: {{{many}}}"),
            )],
            &[
                "environments.production.aws.tags: must be 39 tags at most, and there are 40: AWS takes 50, with ours and the provider's",
            ],
        ),
    ]);
}

#[test]
fn environments_must_be_of_use() {
    check(&[
        (
            "platform-namespace",
            &[
                ("namespace: platform-secrets", "namespace: team-platform"),
                ("namespaces: [team-*]", "namespaces: [trial-*]"),
                ("namespaces: [team-*]", "namespaces: [trial-*]"),
            ],
            &[
                "platform.namespace: \"team-platform\" must be a namespace that no environment admits, and production does (team-*): a team's claims would live beside administrators' passwords",
            ],
        ),
        (
            "long",
            &[("namespaces: [team-*]", &format!("namespaces: [team-*, {}]", "x".repeat(64)))],
            &[&format!(
                "environments.development.namespaces[1]: \"{}\" is longer than the name of a namespace may be, 63 characters",
                "x".repeat(64)
            )],
        ),
        (
            "certificates",
            &[(
                "secretStore: {name: aws-production}",
                "secretStore: {name: aws-production}\n      rdsCertificates: global-bundle.pem",
            )],
            &[
                "environments.production.aws.rdsCertificates: must be PEM certificates, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
            ],
        ),
        (
            "nobody",
            &[("namespaces: [team-*]", "namespaces: []")],
            &[
                "environments.development.namespaces: must list at least one namespace, such as team-*: nobody could use this environment",
            ],
        ),
        (
            "name",
            &[("highAvailability: required", "name: production\n    highAvailability: required")],
            &[
                "environments.production.name: is not a known field, expected one of \"namespaces\", \"highAvailability\", \"onDelete\", \"aws\"",
            ],
        ),
        (
            "environment-name",
            &[("  staging:\n", "  Staging:\n"), ("        staging:\n", "        Staging:\n")],
            &["environments.Staging: \"Staging\" must be 1–63 characters of a–z, 0–9 and -"],
        ),
        (
            "environment-list",
            &[("environments:\n", "environments:\n  test: [team-*]\n")],
            &["environments.test: must hold namespaces, highAvailability, onDelete, aws"],
        ),
    ]);
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let (before, rest) = catalogue.split_once("environments:\n").expect("environments");
    let (_, after) = rest.split_once("offerings:\n").expect("offerings");
    for (name, environments) in [("none", ""), ("empty", "environments: {}\n")] {
        assert_eq!(
            told(name, &format!("{before}{environments}offerings:\n{after}")),
            ["environments: must hold at least one environment, such as production"]
        );
    }
    for (name, whole) in [("list", "- kind: Catalog\n"), ("text", "kind\n")] {
        assert_eq!(
            told(name, whole),
            [
                "a catalogue must be an object with apiVersion, kind, platform, packages, environments and offerings"
            ]
        );
    }
}

#[test]
fn misspelt_keys_are_told_what_was_meant() {
    check(&[
        (
            "top",
            &[("packages:\n", "pakages:\n"), ("clusterId: example", "clusterId: Example")],
            &[
                "packages: is required",
                "pakages: is not a known field (did you mean \"packages\"?), expected one of \"apiVersion\", \"kind\", \"platform\", \"packages\", \"crossplane\", \"environments\", \"offerings\"",
                "platform.clusterId: \"Example\" must be 1–63 characters of a–z, 0–9 and -",
            ],
        ),
        (
            "section",
            &[("  version: v0.1.0", "  verison: v0.1.0")],
            &[
                "packages.verison: is not a known field (did you mean \"version\"?), expected one of \"repository\", \"version\"",
            ],
        ),
        (
            "environment",
            &[("highAvailability: required", "highAvailabilty: required")],
            &[
                "environments.production.highAvailability: is required",
                "environments.production.highAvailabilty: is not a known field (did you mean \"highAvailability\"?), expected one of \"namespaces\", \"highAvailability\", \"onDelete\", \"aws\"",
            ],
        ),
        (
            "account",
            &[("    aws:\n", "    awz:\n")],
            &[
                "environments.development.aws: is required",
                "environments.development.awz: is not a known field (did you mean \"aws\"?), expected one of \"namespaces\", \"highAvailability\", \"onDelete\", \"aws\"",
            ],
        ),
        (
            "kind",
            &[("RedisInstance:", "RedisInstanse:")],
            &[
                "offerings.RedisInstanse: is not a known field (did you mean \"RedisInstance\"?), expected one of \"PostgreSQLInstance\", \"RedisInstance\", \"MessageQueue\", \"ObjectStore\", \"EventStream\"",
            ],
        ),
        (
            "provider",
            &[("RedisInstance:\n    aws:", "RedisInstance:\n    AWS:")],
            &[
                "offerings.RedisInstance.AWS: is not a known field (did you mean \"aws\"?), expected \"aws\"",
            ],
        ),
        (
            "override",
            &[("production:\n          versioning:", "production:\n          versionning:")],
            &[
                "offerings.ObjectStore.aws.environments.production.versionning: is not a known field (did you mean \"versioning\"?), expected one of \"sizes\", \"maximumSize\", \"versioning\", \"expireAfterDays\", \"archiveAfterDays\", \"noncurrentVersionDays\"",
            ],
        ),
        (
            "overrides",
            &[(
                "environments:\n        production:\n          versioning",
                "enviroments:\n        production:\n          versioning",
            )],
            &[
                "offerings.ObjectStore.aws.enviroments: is not a known field (did you mean \"environments\"?)",
            ],
        ),
        (
            "overridden",
            &[("production:\n          versioning", "prodution:\n          versioning")],
            &[
                "offerings.ObjectStore.aws.environments.prodution: is no environment of this catalogue (did you mean \"production\"?): development, production, staging",
            ],
        ),
        (
            "size",
            &[("{name: small, nodeType:", "{name: small, nodetype:")],
            &[
                "offerings.RedisInstance.aws.sizes[0].nodeType: is required",
                "offerings.RedisInstance.aws.sizes[0].nodetype: is not a known field (did you mean \"nodeType\"?), expected one of \"name\", \"nodeType\", \"rollout\"",
            ],
        ),
    ]);
}

/// Another mistake, which none of another form may hide.
const DAYS: (&str, &str) = ("logRetentionDays: 90", "logRetentionDays: -90");
const DAYS_TOLD: &str = "environments.production.aws.logRetentionDays: -90 is not a period that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653";

#[test]
fn choices_are_told_what_they_are_between() {
    let identity = "      identity:\n        irsa:\n          oidcProviderArn: arn:aws:iam::777788889999:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE9F8E7D6C5B4A39281EXAMPLE";
    let availability = "environments.production.highAvailability: expected one of \"required\", \"preferred\", \"optional\", \"unavailable\", got";
    check(&[
        (
            "identity-empty",
            &[(identity, "      identity: {}"), DAYS],
            &[
                "environments.production.aws.identity: expected one of \"irsa\", \"podIdentity\", got an empty object",
                DAYS_TOLD,
            ],
        ),
        (
            "identity-name",
            &[(identity, "      identity: {podIdentity: main}"), DAYS],
            &[
                "environments.production.aws.identity.podIdentity: expected an object, got a string",
                DAYS_TOLD,
            ],
        ),
        (
            "identity-word",
            &[(identity, "      identity: podIdentity"), DAYS],
            &[
                "environments.production.aws.identity: expected an object with the key \"podIdentity\", got a string",
                DAYS_TOLD,
            ],
        ),
        (
            "identity-unknown",
            &[(identity, "      identity: {roles: {}}"), DAYS],
            &[
                "environments.production.aws.identity: expected one of \"irsa\", \"podIdentity\", got \"roles\"",
                DAYS_TOLD,
            ],
        ),
        (
            "identity-missing",
            &[(identity, "      keyPerClaim: true"), DAYS],
            &["environments.production.aws.identity: is required", DAYS_TOLD],
        ),
        (
            "word",
            &[("highAvailability: required", "highAvailability: requird"), DAYS],
            &[DAYS_TOLD, &format!("{availability} \"requird\" (did you mean \"required\"?)")],
        ),
        (
            "boolean",
            &[("highAvailability: required", "highAvailability: true"), DAYS],
            &[DAYS_TOLD, &format!("{availability} a boolean")],
        ),
        (
            "delete",
            &[("onDelete: retain", "onDelete: keep"), DAYS],
            &[
                DAYS_TOLD,
                "environments.production.onDelete: expected one of \"retain\", \"delete\", got \"keep\"",
            ],
        ),
    ]);
}

#[test]
fn values_of_a_wrong_form_are_told_the_right_one() {
    check(&[
        (
            "quotes",
            &[
                ("accountId: \"777788889999\"", "accountId: 777788889999"),
                ("{name: \"16\"", "{name: 16"),
                (
                    "secretStore: {name: aws-production}",
                    "secretStore: {name: aws-production}\n      tags: {example.com/cost: 4711, example.com/unit: true}",
                ),
                DAYS,
            ],
            &[
                "environments.production.aws.accountId: expected a string, got a number: put it in quotes",
                DAYS_TOLD,
                "environments.production.aws.tags[example.com/cost]: expected a string, got a number: put it in quotes",
                "environments.production.aws.tags[example.com/unit]: expected a string, got a boolean: put it in quotes",
                "offerings.PostgreSQLInstance.aws.versions.offered[1].name: expected a string, got a number: put it in quotes",
            ],
        ),
        (
            "items",
            &[(
                "[subnet-0a1b2c3d4e5f631, subnet-0a1b2c3d4e5f632, subnet-0a1b2c3d4e5f633]",
                "[{}, subnet-0a1b2c3d4e5f632, {}]",
            )],
            &[
                "environments.production.aws.subnetIds[0]: expected a string, got an object",
                "environments.production.aws.subnetIds[2]: expected a string, got an object",
            ],
        ),
        (
            "counts",
            &[
                ("maximumStorageGB: 1000", "maximumStorageGB: -5"),
                (
                    "{minimum: 7, maximum: 35, default: 14}",
                    "{minimum: -7, maximum: 35, default: 14}",
                ),
                ("autoscalingLimitGB: 500", "autoscalingLimitGB: 9000000000000000000"),
                ("retentionHours: {minimum: 1, maximum: 720, default: 168}", "retentionHours: 168"),
                ("replicationFactor: 3", "replicationFactor: -9223372036854775808"),
                ("minInsyncReplicas: 2", "minInsyncReplicas: 1"),
            ],
            &[
                "offerings.EventStream.aws.replicationFactor: -9223372036854775808 must lie within 1–3",
                "offerings.EventStream.aws.retentionHours: expected an object, got a number",
                "offerings.PostgreSQLInstance.aws.environments.production.backupRetentionDays: -7 to 35 must lie within AWS's own limits 7–35",
                "offerings.PostgreSQLInstance.aws.maximumStorageGB: -5 must lie within AWS's own limits 20–65536",
                "offerings.PostgreSQLInstance.aws.sizes[1].autoscalingLimitGB: 9000000000000000000 must be at least 10 % more than storageGB and at most 65536",
            ],
        ),
        (
            "storage",
            &[("maximumStorageGB: 1000", "maximumStorageGB: 600")],
            &[
                "offerings.PostgreSQLInstance.aws.sizes[3].storageGB: 1000 must not exceed maximumStorageGB, which is 600",
            ],
        ),
        (
            "order",
            &[(
                "retentionHours: {minimum: 1, maximum: 720",
                "retentionHours: {minimum: 1, maximum: 72",
            )],
            &[
                "offerings.EventStream.aws.retentionHours: must have minimum ≤ default ≤ maximum, not 1 ≤ 168 ≤ 72",
            ],
        ),
    ]);
}

#[test]
fn dates_versions_and_families_are_told_what_they_must_be() {
    check(&[
        (
            "dates",
            &[
                ("2028-02-29", "20280229"),
                ("2029-02-28", "2029-02-30"),
                ("2030-02-28", "28.02.2030"),
            ],
            &[
                "offerings.PostgreSQLInstance.aws.versions.offered[0].standardSupportUntil: expected a date such as 2030-02-28, got a number",
                "offerings.PostgreSQLInstance.aws.versions.offered[1].standardSupportUntil: expected a date such as 2030-02-28, got \"2029-02-30\"",
                "offerings.PostgreSQLInstance.aws.versions.offered[2].standardSupportUntil: expected a date such as 2030-02-28, got \"28.02.2030\"",
            ],
        ),
        // Whether the default is among them cannot be known.
        (
            "an item that is none",
            &[
                (
                    "{name: \"16\", engineVersion: \"16\", family: postgres16, standardSupportUntil: 2029-02-28, upgradesTo: [\"17\", \"18\"]}",
                    "true",
                ),
                ("default: \"17\"", "default: \"16\""),
            ],
            &[
                "offerings.PostgreSQLInstance.aws.versions.offered[1]: expected an object, got a boolean",
            ],
        ),
        (
            "engine versions",
            &[
                ("engineVersion: \"16\"", "engineVersion: \"\""),
                ("engineVersion: \"7.1\"", "engineVersion: \"6.2\""),
                ("engineVersion: \"4.2\"", "engineVersion: \"4.20\""),
                ("engineVersion: 3.9.x.kraft", "engineVersion: 3.8.x.kraft"),
            ],
            &[
                "offerings.EventStream.aws.dedicated.versions.offered[1].engineVersion: \"3.8.x.kraft\" must be 3.9, or begin with 3.9. and have letters, digits, . and - alone: the version's name is 3.9",
                "offerings.MessageQueue.aws.versions.offered[1].engineVersion: \"4.20\" must be 4.2, or begin with 4.2. and have letters, digits, . and - alone: the version's name is 4.2",
                "offerings.PostgreSQLInstance.aws.versions.offered[1].engineVersion: \"\" must be 16, or begin with 16. and have letters, digits, . and - alone: the version's name is 16",
                "offerings.RedisInstance.aws.redis.offered[0].engineVersion: \"6.2\" must be 7, or begin with 7. and have letters, digits, . and - alone: the version's name is 7",
            ],
        ),
        (
            "families",
            &[
                ("family: postgres16", "family: postgres15"),
                ("family: redis7", "family: redis6.x"),
                ("family: valkey8", "family: valkey80"),
            ],
            &[
                "offerings.PostgreSQLInstance.aws.versions.offered[1].family: \"postgres15\" must begin with postgres16, as the version's name is 16",
                "offerings.RedisInstance.aws.redis.offered[0].family: \"redis6.x\" must begin with redis7, as the version's name is 7",
                "offerings.RedisInstance.aws.valkey.offered[0].family: \"valkey80\" must begin with valkey8, as the version's name is 8",
            ],
        ),
    ]);
}
