//! `selfservice generate` as a platform team meets it: for its own catalogue, in CI, and when the
//! catalogue is wrong. What its documents and rules say is what the product says.

#[path = "generate/catalogue.rs"]
mod catalogue;
#[path = "generate/command.rs"]
mod command;
#[path = "generate/documents.rs"]
mod documents;
#[path = "generate/mistakes.rs"]
mod mistakes;
#[path = "generate/pictures.rs"]
mod pictures;
#[path = "support/program.rs"]
mod program;
#[path = "generate/rules.rs"]
mod rules;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use program::{path, run, text};

/// A fresh folder of this test run.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generate").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("writable");
    folder
}

/// Every file below a folder, by its place in it.
fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let place = path.strip_prefix(root).expect("below").display().to_string();
                found.insert(place, fs::read_to_string(&path).expect("UTF-8"));
            }
        }
    }
    found
}
