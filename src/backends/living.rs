//! What a living resource keeps although the catalogue changed: its class and its version.
//!
//! It gets others when its claim asks for them, or when the catalogue marks a rollout.

use super::Order;
use crate::catalog::{Named, Sizes, Version, Versions};

/// The version that a resource is to have.
#[derive(Clone, Debug)]
pub struct ChosenVersion<'a> {
    /// What AWS is told.
    pub engine_version: String,
    /// The catalogue's entry; `None` when the living version left the catalogue.
    pub entry: Option<&'a Version>,
    /// The living version is kept.
    pub kept: bool,
}

impl Order<'_> {
    /// The size that the claim names; `None` when it left the catalogue.
    pub fn size<'a, T: Named>(&self, sizes: &'a Sizes<T>) -> Option<&'a T> {
        let name = self.claim.parameters.common().size?;
        sizes.find(name)
    }

    /// Whether a living resource keeps what it was given for its size, where `rollout` is what
    /// the catalogue's entry says; `None` when the entry is gone.
    pub fn keeps_size(&self, rollout: Option<bool>) -> bool {
        rollout.is_none_or(|rollout| !rollout && self.is_unchanged("size"))
    }

    /// The version that is meant, with `living` as what exists.
    pub fn choose_version<'a>(
        &self,
        versions: &'a Versions,
        living: Option<&str>,
    ) -> ChosenVersion<'a> {
        let entry = self.version.as_deref().and_then(|name| versions.find(name));
        let accepted = self.memory.is_some_and(|memory| memory.version == self.version);
        let keeps = entry.is_none_or(|version| accepted && !version.rollout);
        let kept = living.filter(|_| keeps);
        ChosenVersion {
            engine_version: kept
                .or(entry.map(|version| version.engine_version.as_str()))
                .unwrap_or_default()
                .to_owned(),
            entry,
            kept: kept.is_some(),
        }
    }
}
