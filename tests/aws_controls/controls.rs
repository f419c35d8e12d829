//! `controls.yaml`, which describes itself.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::probe::Probe;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) controls: Vec<Control>,
    pub(crate) idle: Vec<Idle>,
    pub(crate) elsewhere: Vec<Elsewhere>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Control {
    pub(crate) id: String,
    pub(crate) severity: Severity,
    pub(crate) title: String,
    pub(crate) kinds: Vec<String>,
    #[serde(default)]
    pub(crate) checkov: Vec<String>,
    #[serde(default)]
    pub(crate) own_key: bool,
    pub(crate) probes: Vec<Probe>,
    pub(crate) parameter: Option<Parameter>,
    pub(crate) waived: Option<Waiver>,
    #[serde(default)]
    pub(crate) broken: Vec<Break>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

/// A parameter that decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// With which it is held; null is left out.
    pub(crate) values: Vec<Json>,
    #[serde(rename = "in")]
    pub(crate) environments: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiver {
    #[serde(rename = "in")]
    pub(crate) environments: Option<Vec<String>>,
    pub(crate) reason: String,
}

/// A way to break a control.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Break {
    pub(crate) of: String,
    /// Fields and their new values; null takes one out.
    #[serde(default)]
    pub(crate) set: BTreeMap<String, Json>,
    #[serde(default)]
    pub(crate) removed: bool,
    /// Whether checkov overlooks it.
    #[serde(default)]
    pub(crate) blind: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Idle {
    pub(crate) check: String,
    pub(crate) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Elsewhere {
    pub(crate) controls: Vec<String>,
    pub(crate) who: String,
    pub(crate) what: String,
}

/// How a control is held in one environment, as the file says.
pub(crate) enum State<'a> {
    Held,
    ByParameter(&'a Parameter),
    Waived,
}

impl Control {
    pub(crate) fn state(&self, environment: &str) -> State<'_> {
        let names = |environments: &[String]| environments.iter().any(|name| name == environment);
        if let Some(parameter) = self.parameter.as_ref().filter(|it| names(&it.environments)) {
            return State::ByParameter(parameter);
        }
        let waived = self.waived.as_ref();
        waived
            .filter(|it| it.environments.as_deref().is_none_or(names))
            .map_or(State::Held, |_| State::Waived)
    }
}

impl Break {
    /// Breaks it in `objects`, if it is there to be broken.
    pub(crate) fn apply(&self, objects: &mut Vec<Json>) -> bool {
        let before = objects.len();
        if self.removed {
            objects.retain(|object| crate::probe::type_of(object) != self.of);
            return objects.len() < before;
        }
        let mut found = false;
        for object in objects.iter_mut().filter(|it| crate::probe::type_of(it) == self.of) {
            found = true;
            for (field, value) in &self.set {
                let (parent, name) = match field.strip_prefix("spec.") {
                    Some(name) => (&mut object["spec"], name),
                    None => (&mut object["spec"]["forProvider"], field.as_str()),
                };
                if value.is_null() {
                    parent.as_object_mut().map(|fields| fields.remove(name));
                } else {
                    parent[name] = value.clone();
                }
            }
        }
        found
    }
}
