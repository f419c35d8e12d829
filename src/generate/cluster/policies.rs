//! Admission policies.
use crate::catalog::Catalog;
use crate::manifest::Node;

pub(super) fn secret_stores(_: &Catalog) -> Vec<Node> {
    Vec::new()
}
pub(super) fn identities(_: &Catalog) -> Vec<Node> {
    Vec::new()
}
pub(super) fn composed_secrets(_: &Catalog) -> Vec<Node> {
    Vec::new()
}
