//! What was accepted before: written on the living resource itself.
//!
//! Status can be wiped and caches forget; an annotation on the primary composed resource goes
//! where the resource goes. Comparing with it tells an edit of the claim from an edit of the
//! catalogue.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::catalog::Offering;
use crate::observed::{Managed, Observed, ReadError, Unread};

/// The annotation's name.
pub const ANNOTATION: &str = "selfservice.fn.crossplane.io/accepted";

/// What was accepted when the living resource was last composed.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub struct Memory {
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The parameters as the claim had them.
    pub parameters: BTreeMap<String, Json>,
    /// The version that was meant, asked for or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The availability that was meant, asked for or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_availability: Option<bool>,
    /// The annotation is missing: this was guessed from the living resource.
    #[serde(skip)]
    pub inferred: bool,
}

impl Memory {
    /// Reads what the living resource remembers; `None` when there is none yet. Without a
    /// readable annotation it is guessed from what the resource looks like.
    pub fn read(offering: &Offering, observed: &Observed) -> Result<Option<Self>, ReadError> {
        let mut keys = offering.kind.primary_keys().iter();
        let Some(key) = keys.find(|key| observed.get(key).is_some()) else {
            return Ok(None);
        };
        let living: Managed<Unread, Unread> = observed.managed(key)?;
        let annotation = living.metadata.annotations.accepted;
        if let Some(memory) = annotation.and_then(|text| serde_json::from_str(&text).ok()) {
            Ok(Some(memory))
        } else {
            let guess = crate::kinds::infer(&offering.settings, observed)?;
            Ok(Some(Self { inferred: true, ..guess }))
        }
    }

    /// The annotation's value.
    pub fn write(&self) -> String {
        // A map with text keys always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether the claim's parameter `name` is the one that was accepted. What cannot be
    /// guessed counts as accepted: nothing that lives is changed or refused on a suspicion.
    pub fn agrees(&self, name: &str, written: &BTreeMap<String, Json>) -> bool {
        match self.parameters.get(name) {
            None if self.inferred => true,
            before => before == written.get(name),
        }
    }
}
