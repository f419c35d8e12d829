//! Where a claim's resources are: the living ones' account, region and network, whatever the
//! catalogue says since.

use serde::Deserialize;

use crate::catalog::Offering;
use crate::observed::Observed;

/// Where a claim's resources are, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Region of AWS.
    pub region: String,
    /// Number of the account.
    pub account_id: String,
    /// Name of the AWS provider's configuration for it.
    pub provider_config: String,
    /// The network that it is in, when it is not the catalogue's any more.
    pub former_vpc: Option<String>,
}

/// A managed resource, as far as it says where it is and what it is called.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Situated {
    pub(super) metadata: crate::observed::Metadata,
    pub(super) spec: Spec,
    status: Status,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    at_provider: Reported,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Reported {
    arn: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) provider_config_ref: Option<Named>,
    pub(super) write_connection_secret_to_ref: Option<Named>,
    pub(super) for_provider: Identity,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

/// What AWS cannot change of a thing. A difference to it would mean another thing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Identity {
    pub(super) region: Option<String>,
    pub(super) name: Option<String>,
    pub(super) vpc_id: Option<String>,
}

impl Situated {
    /// The resource under `key`; all is absent when there is none, or it cannot be read.
    pub(super) fn read(observed: &Observed, key: &str) -> Self {
        observed.read(key).ok().flatten().unwrap_or_default()
    }

    /// The account that it is in, where its ARN tells: `arn:aws:iam::111122223333:role/x`.
    fn account_id(&self) -> Option<&str> {
        let account = self.status.at_provider.arn.as_deref()?.split(':').nth(4)?;
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        digits.then_some(account)
    }
}

impl Place {
    /// Where the living primary resource is, else where the catalogue says.
    pub fn of(offering: &Offering, observed: &Observed) -> Self {
        let kind = offering.kind;
        let placed = kind.placed_keys().iter().find(|key| observed.get(key).is_some());
        let primary = placed.map(|key| Situated::read(observed, key).spec).unwrap_or_default();
        let group = format!("{}-security-group", kind.key_prefix());
        let network = Situated::read(observed, &group).spec.for_provider.vpc_id;
        let role = Situated::read(observed, &format!("{}-role", kind.key_prefix()));
        let aws = &offering.aws;
        Self {
            account_id: role.account_id().map_or_else(|| aws.account_id.clone(), str::to_owned),
            region: primary.for_provider.region.unwrap_or_else(|| aws.region.clone()),
            provider_config: primary
                .provider_config_ref
                .map_or_else(|| aws.provider_config.clone(), |reference| reference.name),
            former_vpc: network.filter(|vpc| *vpc != aws.vpc_id),
        }
    }
}
