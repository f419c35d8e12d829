//! AWS's security controls: each is held, decided by a parameter, or waived in every environment
//! exactly as `controls.yaml` says, and `docs/aws-controls.md` says the same.
//!
//! What breaks for users when this fails: a resource lost a setting that an auditor looks for,
//! or the page that auditors are shown is not true.

mod support;

#[path = "aws_controls/controls.rs"]
mod controls;
#[path = "aws_controls/page.rs"]
mod page;
#[path = "aws_controls/probe.rs"]
mod probe;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use controls::{Control, File, State};
use selfservice::kinds::Kind;
use serde_json::{Value as Json, json};
use support::world::{World, document};

const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];

/// The parameters that kinds are tried with, besides their sizes and availability: each alone.
const PARAMETERS: [(&str, &[(&str, &str)]); 6] = [
    ("PostgreSQLInstance", &[("backupRetentionDays", "7"), ("version", "\"15\"")]),
    ("RedisInstance", &[("engine", "\"valkey\""), ("evictionPolicy", "\"noeviction\"")]),
    ("MessageQueue", &[("version", "\"3.13\""), ("vhost", "\"orders\"")]),
    (
        "ObjectStore",
        &[
            ("versioning", "true"),
            ("versioning", "false"),
            ("access", "{\"mode\": \"read-only\"}"),
            ("expireAfterDays", "30"),
        ],
    ),
    (
        "EventStream",
        &[("cleanupPolicy", "\"compact\""), ("access", "{\"consumerGroups\": [\"billing\"]}")],
    ),
    (DEDICATED, &[("version", "\"3.8\""), ("access", "{\"consumerGroups\": [\"billing\"]}")]),
];

/// What `controls.yaml` calls a stream on a cluster of its own.
const DEDICATED: &str = "EventStream dedicated";

/// What `controls.yaml` tells apart, and the kinds of claims it comes from.
fn subjects() -> Vec<(&'static str, Kind)> {
    let mut subjects = Vec::from(Kind::ALL.map(|kind| (kind.name(), kind)));
    subjects.push((DEDICATED, Kind::EventStream));
    subjects
}

/// A settled claim.
struct Case {
    title: String,
    kind: &'static str,
    environment: &'static str,
    own_key: bool,
    parameters: Json,
    objects: Vec<Json>,
}

impl Case {
    fn new(
        (subject, kind): (&'static str, Kind),
        environment: &'static str,
        claims: bool,
        own_key: bool,
        parameters: &Json,
    ) -> Self {
        let mut world = World::new(kind, environment, claims, parameters.clone());
        if subject == DEDICATED {
            // Controls do not depend on where the catalogue offers it.
            let offered = World::new(kind, "production", claims, json!({})).offering;
            world.offering["settings"]["dedicated"] = offered["settings"]["dedicated"].clone();
            world.set("tenancy", json!("dedicated"));
        }
        if own_key {
            world.offering["aws"]["keyPerClaim"] = json!(true);
            world.offering["aws"]["identity"] = json!({"podIdentity": {"clusterName": "apps"}});
        }
        let composition = world.settle();
        Self {
            title: format!("{subject} {environment} {parameters} claims={claims} ownKey={own_key}"),
            kind: subject,
            environment,
            own_key,
            parameters: parameters.clone(),
            objects: composition
                .resources
                .values()
                .map(|composed| document(&composed.manifest))
                .collect(),
        }
    }

    fn concerns(&self, control: &Control) -> bool {
        control.kinds.iter().any(|kind| kind == self.kind) && (self.own_key || !control.own_key)
    }
}

/// The parameters of the claims of a kind in an environment.
fn claims(subject: &str, environment: &str) -> Vec<Json> {
    let required = environment == "production";
    let mut claims = Vec::new();
    for size in ["small", "medium", "large"] {
        claims.push(json!({"size": size}));
        for wanted in [true, false] {
            if wanted || !required || matches!(subject, "ObjectStore" | "EventStream") {
                claims.push(json!({"size": size, "highAvailability": wanted}));
            }
        }
    }
    let (_, parameters) =
        PARAMETERS.into_iter().find(|(name, _)| *name == subject).unwrap_or_default();
    for (name, value) in parameters {
        if !(required && *name == "versioning" && *value == "false") {
            let value: Json = serde_json::from_str(value).expect("JSON");
            claims.push(json!({"size": "small", *name: value}));
        }
    }
    claims
}

/// Every case, settled once.
fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let mut cases = Vec::new();
        for subject in subjects() {
            for environment in ENVIRONMENTS {
                for parameters in claims(subject.0, environment) {
                    for flavour in [false, true] {
                        for own_key in [false, true] {
                            cases.push(Case::new(
                                subject,
                                environment,
                                flavour,
                                own_key,
                                &parameters,
                            ));
                        }
                    }
                }
            }
        }
        cases
    })
}

fn file() -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws_controls/controls.yaml");
    serde_saphyr::from_str(&fs::read_to_string(path).expect("readable")).expect("controls")
}

fn holds(control: &Control, kind: &str, objects: &[Json]) -> bool {
    control.probes.iter().all(|probe| probe.holds(kind, objects))
}

#[test]
fn every_control_is_held_decided_or_waived_as_stated() {
    let mut wrong = Vec::new();
    for control in file().controls {
        for environment in ENVIRONMENTS {
            let concerned: Vec<&Case> = cases()
                .iter()
                .filter(|case| case.environment == environment && case.concerns(&control))
                .collect();
            assert!(!concerned.is_empty(), "{} concerns nothing", control.id);
            let state = control.state(environment);
            let mut outcomes = BTreeSet::new();
            let mut differences = Vec::new();
            for case in concerned {
                let held = holds(&control, case.kind, &case.objects);
                outcomes.insert(held);
                let expected = match &state {
                    State::Held => true,
                    State::Waived => false,
                    State::ByParameter(parameter) => {
                        parameter.values.contains(&case.parameters[&parameter.name])
                    }
                };
                if held != expected {
                    let verb = if held { "is held" } else { "is not held" };
                    differences.push(format!("{verb} by {}", case.title));
                }
            }
            if let Some(first) = differences.first() {
                let count = differences.len();
                wrong.push(format!("{}: {first}, and so on: {count} claims", control.id));
            }
            if matches!(state, State::ByParameter(_)) && outcomes.len() < 2 {
                wrong.push(format!("{}: no parameter decides in {environment}", control.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// Probes that nothing can break prove nothing. This is also what notices the ways to break a
/// control that checkov overlooks.
#[test]
fn every_way_to_break_a_control_is_noticed() {
    let mut blind = 0;
    for control in file().controls {
        let held: Vec<&Case> = cases()
            .iter()
            .filter(|case| case.concerns(&control) && holds(&control, case.kind, &case.objects))
            .collect();
        assert_eq!(held.is_empty(), control.broken.is_empty(), "{}: ways to break it", control.id);
        for way in &control.broken {
            let mut broken = 0;
            for case in &held {
                let mut objects = case.objects.clone();
                if way.apply(&mut objects) {
                    broken += 1;
                    assert!(!holds(&control, case.kind, &objects), "{}: {way:?}", control.id);
                }
            }
            assert!(broken > 0, "{}: nothing to break: {way:?}", control.id);
            blind += usize::from(way.blind || control.checkov.is_empty());
        }
    }
    assert!(blind >= 4, "checkov overlooks four ways at least, not {blind}");
}

#[test]
fn controls_are_told_apart_and_environments_exist() {
    let file = file();
    let mut seen = BTreeSet::new();
    for control in &file.controls {
        for kind in &control.kinds {
            assert!(seen.insert((&control.id, kind)), "{} is there twice for {kind}", control.id);
        }
        assert!(
            control.kinds.iter().all(|name| subjects().iter().any(|(subject, _)| subject == name)),
            "{}: kinds",
            control.id
        );
        let decided = control.parameter.iter().flat_map(|parameter| &parameter.environments);
        let waived = control.waived.iter().flat_map(|waiver| waiver.environments.iter().flatten());
        let mut named = BTreeSet::new();
        for environment in decided.chain(waived) {
            assert!(ENVIRONMENTS.contains(&environment.as_str()), "{}: {environment}", control.id);
            assert!(named.insert(environment), "{}: {environment} twice", control.id);
        }
        let reasons = control.waived.iter().map(|waiver| waiver.reason.trim());
        assert!(
            reasons.into_iter().all(|reason| reason.ends_with('.')),
            "{}: a reason",
            control.id
        );
    }
}

/// The page is a document: a change to it shows in review. Run the test again after a change to
/// accept it.
#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/aws-controls.md");
    let page = page::page(&file());
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if page != expected {
        fs::write(&path, &page).expect("a file");
    }
    assert_eq!(page, expected, "docs/aws-controls.md was stale and is rewritten");
}
