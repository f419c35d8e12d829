//! `CredentialData`: a pipeline step's credentials, which no log may show.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

/// The entries of a Secret that a Composition gives a pipeline step.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct CredentialData {
    /// Secret: never print or log the values.
    #[prost(btree_map = "string, bytes", tag = "1")]
    pub data: BTreeMap<String, Bytes>,
}

/// Prints the names only.
impl fmt::Debug for CredentialData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialData").field("data", &self.data.keys()).finish()
    }
}
