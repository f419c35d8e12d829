//! Settles every cell of the conformance matrix of one flavour with an API server's answers.
//!
//! Prints every composed object that there is no answer for, one JSON document a line. When there
//! is none left, an observed object is what the API server makes of a composed one, defaults and
//! all, and every cell has settled so that applying once more changes nothing and loses nothing.

#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value as Json;
use support::matrix::{assert_covers, cells};
use support::world::objects;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(flavour), Some(file)) = (arguments.next(), arguments.next().map(PathBuf::from))
    else {
        return Err(io::Error::other("usage: composed-matrix claims|namespaced ANSWERS"));
    };
    let answers: &'static BTreeMap<String, Json> = Box::leak(Box::new(read(&file)?));
    let (mut unanswered, mut settled) = (BTreeSet::new(), 0);
    for (title, mut world) in cells() {
        if world.claim.is_some() != (flavour == "claims") {
            continue;
        }
        world.served = Some(answers);
        for _ in 0..10 {
            let composition = world.composition();
            let texts = objects(&composition).into_values().map(|object| object.to_string());
            unanswered.extend(texts.filter(|text| !answers.contains_key(text)));
            let before = world.observed.clone();
            world.apply(&composition);
            if before == world.observed {
                break;
            }
        }
        let composition = world.composition();
        let lost: Vec<&String> =
            world.observed.keys().filter(|key| !composition.resources.contains_key(*key)).collect();
        assert!(lost.is_empty(), "{title}: {lost:?} are lost");
        for (key, desired) in objects(&composition) {
            assert_covers(&title, &key, &world.observed[&key], &desired);
        }
        assert!(composition.ready, "{title}: never ready: {:?}", composition.waiting);
        settled += 1;
    }
    let mut out = io::stdout().lock();
    for text in &unanswered {
        writeln!(out, "{text}")?;
    }
    eprintln!("{settled} cells settled, {} objects without an answer", unanswered.len());
    Ok(())
}

/// Answers by the text of what was asked: two documents a line, in a list.
fn read(file: &PathBuf) -> io::Result<BTreeMap<String, Json>> {
    let text = fs::read_to_string(file)?;
    let pairs = text.lines().map(serde_json::from_str::<(Json, Json)>);
    let pairs = pairs.map(|pair| pair.map(|(asked, answer)| (asked.to_string(), answer)));
    pairs.collect::<Result<_, _>>().map_err(io::Error::other)
}
