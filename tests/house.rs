//! The house rules that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let content = fs::read_to_string(&path).expect("UTF-8");
                found.push((path, content));
            }
        }
    }
    found.sort();
    found
}

/// What a file has before its tests.
fn production(content: &str) -> &str {
    content.split("\n#[cfg(test)]\nmod ").next().unwrap_or(content)
}

/// Protobuf stays at the edge: everything else can be read, tested and reused without it.
#[test]
fn protobuf_is_known_to_the_function_and_the_codec_alone() {
    for (path, content) in sources("src") {
        let place = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("below").to_owned();
        let at_edge =
            ["src/function", "src/wire", "src/bin"].iter().any(|edge| place.starts_with(edge));
        if at_edge {
            continue;
        }
        for word in ["prost::", "prost_types", "tonic::", "function::proto", "proto::"] {
            let used = production(&content)
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!used, "{} uses {word}", place.display());
        }
    }
}

#[test]
fn every_file_says_first_what_it_is_for() {
    for (path, content) in sources("src").into_iter().chain(sources("tests")) {
        assert!(content.starts_with("//! "), "{} has no //! header", path.display());
    }
}

#[test]
fn files_stay_small_enough_to_read() {
    for (path, content) in sources("src") {
        let lines = production(&content).lines().count();
        assert!(lines <= 400, "{} has {lines} production lines; split it", path.display());
    }
}

#[test]
fn nothing_is_left_over() {
    let words =
        ["TO", "FIX"].map(|word| format!("{word}{}", if word == "TO" { "DO" } else { "ME" }));
    for (path, content) in sources("src").into_iter().chain(sources("tests")) {
        for word in words.iter().map(String::as_str).chain(["todo!(", "dbg!(", "unimplemented!("]) {
            let used = content.lines().any(|line| line.contains(word) && !line.contains("[\"TO\""));
            assert!(!used || path.ends_with("house.rs"), "{} still has {word}", path.display());
        }
    }
}
