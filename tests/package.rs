//! What `selfservice generate` makes is current: stale files are rewritten, and the test fails
//! once.

#![expect(clippy::panic, reason = "helpers stop tests, too")]

use std::fs;
use std::path::Path;

use selfservice::catalog::{BUILT_IN, Catalog};
use selfservice::generate::{Artefact, File, HEADER, is_made, offering_crd};
use serde_json::Value as Json;

fn built_in() -> Catalog {
    let document: Json = serde_saphyr::from_str(BUILT_IN).expect("YAML");
    Catalog::read(&document).expect("valid")
}

#[test]
fn the_generated_files_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut stale = Vec::new();
    for artefact in Artefact::ALL {
        let files = artefact.files(&built_in());
        for file in &files {
            let path = root.join(&file.path);
            let current = file.render().expect("YAML");
            if fs::read_to_string(&path).unwrap_or_default() != current {
                fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
                fs::write(&path, current).expect("writable");
                stale.push(file.path.clone());
            }
        }
        stale.extend(artefact.folders().iter().flat_map(|folder| leftovers(root, folder, &files)));
    }
    assert!(stale.is_empty(), "stale and now rewritten or removed; commit: {stale:?}");
}

fn leftovers(root: &Path, folder: &str, files: &[File]) -> Vec<String> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(root.join(folder)).expect("made above") {
        let path = entry.expect("readable").path();
        let kept = files.iter().any(|file| root.join(&file.path) == path);
        // Whatever else somebody keeps there is theirs.
        if !kept && fs::read_to_string(&path).is_ok_and(|text| is_made(&text)) {
            fs::remove_file(&path).expect("writable");
            removed.push(path.display().to_string());
        }
    }
    removed
}

#[test]
fn every_file_says_where_it_comes_from_and_is_made_alike_twice() {
    for artefact in Artefact::ALL {
        let again = artefact.files(&built_in());
        for (file, again) in artefact.files(&built_in()).iter().zip(&again) {
            let text = file.render().expect("YAML");
            assert_eq!(text, again.render().expect("YAML"), "{}", file.path);
            if file.documents().is_some() {
                assert!(text.starts_with(HEADER), "{}", file.path);
            } else {
                assert!(text.contains("selfservice generate"), "{}", file.path);
            }
        }
    }
}

/// What the schema says is what the function accepts: the built-in catalogue's offerings have
/// only fields that the schema has, and all that it requires.
#[test]
fn the_built_in_offerings_fit_the_schema() {
    let crd = offering_crd::crd();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let catalog = built_in();
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
