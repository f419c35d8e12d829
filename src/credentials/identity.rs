//! Who may use what a claim provides: a policy, on a role that the pods of exactly one
//! ServiceAccount may assume, through IRSA or EKS Pod Identity.
//!
//! What the policy allows is its kind's business.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use crate::backends::Order;
use crate::backends::aws::{Lifetime, ManagedResource, Type, partition};
use crate::backends::iam::{Document, Effect, Principal, Statement, condition};
use crate::catalog::{Aws, Identity};
use crate::kinds::Kind;
use crate::manifest::Node;
use crate::names::{self, Limit};
use crate::object;
use crate::observed::{Managed, Unread};
use crate::outcome::{Answer, Plan, Readiness};

const POLICY_TYPE: Type = Type::new("iam", "Policy", "v1beta1");
const ROLE_TYPE: Type = Type::new("iam", "Role", "v1beta1");
const ATTACHMENT_TYPE: Type = Type::new("iam", "RolePolicyAttachment", "v1beta1");
const ASSOCIATION_TYPE: Type = Type::new("eks", "PodIdentityAssociation", "v1beta1");

const POLICY: &str = "policy";
const ROLE: &str = "role";

/// Annotation by which EKS gives the pods of a ServiceAccount a role.
const ROLE_ARN: &str = "eks.amazonaws.com/role-arn";

/// What a claim says about whose identity may use what it provides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// ServiceAccount whose pods may use it; the claim's name when left out.
    pub service_account: Option<&'a str>,
    /// Create the ServiceAccount; when left out, only if it is not named and none exists.
    pub create: Option<bool>,
    /// Another claim of the namespace whose identity may use it: a name, or `Kind/name`.
    pub join: Option<&'a str>,
}

impl<'a> Wish<'a> {
    /// Name of the ServiceAccount whose pods may use what `claim` provides.
    pub fn service_account(self, claim: &'a str) -> &'a str {
        self.service_account.unwrap_or(claim)
    }

    /// Name of the ServiceAccount to create, unless it exists.
    pub fn service_account_to_create(self, claim: &str) -> Option<String> {
        let creates = self.create.unwrap_or(self.service_account.is_none());
        (creates && self.join.is_none()).then(|| self.service_account.unwrap_or(claim).to_owned())
    }

    /// The claim whose identity is joined; `Err` holds what names none.
    pub fn joined(self, kind: Kind) -> Option<Result<Joined<'a>, &'a str>> {
        self.join.map(|join| Joined::parse(kind, join).ok_or(join))
    }

    /// Who holds the identity of `claim`.
    ///
    /// INVARIANT: the guardrail `service-account-name` refused a claim to join that is none.
    pub fn holder(self, kind: Kind, claim: &'a str) -> Holder<'a> {
        if let Some(Ok(joined)) = self.joined(kind) {
            return Holder::IdentityOf(joined);
        }
        Holder::ServiceAccount {
            name: self.service_account(claim),
            creation: match (self.create, self.service_account) {
                (Some(true), _) | (None, None) => Creation::Wanted,
                (None, Some(_)) => Creation::Unasked,
                (Some(false), _) => Creation::Declined,
            },
        }
    }
}

/// Another claim of the namespace, whose identity is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined<'a> {
    /// Its kind: one that has an identity.
    pub kind: Kind,
    /// Its name.
    pub claim: &'a str,
}

impl<'a> Joined<'a> {
    /// The claim that `text` names to a claim of `kind`.
    fn parse(kind: Kind, text: &'a str) -> Option<Self> {
        let (kind, claim) = match text.split_once('/') {
            Some((kind, claim)) => {
                (Kind::from_name(kind).filter(|kind| kind.has_identity())?, claim)
            }
            None => (kind, text),
        };
        names::is_claim_name(claim).then_some(Self { kind, claim })
    }
}

/// Who holds an identity.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    /// Pods of one ServiceAccount in the claim's namespace, with a role of the claim's own.
    ServiceAccount {
        /// Its name.
        name: &'a str,
        /// Whether it is ours to make.
        creation: Creation,
    },
    /// Whoever holds the identity of this other claim of the namespace.
    IdentityOf(Joined<'a>),
}

/// Whether a ServiceAccount is ours to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// Unless somebody else's exists.
    Wanted,
    /// No, but one that we made stays: naming it is no wish to lose it.
    Unasked,
    /// No; one that we made goes.
    Declined,
}

/// An identity that holds the policy.
#[derive(Clone, Debug)]
pub struct Granted {
    /// ARN of its role.
    pub role_arn: String,
    /// ServiceAccount whose pods may assume the role; `None` when another claim knows it.
    pub service_account: Option<String>,
}

/// Key of the ServiceAccount called `name`. The name is part of it, since a composed object
/// cannot be renamed under its key.
pub fn service_account_key(kind: Kind, name: &str) -> String {
    format!("{}-{}", kind.key_prefix(), service_account_part(name))
}

fn service_account_part(name: &str) -> String {
    format!("service-account-{name}")
}

/// Gives `holder` a policy of these statements. `Err` says what the statements wait for.
pub fn grant(
    order: &Order<'_>,
    plan: &mut Plan,
    holder: Holder<'_>,
    statements: Result<Vec<Statement>, &str>,
) -> Granted {
    let granted = match holder {
        Holder::ServiceAccount { name, creation } => own_identity(order, plan, name, creation),
        Holder::IdentityOf(claim) => {
            Granted { role_arn: role_arn(order, &joined_role(order, claim)), service_account: None }
        }
    };
    let attachment = attachment_part(order, holder);
    match statements {
        Ok(statements) => {
            policy(order, plan, statements);
            attach(order, plan, holder, attachment);
        }
        Err(reason) => {
            plan.wait(order.key(POLICY), reason);
            plan.wait(order.key(&attachment), reason);
        }
    }
    granted
}

fn own_identity(
    order: &Order<'_>,
    plan: &mut Plan,
    service_account: &str,
    creation: Creation,
) -> Granted {
    let name = order.external_name(ROLE, Limit::ROLE);
    let role_arn = role_arn(order, &name);
    role(order, plan, service_account);
    let ours = create(order, plan, service_account, creation, &role_arn);
    if let Identity::PodIdentity { cluster_name } = &order.aws().identity {
        // A ServiceAccount that merely happens to have the claim's name gets nothing: whoever
        // made it was not asked.
        let named = creation != Creation::Wanted;
        if ours || named {
            association(order, plan, service_account, cluster_name);
        }
    }
    Granted { role_arn, service_account: Some(service_account.to_owned()) }
}

/// A policy has no description: IAM cannot change one, and its tags say the same.
fn policy(order: &Order<'_>, plan: &mut Plan, statements: Vec<Statement>) {
    order.manage(
        plan,
        ManagedResource {
            kind: POLICY_TYPE,
            part: POLICY.to_owned(),
            external_name: Some(order.external_name(POLICY, Limit::POLICY)),
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                policy: Document::json(statements),
                tags: order.tags(),
            },
        },
    );
}

/// The owner of the role is part of the key: the role of an attachment cannot change, so that
/// joining another identity makes another attachment and revokes the former.
fn attachment_part(order: &Order<'_>, holder: Holder<'_>) -> String {
    let owner = match holder {
        Holder::ServiceAccount { .. } => order.claim.name.clone(),
        Holder::IdentityOf(joined) if joined.kind == order.claim.kind => joined.claim.to_owned(),
        // A dot is in no name of a claim.
        Holder::IdentityOf(joined) => format!("{}.{}", joined.kind.key_prefix(), joined.claim),
    };
    format!("policy-attachment-{owner}")
}

/// Name of the role of another claim: the one that the living attachment names.
fn joined_role(order: &Order<'_>, joined: Joined<'_>) -> String {
    let key = order.key(&attachment_part(order, Holder::IdentityOf(joined)));
    let living: Managed<Attached, Unread> = order.observed.managed(&key).unwrap_or_default();
    let living = living.spec.for_provider.role;
    let Joined { kind, claim } = joined;
    living.unwrap_or_else(|| order.names.sibling(kind.name(), claim).aws(ROLE, Limit::ROLE))
}

/// A living attachment to the role of another claim.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Attached {
    role: Option<String>,
}

fn attach(order: &Order<'_>, plan: &mut Plan, holder: Holder<'_>, part: String) {
    let (own, joined) = match holder {
        Holder::ServiceAccount { .. } => (Some(order.reference(ROLE)), None),
        Holder::IdentityOf(joined) => (None, Some(joined_role(order, joined))),
    };
    order.manage(
        plan,
        ManagedResource {
            kind: ATTACHMENT_TYPE,
            part,
            external_name: None,
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                role: joined,
                roleRef: own,
                policyArnRef: order.reference(POLICY),
            },
        },
    );
}

fn role(order: &Order<'_>, plan: &mut Plan, service_account: &str) {
    let aws = order.aws();
    order.manage(
        plan,
        ManagedResource {
            kind: ROLE_TYPE,
            part: ROLE.to_owned(),
            external_name: Some(order.external_name(ROLE, Limit::ROLE)),
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                description: format!("{} {}", order.claim.kind.name(), order.names),
                assumeRolePolicy: trust(&aws.identity, &order.claim.namespace, service_account),
                permissionsBoundary: &aws.permissions_boundary_arn,
                maxSessionDuration: 3600,
                // Policies of claims that joined must not keep this claim from being deleted.
                forceDetachPolicies: true,
                tags: order.tags(),
            },
        },
    );
}

/// Lets the pods of one ServiceAccount in, and nobody else: every condition is an equality.
///
/// INVARIANT: `namespace` is the claim's own, and `service_account` passed the guardrail
/// `service-account-name`.
fn trust(identity: &Identity, namespace: &str, service_account: &str) -> String {
    let (principal, action, condition) = match identity {
        Identity::Irsa { oidc_provider_arn } => {
            let issuer = Aws::issuer(oidc_provider_arn);
            (
                Principal::Federated(oidc_provider_arn.clone()),
                vec!["sts:AssumeRoleWithWebIdentity"],
                condition(
                    "StringEquals",
                    [
                        (&*format!("{issuer}:aud"), "sts.amazonaws.com".to_owned()),
                        (
                            &*format!("{issuer}:sub"),
                            format!("system:serviceaccount:{namespace}:{service_account}"),
                        ),
                    ],
                ),
            )
        }
        Identity::PodIdentity { cluster_name } => (
            Principal::Service("pods.eks.amazonaws.com"),
            vec!["sts:AssumeRole", "sts:TagSession"],
            condition(
                "StringEquals",
                [
                    ("aws:RequestTag/eks-cluster-name", cluster_name.clone()),
                    ("aws:RequestTag/kubernetes-namespace", namespace.to_owned()),
                    ("aws:RequestTag/kubernetes-service-account", service_account.to_owned()),
                ],
            ),
        ),
    };
    Document::json(vec![Statement {
        sid: "OneServiceAccount",
        effect: Effect::Allow,
        principal: Some(principal),
        action,
        resource: Vec::new(),
        condition,
    }])
}

/// Cluster and ServiceAccount are part of the key, joined by a dot that neither may hold: an
/// association cannot change them.
fn association(order: &Order<'_>, plan: &mut Plan, service_account: &str, cluster: &str) {
    order.manage(
        plan,
        ManagedResource {
            kind: ASSOCIATION_TYPE,
            part: format!("pod-identity-{cluster}.{service_account}"),
            external_name: None,
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                region: &order.place.region,
                clusterName: cluster.to_owned(),
                namespace: &order.claim.namespace,
                serviceAccount: service_account.to_owned(),
                roleArnRef: order.reference(ROLE),
                tags: order.tags(),
            },
        },
    );
}

/// Makes the ServiceAccount, unless it is somebody else's. Returns whether it is ours.
///
/// INVARIANT: one that exists and that this claim did not make is never composed: the claim's
/// deletion would delete it.
fn create(
    order: &Order<'_>,
    plan: &mut Plan,
    name: &str,
    creation: Creation,
    role_arn: &str,
) -> bool {
    let key = order.key(&service_account_part(name));
    let ours = order.observed.get(&key).is_some();
    let may_be_made = creation == Creation::Wanted && order.service_account == Answer::Absent;
    let stays = ours && creation != Creation::Declined;
    if !may_be_made && !stays {
        if creation == Creation::Wanted && order.service_account == Answer::Pending {
            plan.wait(key, "the answer whether a ServiceAccount of its name exists");
        }
        return false;
    }
    let annotations = match &order.aws().identity {
        Identity::Irsa { .. } => BTreeMap::from([(ROLE_ARN.to_owned(), role_arn.to_owned())]),
        Identity::PodIdentity { .. } => BTreeMap::new(),
    };
    let account = ServiceAccount {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(order.claim.namespace.clone()),
            annotations: (!annotations.is_empty()).then_some(annotations),
            ..ObjectMeta::default()
        },
        ..ServiceAccount::default()
    };
    // A ServiceAccount is made of texts and maps: it always serialises.
    let object = serde_json::to_value(account).map_or(Node::Absent, Node::from);
    plan.add(key, Readiness::Existence, object);
    true
}

fn role_arn(order: &Order<'_>, name: &str) -> String {
    let partition = partition(&order.aws().kms_key_arn);
    format!("arn:{partition}:iam::{}:role/{name}", order.place.account_id)
}
