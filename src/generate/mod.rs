//! Files that are made from the code and the catalogue, so that they cannot drift from either.

pub mod catalog_reference;
pub mod offering_crd;
mod schema;
