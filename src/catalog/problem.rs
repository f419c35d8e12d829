//! What is wrong with a catalogue or an offering.

use std::fmt;

use crate::text::one_line;
use crate::wire;

/// One mistake: where it is and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path of the field, such as `environments.production.aws.kmsKeyArn`; empty for the whole.
    pub path: String,
    /// What is wrong with it, without a final stop.
    pub message: String,
}

impl Problem {
    /// The same, told of a document that holds this one at `base`.
    pub(super) fn within(self, base: &str) -> Self {
        let Self { path, message } = self;
        let dot = if path.is_empty() || path.starts_with(['.', '[']) { "" } else { "." };
        Self { path: format!("{base}{dot}{path}"), message }
    }

    /// Whether it is with what lies at `path`, or below it.
    pub(super) fn is_at(&self, path: &str) -> bool {
        let rest = self.path.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl From<wire::Error> for Problem {
    fn from(error: wire::Error) -> Self {
        Self { path: error.path().to_owned(), message: error.message().to_owned() }
    }
}

/// On one line, whatever the names in the file are.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", one_line(&self.path))?;
        }
        f.write_str(&one_line(&self.message))
    }
}

/// Collects problems below a path.
#[derive(Debug, Default)]
pub struct Problems {
    path: Vec<String>,
    found: Vec<Problem>,
}

impl Problems {
    /// Notes a problem with `field` of the current path.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        let mut path = self.path.join(".");
        if !path.is_empty() && !field.is_empty() {
            path.push('.');
        }
        path.push_str(field);
        self.found.push(Problem { path, message: message.into() });
    }

    /// Notes a problem unless `holds`. The message is only made when it is needed.
    pub fn require(&mut self, holds: bool, field: &str, message: impl FnOnce() -> String) {
        if !holds {
            self.add(field, message());
        }
    }

    /// Runs `check` with `segment` added to the path.
    pub fn within(&mut self, segment: impl Into<String>, check: impl FnOnce(&mut Self)) {
        self.path.push(segment.into());
        check(self);
        self.path.pop();
    }

    /// Everything found so far, sorted, without repetitions.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort();
        self.found.dedup();
        self.found
    }
}
