//! How credentials reach the claim's namespace: the Service Binding Secret and what fills it.
//!
//! No password is made here. Values come from what was observed and go into one Secret.

pub mod generated;
pub mod identity;

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::backends::Order;
use crate::claim::{Claim, Flavour};
use crate::manifest::Node;
use crate::object;
use crate::observed::{Observed, Sensitive};
use crate::outcome::{Answer, CredentialsWait, Plan, Readiness};

/// The content of a credentials Secret.
pub struct Binding {
    /// Entry `type`, and the Secret's type after `servicebinding.io/`.
    pub kind: &'static str,
    /// The other entries, but for `provider`.
    pub entries: Vec<(&'static str, String)>,
}

/// Delivers credentials to the claim's namespace, once the Secret's name is known.
pub fn deliver(order: &Order<'_>, plan: &mut Plan, binding: Binding) {
    let Answer::Present(name) = &order.secret_name else {
        let message = match order.secret_name {
            // Crossplane before 2.0 looks for objects without a namespace only.
            Answer::Pending => {
                "The credentials wait for Crossplane to show the claim, which names their Secret; \
                 versions before 2.0 cannot"
            }
            _ => "The credentials wait for the claim, which names their Secret and was not found",
        };
        let message = message.to_owned();
        wait(order, plan, CredentialsWait { reason: "WaitingForClaim", message });
        return;
    };
    let fixed = [
        ("type", binding.kind.to_owned()),
        ("provider", order.offering.provider.name().to_owned()),
    ];
    let entries = fixed.into_iter().chain(binding.entries);
    let secret = SecretBuilder {
        name: name.clone(),
        namespace: order.claim.namespace.clone(),
        kind: format!("servicebinding.io/{}", binding.kind),
        labels: Vec::new(),
        data: entries
            .map(|(key, value)| (key.to_owned(), ByteString(value.into_bytes())))
            .collect(),
    };
    plan.add(order.claim.kind.credentials_key(), Readiness::Existence, secret.build());
}

/// Notes that credentials cannot be delivered yet. A Secret that exists stays.
pub fn wait(order: &Order<'_>, plan: &mut Plan, reason: CredentialsWait) {
    plan.wait(order.claim.kind.credentials_key(), reason.message.clone());
    plan.credentials_wait = Some(reason);
}

/// A Secret that its provider fills with a generated value under the key `part`. It belongs to
/// the composite resource and not to the managed resource, so that recreating the latter does
/// not rotate the value; a value that is known is put back.
pub fn token_secret(order: &Order<'_>, plan: &mut Plan, part: &str, value: Option<&Sensitive>) {
    let data = value.map(|value| (part.to_owned(), ByteString(value.expose().to_vec())));
    let secret = SecretBuilder {
        name: order.object_name(part),
        namespace: order.managed_secret_namespace().to_owned(),
        kind: "Opaque".to_owned(),
        labels: Vec::new(),
        data: data.into_iter().collect(),
    };
    plan.add(order.key(part), Readiness::Existence, secret.build());
}

/// A managed resource's reference to the entry `key` of the Secret with this part of the name, in
/// the namespace of the secrets that managed resources read.
pub fn secret_reference(order: &Order<'_>, part: &str, key: &'static str) -> Node {
    let cluster_scoped = order.claim.flavour == Flavour::Claims;
    object! {
        name: order.object_name(part),
        namespace: cluster_scoped.then(|| order.managed_secret_namespace().to_owned()),
        key: key,
    }
}

/// Whether the claim's credentials Secret was observed with every entry of its kind.
pub fn are_complete(claim: &Claim, observed: &Observed) -> bool {
    let key = claim.kind.credentials_key();
    observed.get(&key).is_some()
        && claim
            .kind
            .constant_secret_keys()
            .all(|entry| observed.secret_value(&key, entry).is_some())
}

/// Escapes what is not unreserved in a URI (RFC 3986 §2.3).
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// A Secret to be composed.
#[derive(Debug)]
pub(crate) struct SecretBuilder {
    pub(crate) name: String,
    pub(crate) namespace: String,
    /// Its type.
    pub(crate) kind: String,
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    pub(crate) data: BTreeMap<String, ByteString>,
}

impl SecretBuilder {
    pub(crate) fn build(self) -> Node {
        let Self { name, namespace, kind, labels, data } = self;
        let labels: BTreeMap<String, String> =
            labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let secret = Secret {
            metadata: ObjectMeta {
                name: Some(name),
                namespace: Some(namespace),
                labels: (!labels.is_empty()).then_some(labels),
                ..ObjectMeta::default()
            },
            type_: Some(kind),
            data: (!data.is_empty()).then_some(data),
            ..Secret::default()
        };
        // A Secret is made of texts and maps: it always serialises.
        serde_json::to_value(secret).map_or(Node::Absent, Node::from)
    }
}

#[cfg(test)]
mod tests {
    use super::percent_encode;

    #[test]
    fn escapes_what_uris_reserve() {
        assert_eq!(percent_encode("aZ0-._~"), "aZ0-._~");
        assert_eq!(percent_encode("p@ss:/?#ä"), "p%40ss%3A%2F%3F%23%C3%A4");
    }
}
