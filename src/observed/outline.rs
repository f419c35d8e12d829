//! Who an observed resource is: what every one of them is asked for, read once.

use serde::Deserialize;

use crate::wire::{self, Struct};

/// Who a resource is: what every one of them is asked for, read at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Name of the object.
    pub name: Option<String>,
    /// Name of the thing in the cloud, once it is known.
    pub external_name: Option<String>,
    /// Name of its provider's configuration: the account.
    pub provider_config: Option<String>,
    /// Name of its connection Secret.
    pub connection_secret: Option<String>,
    /// `forProvider.region`.
    pub region: Option<String>,
    /// `forProvider.name`: the name that it was given in the cloud.
    pub given_name: Option<String>,
    /// `forProvider.vpcId`.
    pub vpc_id: Option<String>,
    /// The account that it is in, where its ARN tells: `arn:aws:iam::111122223333:role/x`.
    pub account_id: Option<String>,
    /// It reports `Ready`.
    pub ready: bool,
}

impl Outline {
    pub(super) const NOTHING: Self = Self {
        name: None,
        external_name: None,
        provider_config: None,
        connection_secret: None,
        region: None,
        given_name: None,
        vpc_id: None,
        account_id: None,
        ready: false,
    };

    /// Of an object that cannot be read, everything is absent.
    pub(super) fn of(object: &Struct) -> Self {
        Self::read(object).unwrap_or_default()
    }

    fn read(object: &Struct) -> Result<Self, wire::Error> {
        let outlined: Outlined<'_> = object.read()?;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (spec, status) = (outlined.spec, outlined.status);
        let ready =
            |condition: &Condition<'_>| condition.kind == "Ready" && condition.status == "True";
        let annotations = outlined.metadata.annotations;
        let account = status.at_provider.arn.and_then(|arn| arn.split(':').nth(4));
        Ok(Self {
            name: owned(outlined.metadata.name),
            external_name: owned(annotations.external_name.filter(|name| !name.is_empty())),
            provider_config: owned(spec.provider_config_ref.map(|reference| reference.name)),
            connection_secret: owned(spec.connection_secret.map(|reference| reference.name)),
            region: owned(spec.for_provider.region),
            given_name: owned(spec.for_provider.name),
            vpc_id: owned(spec.for_provider.vpc_id),
            account_id: owned(account.filter(|account| {
                account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
            })),
            ready: status.conditions.iter().any(ready),
        })
    }
}

// As it is read: borrowed, so that only what is kept is copied.

#[derive(Default, Deserialize)]
#[serde(default)]
struct Outlined<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    spec: Spec<'a>,
    #[serde(borrow)]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    name: Option<&'a str>,
    #[serde(borrow)]
    annotations: Annotations<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Annotations<'a> {
    #[serde(rename = "crossplane.io/external-name")]
    external_name: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    provider_config_ref: Option<Named<'a>>,
    #[serde(borrow, rename = "writeConnectionSecretToRef")]
    connection_secret: Option<Named<'a>>,
    #[serde(borrow)]
    for_provider: Identity<'a>,
}

#[derive(Deserialize)]
struct Named<'a> {
    name: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Identity<'a> {
    region: Option<&'a str>,
    name: Option<&'a str>,
    vpc_id: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    at_provider: Reported<'a>,
    #[serde(borrow)]
    conditions: Vec<Condition<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reported<'a> {
    arn: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Condition<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    status: &'a str,
}
