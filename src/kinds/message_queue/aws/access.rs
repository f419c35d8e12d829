//! How an application gets in: a virtual host and a user of its own, which RabbitMQ's topology
//! operator makes with the administrator's password.
//!
//! All of it lies beside the administrator's Secret: whoever may make objects of that operator
//! where the Secret can be used is the administrator. The credentials Secret alone goes to the
//! team.

use serde::Deserialize;

use super::Living;
use crate::backends::stages::{Lack, stage};
use crate::backends::{Operator, Order, Presence};
use crate::credentials::generated::{self, Generated, PASSWORD};
use crate::credentials::{self, Binding, SecretBuilder};
use crate::kinds::message_queue::Parameters;
use crate::manifest::Node;
use crate::object;
use crate::observed::Sensitive;
use crate::outcome::{Plan, Readiness};

/// Part of the name of the Secret with the administrator's password.
pub(super) const ADMINISTRATOR: &str = "administrator";
/// Part of the name of the operator's access to the broker.
const CONNECTION: &str = "connection";
/// Part of the name of the Secret with the application's password.
const LOGIN: &str = "login";
const VHOST: &str = "vhost";
const USER: &str = "user";
const PERMISSION: &str = "permission";

/// What the operator makes in the broker, with its kinds.
const KINDS: [(&str, &str); 3] = [(VHOST, "Vhost"), (USER, "User"), (PERMISSION, "Permission")];

/// Parts of the names of what the operator makes in the broker.
pub(super) const OBJECTS: [&str; 3] = [VHOST, USER, PERMISSION];

const API_VERSION: &str = "rabbitmq.com/v1beta1";

/// The operator sees Secrets with this label alone (messaging-topology-operator v1.20.1,
/// `api/v1beta1/labels.go`).
const SEEN: (&str, &str) = ("rabbitmq.com/topology-operator", "true");

/// Name of the application's user: a broker has one application.
const USER_NAME: &str = "app";
/// Name of the administrator: 2–100 characters, and not `guest` (botocore 1.44.5, `mq` User).
const ADMINISTRATOR_NAME: &str = "administrator";
/// The virtual host that every broker has.
const DEFAULT_VHOST: &str = "/";

/// The broker's administrator.
pub(super) struct Administrator {
    pub(super) name: String,
    /// What they log in with, or what it waits for.
    pub(super) password: Result<Sensitive, Lack>,
}

/// What an application is to reach.
pub(super) struct Application<'a> {
    /// Host name and port, once AWS reports them.
    pub(super) endpoint: Option<(&'a str, i64)>,
    /// Address of the management API, once AWS reports it.
    pub(super) management_url: Option<&'a str>,
    pub(super) vhost: String,
    pub(super) administrator: Administrator,
    /// Without the operator, the application is the administrator.
    pub(super) gets_administrator: bool,
}

/// Composes the administrator's Secret. The password as it is in use is known from copies.
pub(super) fn administrator(order: &Order<'_>, plan: &mut Plan, living: &Living) -> Administrator {
    let mut users = living.spec.for_provider.user.iter();
    let name = users
        .find_map(|user| user.username.clone())
        .unwrap_or_else(|| ADMINISTRATOR_NAME.to_owned());
    let copy = order.observed.secret_value(&order.key(CONNECTION), PASSWORD);
    let wanted = Generated {
        part: ADMINISTRATOR,
        namespace: order.managed_secret_namespace().to_owned(),
        labels: Vec::new(),
        entries: Vec::new(),
        in_use: copy.or_else(|| delivered(order, &name)),
        is_set: order.exists(super::broker::PART) || order.exists(CONNECTION),
    };
    let password = generated::password(order, plan, wanted);
    Administrator { name, password }
}

/// The password of `user` as it was delivered to the team.
fn delivered(order: &Order<'_>, user: &str) -> Option<Sensitive> {
    let key = order.claim.kind.credentials_key();
    let name = order.observed.secret_value(&key, "username")?;
    (name.expose_text() == Some(user)).then(|| order.observed.secret_value(&key, PASSWORD))?
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vhost {
    spec: Named,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Option<String>,
}

/// Name of the virtual host: the living one's, which cannot change.
pub(super) fn vhost(order: &Order<'_>, parameters: &Parameters) -> String {
    let living: Vhost = order.observed.read(&order.key(VHOST)).ok().flatten().unwrap_or_default();
    living.spec.name.unwrap_or_else(|| parameters.vhost(&order.claim.name).to_owned())
}

/// Composes as many stages as can be, and delivers the credentials after the last one.
pub(super) fn give(
    order: &Order<'_>,
    plan: &mut Plan,
    application: &Application<'_>,
    created: Result<(), Lack>,
) {
    let missing = order.operators.presence(Operator::MessagingTopology) == Presence::Missing;
    let used = OBJECTS.iter().any(|part| order.exists(part));
    if application.gets_administrator && missing && !used {
        give_administrator(order, plan, application);
        return;
    }
    plan.status.push(("vhost", Node::from(application.vhost.clone())));
    let connected = connection(order, plan, application);
    let login = login(order, plan);
    let made = objects(order, plan, application, login.as_ref());
    let ready = operator(order).and(created).and(connected).and(made).and_then(|()| is_made(order));
    match (ready.and(login), application.endpoint) {
        (Ok(password), Some(endpoint)) => {
            deliver(order, plan, endpoint, &application.vhost, USER_NAME, &password);
        }
        (Err(lack), _) => credentials::wait(order, plan, lack.credentials_wait()),
        (Ok(_), None) => credentials::wait(order, plan, no_endpoint().credentials_wait()),
    }
}

/// Delivers the administrator where the catalogue allows it, and the operator is missing.
fn give_administrator(order: &Order<'_>, plan: &mut Plan, application: &Application<'_>) {
    let Administrator { name, password } = &application.administrator;
    // Nobody could make another virtual host.
    plan.status.push(("vhost", Node::from(DEFAULT_VHOST)));
    match (password, application.endpoint) {
        (Ok(password), Some(endpoint)) => {
            deliver(order, plan, endpoint, DEFAULT_VHOST, name, password);
        }
        (Err(lack), _) => credentials::wait(order, plan, lack.clone().credentials_wait()),
        (Ok(_), None) => credentials::wait(order, plan, no_endpoint().credentials_wait()),
    }
}

fn no_endpoint() -> Lack {
    Lack::new(
        "WaitingForEndpoint",
        "the broker's endpoint, which AWS reports when the broker is created",
    )
}

fn operator(order: &Order<'_>) -> Result<(), Lack> {
    order.operator(Operator::MessagingTopology, &OBJECTS)
}

/// The Secret by which the operator reaches the broker.
fn connection(
    order: &Order<'_>,
    plan: &mut Plan,
    application: &Application<'_>,
) -> Result<(), Lack> {
    let before = order.observed.secret_value(&order.key(CONNECTION), "uri");
    let before = before.as_ref().and_then(Sensitive::expose_text);
    let Administrator { name, password } = &application.administrator;
    let ready = operator(order).and_then(|()| password.clone()).and_then(|password| {
        let url = application.management_url.or(before).ok_or_else(no_endpoint)?;
        Ok((url.to_owned(), password))
    });
    stage(order, plan, [CONNECTION], ready, |plan, (url, password)| {
        let entries = [
            ("uri", url.into_bytes()),
            ("username", name.clone().into_bytes()),
            (PASSWORD, password.expose().to_vec()),
        ];
        let secret = SecretBuilder {
            name: order.object_name(CONNECTION),
            namespace: order.managed_secret_namespace().to_owned(),
            kind: "Opaque".to_owned(),
            labels: vec![SEEN],
            data: entries
                .into_iter()
                .map(|(name, value)| (name.to_owned(), k8s_openapi::ByteString(value)))
                .collect(),
        };
        let secret = owned(secret.build(), owners(order));
        plan.add(order.key(CONNECTION), Readiness::Existence, secret);
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Owner {
    metadata: Identity,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Identity {
    name: Option<String>,
    uid: Option<String>,
}

/// What the operator made, as owners of what it needs to unmake it: Kubernetes deletes an object
/// when its last owner is gone, and not before.
fn owners(order: &Order<'_>) -> Vec<Node> {
    let owner = |(part, kind): (&str, &'static str)| {
        let living: Owner = order.observed.read(&order.key(part)).ok().flatten()?;
        let (name, uid) = living.metadata.name.zip(living.metadata.uid)?;
        Some(object! { apiVersion: API_VERSION, kind: kind, name: name, uid: uid })
    };
    KINDS.into_iter().filter_map(owner).collect()
}

fn owned(mut object: Node, owners: Vec<Node>) -> Node {
    if let Some(metadata) = object.get("metadata").filter(|_| !owners.is_empty()) {
        let mut metadata = metadata.clone();
        metadata.set("ownerReferences", Node::List(owners));
        object.set("metadata", metadata);
    }
    object
}

/// The application's password, in the Secret that the operator takes it from. An operator that
/// generated one itself would generate another one should its Secret be lost.
fn login(order: &Order<'_>, plan: &mut Plan) -> Result<Sensitive, Lack> {
    let parts = [LOGIN, "login-password", "login-generator"];
    stage(order, plan, parts, operator(order), |_, ()| ())?;
    let wanted = Generated {
        part: LOGIN,
        namespace: order.managed_secret_namespace().to_owned(),
        labels: vec![SEEN],
        entries: vec![("username", USER_NAME.to_owned())],
        in_use: delivered(order, USER_NAME),
        is_set: order.exists(USER),
    };
    generated::password(order, plan, wanted)
}

/// The virtual host, the user, and what the user may do.
fn objects(
    order: &Order<'_>,
    plan: &mut Plan,
    application: &Application<'_>,
    login: Result<&Sensitive, &Lack>,
) -> Result<(), Lack> {
    // The operator's webhook refuses what refers to a Secret that does not exist yet.
    let ready = operator(order).and_then(|()| {
        let known = order.exists(CONNECTION) || OBJECTS.iter().any(|part| order.exists(part));
        login.map(drop).map_err(Clone::clone)?;
        known.then_some(()).ok_or_else(|| {
            Lack::new("WaitingForConnection", "the topology operator's access to the broker")
        })
    });
    stage(order, plan, OBJECTS, ready, |plan, ()| {
        let reference =
            || object! { connectionSecret: object! { name: order.object_name(CONNECTION) } };
        let mut make = |part: &'static str, kind: &'static str, spec: Node| {
            let object = object! {
                apiVersion: API_VERSION,
                kind: kind,
                metadata: object! {
                    name: order.object_name(part),
                    namespace: order.managed_secret_namespace().to_owned(),
                },
                spec: spec,
            };
            plan.add(order.key(part), Readiness::Condition, object);
        };
        let vhost = object! {
            name: application.vhost.clone(),
            // Messages survive the loss of a node; with one node it costs nothing.
            defaultQueueType: "quorum",
            // A virtual host that is deleted takes its queues with it. It goes with the broker.
            deletionPolicy: "retain",
            rabbitmqClusterReference: reference(),
        };
        make(VHOST, "Vhost", vhost);
        let user = object! {
            importCredentialsSecret: object! { name: order.object_name(LOGIN) },
            rabbitmqClusterReference: reference(),
        };
        make(USER, "User", user);
        let permission = object! {
            // By name: of a reference the operator makes an owner, and there can be one
            // controlling owner only, which is Crossplane's composite resource.
            user: USER_NAME,
            vhost: application.vhost.clone(),
            permissions: object! { configure: ".*", write: ".*", read: ".*" },
            rabbitmqClusterReference: reference(),
        };
        make(PERMISSION, "Permission", permission);
    })
}

/// Whether the application can log in and work.
fn is_made(order: &Order<'_>) -> Result<(), Lack> {
    let is_ready = |part: &str| order.observed.is_ready(&order.key(part));
    // Who was given credentials keeps them, whatever the operator is doing.
    if OBJECTS.iter().all(|part| is_ready(part)) || delivered(order, USER_NAME).is_some() {
        return Ok(());
    }
    Err(Lack::new(
        "WaitingForUser",
        "the application's user and virtual host, which the topology operator creates",
    ))
}

fn deliver(
    order: &Order<'_>,
    plan: &mut Plan,
    (host, port): (&str, i64),
    vhost: &str,
    user: &str,
    password: &Sensitive,
) {
    let password = password.expose_text().unwrap_or_default();
    let encode = credentials::percent_encode;
    let uri =
        format!("amqps://{}:{}@{host}:{port}/{}", encode(user), encode(password), encode(vhost));
    let entries = vec![
        ("host", host.to_owned()),
        ("port", port.to_string()),
        ("vhost", vhost.to_owned()),
        ("username", user.to_owned()),
        ("password", password.to_owned()),
        ("uri", uri),
        ("tls", "true".to_owned()),
    ];
    credentials::deliver(order, plan, Binding { kind: "rabbitmq", entries });
}
