//! How pods run: the function's hardened, provider-kubernetes' under a name that roles are bound to.

use super::{PROVIDER_KUBERNETES, operators};
use crate::backends::Operator;
use crate::catalog::Catalog;
use crate::list;
use crate::manifest::Node;
use crate::object;

/// Name of the function's runtime configuration, and of what else is about its pods.
pub(super) const FUNCTION: &str = "function-self-service";

/// User and group that Crossplane lets packages run as.
const USER: i64 = 2000;

/// Ports of the function.
const CALLS: i64 = 9443;
const METRICS: i64 = 8080;

/// The function's pods: how they run, how many may be away at once, and who may talk to them.
pub(super) fn function(catalog: &Catalog) -> Vec<Node> {
    let crossplane = catalog.crossplane();
    let metadata = || object! { name: FUNCTION, namespace: &crossplane.namespace };
    vec![
        configuration(
            FUNCTION,
            object! { deploymentTemplate: object! { spec: deployment(catalog) } },
        ),
        image_configuration(FUNCTION, &catalog.packages().function()),
        object! {
            apiVersion: "policy/v1",
            kind: "PodDisruptionBudget",
            metadata: metadata(),
            spec: object! {
                // Not `minAvailable`, which would stop the draining of nodes for ever where
                // somebody runs one pod.
                maxUnavailable: 1,
                unhealthyPodEvictionPolicy: "AlwaysAllow",
                selector: object! { matchLabels: pods(catalog) },
            },
        },
        object! {
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            metadata: metadata(),
            spec: object! {
                podSelector: object! { matchLabels: pods(catalog) },
                policyTypes: list!["Ingress", "Egress"],
                ingress: list![
                    object! {
                        // Crossplane's chart labels its pods so, and providers' pods otherwise.
                        from: list![object! {
                            podSelector: object! { matchLabels: object! { app: "crossplane" } },
                        }],
                        ports: list![port(CALLS)],
                    },
                    object! {
                        from: list![object! {
                            namespaceSelector: object! {
                                matchLabels: object! { "selfservice.fn.crossplane.io/reads-metrics": "true" },
                            },
                        }],
                        ports: list![port(METRICS)],
                    },
                ],
                // It calls nobody.
                egress: list![],
            },
        },
    ]
}

/// provider-kubernetes' pods run as a `ServiceAccount` of a name that is known beforehand.
pub(super) fn provider_kubernetes(catalog: &Catalog) -> Vec<Node> {
    if !operators(catalog).contains(&Operator::ProviderKubernetes) {
        return Vec::new();
    }
    let package = Operator::ProviderKubernetes.package().map(|(package, _)| package);
    let name = object! { metadata: object! { name: PROVIDER_KUBERNETES } };
    vec![
        configuration(PROVIDER_KUBERNETES, object! { serviceAccountTemplate: name }),
        image_configuration(PROVIDER_KUBERNETES, package.unwrap_or_default()),
    ]
}

fn configuration(name: &'static str, spec: Node) -> Node {
    object! {
        apiVersion: "pkg.crossplane.io/v1beta1",
        kind: "DeploymentRuntimeConfig",
        metadata: object! { name: name },
        spec: spec,
    }
}

/// Gives packages of a repository their runtime configuration, even those that a Configuration
/// brings along and nobody could refer from.
fn image_configuration(name: &'static str, repository: &str) -> Node {
    object! {
        apiVersion: "pkg.crossplane.io/v1beta1",
        kind: "ImageConfig",
        metadata: object! { name: name },
        spec: object! {
            // A tag or a digest follows: other repositories may begin alike.
            matchImages: list![
                object! { type: "Prefix", prefix: format!("{repository}:") },
                object! { type: "Prefix", prefix: format!("{repository}@") },
            ],
            runtime: object! {
                configRef: object! {
                    apiVersion: "pkg.crossplane.io/v1beta1",
                    kind: "DeploymentRuntimeConfig",
                    name: name,
                },
            },
        },
    }
}

/// The labels that Crossplane gives the function's pods, whatever their revision.
fn pods(catalog: &Catalog) -> Node {
    object! { "pkg.crossplane.io/function": catalog.packages().function_name() }
}

fn port(number: i64) -> Node {
    object! { protocol: "TCP", port: number }
}

/// What Crossplane does not set itself, and what it would no longer set once we set a part of it.
fn deployment(catalog: &Catalog) -> Node {
    let spread = |topology: &'static str| {
        object! {
            maxSkew: 1,
            topologyKey: topology,
            // A cluster of one node runs it, too.
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: object! { matchLabels: pods(catalog) },
            matchLabelKeys: list!["pod-template-hash"],
        }
    };
    object! {
        replicas: 2,
        // Crossplane fills it in.
        selector: object! {},
        strategy: object! {
            type: "RollingUpdate",
            rollingUpdate: object! { maxSurge: 1, maxUnavailable: 0 },
        },
        template: object! {
            spec: object! {
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                securityContext: object! {
                    runAsNonRoot: true,
                    runAsUser: USER,
                    runAsGroup: USER,
                    seccompProfile: object! { type: "RuntimeDefault" },
                },
                // It drains for 10 seconds at most.
                terminationGracePeriodSeconds: 20,
                topologySpreadConstraints: list![
                    spread("topology.kubernetes.io/zone"),
                    spread("kubernetes.io/hostname"),
                ],
                containers: list![container(catalog)],
            },
        },
    }
}

fn container(catalog: &Catalog) -> Node {
    let probe = |path: &'static str, period: i64, failures: i64| {
        object! {
            httpGet: object! { path: path, port: METRICS },
            periodSeconds: period,
            failureThreshold: failures,
        }
    };
    object! {
        name: "package-runtime",
        // Providers' pods have certificates of the same authority.
        args: list![format!("--tls-client-names={}", catalog.crossplane().client_name())],
        securityContext: object! {
            allowPrivilegeEscalation: false,
            capabilities: object! { drop: list!["ALL"] },
            privileged: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            runAsUser: USER,
            runAsGroup: USER,
        },
        // docs/performance.md: 10 MiB and a tenth of a core do the work of 10,000 claims, and
        // hostile requests stay within 256 MiB.
        resources: object! {
            requests: object! { cpu: "50m", memory: "64Mi" },
            limits: object! { cpu: "1", memory: "384Mi" },
        },
        readinessProbe: probe("/readyz", 5, 1),
        livenessProbe: probe("/livez", 10, 3),
    }
}
