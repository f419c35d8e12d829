//! The pictures of what waits for what are those of the resources that are really composed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use selfservice::kinds::Kind;
use serde_json::Value as Json;

use super::{path, run, text};

/// An arrow, from what is needed to what needs it.
type Arrow = (String, String);

/// The arrows of all pictures on the page of a kind, by names of resources without the kind.
fn drawn(kind: Kind) -> BTreeSet<Arrow> {
    let page = fs::read_to_string(format!("docs/kinds/{}.md", kind.key_prefix())).expect("a page");
    let split = regex::Regex::new(r" (?:-\.->|-->(?:\|[^|]+\|)?) ").expect("valid");
    let mut arrows = BTreeSet::new();
    for picture in page.split("```mermaid\nflowchart LR\n").skip(1) {
        let picture = picture.split("```").next().unwrap_or_default();
        for line in picture.lines() {
            let sides: Vec<&str> = split.split(line.trim()).collect();
            assert_eq!(sides.len(), 2, "{}: {line}", kind.name());
            for from in sides[0].split(" & ") {
                arrows.extend(sides[1].split(" & ").map(|to| (from.to_owned(), to.to_owned())));
            }
        }
    }
    arrows
}

/// Whether a picture's `name` stands for the resources of `pattern`, the shape of a key.
fn stands_for(kind: Kind, name: &str, pattern: &str) -> bool {
    let own = pattern.strip_prefix(&format!("{}-", kind.key_prefix())).expect("a key of the kind");
    match own.strip_suffix('*') {
        Some(stem) => name.starts_with(stem) || format!("{name}-") == stem,
        None => name == own,
    }
}

#[test]
fn every_resource_is_in_the_picture_and_nothing_else() {
    for kind in Kind::ALL {
        let arrows = drawn(kind);
        let names: BTreeSet<&String> = arrows.iter().flat_map(|(from, to)| [from, to]).collect();
        for key in kind.keys() {
            let pattern = key.pattern();
            let is_drawn = names.iter().any(|name| stands_for(kind, name, pattern));
            assert!(is_drawn, "{}: {pattern} is in no picture", kind.name());
        }
        for name in names {
            let is_known = kind.keys().iter().any(|key| stands_for(kind, name, key.pattern()));
            assert!(is_known, "{}: there is no {name}", kind.name());
        }
    }
}

/// Between what names another resource of the same claim and that is an arrow. It may lead either
/// way: what fills a Secret names it.
#[test]
fn every_reference_is_an_arrow() {
    for kind in Kind::ALL {
        let arrows = drawn(kind);
        let folder = Path::new("examples").join(kind.key_prefix());
        let ready = folder.join("observed/ready");
        let mut count = 0;
        for (claim, observed) in
            [("claim.yaml", true), ("xr.yaml", false), ("dedicated.yaml", false)]
        {
            let claim = folder.join(claim);
            if !claim.exists() {
                continue;
            }
            let mut arguments = vec!["render", path(&claim), "-o", "json"];
            if observed {
                arguments.extend(["--observed", path(&ready)]);
            }
            let output = run(&arguments);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            let objects: Vec<Json> = serde_json::from_slice(&output.stdout).expect("a list");
            for (from, to) in references(kind, &objects[1..]) {
                let joins = |one: &str, other: &str| {
                    arrows
                        .iter()
                        .any(|(start, end)| one.starts_with(start) && other.starts_with(end))
                };
                let is_drawn = joins(&from, &to) || joins(&to, &from);
                assert!(is_drawn, "{}: {to} refers to {from}", claim.display());
                count += 1;
            }
        }
        assert!(count > 2, "{}: only {count} references were found", kind.name());
    }
}

/// From what is named to what names it.
fn references(kind: Kind, objects: &[Json]) -> Vec<Arrow> {
    let prefix = format!("{}-", kind.key_prefix());
    let known = objects.iter().map(|object| {
        let key = object["metadata"]["annotations"]["crossplane.io/composition-resource-name"]
            .as_str()
            .expect("a key");
        let name = object["metadata"]["name"].as_str().expect("a name");
        (key.strip_prefix(&prefix).expect("a key of the kind"), name, object)
    });
    let known: Vec<_> = known.collect();
    let mut found = Vec::new();
    for (to, own, object) in &known {
        let mut named = Vec::new();
        names_in(&object["spec"], &mut named);
        let others = known.iter().filter(|(_, name, _)| name != own && named.contains(name));
        found.extend(others.map(|(from, ..)| ((*from).to_owned(), (*to).to_owned())));
    }
    found
}

/// The names in references: `…Ref.name`, `…Refs[].name`, and that of a target.
fn names_in<'a>(value: &'a Json, names: &mut Vec<&'a str>) {
    match value {
        Json::Object(fields) => {
            names.extend(fields.get("name").and_then(Json::as_str));
            fields.values().for_each(|value| names_in(value, names));
        }
        Json::Array(items) => items.iter().for_each(|value| names_in(value, names)),
        _ => {}
    }
}
