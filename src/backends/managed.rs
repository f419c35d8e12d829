//! Managed resources of any provider: their envelope in both flavours, and who refers to whom.
//!
//! Knows nothing of what is asked of a provider: that is each kind's `forProvider`.

use super::Order;
use crate::claim::Flavour;
use crate::guardrails::MEMORY_ANNOTATION;
use crate::kinds::event_stream;
use crate::manifest::Node;
use crate::names::Limit;
use crate::observed::{EXTERNAL_NAME, Outline};
use crate::outcome::{Plan, Readiness};
use crate::{list, object};

/// Part of the name of provider-sql's configuration, where a claim has one.
pub const SQL_CONFIG: &str = "sql-config";

/// Name of provider-kubernetes' `ClusterProviderConfig` for this cluster.
const THIS_CLUSTER: &str = "default";

/// A provider's configuration, as a namespaced managed resource refers to it.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

impl ProviderConfig {
    /// One that every namespace may refer to.
    pub fn of_cluster(name: String) -> Self {
        Self { kind: "ClusterProviderConfig", name }
    }

    /// One in the claim's own namespace.
    pub fn of_namespace(name: String) -> Self {
        Self { kind: "ProviderConfig", name }
    }
}

/// A kind of managed resource.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// The provider that serves it.
    pub provider: Provider,
    /// The kind: `Instance`.
    pub kind: &'static str,
}

/// A Crossplane provider whose kinds we compose.
#[derive(Clone, Copy, Debug)]
pub enum Provider {
    /// provider-upjet-aws, one API group a service.
    Aws {
        /// First part of the API group: `rds`.
        service: &'static str,
        /// Storage version of the cluster-scoped kind. Namespaced ones are all `v1beta1`.
        cluster_version: &'static str,
    },
    /// provider-sql, for PostgreSQL servers.
    PostgreSql,
    /// provider-kafka, one API group a kind.
    Kafka {
        /// First part of the API group: `topic`.
        group: &'static str,
    },
    /// provider-kubernetes: objects that a namespaced composite resource may not compose itself.
    Kubernetes,
}

impl Type {
    /// A kind of AWS.
    pub const fn new(
        service: &'static str,
        kind: &'static str,
        cluster_version: &'static str,
    ) -> Self {
        Self { provider: Provider::Aws { service, cluster_version }, kind }
    }

    /// A kind of provider-sql.
    pub const fn postgresql(kind: &'static str) -> Self {
        Self { provider: Provider::PostgreSql, kind }
    }

    /// A kind of provider-kafka.
    pub const fn kafka(group: &'static str, kind: &'static str) -> Self {
        Self { provider: Provider::Kafka { group }, kind }
    }

    /// provider-kubernetes' only kind.
    pub const KUBERNETES_OBJECT: Self = Self { provider: Provider::Kubernetes, kind: "Object" };

    /// Its API version in a flavour.
    pub fn api_version(&self, flavour: Flavour) -> String {
        let namespaced = flavour == Flavour::Namespaced;
        match self.provider {
            Provider::Aws { service, .. } if namespaced => {
                format!("{service}.aws.m.upbound.io/v1beta1")
            }
            Provider::Aws { service, cluster_version } => {
                format!("{service}.aws.upbound.io/{cluster_version}")
            }
            Provider::PostgreSql if namespaced => {
                "postgresql.sql.m.crossplane.io/v1alpha1".to_owned()
            }
            Provider::PostgreSql => "postgresql.sql.crossplane.io/v1alpha1".to_owned(),
            Provider::Kafka { group } if namespaced => {
                format!("{group}.kafka.m.crossplane.io/v1alpha1")
            }
            Provider::Kafka { group } => format!("{group}.kafka.crossplane.io/v1alpha1"),
            Provider::Kubernetes if namespaced => "kubernetes.m.crossplane.io/v1alpha1".to_owned(),
            Provider::Kubernetes => "kubernetes.crossplane.io/v1alpha2".to_owned(),
        }
    }
}

/// Whether a managed resource outlives its claim where the environment retains data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// The data, and what the data needs to stay reachable.
    WithData,
    /// Gone with the claim in every environment.
    WithClaim,
    /// Never deleted by its provider, whatever the environment says: keys, objects inside a
    /// database, and what protects a bucket.
    Forever,
}

/// A managed resource being composed.
#[derive(Debug)]
pub struct ManagedResource {
    /// Its kind.
    pub kind: Type,
    /// Its part of the name: `replication-group`.
    pub part: String,
    /// Its name at the provider, where the provider takes it from an annotation.
    pub external_name: Option<String>,
    /// How long it stays.
    pub lifetime: Lifetime,
    /// What is asked of the provider.
    pub for_provider: Node,
}

/// What an envelope holds besides.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Whether it has a connection Secret.
    pub(super) publishes: bool,
    /// What the resource is to remember of its claim.
    pub(super) memory: Option<String>,
    /// How provider-kubernetes tells that an object is ready.
    pub(super) readiness: Option<&'static str>,
}

impl Order<'_> {
    /// Key of the resource with this part of the name.
    pub fn key(&self, part: &str) -> String {
        [self.claim.kind.key_prefix(), "-", part].concat()
    }

    /// Adds a managed resource to the plan.
    pub fn manage(&self, plan: &mut Plan, resource: ManagedResource) {
        self.manage_with(plan, resource, Beside::default());
    }

    /// Adds a managed resource whose connection details Crossplane hands back to us.
    pub fn manage_publishing(&self, plan: &mut Plan, resource: ManagedResource) {
        let beside = Beside { publishes: true, ..Beside::default() };
        self.manage_with(plan, resource, beside);
    }

    /// Adds the managed resource that holds the data: it remembers what was accepted, and
    /// publishes connection details.
    pub fn manage_primary(&self, plan: &mut Plan, resource: ManagedResource) {
        let beside =
            Beside { publishes: true, memory: Some(self.memory_to_write()), ..Beside::default() };
        self.manage_with(plan, resource, beside);
    }

    /// Adds the managed resource that holds the data and tells its connection details nobody:
    /// they could lie where a team may read them.
    pub fn manage_silent_primary(&self, plan: &mut Plan, resource: ManagedResource) {
        let beside = Beside { memory: Some(self.memory_to_write()), ..Beside::default() };
        self.manage_with(plan, resource, beside);
    }

    pub(super) fn manage_with(&self, plan: &mut Plan, resource: ManagedResource, beside: Beside) {
        let key = self.key(&resource.part);
        plan.add(key, Readiness::Condition, self.envelope(resource, beside));
    }

    fn envelope(&self, resource: ManagedResource, beside: Beside) -> Node {
        let flavour = self.claim.flavour;
        let retained = match resource.lifetime {
            Lifetime::WithData => self.retains(),
            Lifetime::WithClaim => false,
            Lifetime::Forever => true,
        };
        let cluster_scoped = flavour == Flavour::Claims;
        let key = self.key(&resource.part);
        let living = self.observed.outline(&key);
        let external_name =
            resource.external_name.map(|name| living.external_name.clone().unwrap_or(name));
        let mut annotations = Node::map();
        if let Some(name) = external_name {
            annotations.set(EXTERNAL_NAME, name);
        }
        if let Some(memory) = beside.memory {
            annotations.set(MEMORY_ANNOTATION, memory);
        }
        let connection = beside.publishes.then(|| {
            let living = living.connection_secret.clone();
            living.unwrap_or_else(|| self.names.object(&format!("{}-connection", resource.part)))
        });
        let ProviderConfig { kind: config_kind, name: config_name } =
            self.provider_config(resource.kind.provider);
        let config_name = living.provider_config.clone().unwrap_or(config_name);
        let for_provider = keep(resource.for_provider, living);
        object! {
            apiVersion: resource.kind.api_version(flavour),
            kind: resource.kind.kind,
            metadata: self.annotated(self.object_name(&resource.part), annotations),
            spec: object! {
                managementPolicies: retained.then(|| list!["Observe", "Create", "Update", "LateInitialize"]),
                deletionPolicy: (retained && cluster_scoped).then_some("Orphan"),
                providerConfigRef: object! {
                    kind: (!cluster_scoped).then_some(config_kind),
                    name: config_name,
                },
                writeConnectionSecretToRef: connection.map(|name| object! {
                    name: name,
                    namespace: cluster_scoped.then(|| self.managed_secret_namespace().to_owned()),
                }),
                forProvider: for_provider,
                readiness: beside.readiness.map(|policy| object! { policy: policy }),
            },
        }
    }

    fn provider_config(&self, provider: Provider) -> ProviderConfig {
        match provider {
            Provider::Aws { .. } => ProviderConfig::of_cluster(self.place.provider_config.clone()),
            Provider::PostgreSql => {
                ProviderConfig::of_cluster(self.platform_object_name(SQL_CONFIG))
            }
            Provider::Kafka { .. } => event_stream::aws::provider_config(self),
            Provider::Kubernetes => ProviderConfig::of_cluster(THIS_CLUSTER.to_owned()),
        }
    }

    /// Metadata of a composed object that lives where the composite resource does.
    pub fn metadata(&self, part: &str, external_name: Option<String>) -> Node {
        let mut annotations = Node::map();
        if let Some(name) = external_name {
            annotations.set(EXTERNAL_NAME, name);
        }
        self.annotated(self.object_name(part), annotations)
    }

    fn annotated(&self, name: String, annotations: Node) -> Node {
        let namespaced = self.claim.flavour == Flavour::Namespaced;
        object! {
            name: name,
            namespace: namespaced.then(|| self.claim.namespace.clone()),
            annotations: (annotations != Node::map()).then_some(annotations),
        }
    }

    /// The name that a resource has at its provider, or `otherwise` before it has one.
    pub fn living_external_name(&self, key: &str, otherwise: String) -> String {
        self.observed.outline(key).external_name.clone().unwrap_or(otherwise)
    }

    /// A reference to the sibling with this part of the name.
    pub fn reference(&self, part: &str) -> Node {
        object! { name: self.object_name(part) }
    }

    /// Name of the object with this part of the name: the living one's.
    pub fn object_name(&self, part: &str) -> String {
        let living = self.observed.outline(&self.key(part)).name.clone();
        living.unwrap_or_else(|| self.names.object(part))
    }

    /// Name in AWS of the resource with this part of the name, where it is set in an annotation:
    /// the living one's.
    pub fn external_name(&self, part: &str, limit: Limit) -> String {
        let living = self.observed.outline(&self.key(part)).external_name.clone();
        living.unwrap_or_else(|| self.names.aws(part, limit))
    }

    /// Name in AWS of the resource with this part of the name, where it is given as
    /// `forProvider.name`: the living one's.
    pub fn given_name(&self, part: &str, limit: Limit) -> String {
        let living = self.observed.outline(&self.key(part)).given_name.clone();
        living.unwrap_or_else(|| self.names.aws(part, limit))
    }
}

/// `wanted` with what cannot change of the living resource.
fn keep(mut wanted: Node, living: &Outline) -> Node {
    for (field, value) in
        [("region", &living.region), ("name", &living.given_name), ("vpcId", &living.vpc_id)]
    {
        if let Some(value) = value
            && let Some(asked) = wanted.get(field)
            && asked.text() != Some(value)
        {
            wanted.set(field, value);
        }
    }
    wanted
}
