//! One kind on one backend in one environment: the input of a Composition's pipeline step.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{Aws, Environment, Platform, Problem, Problems};
use crate::kinds::{self, Kind};
use crate::wire::{self, Struct};

/// API version of the function's input.
pub const API_VERSION: &str = "selfservice.fn.crossplane.io/v1beta1";

/// Kind of the function's input.
pub const KIND: &str = "Offering";

/// Most characters of a label's value (Kubernetes, "Labels and Selectors").
const LABEL: usize = 63;

/// What the catalogue says for one kind, backend and environment.
#[derive(Clone, Debug)]
pub struct Offering {
    /// The kind that it offers.
    pub kind: Kind,
    /// Who provides it: the label `provider` of a claim's selector.
    pub provider: Provider,
    /// The platform as a whole.
    pub platform: Platform,
    /// The environment.
    pub environment: Environment,
    /// Its AWS account and network.
    pub aws: Aws,
    /// Sizes, versions and limits of the kind.
    pub settings: kinds::Settings,
}

/// A backend: who provides the resources.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Managed services of AWS, through provider-upjet-aws.
    Aws,
}

impl Provider {
    /// Every backend.
    pub const ALL: [Self; 1] = [Self::Aws];

    /// Its name, as in the label `provider` of a claim's selector.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
        }
    }
}

/// The offering as it is written, its settings not yet read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    // Checked before, for a better sentence.
    #[serde(rename = "apiVersion")]
    _api_version: IgnoredAny,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    // Crossplane's inputs may carry metadata; nothing in it concerns us.
    #[serde(default, rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    offers: Kind,
    provider: Provider,
    platform: Platform,
    environment: Environment,
    aws: Aws,
    settings: Struct,
}

impl Offering {
    /// Reads the input of a pipeline step.
    ///
    /// # Errors
    ///
    /// What the author of the Composition has to change, a problem per mistake.
    pub fn read(input: &Struct) -> Result<Self, Vec<Problem>> {
        Self::check_header(input)?;
        let offering = Self::decode(input).map_err(|error| vec![error.into()])?;
        let problems = offering.problems();
        if problems.is_empty() { Ok(offering) } else { Err(problems) }
    }

    /// Reads an offering as far as its form goes.
    pub(super) fn decode(input: &Struct) -> Result<Self, wire::Error> {
        let written: Written = input.read()?;
        let settings = kinds::Settings::read(written.offers, &written.settings)
            .map_err(|error| error.within("settings"))?;
        Ok(Self {
            kind: written.offers,
            provider: written.provider,
            platform: written.platform,
            environment: written.environment,
            aws: written.aws,
            settings,
        })
    }

    /// The name of its Composition: `redis-aws-production`.
    pub fn composition_name(&self) -> String {
        format!("{}-{}-{}", self.kind.key_prefix(), self.provider.name(), self.environment.name)
    }

    fn check_header(input: &Struct) -> Result<(), Vec<Problem>> {
        for (field, expected) in [("apiVersion", API_VERSION), ("kind", KIND)] {
            let given = match input.get(field) {
                Ok(Some(wire::Value::String(text))) => text,
                Ok(_) => "",
                Err(error) => return Err(vec![error.into()]),
            };
            if given != expected {
                return Err(vec![Problem {
                    path: field.to_owned(),
                    message: format!("must be \"{expected}\", not \"{given}\""),
                }]);
            }
        }
        Ok(())
    }

    /// What is wrong with its values.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Problems::default();
        problems.within("platform", |problems| self.platform.check(problems));
        problems.within("environment", |problems| self.environment.check(problems));
        let composition = self.composition_name();
        problems.require(composition.len() <= LABEL, "environment.name", || {
            format!(
                "must be shorter: Compositions get names such as {composition}, of which Crossplane \
                 makes labels of at most {LABEL} characters"
            )
        });
        problems.within("aws", |problems| self.aws.check(problems));
        problems.within("settings", |problems| {
            self.settings.check(problems);
            self.settings.check_in(&self.environment, problems);
        });
        problems.into_sorted()
    }
}
