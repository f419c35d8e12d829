//! What a claim chooses from: sizes, versions and numbers.

use std::fmt;

use jiff::civil::Date;
use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

use super::Problems;

/// Something that a catalogue lists by name.
pub trait Named {
    /// The name by which a claim asks for it.
    fn name(&self) -> &str;
}

/// The sizes of an offering, from the smallest to the largest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Sizes<T>(pub Vec<T>);

impl<T: Named> Sizes<T> {
    /// The size called `name`.
    pub fn find(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|size| size.name() == name)
    }

    /// Position of `name`, the smallest being 0.
    pub fn rank(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|size| size.name() == name)
    }

    /// All names, from the smallest to the largest.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Named::name)
    }

    /// Checks that names are unique, not empty, and hold `maximum`.
    pub fn check(&self, maximum: &str, problems: &mut Problems) {
        problems.require(!self.0.is_empty(), "sizes", || "must list at least one size".to_owned());
        check_unique(&self.0, "sizes", problems);
        for (index, name) in self.names().enumerate() {
            let plain = name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte)
            });
            problems.require(plain, &format!("sizes[{index}].name"), || {
                format!("{} must be of a–z, 0–9, . and -", crate::guardrails::quote(name))
            });
        }
        let known = self.rank(maximum).is_some();
        let untold = self.0.is_empty() || has_nameless(&self.0);
        problems.require(known || untold, "maximumSize", || {
            format!("\"{maximum}\" is none of the sizes: {}", list(self.names()))
        });
    }
}

/// A version that a claim can ask for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Version {
    /// What a claim says: `"17"`.
    pub name: String,
    /// What AWS is told: the name, or more where AWS wants more: `"17"`, `"7.1"`, `"3.9.x.kraft"`.
    pub engine_version: String,
    /// The parameter group family, where the service has them: `postgres17`.
    #[serde(default)]
    pub family: Option<String>,
    /// Last day of standard support. Claims are warned from the day after.
    #[serde(default, deserialize_with = "date")]
    pub standard_support_until: Option<Date>,
    /// Versions that a living resource of this one may go to in one step.
    #[serde(default)]
    pub upgrades_to: Vec<String>,
    /// Living resources follow a changed `engineVersion` of this entry.
    #[serde(default)]
    pub rollout: bool,
}

impl Named for Version {
    fn name(&self) -> &str {
        &self.name
    }
}

/// The versions of an offering.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Versions {
    /// What a claim gets that asks for none.
    pub default: String,
    /// All of them, from the oldest to the newest.
    pub offered: Vec<Version>,
}

impl Versions {
    /// The version called `name`.
    pub fn find(&self, name: &str) -> Option<&Version> {
        self.offered.iter().find(|version| version.name == name)
    }

    /// All names, from the oldest to the newest.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.offered.iter().map(Named::name)
    }

    /// Checks that every version has a parameter group family.
    pub fn check_families(&self, problems: &mut Problems) {
        for (index, version) in self.offered.iter().enumerate() {
            let named = version.family.as_ref().is_some_and(|family| !family.is_empty());
            problems.require(named, &format!("offered[{index}].family"), || {
                "is required: a parameter group family such as postgres17".to_owned()
            });
        }
    }

    /// Checks names, upgrade paths and that the default is one of them.
    pub fn check(&self, problems: &mut Problems) {
        problems.require(!self.offered.is_empty(), "offered", || {
            "must list at least one version".to_owned()
        });
        check_unique(&self.offered, "offered", problems);
        let known = self.find(&self.default).is_some();
        let untold = self.offered.is_empty() || has_nameless(&self.offered);
        problems.require(known || untold, "default", || {
            format!("\"{}\" is none of the versions: {}", self.default, list(self.names()))
        });
        for (index, version) in self.offered.iter().enumerate() {
            let number = version_number(&version.name);
            problems.require(number.is_some(), &format!("offered[{index}].name"), || {
                format!("\"{}\" is not a version such as 17 or 7.1", version.name)
            });
            problems.require(
                index == 0 || number > version_number(&self.offered[index - 1].name),
                &format!("offered[{index}].name"),
                || "must be newer than the version before it".to_owned(),
            );
            for target in &version.upgrades_to {
                let rest = &self.offered[index + 1..];
                let later = rest.iter().any(|version| version.name == *target);
                problems.require(
                    later || has_nameless(rest),
                    &format!("offered[{index}].upgradesTo"),
                    || format!("\"{target}\" is no later version of this list"),
                );
            }
        }
    }
}

/// Reads a date, and says what one looks like.
fn date<'de, D: Deserializer<'de>>(written: D) -> Result<Option<Date>, D::Error> {
    struct Form;

    impl Visitor<'_> for Form {
        type Value = Option<Date>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a date such as 2030-02-28")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            let date = text.parse();
            date.map(Some).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    written.deserialize_any(Form)
}

/// The parts of a version, for comparison: `7.1` is `[7, 1]`. `None` when it is none.
pub fn version_number(text: &str) -> Option<Vec<u32>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// Whole numbers from `minimum` to `maximum`, and what an omitted one is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Range {
    /// Smallest value a claim may ask for.
    pub minimum: i64,
    /// Largest value a claim may ask for.
    pub maximum: i64,
    /// What a claim gets that asks for none.
    pub default: i64,
}

impl Range {
    /// Whether a claim may ask for `value`.
    pub fn contains(self, value: i64) -> bool {
        (self.minimum..=self.maximum).contains(&value)
    }

    /// Checks the order of the three, and that the service's own bounds hold them.
    pub fn check(
        self,
        service: std::ops::RangeInclusive<i64>,
        field: &str,
        problems: &mut Problems,
    ) {
        let ordered = self.minimum <= self.default && self.default <= self.maximum;
        let Self { minimum, maximum, default } = self;
        problems.require(ordered, field, || {
            format!("must have minimum ≤ default ≤ maximum, not {minimum} ≤ {default} ≤ {maximum}")
        });
        let held = service.contains(&self.minimum) && service.contains(&self.maximum);
        problems.require(held || !ordered, field, || {
            format!(
                "{minimum} to {maximum} must lie within AWS's own limits {}–{}",
                service.start(),
                service.end(),
            )
        });
    }
}

/// Joins names for a sentence: `a, b, c`.
pub(crate) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().fold(String::new(), |mut text, item| {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(item.as_ref());
        text
    })
}

/// Whether an item lacks its name, which is told anyway: it may be the wanted one.
fn has_nameless<T: Named>(items: &[T]) -> bool {
    items.iter().any(|item| item.name().is_empty())
}

fn check_unique<T: Named>(items: &[T], field: &str, problems: &mut Problems) {
    for (index, item) in items.iter().enumerate() {
        let name = item.name();
        problems.require(
            !name.is_empty() && name.len() <= 32,
            &format!("{field}[{index}].name"),
            || "must have 1–32 characters".to_owned(),
        );
        problems.require(
            !items[..index].iter().any(|earlier| earlier.name() == name),
            &format!("{field}[{index}].name"),
            || format!("\"{name}\" is listed twice"),
        );
    }
}
