//! Where a claim's resources are: the living ones' account, region and network, whatever the
//! catalogue says since.

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

impl Place {
    /// Where the living primary resource is, else where the catalogue says.
    pub fn of(offering: &Offering, observed: &Observed) -> Self {
        let kind = offering.kind;
        let mut placed = kind.placed_keys().iter();
        let placed = placed.find(|key| observed.get(key).is_some()).copied();
        let primary = observed.outline(placed.unwrap_or_default());
        let part = |part: &str| observed.outline(&format!("{}-{part}", kind.key_prefix()));
        let aws = &offering.aws;
        let or = |living: &Option<String>, today: &String| living.as_ref().unwrap_or(today).clone();
        Self {
            account_id: or(&part("role").account_id, &aws.account_id),
            region: or(&primary.region, &aws.region),
            provider_config: or(&primary.provider_config, &aws.provider_config),
            former_vpc: part("security-group").vpc_id.clone().filter(|vpc| *vpc != aws.vpc_id),
        }
    }
}
