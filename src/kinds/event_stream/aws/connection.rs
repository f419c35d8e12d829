//! provider-kafka's way to a dedicated cluster: where its brokers are, and no password, since
//! the provider shows its own identity of AWS.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;

use super::{KAFKA_CONFIG, KAFKA_CONNECTION};
use crate::backends::stages::{Lack, stage};
use crate::backends::{Operator, Order};
use crate::claim::Flavour;
use crate::credentials::SecretBuilder;
use crate::object;
use crate::outcome::{Plan, Readiness};

/// The entry of the Secret that provider-kafka reads.
const ENTRY: &str = "credentials";

/// Composes the Secret and the configuration, once AWS reports the `brokers`.
pub(super) fn compose(
    order: &Order<'_>,
    plan: &mut Plan,
    brokers: Option<&str>,
) -> Result<(), Lack> {
    let parts = [KAFKA_CONNECTION, KAFKA_CONFIG];
    let ready =
        order.operator(Operator::ProviderKafka, &parts).and_then(|()| brokers.ok_or_else(unknown));
    let composed = stage(order, plan, parts, ready, |plan, brokers| {
        secret(order, plan, brokers);
        configuration(order, plan);
    });
    // A status that was wiped takes nothing back.
    composed.or_else(|lack| if order.exists(KAFKA_CONFIG) { Ok(()) } else { Err(lack) })
}

/// Why there is nothing to connect to yet.
pub(super) fn unknown() -> Lack {
    Lack::new(
        "WaitingForBrokers",
        "the addresses of the brokers, which AWS reports when the cluster is created",
    )
}

fn secret(order: &Order<'_>, plan: &mut Plan, brokers: &str) {
    let brokers: Vec<&str> = brokers.split(',').collect();
    let connection = serde_json::json!({
        "brokers": brokers,
        "sasl": {"mechanism": "aws-msk-iam"},
        "tls": {"insecureSkipVerify": false},
    });
    let connection = ByteString(connection.to_string().into_bytes());
    let secret = SecretBuilder {
        name: order.object_name(KAFKA_CONNECTION),
        namespace: order.managed_secret_namespace().to_owned(),
        kind: "Opaque".to_owned(),
        labels: Vec::new(),
        data: BTreeMap::from([(ENTRY.to_owned(), connection)]),
    };
    plan.add(order.key(KAFKA_CONNECTION), Readiness::Existence, secret.build());
}

fn configuration(order: &Order<'_>, plan: &mut Plan) {
    let api_version = match order.claim.flavour {
        Flavour::Namespaced => "kafka.m.crossplane.io/v1alpha1",
        Flavour::Claims => "kafka.crossplane.io/v1alpha1",
    };
    let manifest = object! {
        apiVersion: api_version,
        kind: "ProviderConfig",
        metadata: order.metadata(KAFKA_CONFIG, None),
        spec: object! {
            credentials: object! {
                source: "Secret",
                secretRef: object! {
                    name: order.object_name(KAFKA_CONNECTION),
                    namespace: order.managed_secret_namespace().to_owned(),
                    key: ENTRY,
                },
            },
        },
    };
    plan.add(order.key(KAFKA_CONFIG), Readiness::Existence, manifest);
}
