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
        let path = error.path().to_owned();
        problems.push(Problem { path: path.clone(), message: error.message().to_owned() });
        document = without(&document, &path, &read)?;
    }
    None
}

/// `document` changed at `path` so that reading complains of something else, or of nothing.
fn without<T>(
    document: &Json,
    path: &str,
    read: &impl Fn(&Struct) -> Result<T, wire::Error>,
) -> Option<Json> {
    let steps = steps(path)?;
    let stand_ins = [
        None,
        Some(json!("")),
        Some(json!(0)),
        Some(json!(false)),
        Some(json!([])),
        Some(json!({})),
    ];
    stand_ins.into_iter().find_map(|stand_in| {
        let mut changed = document.clone();
        place(&mut changed, &steps, stand_in)?;
        let complaint =
            Struct::write(&changed).and_then(|written| read(&written).map(|_| ())).err();
        complaint.is_none_or(|error| error.path() != path).then_some(changed)
    })
}

/// Puts `value` at the end of `steps`, or takes away what is there.
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
        (Step::Index(index), Json::Array(items), None) if *index < items.len() => {
            items.remove(*index);
        }
        _ => return None,
    }
    Some(())
}

enum Step {
    Key(String),
    Index(usize),
}

/// The steps of `a.b[0].c`.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let mut parts = segment.split('[');
        steps.push(Step::Key(parts.next()?.to_owned()));
        for index in parts {
            steps.push(Step::Index(index.strip_suffix(']')?.parse().ok()?));
        }
    }
    (!steps.is_empty()).then_some(steps)
}
