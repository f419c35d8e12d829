//! Passwords that are born in the cluster: External Secrets generates one into an empty Secret
//! of ours, and the function reads it back.
//!
//! What filled the Secret goes as soon as it did, and the Secret is sealed: made anew, for instance
//! by a restore, it would generate another password over the one in use, again and again.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use serde::Deserialize;

use super::{SecretBuilder, Sensitive};
use crate::backends::stages::{Lack, stage};
use crate::backends::{Operator, Order};
use crate::manifest::Node;
use crate::outcome::{Plan, Readiness};
use crate::{list, object};

/// The entry of the Secret that holds the password.
pub const PASSWORD: &str = "password";

/// 32 letters and digits: some 190 bits, and nothing that a broker, a URI or a shell minds.
const LENGTH: i64 = 32;
const DIGITS: i64 = 8;

/// A password to be generated, and the Secret that keeps it.
#[derive(Debug)]
pub struct Generated {
    /// Part of the name of its Secret.
    pub part: &'static str,
    /// Namespace of the Secret, and of what fills it.
    pub namespace: String,
    /// Labels of the Secret.
    pub labels: Vec<(&'static str, &'static str)>,
    /// Entries of the Secret besides the password, such as the name of the user.
    pub entries: Vec<(&'static str, String)>,
    /// The password as it is in use, where a copy of it is known. It wins over that of a Secret that
    /// is not sealed.
    pub in_use: Option<Sensitive>,
    /// Somebody was given the password already, so that another one would be wrong.
    pub is_set: bool,
}

/// A Secret that may be sealed: nobody can change its data then.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    immutable: Option<bool>,
    data: BTreeMap<String, ByteString>,
}

/// The data of a sealed Secret with a password.
fn sealed(order: &Order<'_>, part: &str) -> Option<BTreeMap<String, ByteString>> {
    let kept: Kept = order.observed.read(&order.key(part)).ok().flatten()?;
    let is_set = kept.data.get(PASSWORD).is_some_and(|password| !password.0.is_empty());
    (kept.immutable == Some(true) && is_set).then_some(kept.data)
}

/// Composes the Secret and, until it holds a password, what fills it. Returns the password.
///
/// # Errors
///
/// What the password waits for.
pub fn password(order: &Order<'_>, plan: &mut Plan, wanted: Generated) -> Result<Sensitive, Lack> {
    let Generated { part, namespace, labels, entries, in_use, is_set } = wanted;
    let own = order.observed.secret_value(&order.key(part), PASSWORD);
    let sealed = sealed(order, part);
    let known = if sealed.is_some() { own } else { in_use.or(own) };
    let password = known.iter().map(|known| (PASSWORD, known.expose().to_vec()));
    let entries = entries.into_iter().map(|(name, value)| (name, value.into_bytes()));
    let wanted = entries.chain(password);
    let secret = SecretBuilder {
        name: order.object_name(part),
        namespace: namespace.clone(),
        kind: "Opaque".to_owned(),
        labels,
        // The data of a sealed Secret cannot change, and is asked for as it is.
        data: sealed.unwrap_or_else(|| {
            wanted.map(|(name, value)| (name.to_owned(), ByteString(value))).collect()
        }),
    };
    let mut secret = secret.build();
    if known.is_some() {
        secret.set("immutable", Node::from(true));
    }
    plan.add(order.key(part), Readiness::Existence, secret);
    if let Some(known) = known {
        return Ok(known);
    }
    if is_set {
        return Err(Lack::new(
            "PasswordUnknown",
            format!(
                "a password that is in use and that nobody knows any more; contact {}",
                order.offering.platform.contact
            ),
        ));
    }
    let (filler, generator) = (format!("{part}-password"), format!("{part}-generator"));
    let ready = order.operator(Operator::ExternalSecrets, &[&filler]);
    stage(order, plan, [filler.as_str(), &generator], ready, |plan, ()| {
        let metadata =
            |part: &str| object! { name: order.object_name(part), namespace: &namespace };
        let generated = object! {
            apiVersion: "generators.external-secrets.io/v1alpha1",
            kind: "Password",
            metadata: metadata(&generator),
            spec: object! {
                length: LENGTH,
                digits: DIGITS,
                symbols: 0,
                noUpper: false,
                allowRepeat: true,
            },
        };
        plan.add(order.key(&generator), Readiness::Existence, generated);
        plan.add(
            order.key(&filler),
            Readiness::Condition,
            external_secret(
                metadata(&filler),
                order.object_name(part),
                order.object_name(&generator),
            ),
        );
    })?;
    Err(Lack::new("WaitingForPassword", "a password, which External Secrets Operator generates"))
}

fn external_secret(metadata: Node, secret: String, generator: String) -> Node {
    object! {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: metadata,
        spec: object! {
            refreshPolicy: "CreatedOnce",
            target: object! {
                name: secret,
                // Never the owner: the Secret must outlive this object.
                creationPolicy: "Merge",
                deletionPolicy: "Retain",
                // Without a template it would copy its own annotations to the Secret, and by one of
                // them Crossplane tells them apart (external-secrets v0.20.4,
                // `externalsecret_controller_template.go`).
                template: object! { engineVersion: "v2" },
            },
            dataFrom: list![object! {
                sourceRef: object! {
                    generatorRef: object! {
                        apiVersion: "generators.external-secrets.io/v1alpha1",
                        kind: "Password",
                        name: generator,
                    },
                },
            }],
        },
    }
}
