//! How a broker is used once nobody knows its password: when its claim is gone, the Secrets of this
//! cluster go with it, and AWS tells nobody a broker's password, nor sets another one.

use serde::Deserialize;

use super::Living;
use super::access::Administrator;
use super::broker::password_reference;
use crate::backends::Order;
use crate::backends::managed::{Lifetime, ManagedResource, Type};
use crate::backends::stages::stage;
use crate::names::Limit;
use crate::object;
use crate::observed::{Managed, ReadError, Unread};
use crate::outcome::Plan;

const SECRET: Type = Type::new("secretsmanager", "Secret", "v1beta1");
const VERSION: Type = Type::new("secretsmanager", "SecretVersion", "v1beta1");

/// Part of the name of the secret in AWS.
const PART: &str = "recovery-secret";
/// Part of the name of what the secret holds.
const PASSWORD: &str = "recovery-password";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Encrypted {
    kms_key_id: Option<String>,
}

/// Keeps the administrator's password in AWS Secrets Manager, for as long as there is the broker.
pub(super) fn keep(
    order: &Order<'_>,
    plan: &mut Plan,
    living: &Living,
    administrator: &Administrator,
) -> Result<(), ReadError> {
    let before: Managed<Encrypted, Unread> = order.observed.managed(&order.key(PART))?;
    let key = before.spec.for_provider.kms_key_id;
    order.manage(
        plan,
        ManagedResource {
            kind: SECRET,
            part: PART.to_owned(),
            // The provider takes it from AWS.
            external_name: None,
            lifetime: Lifetime::WithData,
            for_provider: object! {
                region: &order.place.region,
                name: order.names.aws(PART, Limit::AWS),
                description: format!("Administrator of MessageQueue {}", order.names),
                // By value: a reference would resolve to the bare key id.
                // Where it goes with its claim, a claim that is made again finds its name free.
                recoveryWindowInDays: 0,
                kmsKeyId: key.unwrap_or_else(|| order.aws().kms_key_arn.clone()),
                tags: order.tags(),
            },
        },
    );
    let known = administrator.password.as_ref().map_err(Clone::clone);
    // What it waits for is said of the broker already.
    let _ = stage(order, plan, [PASSWORD], known, |plan, _| {
        order.manage(
            plan,
            ManagedResource {
                kind: VERSION,
                part: PASSWORD.to_owned(),
                external_name: None,
                lifetime: Lifetime::WithData,
                for_provider: object! {
                    region: &order.place.region,
                    secretIdRef: order.reference(PART),
                    secretStringSecretRef: password_reference(order, living),
                },
            },
        );
    });
    Ok(())
}
