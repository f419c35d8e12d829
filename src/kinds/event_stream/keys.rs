//! What an `EventStream` is made of, and what it tells: composed resources, status, Secret,
//! reasons.

use crate::backends::managed::Lifetime;
use crate::claim::Form;
use crate::outcome::{Class, OwnedKey, Reason, Resource, SecretKey, StatusField};

/// Key of a dedicated cluster.
pub(in crate::kinds) const CLUSTER: &str = "event-stream-cluster";
/// Key of the topic.
pub(in crate::kinds) const TOPIC: &str = "event-stream-topic";

/// Keys of the resources that hold data: the cluster where there is one, else the topic.
pub(in crate::kinds) const PRIMARIES: &[&str] = &[CLUSTER, TOPIC];

/// Key of the secret in AWS with a shared stream's login.
pub(in crate::kinds) const SCRAM_SECRET: &str = "event-stream-scram-secret";
/// Key of what tells a shared cluster of the login.
pub(in crate::kinds) const SCRAM_ASSOCIATION: &str = "event-stream-scram-association";

/// Keys of the resources of AWS that tell where a claim is.
pub(in crate::kinds) const PLACED: &[&str] = &[CLUSTER, SCRAM_SECRET];

/// Everything a claim may become.
pub(in crate::kinds) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(
        CLUSTER,
        Class::Data,
        Resource::aws("kafka", "Cluster"),
        "`dedicated`: the cluster, private, encrypted, TLS alone, among brokers, too",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        TOPIC,
        Class::Data,
        Resource::crossplane("topic.kafka", "Topic"),
        "the topic; on a dedicated cluster it goes or stays with that",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "event-stream-configuration",
        Class::Data,
        Resource::aws("kafka", "Configuration"),
        "`dedicated`: what brokers do that nobody told otherwise",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "event-stream-security-group",
        Class::Data,
        Resource::aws("ec2", "SecurityGroup"),
        "`dedicated`: who may connect",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "event-stream-log-group",
        Class::Data,
        Resource::aws("cloudwatchlogs", "Group"),
        "`dedicated`: the brokers' log, with the environment's retention",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "event-stream-kms-key",
        Class::Data,
        Resource::aws("kms", "Key"),
        "`dedicated`: the claim's own key, where each claim has one",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "event-stream-kafka-config",
        Class::Data,
        Resource::crossplane("kafka", "ProviderConfig"),
        "`dedicated`: how provider-kafka reaches the cluster",
    ),
    OwnedKey::new(
        "event-stream-kafka-connection",
        Class::Data,
        Resource::Same("Secret"),
        "`dedicated`: where the brokers are, for provider-kafka",
    ),
    OwnedKey::new(
        "event-stream-login",
        Class::Data,
        Resource::Same("Secret"),
        "`shared`: the password of the login",
    ),
    OwnedKey::new(
        "event-stream-scram-login",
        Class::Data,
        Resource::Same("Secret"),
        "`shared`: the login as it goes to Secrets Manager",
    ),
    OwnedKey::new(
        SCRAM_SECRET,
        Class::Data,
        Resource::aws("secretsmanager", "Secret"),
        "`shared`: the secret `AmazonMSK_…` from which the cluster knows the login",
    ),
    OwnedKey::new(
        "event-stream-scram-version",
        Class::Data,
        Resource::aws("secretsmanager", "SecretVersion"),
        "`shared`: user and password in it",
    ),
    OwnedKey::new(
        SCRAM_ASSOCIATION,
        Class::Data,
        Resource::aws("kafka", "SingleScramSecretAssociation"),
        "`shared`: tells the cluster of it",
    ),
    OwnedKey::new(
        "event-stream-credentials",
        Class::Data,
        Resource::Same("Secret"),
        "the credentials Secret",
    ),
    OwnedKey::new(
        "event-stream-acl-*",
        Class::Access,
        Resource::crossplane("acl.kafka", "AccessControlList"),
        "`shared`: one operation on one resource that the login may do",
    ),
    OwnedKey::new(
        "event-stream-ingress-rule-*",
        Class::Access,
        Resource::aws("ec2", "SecurityGroupIngressRule"),
        "`dedicated`: lets the environment's clients in on 9098, and nobody else",
    ),
    OwnedKey::new(
        "event-stream-policy",
        Class::Access,
        Resource::aws("iam", "Policy"),
        "`dedicated`: what the application may do with topic and groups",
    ),
    OwnedKey::new(
        "event-stream-policy-attachment-*",
        Class::Access,
        Resource::aws("iam", "RolePolicyAttachment"),
        "`dedicated`: gives it to the claim's role, or to the identity that it joins",
    ),
    OwnedKey::new(
        "event-stream-role",
        Class::Access,
        Resource::aws("iam", "Role"),
        "`dedicated`: an identity for one ServiceAccount, within the platform's boundary",
    ),
    OwnedKey::new(
        "event-stream-pod-identity-*",
        Class::Access,
        Resource::aws("eks", "PodIdentityAssociation"),
        "`dedicated`: how its pods get the role, where the catalogue says EKS Pod Identity",
    ),
    OwnedKey::new(
        "event-stream-service-account-*",
        Class::Access,
        Resource::Same("ServiceAccount"),
        "`dedicated`: the ServiceAccount, where the claim creates it; for IRSA it names the role",
    ),
    // They have done their work once the password is there.
    OwnedKey::new(
        "event-stream-login-generator",
        Class::Derived,
        Resource::Same("Password.generators.external-secrets.io"),
        "`shared`: generates the password, and goes when it is there",
    ),
    OwnedKey::new(
        "event-stream-login-*",
        Class::Derived,
        Resource::Same("ExternalSecret.external-secrets.io"),
        "`shared`: fills it into its Secret, and goes then",
    ),
    OwnedKey::new(
        "event-stream-alarm-*",
        Class::Derived,
        Resource::aws("cloudwatch", "MetricAlarm"),
        "`dedicated`: a disk 85 % full, CPU above 60 %, partitions without a leader or half an hour without copies, no active controller",
    ),
];

/// What its status says besides what every kind's does.
pub(in crate::kinds) const STATUS: &[StatusField] = &[
    StatusField { name: "topic", form: Form::Text, about: "Name of the topic in Kafka." },
    StatusField {
        name: "consumerGroups",
        form: Form::TextList,
        about: "Names of the consumer groups in Kafka.",
    },
    StatusField {
        name: "endpoint",
        form: Form::Text,
        about: "Bootstrap servers, separated by commas.",
    },
    StatusField {
        name: "roleArn",
        form: Form::Text,
        about: "ARN of the role whose pods may use a dedicated cluster.",
    },
    StatusField {
        name: "serviceAccountName",
        form: Form::Text,
        about: "ServiceAccount whose pods may use a dedicated cluster.",
    },
];

/// The services of AWS whose resources it is made of, as first parts of API groups.
pub(in crate::kinds) const SERVICES: &[&str] =
    &["cloudwatch", "cloudwatchlogs", "ec2", "eks", "iam", "kafka", "kms", "secretsmanager"];

/// Keys of the credentials Secret.
pub(in crate::kinds) const SECRET_KEYS: &[SecretKey] = &[
    SecretKey::new("type", "`kafka`"),
    SecretKey::new("provider", "who provides it: the claim's `provider` label"),
    SecretKey::new("topic", "its name in Kafka"),
    SecretKey::new(
        "bootstrap.servers",
        "brokers, separated by commas: port 9096 on a shared cluster, 9098 on a dedicated one",
    ),
    SecretKey::new("security.protocol", "`SASL_SSL`"),
    SecretKey::new(
        "sasl.mechanism",
        "`SCRAM-SHA-512` on a shared cluster, `AWS_MSK_IAM` on a dedicated one",
    ),
    SecretKey::new(
        "sasl.jaas.config",
        "login module for the JVM: with user and password, or `IAMLoginModule`",
    ),
    SecretKey::sometimes("username", "the login", "`shared`"),
    SecretKey::sometimes("password", "its password, which does not rotate", "`shared`"),
    SecretKey::sometimes("role-arn", "role of the pods", "`dedicated`"),
    SecretKey::sometimes(
        "sasl.client.callback.handler.class",
        "that of `aws-msk-iam-auth`, for the JVM",
        "`dedicated`",
    ),
    SecretKey::sometimes(
        "consumer-groups",
        "full names of the consumer groups, separated by commas",
        "where it has some",
    ),
];

/// Reasons of the condition `CredentialsReady` that only it has.
pub(in crate::kinds) const REASONS: &[Reason] = &[
    Reason::new("WaitingForPassword", "`shared`: External Secrets Operator generates the password"),
    Reason::new(
        "WaitingForLogin",
        "`shared`: the login goes to Secrets Manager, and from there to the brokers",
    ),
    Reason::new("WaitingForTopic", "provider-kafka creates the topic"),
    Reason::new(
        "ClusterUnknown",
        "`shared`: the catalogue does not name the shared cluster any more; the message says whom to contact",
    ),
    Reason::new(
        "WaitingForBrokers",
        "`dedicated`: AWS creates the cluster, which takes half an hour, and then reports its brokers",
    ),
    Reason::new(
        "WaitingForConfiguration",
        "`dedicated`: provider-kafka gets its access to the cluster",
    ),
    Reason::new(
        "PasswordUnknown",
        "`shared`: a password is in use that nobody knows any more; the message says whom to contact",
    ),
];
