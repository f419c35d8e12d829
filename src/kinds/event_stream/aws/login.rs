//! The login of a shared stream's application: a password that is born in the cluster, and its
//! way through Secrets Manager to the brokers.
//!
//! What the login may do is not decided here.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use serde::Deserialize;
use serde_json::Value as Json;

use super::grants;
use super::shared::Cluster;
use super::{BOOTSTRAP_SERVERS, CREDENTIALS};
use crate::backends::Order;
use crate::backends::managed::{Lifetime, ManagedResource, Type};
use crate::backends::stages::{Lack, stage};
use crate::catalog::CLUSTER_TAG;
use crate::credentials::generated::{self, Generated, PASSWORD};
use crate::credentials::{self, SecretBuilder};
use crate::kinds::event_stream;
use crate::names::Limit;
use crate::object;
use crate::observed::{Managed, Observed, Sensitive, Unread};
use crate::outcome::{Plan, Readiness};

const SECRET: Type = Type::new("secretsmanager", "Secret", "v1beta1");
const VERSION: Type = Type::new("secretsmanager", "SecretVersion", "v1beta1");
const ASSOCIATION: Type = Type::new("kafka", "SingleScramSecretAssociation", "v1beta1");

const LOGIN: &str = "login";
const SCRAM_LOGIN: &str = "scram-login";
const SCRAM_SECRET: &str = "scram-secret";
const SCRAM_VERSION: &str = "scram-version";
const SCRAM_ASSOCIATION: &str = "scram-association";

/// MSK takes secrets of no other name (MSK developer guide, "Sign-in credentials authentication
/// with AWS Secrets Manager").
const SECRET_PREFIX: &str = "AmazonMSK_";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Secret {
    name: Option<String>,
    kms_key_id: Option<String>,
    tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Association {
    cluster_arn: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Principal {
    resource_principal: Option<String>,
}

fn living_secret(observed: &Observed) -> Secret {
    let living: Managed<Secret, Unread> =
        observed.managed(event_stream::SCRAM_SECRET).unwrap_or_default();
    living.spec.for_provider
}

/// ARN of the cluster that a living login is for.
pub(super) fn living_cluster(observed: &Observed) -> Option<String> {
    let living: Managed<Association, Unread> =
        observed.managed(event_stream::SCRAM_ASSOCIATION).unwrap_or_default();
    let tagged = || living_secret(observed).tags.remove(CLUSTER_TAG);
    living.spec.for_provider.cluster_arn.or_else(tagged)
}

/// ARN of the key that encrypts a living login.
pub(super) fn living_key(observed: &Observed) -> Option<String> {
    living_secret(observed).kms_key_id
}

/// Where the brokers of a living login are, as its application was or will be told.
pub(super) fn living_bootstrap_servers(order: &Order<'_>) -> Option<String> {
    [CREDENTIALS, LOGIN].iter().find_map(|part| {
        let told = order.observed.secret_value(&order.key(part), BOOTSTRAP_SERVERS)?;
        told.expose_text().map(str::to_owned)
    })
}

/// Name of the application's user. A claim that is made again gets another one: what may be
/// left of the former login opens nothing.
///
/// The living name is read from managed resources and from no Secret: whoever can write to one
/// could take over another claim's user.
pub(super) fn user_name(order: &Order<'_>) -> String {
    let secret = living_secret(order.observed).name;
    let of_secret = secret.as_deref().and_then(|name| name.strip_prefix(SECRET_PREFIX));
    of_secret.map(str::to_owned).or_else(|| living_principal(order)).unwrap_or_else(|| {
        let incarnation = order.claim.uid.as_deref().unwrap_or_default();
        order.names.aws(&format!("login {incarnation}"), Limit::AWS)
    })
}

fn living_principal(order: &Order<'_>) -> Option<String> {
    let prefix = order.key(grants::PREFIX);
    order.observed.keys().filter(|key| key.starts_with(&prefix)).find_map(|key| {
        let living: Managed<Principal, Unread> = order.observed.managed(key).unwrap_or_default();
        let principal = living.spec.for_provider.resource_principal?;
        principal.strip_prefix("User:").map(str::to_owned)
    })
}

/// Composes as many stages as can be. Returns the password once the brokers know it.
pub(super) fn compose(
    order: &Order<'_>,
    plan: &mut Plan,
    user: &str,
    cluster: &Cluster,
) -> Result<Sensitive, Lack> {
    let secret = stage(order, plan, [SCRAM_SECRET], cluster.known(), |plan, known| {
        secret(order, plan, user, &known.arn, &known.key);
    });
    let password = generated::password(order, plan, wanted(order, user, cluster));
    let written = secret.and_then(|()| password.clone());
    stage(order, plan, [SCRAM_LOGIN, SCRAM_VERSION], written, |plan, password| {
        version(order, plan, user, &password);
    })?;
    let arrived =
        order.exists(SCRAM_ASSOCIATION) || order.observed.is_ready(&order.key(SCRAM_VERSION));
    let arrived = arrived
        .then_some(())
        .ok_or_else(|| Lack::new("WaitingForLogin", "the login to arrive in Secrets Manager"))
        .and_then(|()| cluster.known());
    stage(order, plan, [SCRAM_ASSOCIATION], arrived, |plan, known| {
        association(order, plan, &known.arn);
    })?;
    if order.observed.is_ready(&order.key(SCRAM_ASSOCIATION)) || order.exists(CREDENTIALS) {
        return password;
    }
    Err(Lack::new("WaitingForLogin", "the brokers to learn the login from Secrets Manager"))
}

/// The password to generate, with where it is for: nobody has to know the catalogue of its day.
fn wanted(order: &Order<'_>, user: &str, cluster: &Cluster) -> Generated {
    let servers = cluster.bootstrap_servers.clone();
    let entries = [("username", user.to_owned())].into_iter();
    Generated {
        part: LOGIN,
        namespace: order.managed_secret_namespace().to_owned(),
        labels: Vec::new(),
        entries: entries.chain(servers.map(|servers| (BOOTSTRAP_SERVERS, servers))).collect(),
        in_use: in_use(order),
        is_set: order.exists(SCRAM_VERSION) || order.exists(CREDENTIALS),
    }
}

/// The password as Secrets Manager was told; where the generated one is lost, as the
/// application was.
fn in_use(order: &Order<'_>) -> Option<Sensitive> {
    let value = |part: &str, entry: &str| order.observed.secret_value(&order.key(part), entry);
    let told = value(SCRAM_LOGIN, LOGIN).and_then(|document| {
        let login: Json = serde_json::from_slice(document.expose()).ok()?;
        let password = login.get(PASSWORD)?.as_str().filter(|text| !text.is_empty())?;
        Some(Sensitive::new(password.to_owned().into_bytes()))
    });
    told.or_else(|| match value(LOGIN, PASSWORD) {
        Some(_) => None,
        None => value(CREDENTIALS, PASSWORD),
    })
}

/// The secret in AWS. MSK lets itself in by a policy of its own: no `SecretPolicy` may be composed.
fn secret(order: &Order<'_>, plan: &mut Plan, user: &str, cluster: &str, key: &str) {
    let mut tags = order.tags();
    tags.set(CLUSTER_TAG, cluster.to_owned());
    order.manage(
        plan,
        ManagedResource {
            kind: SECRET,
            part: SCRAM_SECRET.to_owned(),
            external_name: None,
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                region: &order.place.region,
                name: format!("{SECRET_PREFIX}{user}"),
                description: format!("Login of EventStream {}", order.names),
                // By value: a reference would resolve to the bare key id, and MSK refuses aliases.
                kmsKeyId: key.to_owned(),
                // The password is in the cluster, too, and opens nothing once the claim is gone.
                // A secret that waits for its deletion would keep its name, and the association
                // with it from ending.
                recoveryWindowInDays: 0,
                tags: tags,
            },
        },
    );
}

fn version(order: &Order<'_>, plan: &mut Plan, user: &str, password: &Sensitive) {
    let login = serde_json::json!({
        "username": user,
        PASSWORD: password.expose_text().unwrap_or_default(),
    });
    let secret = SecretBuilder {
        name: order.object_name(SCRAM_LOGIN),
        namespace: order.managed_secret_namespace().to_owned(),
        kind: "Opaque".to_owned(),
        labels: Vec::new(),
        data: BTreeMap::from([(LOGIN.to_owned(), ByteString(login.to_string().into_bytes()))]),
    };
    // Sealed: in the namespaced flavour a team could else say another user's name in it.
    let mut secret = secret.build();
    secret.set("immutable", true);
    plan.add(order.key(SCRAM_LOGIN), Readiness::Existence, secret);
    order.manage(
        plan,
        ManagedResource {
            kind: VERSION,
            part: SCRAM_VERSION.to_owned(),
            external_name: None,
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                region: &order.place.region,
                secretIdRef: order.reference(SCRAM_SECRET),
                secretStringSecretRef: credentials::secret_reference(order, SCRAM_LOGIN, LOGIN),
            },
        },
    );
}

/// One association a secret: the kind that takes a list would take away everybody else's.
fn association(order: &Order<'_>, plan: &mut Plan, cluster: &str) {
    order.manage(
        plan,
        ManagedResource {
            kind: ASSOCIATION,
            part: SCRAM_ASSOCIATION.to_owned(),
            external_name: None,
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                region: &order.place.region,
                clusterArn: cluster.to_owned(),
                secretArnRef: order.reference(SCRAM_SECRET),
            },
        },
    );
}
