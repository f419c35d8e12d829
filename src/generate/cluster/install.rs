//! The objects that install the packages, for who does not use `crossplane xpkg install`.

use super::{File, runtime};
use crate::catalog::{Catalog, Packages};
use crate::claim::Flavour;
use crate::generate::package;
use crate::manifest::Node;
use crate::object;

/// One file a flavour, and one for the function by itself.
pub(super) fn files(catalog: &Catalog) -> Vec<File> {
    let Packages { repository, version } = catalog.packages();
    let mut files = Vec::new();
    for (flavour, file) in [(Flavour::Namespaced, "namespaced"), (Flavour::Claims, "claims")] {
        let name = package::name(flavour);
        let spec = object! { package: format!("{repository}/{name}:{version}") };
        let object = installed("Configuration", name.to_owned(), spec);
        files.push(File::document(format!("package/install/{file}.yaml"), object));
    }
    let spec = object! {
        package: format!("{}:{}", catalog.packages().function(), Packages::RELEASE),
        runtimeConfigRef: object! { name: runtime::FUNCTION },
    };
    let function = installed("Function", catalog.packages().function_name(), spec);
    files.push(File::document("package/install/function.yaml", function));
    files
}

fn installed(kind: &'static str, name: String, spec: Node) -> Node {
    object! {
        apiVersion: "pkg.crossplane.io/v1",
        kind: kind,
        metadata: object! { name: name },
        spec: spec,
    }
}
