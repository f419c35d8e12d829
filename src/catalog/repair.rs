//! Finding every mistake of form in a document, not only the first.
//!
//! A typed read stops at the first value it cannot take. Here that value is noted and taken
//! out, or a missing one stood in for, and reading goes on with the rest.

use serde_json::{Value as Json, json};

use super::Problem;
use crate::wire::{self, Struct};

/// A document with more mistakes than this is not worth reading to its end.
const MOST: usize = 50;

/// Notes every mistake of form in `document`, and repairs a copy so that `read` takes it.
/// `None` when it cannot be repaired.
pub(super) fn repair<T>(
    document: &Json,
    problems: &mut Vec<Problem>,
    read: impl Fn(&Struct) -> Result<T, wire::Error>,
) -> Option<T> {
    let mut document = document.clone();
    for _ in 0..MOST {
        let error = match Struct::write(&document).and_then(|written| read(&written)) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let problem = Problem::from(error);
        let repaired = without(&document, &problem.path, &read);
        // What a stand-in lacks is no mistake of the document.
        if !problems.iter().any(|earlier| problem.is_at(&earlier.path)) {
            problems.push(problem);
        }
        document = repaired?;
    }
    let message = "there may be more than these: mend them first, and check again".to_owned();
    problems.push(Problem { path: String::new(), message });
    None
}

/// `document` changed at `path` so that reading complains of something else, or of nothing.
fn without<T>(
    document: &Json,
    path: &str,
    read: &impl Fn(&Struct) -> Result<T, wire::Error>,
) -> Option<Json> {
    let steps = steps(path)?;
    // Where only quotes are missing, the rest is judged as if they were there.
    let quoted = match at(document, &steps) {
        Some(value @ (Json::Number(_) | Json::Bool(_))) => Some(json!(value.to_string())),
        _ => None,
    };
    let stand_ins = [
        quoted,
        None,
        Some(json!("")),
        Some(json!(0)),
        Some(json!(false)),
        Some(json!([])),
        Some(json!({})),
        // A word of every choice that has no default: the one that demands least of the rest.
        Some(json!("unavailable")),
        Some(json!("delete")),
        Some(json!({"irsa": {"oidcProviderArn": ""}})),
    ];
    let mut elsewhere = None;
    for stand_in in stand_ins {
        let mut changed = document.clone();
        if place(&mut changed, &steps, stand_in).is_none() {
            continue;
        }
        let complaint = Struct::write(&changed).and_then(|written| read(&written).map(|_| ()));
        match complaint.map_err(Problem::from) {
            Err(problem) if problem.path == path => {}
            // What holds it lacks it now: no mistake of the document.
            Err(problem) if path.starts_with(&problem.path) => {
                elsewhere = elsewhere.or(Some(changed));
            }
            _ => return Some(changed),
        }
    }
    elsewhere
}

/// What is at the end of `steps`.
fn at<'a>(document: &'a Json, steps: &[Step]) -> Option<&'a Json> {
    steps.iter().try_fold(document, |holder, step| match step {
        Step::Key(key) => holder.get(key),
        Step::Index(index) => holder.get(index),
    })
}

/// Puts `value` at the end of `steps`, or takes away what is there. Of a list nothing is taken:
/// what comes after it would move.
fn place(document: &mut Json, steps: &[Step], value: Option<Json>) -> Option<()> {
    let (last, before) = steps.split_last()?;
    let mut holder = document;
    for step in before {
        holder = match step {
            Step::Key(key) => holder.get_mut(key)?,
            Step::Index(index) => holder.get_mut(index)?,
        };
    }
    match (last, holder, value) {
        (Step::Key(key), Json::Object(entries), Some(value)) => {
            entries.insert(key.clone(), value);
        }
        (Step::Key(key), Json::Object(entries), None) => {
            entries.remove(key)?;
        }
        (Step::Index(index), Json::Array(items), Some(value)) => *items.get_mut(*index)? = value,
        _ => return None,
    }
    Some(())
}

enum Step {
    Key(String),
    Index(usize),
}

/// The steps of `a.b[0].c`, or of `a[b.c]`, whose key has a dot.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (step, after) = if let Some(inner) = rest.strip_prefix('[') {
            let (inner, after) = inner.split_once(']')?;
            (inner.parse().map_or_else(|_| Step::Key(inner.to_owned()), Step::Index), after)
        } else {
            let (key, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            (Step::Key(key.to_owned()), after)
        };
        steps.push(step);
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    (!steps.is_empty()).then_some(steps)
}
