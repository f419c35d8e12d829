//! What documents tell of an offering, in Markdown: sizes, limits, defaults.
//!
//! Every kind says it for itself; documents only lay it out.

use serde_json::{Map, Value as Json, json};

use super::{Kind, Settings};
use crate::catalog::{Availability, Offering, Versions};
use crate::guardrails::sizes_without_exception;

/// A fact: what of, and what it is.
pub type Fact = (&'static str, String);

/// What a parameter may be in an offering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The values that a claim may give.
    pub allowed: String,
    /// What it is when it is left out.
    pub omitted: String,
}

impl Choice {
    /// One of these values; `omitted` when left out.
    pub fn new(allowed: impl Into<String>, omitted: impl Into<String>) -> Self {
        Self { allowed: allowed.into(), omitted: omitted.into() }
    }

    /// A whole number of a range.
    pub fn number(range: crate::catalog::Range, omitted: impl Into<String>) -> Self {
        Self::new(format!("{}–{}", range.minimum, range.maximum), omitted)
    }

    /// A weekly window, by default this one.
    pub(super) fn window(default: &str) -> Self {
        Self::new("`ddd:hh:mm-ddd:hh:mm`, in UTC", code(default))
    }
}

/// A claim that this offering accepts.
#[derive(Clone, Debug)]
pub struct ExampleClaim {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub parameters: Json,
}

impl Kind {
    /// What a person wrote of it. Lines such as `{{parameters}}` stand for what is known elsewhere.
    pub const fn prose(self) -> &'static str {
        match self {
            Self::PostgreSqlInstance => include_str!("postgresql/page.md"),
            Self::RedisInstance => include_str!("redis/page.md"),
            Self::MessageQueue => include_str!("message_queue/page.md"),
            Self::ObjectStore => include_str!("object_store/page.md"),
            Self::EventStream => include_str!("event_stream/page.md"),
        }
    }
}

impl Settings {
    /// What a size is.
    pub fn size_facts(&self, size: &str) -> Vec<Fact> {
        match self {
            Self::PostgreSql(own) => own.sizes.find(size).map(|size| own.size_facts(size)),
            Self::Redis(own) => own.sizes.find(size).map(|size| own.size_facts(size)),
            Self::MessageQueue(own) => own.sizes.find(size).map(|size| own.size_facts(size)),
            Self::ObjectStore(own) => own.sizes.find(size).map(|size| own.size_facts(size)),
            Self::EventStream(own) => own.sizes.find(size).map(|size| own.size_facts(size)),
        }
        .unwrap_or_default()
    }

    /// What everything of this offering has, whatever its size: first what high availability is,
    /// and what there is without it.
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            Self::PostgreSql(own) => own.facts(),
            Self::Redis(own) => own.facts(),
            Self::MessageQueue(own) => own.facts(),
            Self::ObjectStore(own) => own.facts(),
            Self::EventStream(own) => own.facts(),
        }
    }

    /// What a parameter of this kind alone may be, where the catalogue says it.
    pub fn choice(&self, parameter: &str) -> Option<Choice> {
        match self {
            Self::PostgreSql(own) => own.choice(parameter),
            Self::Redis(own) => own.choice(parameter),
            Self::MessageQueue(own) => own.choice(parameter),
            Self::ObjectStore(own) => own.choice(parameter),
            Self::EventStream(own) => own.choice(parameter),
        }
    }

    /// Whether high availability is the claim's to choose.
    fn has_availability(&self) -> bool {
        match self {
            Self::PostgreSql(_) | Self::Redis(_) | Self::MessageQueue(_) => true,
            Self::EventStream(own) => own.dedicated.is_some(),
            Self::ObjectStore(_) => false,
        }
    }
}

impl Offering {
    /// What a parameter may be, where the catalogue says it.
    pub fn choice(&self, parameter: &str) -> Option<Choice> {
        match parameter {
            "size" => Some(self.size_choice()),
            "version" => Some(self.version_choice()).filter(|choice| !choice.allowed.is_empty()),
            "highAvailability" if self.settings.has_availability() => {
                Some(availability_choice(self.environment.high_availability))
            }
            own => self.settings.choice(own),
        }
    }

    fn size_choice(&self) -> Choice {
        let free = sizes_without_exception(self);
        let bound: Vec<&str> =
            self.settings.sizes().into_iter().filter(|size| !free.contains(size)).collect();
        let allowed = match bound.as_slice() {
            [] => codes(free),
            bound => format!("{}; by exception {}", codes(free), codes(bound)),
        };
        Choice::new(allowed, "")
    }

    fn version_choice(&self) -> Choice {
        let lists = self.settings.version_lists();
        let each = |tell: &dyn Fn(&Versions) -> String| {
            let tell = |(engine, versions): &(Option<&str>, &Versions)| match engine {
                Some(engine) => format!("{} ({engine})", tell(versions)),
                None => tell(versions),
            };
            lists.iter().map(tell).collect::<Vec<_>>().join("; ")
        };
        Choice::new(
            each(&|versions| codes(versions.names())),
            each(&|versions| code(&versions.default)),
        )
    }

    /// A claim that shows the kind, and that this offering accepts.
    pub fn example_claim(&self) -> ExampleClaim {
        let sizes = sizes_without_exception(self);
        let mut parameters = Map::new();
        parameters.insert("size".to_owned(), json!(sizes.get(1).or(sizes.first())));
        let (name, own) = match &self.settings {
            Settings::PostgreSql(own) => own.example(),
            Settings::Redis(own) => own.example(),
            Settings::MessageQueue(own) => own.example(),
            Settings::ObjectStore(own) => own.example(),
            Settings::EventStream(own) => own.example(),
        };
        if let Json::Object(own) = own {
            parameters.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
        }
        ExampleClaim { name, parameters: Json::Object(parameters) }
    }
}

fn availability_choice(availability: Availability) -> Choice {
    let (allowed, omitted) = match availability {
        Availability::Required => ("`true`", "`true`"),
        Availability::Preferred => ("`true`, `false`", "`true`"),
        Availability::Optional => ("`true`, `false`", "`false`"),
        Availability::Unavailable => ("`false`", "`false`"),
    };
    Choice::new(allowed, omitted)
}

/// As code.
pub fn code(text: &str) -> String {
    format!("`{text}`")
}

/// Each as code.
pub fn codes<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    crate::catalog::list(texts.into_iter().map(|text| code(text.as_ref())))
}
