//! Admission policies: what roles cannot say.
//!
//! None of them lists users. Each asks the API server's own authorizer, so that whoever was given
//! more, such as a cluster's administrator or a controller, may do more.

use super::{contact, operators, secret_stores};
use crate::backends::Operator;
use crate::catalog::Catalog;
use crate::generate::xrd;
use crate::list;
use crate::manifest::Node;
use crate::object;

const API_VERSION: &str = "admissionregistration.k8s.io/v1";
const EXTERNAL_SECRETS: &str = "external-secrets.io";
const GENERATORS: &str = "generators.external-secrets.io";

/// The type of Secrets that managed resources write (crossplane-runtime 2.4, `resource.go`).
const CONNECTION: &str = "connection.crossplane.io/v1alpha1";

const REASON: &str = "Forbidden";

/// The right that a reference to a `ClusterSecretStore` takes, of one store or of any.
const MAY_USE: &str = "authorizer.group('external-secrets.io').resource('clustersecretstores')";

/// Only who may `use` the platform's stores may refer to them: External Secrets reads and writes
/// with its own rights whatever anybody asks for.
pub(super) fn secret_stores_policy(catalog: &Catalog) -> Vec<Node> {
    if !operators(catalog).contains(&Operator::ExternalSecrets) {
        return Vec::new();
    }
    let contact = contact(catalog);
    let mut validations: Vec<Node> = secret_stores(catalog)
        .into_iter()
        .map(|name| {
            object! {
                expression: format!(
                    "!variables.shared.exists(store, has(store.name) && store.name == '{name}') \
                     || {MAY_USE}.name('{name}').check('use').allowed()",
                ),
                message: format!(
                    "The secret store {name} is for the platform alone. Use a SecretStore of your \
                     own namespace, or contact {contact}.",
                ),
                reason: REASON,
            }
        })
        .collect();
    validations.push(object! {
        expression: format!(
            "!variables.shared.exists(store, has(store.labelSelector)) || \
             {MAY_USE}.check('use').allowed()",
        ),
        message: "Labels could choose the platform's secret stores. Name the ClusterSecretStore \
                  instead of selecting it by labels.",
        reason: REASON,
    });
    let policy = Policy {
        name: "self-service-secret-stores",
        rules: list![rule(
            EXTERNAL_SECRETS,
            list!["externalsecrets", "clusterexternalsecrets", "pushsecrets", "clusterpushsecrets"],
            list!["CREATE", "UPDATE"],
        )],
        // Their controller updates finalizers and the like of what was admitted.
        conditions: Node::List(asks_anew().into()),
        variables: list![
            named(
                "spec",
                "has(object.spec.externalSecretSpec) ? object.spec.externalSecretSpec : \
                 has(object.spec.pushSecretSpec) ? object.spec.pushSecretSpec : object.spec",
            ),
            named(
                "entries",
                "(has(variables.spec.data) ? variables.spec.data : []) + \
                 (has(variables.spec.dataFrom) ? variables.spec.dataFrom : [])",
            ),
            named(
                "references",
                "(has(variables.spec.secretStoreRef) ? [variables.spec.secretStoreRef] : []) + \
                 (has(variables.spec.secretStoreRefs) ? variables.spec.secretStoreRefs : []) + \
                 variables.entries.filter(entry, has(entry.sourceRef) && \
                 has(entry.sourceRef.storeRef)).map(entry, entry.sourceRef.storeRef)",
            ),
            named(
                "shared",
                "variables.references.filter(store, has(store.kind) && \
                 store.kind == 'ClusterSecretStore')",
            ),
        ],
        validations: Node::List(validations),
    };
    policy.documents()
}

/// Whoever asks External Secrets for something of AWS must say with whose identity: the
/// operator's own, where it has one, is the platform's.
pub(super) fn identities(catalog: &Catalog) -> Vec<Node> {
    if !operators(catalog).contains(&Operator::ExternalSecrets) {
        return Vec::new();
    }
    let policy = Policy {
        name: "self-service-identities",
        rules: list![
            rule(EXTERNAL_SECRETS, list!["secretstores"], list!["CREATE", "UPDATE"]),
            rule(
                GENERATORS,
                list!["ecrauthorizationtokens", "stssessiontokens"],
                list!["CREATE", "UPDATE"],
            ),
        ],
        conditions: Node::List(
            asks_anew()
                .into_iter()
                .chain([named(
                    "is-about-aws",
                    "request.resource.group == 'generators.external-secrets.io' || \
                 has(object.spec.provider) && has(object.spec.provider.aws)",
                )])
                .collect(),
        ),
        variables: list![
            named("asked", "has(object.spec.provider) ? object.spec.provider.aws : object.spec"),
            named(
                "identified",
                "has(variables.asked.auth) && (has(variables.asked.auth.jwt) && \
                 has(variables.asked.auth.jwt.serviceAccountRef) || \
                 has(variables.asked.auth.secretRef))",
            ),
        ],
        validations: list![refuse_unless(
            format!("variables.identified || {MAY_USE}.check('use').allowed()"),
            "request.kind.kind + ' ' + object.metadata.name + ' does not say whose identity of \
             AWS it uses. Set auth.jwt.serviceAccountRef to a ServiceAccount of your namespace.'",
        )],
    };
    policy.documents()
}

/// What is composed for a claim beside its team's own objects changes by the claim alone. Who may
/// change such objects of every namespace does so for a reason: Crossplane, providers, External
/// Secrets, Kubernetes' controllers, administrators.
pub(super) fn composed_secrets(catalog: &Catalog) -> Vec<Node> {
    let operations = || list!["UPDATE", "DELETE"];
    let mut rules = vec![rule("", list!["secrets"], operations())];
    if operators(catalog).contains(&Operator::ExternalSecrets) {
        rules.push(rule(EXTERNAL_SECRETS, list!["externalsecrets"], operations()));
        rules.push(rule(GENERATORS, list!["passwords"], operations()));
    }
    let groups: Vec<String> =
        catalog.kinds().map(|kind| format!("'{}'", xrd::group(catalog, kind))).collect();
    let policy = Policy {
        name: "self-service-composed-secrets",
        rules: Node::List(rules),
        conditions: list![named(
            "is-composed",
            format!(
                "has(oldObject.metadata.ownerReferences) && \
                 oldObject.metadata.ownerReferences.exists(owner, has(owner.controller) && \
                 owner.controller && (owner.apiVersion.split('/')[0] in [{}] || \
                 request.resource.resource == 'secrets' && oldObject[?'type'].orValue('') == \
                 '{CONNECTION}'))",
                groups.join(", "),
            ),
        )],
        variables: list![named("verb", "request.operation == 'DELETE' ? 'delete' : 'update'",)],
        validations: list![refuse_unless(
            "authorizer.group(request.resource.group).resource(request.resource.resource)\
             .check(variables.verb).allowed()",
            "request.kind.kind + ' ' + oldObject.metadata.name + ' belongs to a claim, and \
             Crossplane keeps it as the claim wants it. Change or delete the claim instead.'",
        )],
    };
    policy.documents()
}

/// A policy that refuses, and its binding.
struct Policy {
    name: &'static str,
    rules: Node,
    conditions: Node,
    variables: Node,
    validations: Node,
}

impl Policy {
    fn documents(self) -> Vec<Node> {
        let Self { name, rules, conditions, variables, validations } = self;
        vec![
            object! {
                apiVersion: API_VERSION,
                kind: "ValidatingAdmissionPolicy",
                metadata: object! { name: name },
                spec: object! {
                    failurePolicy: "Fail",
                    matchConstraints: object! { resourceRules: rules },
                    matchConditions: conditions,
                    variables: variables,
                    validations: validations,
                },
            },
            object! {
                apiVersion: API_VERSION,
                kind: "ValidatingAdmissionPolicyBinding",
                metadata: object! { name: name },
                spec: object! { policyName: name, validationActions: list!["Deny"] },
            },
        ]
    }
}

/// What is created, or asks for something else than before.
fn asks_anew() -> [Node; 2] {
    [
        named("has-a-specification", "has(object.spec)"),
        named(
            "asks-for-something-else",
            "request.operation == 'CREATE' || !has(oldObject.spec) || \
             object.spec != oldObject.spec",
        ),
    ]
}

fn rule(group: &'static str, resources: Node, operations: Node) -> Node {
    object! {
        apiGroups: list![group],
        apiVersions: list!["*"],
        operations: operations,
        resources: resources,
    }
}

fn named(name: &'static str, expression: impl Into<String>) -> Node {
    object! { name: name, expression: expression.into() }
}

/// The sentence is an expression, too. It cannot ask the authorizer.
fn refuse_unless(expression: impl Into<String>, sentence: impl Into<String>) -> Node {
    object! { expression: expression.into(), messageExpression: sentence.into(), reason: REASON }
}
