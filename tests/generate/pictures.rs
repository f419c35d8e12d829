//! The pictures of what waits for what show every resource, each reference among those of the
//! examples, and what is not composed at first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use selfservice::kinds::Kind;
use serde_json::Value as Json;

use super::{path, run, text};

/// Names of resources, each with those that an arrow leads to from it.
type Arrows = BTreeSet<(String, String)>;

/// What is drawn on the page of a kind, by names of resources without the kind.
struct Picture {
    dotted: Arrows,
    solid: Arrows,
}

impl Picture {
    fn read(text: &str) -> Self {
        let mut picture = Self { dotted: Arrows::new(), solid: Arrows::new() };
        let arrow = regex::Regex::new(r" (-\.->|-->)(?:\|[^|]+\|)? ").expect("valid");
        for line in text.lines() {
            let sides: Vec<&str> = arrow.split(line.trim()).collect();
            assert_eq!(sides.len(), 2, "{line}");
            let is_dotted = line.contains(" -.-> ");
            let arrows = if is_dotted { &mut picture.dotted } else { &mut picture.solid };
            for from in sides[0].split(" & ") {
                arrows.extend(sides[1].split(" & ").map(|to| (from.to_owned(), to.to_owned())));
            }
        }
        picture
    }

    fn names(&self) -> BTreeSet<&str> {
        let arrows = self.dotted.iter().chain(&self.solid);
        arrows.flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect()
    }

    /// The name that stands for `key`: its own, or what it begins with.
    fn name(&self, key: &str) -> &str {
        let stands = |name: &&str| key == *name || key.starts_with(&format!("{name}-"));
        let longest = self.names().into_iter().filter(stands).max_by_key(|name| name.len());
        longest.unwrap_or_else(|| unreachable!("{key} is in no picture"))
    }
}

/// The pictures on the page of a kind.
fn pictures(kind: Kind) -> Vec<Picture> {
    let page = fs::read_to_string(format!("docs/kinds/{}.md", kind.key_prefix())).expect("a page");
    let pictures = page.split("```mermaid\nflowchart LR\n").skip(1);
    pictures.filter_map(|rest| rest.split("```").next()).map(Picture::read).collect()
}

/// A key, or its pattern, without the kind.
fn own(kind: Kind, key: &str) -> &str {
    let own = key.strip_prefix(kind.key_prefix()).and_then(|rest| rest.strip_prefix('-'));
    own.expect("a key of the kind")
}

#[test]
fn every_resource_is_in_a_picture_and_nothing_else() {
    for kind in Kind::ALL {
        let pictures = pictures(kind);
        let names: BTreeSet<&str> = pictures.iter().flat_map(Picture::names).collect();
        let patterns = kind.keys().iter().map(|key| own(kind, key.pattern()));
        let (many, single): (Vec<&str>, Vec<&str>) =
            patterns.partition(|pattern| pattern.ends_with('*'));
        for name in &single {
            assert!(names.contains(name), "{}: {name} is in no picture", kind.name());
        }
        let rest: BTreeSet<&str> =
            names.iter().copied().filter(|name| !single.contains(name)).collect();
        let of = |stem: &str, name: &str| name.starts_with(stem) || format!("{name}-") == stem;
        for stem in many.iter().map(|pattern| pattern.trim_end_matches('*')) {
            let is_drawn = rest.iter().any(|name| of(stem, name));
            assert!(is_drawn, "{}: {stem}* is in no picture", kind.name());
        }
        for name in rest {
            let is_known = many.iter().any(|pattern| of(pattern.trim_end_matches('*'), name));
            assert!(is_known, "{}: there is no {name}", kind.name());
        }
    }
}

/// A claim that is made into resources, with the picture of what it is.
struct Example {
    kind: Kind,
    claim: &'static str,
    picture: usize,
}

fn examples() -> impl Iterator<Item = Example> {
    let usual = Kind::ALL.into_iter().flat_map(|kind| {
        ["claim.yaml", "xr.yaml"].map(|claim| Example { kind, claim, picture: 0 })
    });
    let dedicated = Example { kind: Kind::EventStream, claim: "dedicated.yaml", picture: 1 };
    usual.chain([dedicated])
}

impl Example {
    fn picture(&self) -> Picture {
        pictures(self.kind).swap_remove(self.picture)
    }

    /// What it becomes, by key without the kind.
    fn objects(&self, observed: Option<&str>) -> BTreeMap<String, Json> {
        let folder = Path::new("examples").join(self.kind.key_prefix());
        let claim = folder.join(self.claim);
        let observed = observed.map(|state| folder.join("observed").join(state));
        let mut arguments = vec!["render", path(&claim), "-o", "json"];
        arguments.extend(observed.iter().flat_map(|state| ["--observed", path(state)]));
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let objects: Vec<Json> = serde_json::from_slice(&output.stdout).expect("a list");
        let composed = objects.into_iter().skip(1).map(|object| {
            let annotations = &object["metadata"]["annotations"];
            let key = annotations["crossplane.io/composition-resource-name"].as_str();
            (own(self.kind, key.expect("a key")).to_owned(), object)
        });
        composed.collect()
    }
}

/// What names another resource of the same claim has an arrow from there, and what fills it an
/// arrow to it.
#[test]
fn every_reference_is_an_arrow() {
    for example in examples() {
        let picture = example.picture();
        let states = [None, Some("ready")].into_iter();
        // The observed states are those of `claim.yaml`.
        for state in states.filter(|state| state.is_none() || example.claim == "claim.yaml") {
            let objects = example.objects(state);
            let mut count = 0;
            for (key, object) in &objects {
                for (other, referred) in &objects {
                    let name = referred["metadata"]["name"].as_str().expect("a name");
                    let (from, to) = if key == other {
                        continue;
                    } else if object["spec"]["target"]["name"] == name {
                        (key, other)
                    } else if has_name(&object["spec"], name) {
                        (other, key)
                    } else {
                        continue;
                    };
                    let arrow = (picture.name(from).to_owned(), picture.name(to).to_owned());
                    let is_drawn =
                        picture.dotted.contains(&arrow) || picture.solid.contains(&arrow);
                    assert!(is_drawn, "{}: {from} to {to}", example.claim);
                    count += 1;
                }
            }
            assert!(count > 1, "{:?} {}: too few to tell", example.kind, example.claim);
        }
    }
}

/// Whether anything below `value` is called `name`.
fn has_name(value: &Json, name: &str) -> bool {
    match value {
        Json::Object(fields) => {
            fields.get("name").is_some_and(|given| given == name)
                || fields.values().any(|value| has_name(value, name))
        }
        Json::Array(items) => items.iter().any(|value| has_name(value, name)),
        _ => false,
    }
}

/// A solid arrow leads to what is not there at first, or to a Secret without its password; and
/// to nothing else.
#[test]
fn what_waits_is_what_a_solid_arrow_leads_to() {
    for example in examples() {
        let picture = example.picture();
        let first = example.objects(None);
        // What not every example gets, nothing of it waits for.
        let unknown = ["kms-key", "pod-identity", "service-account"];
        let waiting: BTreeSet<&str> = picture
            .solid
            .iter()
            .filter(|(from, _)| !unknown.contains(&from.as_str()))
            .map(|(_, to)| to.as_str())
            .collect();
        for (key, object) in &first {
            let is_empty = object["kind"] == "Secret" && object["data"]["password"].is_null();
            let waits = waiting.contains(picture.name(key));
            assert!(!waits || is_empty, "{:?} {}: {key} is there", example.kind, example.claim);
        }
        let composed: BTreeSet<&str> = first.keys().map(|key| picture.name(key)).collect();
        for name in picture.names().into_iter().filter(|name| !unknown.contains(name)) {
            let waits = waiting.contains(name);
            let is_there = composed.contains(name);
            assert!(is_there || waits, "{:?} {}: {name} waits", example.kind, example.claim);
        }
    }
}
