//! A broken guardrail, in the words that its developer reads.

use std::fmt;

/// One thing that a claim's author can change, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Path of the field in the claim.
    pub field: String,
    /// The guardrail's code, such as `size-above-limit`.
    pub code: &'static str,
    /// What is wrong, a sentence without its stop.
    pub problem: String,
    /// What to do, a sentence without its stop.
    pub fix: String,
}

/// The shape of a text, for those who can judge nothing else of a claim: the API server, a form.
#[derive(Debug)]
pub struct Shape {
    /// Regular expression of the whole text, as RE2 and the `regex` crate read it.
    pub pattern: &'static str,
    /// Most characters.
    pub longest: usize,
    /// What is said of a text of another shape.
    pub violation: fn(&str) -> Violation,
}

/// Longest message in bytes: annotations, events and conditions hold more, people do not.
const LONGEST: usize = 1024;

impl Violation {
    /// Makes one; a given value in `problem` must have gone through [`quote`].
    pub fn new(
        code: &'static str,
        field: impl Into<String>,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), code, problem: problem.into(), fix: fix.into() }
    }

    /// The code as Kubernetes writes reasons: `SizeAboveLimit`.
    pub fn reason(&self) -> String {
        pascal_case(self.code)
    }

    /// Problem and fix in one line.
    pub fn message(&self) -> String {
        one_line(&format!("{}. {}.", self.problem, self.fix))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]: {}", self.field, self.code, self.message())
    }
}

/// All violations in one line: a single one bare, several with their fields, at most ten.
pub fn summarise(violations: &[Violation]) -> String {
    const MOST: usize = 10;
    if let [only] = violations {
        return only.message();
    }
    let mut text = format!("{} problems:", violations.len());
    for (index, violation) in violations.iter().take(MOST).enumerate() {
        text.push_str(&format!(" ({}) {}: {}", index + 1, violation.field, violation.message()));
    }
    if violations.len() > MOST {
        text.push_str(&format!(" and {} more.", violations.len() - MOST));
    }
    shorten(text)
}

/// A given value in quotes, on one line, in printable ASCII, and not longer than 60 characters.
pub fn quote(value: &str) -> String {
    const MOST: usize = 60;
    let mut quoted = String::with_capacity(value.len().min(MOST) + 2);
    quoted.push('"');
    for (index, letter) in value.chars().enumerate() {
        if index == MOST {
            quoted.push('…');
            break;
        }
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            ' '..='~' => quoted.push(letter),
            other => quoted.extend(other.escape_unicode()),
        }
    }
    quoted.push('"');
    quoted
}

/// `size-above-limit` as `SizeAboveLimit`.
pub fn pascal_case(code: &str) -> String {
    code.split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

/// `text` on one line, and not longer than a condition's reader can bear.
pub fn one_line(text: &str) -> String {
    shorten(crate::text::one_line(text))
}

fn shorten(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST - '…'.len_utf8()).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Violation, pascal_case, quote, summarise};

    fn violation(field: &str) -> Violation {
        Violation::new("size-above-limit", field, "Too large", "Choose less")
    }

    #[test]
    fn reads_as_one_sentence_when_alone_and_names_fields_when_not() {
        assert_eq!(summarise(&[violation("a")]), "Too large. Choose less.");
        assert_eq!(
            summarise(&[violation("a"), violation("b")]),
            "2 problems: (1) a: Too large. Choose less. (2) b: Too large. Choose less.",
        );
        let many: Vec<_> = (0..12).map(|index| violation(&index.to_string())).collect();
        assert!(summarise(&many).ends_with("(10) 9: Too large. Choose less. and 2 more."));
    }

    #[test]
    fn stays_on_one_line_and_within_a_kilobyte() {
        let hostile = "x\r\n\u{202e}\0".repeat(500);
        let violation = Violation::new("code", "field", quote(&hostile), hostile_fix());
        assert!(violation.message().len() <= 1024);
        assert!(!violation.message().contains(['\n', '\r', '\u{202e}', '\0']));
    }

    fn hostile_fix() -> String {
        "ä".repeat(2000)
    }

    #[test]
    fn codes_become_reasons() {
        assert_eq!(pascal_case("size-above-limit"), "SizeAboveLimit");
        assert_eq!(quote("a\"b\\c\nd"), r#""a\"b\\c\u{a}d""#);
    }
}
