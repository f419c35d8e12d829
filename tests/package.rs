//! Generated files are current: a stale one is rewritten, and the test fails once.

#![expect(clippy::panic, reason = "helpers stop tests, too")]

use std::fs;
use std::path::Path;

use selfservice::generate::{catalog_reference, offering_crd};
use serde_json::Value as Json;

#[test]
fn the_crd_of_the_input_is_current() {
    let crd = offering_crd::crd();
    let current = format!(
        "# Made from the catalogue's types: `cargo test --test package` rewrites it.\n{}",
        serde_saphyr::to_string(&crd).expect("YAML"),
    );
    assert_current(offering_crd::PATH, &current);
}

#[test]
fn the_reference_of_the_catalogue_is_current() {
    assert_current(catalog_reference::PATH, &catalog_reference::document());
}

fn assert_current(path: &str, current: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if fs::read_to_string(&file).unwrap_or_default() != current {
        fs::create_dir_all(file.parent().expect("a folder")).expect("writable");
        fs::write(&file, current).expect("writable");
        panic!("{path} was stale and is rewritten; commit it");
    }
}

/// What the schema says is what the function accepts: the built-in catalogue's offerings have
/// only fields that the schema has, and all that it requires.
#[test]
fn the_built_in_offerings_fit_the_schema() {
    let crd = offering_crd::crd();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let document: Json = serde_saphyr::from_str(selfservice::catalog::BUILT_IN).expect("YAML");
    let catalog = selfservice::catalog::Catalog::read(&document).expect("valid");
    let mut count = 0;
    for offering in catalog.offerings() {
        let document = catalog
            .document(offering.kind, offering.provider.name(), &offering.environment.name)
            .expect("offered");
        fits(document, schema, "Offering");
        count += 1;
    }
    assert_eq!(count, 15);
}

fn fits(value: &Json, schema: &Json, path: &str) {
    if schema["x-kubernetes-preserve-unknown-fields"] == true {
        return;
    }
    if let (Json::Object(fields), Json::Object(properties)) = (value, &schema["properties"]) {
        for required in schema["required"].as_array().into_iter().flatten() {
            let name = required.as_str().expect("a name");
            assert!(fields.contains_key(name), "{path} lacks {name}");
        }
        for (name, value) in fields {
            let property =
                properties.get(name).unwrap_or_else(|| panic!("{path}.{name} is unknown"));
            fits(value, property, &format!("{path}.{name}"));
        }
    }
    if let Some(options) = schema["enum"].as_array() {
        assert!(options.contains(value), "{path}: {value} is none of {options:?}");
    }
}
