//! How Crossplane itself is installed.

use serde::{Deserialize, Serialize};

use super::Problems;
use crate::names;

/// How Crossplane itself is installed. The defaults are those of its Helm chart.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Crossplane {
    /// Its namespace, where functions and providers run, too; `crossplane-system` when left out.
    pub namespace: String,
    /// Its `ServiceAccount`; `crossplane` when left out.
    pub service_account: String,
}

impl Default for Crossplane {
    fn default() -> Self {
        Self { namespace: "crossplane-system".to_owned(), service_account: "crossplane".to_owned() }
    }
}

impl Crossplane {
    /// The name in the certificate that it shows to functions.
    pub fn client_name(&self) -> String {
        format!("{}.{}", self.service_account, self.namespace)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (field, name, what) in [
            ("namespace", &self.namespace, "namespace"),
            ("serviceAccount", &self.service_account, "ServiceAccount"),
        ] {
            problems.require(names::is_dns_label(name), field, || {
                format!("\"{name}\" is not the name of a {what}")
            });
        }
    }
}
