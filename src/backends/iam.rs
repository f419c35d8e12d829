//! IAM policy documents, written by a serialiser from types.
//!
//! Effects, actions, operators and principals' forms are fixed in the code, so that no text of a
//! claim can add a statement or widen one. What a policy allows is its kind's business.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A policy document.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    version: &'static str,
    statement: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Its name within the policy.
    pub sid: &'static str,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whom it concerns; `None` in policies of a role, which concern the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// The actions, each by its full name.
    pub action: Vec<&'static str>,
    /// ARNs of what it is about; empty in trust policies, which are about their role.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// By operator, then by condition key; empty where the resources say everything.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<&'static str, BTreeMap<String, String>>,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// Whom a statement concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Everyone. Only for statements that deny.
    Everyone,
    /// Whom the identity provider with this ARN vouches for.
    Federated(String),
    /// A service of AWS.
    Service(&'static str),
}

impl Document {
    /// A policy of these statements, in JSON.
    pub fn json(statement: Vec<Statement>) -> String {
        let document = Self { version: "2012-10-17", statement };
        // Texts, lists and maps with text keys always serialise.
        serde_json::to_string(&document).unwrap_or_default()
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, name) = match self {
            Self::Everyone => return serializer.serialize_str("*"),
            Self::Federated(arn) => ("Federated", arn.as_str()),
            Self::Service(name) => ("Service", *name),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(kind, name)?;
        map.end()
    }
}

/// A condition with one operator: all its keys must have exactly these values.
pub fn condition<const N: usize>(
    operator: &'static str,
    keys: [(&str, String); N],
) -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let keys = keys.map(|(key, value)| (key.to_owned(), value));
    BTreeMap::from([(operator, BTreeMap::from(keys))])
}

/// The domain that AWS's endpoints of a partition end in.
pub fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    }
}
