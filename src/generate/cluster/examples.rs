//! Examples of what a platform writes itself, since it depends on how its accounts are set up:
//! its namespace, its secret stores, and providers' ways into accounts.

use super::{File, named, operators, platform_namespace};
use crate::backends::Operator;
use crate::backends::aws::partition;
use crate::catalog::{Aws, Catalog, Identity, Offering};
use crate::claim::Flavour;
use crate::kinds::Settings;
use crate::list;
use crate::manifest::Node;
use crate::object;

/// `ServiceAccount` by which External Secrets shows an identity of AWS.
const READER: &str = "secret-reader";

/// The examples.
pub(super) fn files(catalog: &Catalog) -> Vec<File> {
    let mut files = vec![("namespace", vec![namespace(catalog)])];
    if operators(catalog).contains(&Operator::ExternalSecrets) {
        files.push(("secret-stores", secret_stores(catalog)));
    }
    for (file, flavour) in [
        ("provider-configs-namespaced", Flavour::Namespaced),
        ("provider-configs-claims", Flavour::Claims),
    ] {
        files.push((file, provider_configs(catalog, flavour)));
    }
    files
        .into_iter()
        .map(|(name, documents)| {
            File::documents_in(format!("package/cluster/examples/{name}.yaml"), documents)
        })
        .collect()
}

/// The platform's namespace. It is no part of the base, so that taking the base away takes no
/// administrator's password with it.
fn namespace(catalog: &Catalog) -> Node {
    object! {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: object! {
            name: platform_namespace(catalog),
            // No pod belongs there.
            labels: object! { "pod-security.kubernetes.io/enforce": "restricted" },
        },
    }
}

/// Stores that External Secrets reads with an identity that only the platform's namespace has:
/// one of its own pods would be everybody's. EKS Pod Identity knows no other, so that only the
/// policy on stores stands between it and everybody.
fn secret_stores(catalog: &Catalog) -> Vec<Node> {
    let namespace = platform_namespace(catalog);
    let stores = named(catalog, |offering| Some(&offering.aws.secret_store.name));
    let mut documents = Vec::new();
    for (name, Offering { aws, .. }) in stores {
        let role = role(aws, "self-service-secret-reader");
        let service = "SecretsManager";
        let region = &aws.region;
        let reading = match aws.identity {
            Identity::Irsa { .. } => {
                let reader = format!("{READER}-{name}");
                documents.push(object! {
                    apiVersion: "v1",
                    kind: "ServiceAccount",
                    metadata: object! {
                        name: &reader,
                        namespace: namespace,
                        annotations: object! { "eks.amazonaws.com/role-arn": role },
                    },
                });
                let account = object! { name: reader, namespace: namespace };
                let auth = object! { jwt: object! { serviceAccountRef: account } };
                object! { service: service, region: region, auth: auth }
            }
            Identity::PodIdentity { .. } => {
                object! { service: service, region: region, role: role }
            }
        };
        documents.push(object! {
            apiVersion: "external-secrets.io/v1",
            kind: "ClusterSecretStore",
            metadata: object! { name: name },
            spec: object! {
                conditions: list![object! { namespaces: list![namespace] }],
                provider: object! { aws: reading },
            },
        });
    }
    documents
}

/// Providers' ways into accounts and clusters.
fn provider_configs(catalog: &Catalog, flavour: Flavour) -> Vec<Node> {
    let (groups, kind) = match flavour {
        Flavour::Namespaced => ("m.", "ClusterProviderConfig"),
        Flavour::Claims => ("", "ProviderConfig"),
    };
    let accounts = named(catalog, |offering| Some(&offering.aws.provider_config));
    let mut documents: Vec<Node> = accounts
        .into_iter()
        .map(|(name, Offering { aws, .. })| {
            let source = match aws.identity {
                Identity::Irsa { .. } => "IRSA",
                Identity::PodIdentity { .. } => "PodIdentity",
            };
            object! {
                apiVersion: format!("aws.{groups}upbound.io/v1beta1"),
                kind: kind,
                metadata: object! { name: name },
                spec: object! {
                    credentials: object! { source: source },
                    // The identity of the providers' pods may do nothing but become this role.
                    assumeRoleChain: list![object! { roleARN: role(aws, "self-service-provider") }],
                },
            }
        })
        .collect();
    let clusters = named(catalog, |offering| match &offering.settings {
        Settings::EventStream(settings) => {
            settings.shared.as_ref().map(|shared| &shared.provider_config)
        }
        _ => None,
    });
    documents.extend(clusters.into_iter().map(|(name, _)| {
        let secret = object! {
            namespace: &catalog.crossplane().namespace,
            name: name,
            key: "credentials",
        };
        object! {
            apiVersion: format!("kafka.{groups}crossplane.io/v1alpha1"),
            kind: kind,
            metadata: object! { name: name },
            spec: object! { credentials: object! { source: "Secret", secretRef: secret } },
        }
    }));
    let carries = flavour == Flavour::Namespaced
        && operators(catalog).contains(&Operator::ProviderKubernetes);
    documents.extend(carries.then(|| {
        object! {
            apiVersion: format!("kubernetes.{groups}crossplane.io/v1alpha1"),
            kind: kind,
            metadata: object! { name: "default" },
            spec: object! { credentials: object! { source: "InjectedIdentity" } },
        }
    }));
    documents
}

fn role(aws: &Aws, name: &str) -> String {
    format!("arn:{}:iam::{}:role/{name}", partition(&aws.kms_key_arn), aws.account_id)
}
