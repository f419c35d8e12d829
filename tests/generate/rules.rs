//! What an API server refuses is what the function refuses, in the same words.

use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use regex::Regex;
use selfservice::generate::Artefact;
use selfservice::guardrails::{
    CLAIM_NAME, CREDENTIALS_SECRET_NAME, DATABASE_NAME, MAINTENANCE_WINDOW, SERVICE_ACCOUNT_NAME,
    Shape, VHOST_NAME, Violation, immutable_parameter, not_offered,
};
use selfservice::kinds::Kind;
use serde_json::{Value as Json, json};

use super::support::world::{World, catalog};

/// A shape, and how to ask the function the same.
struct Case {
    shape: &'static Shape,
    /// Fewest characters, where the rule says so besides.
    shortest: usize,
    kind: Kind,
    put: fn(&mut World, &str),
    /// Whether the function says the same sentence of texts that have the shape.
    is_stricter: bool,
}

const CASES: [Case; 6] = [
    Case {
        shape: &CLAIM_NAME,
        shortest: 3,
        kind: Kind::RedisInstance,
        put: |world, text| world.composite["metadata"]["name"] = json!(text),
        is_stricter: false,
    },
    Case {
        shape: &CREDENTIALS_SECRET_NAME,
        shortest: 0,
        kind: Kind::RedisInstance,
        put: |world, text| {
            world.composite["spec"]["writeConnectionSecretToRef"] = json!({"name": text});
        },
        is_stricter: false,
    },
    Case {
        shape: &DATABASE_NAME,
        shortest: 0,
        kind: Kind::PostgreSqlInstance,
        put: |world, text| world.set("databaseName", json!(text)),
        is_stricter: false,
    },
    Case {
        shape: &MAINTENANCE_WINDOW,
        shortest: 0,
        kind: Kind::PostgreSqlInstance,
        put: |world, text| world.set("maintenanceWindow", json!(text)),
        // Its length is the function's to judge.
        is_stricter: true,
    },
    Case {
        shape: &SERVICE_ACCOUNT_NAME,
        shortest: 0,
        kind: Kind::ObjectStore,
        put: |world, text| world.set("access", json!({"serviceAccountName": text})),
        is_stricter: false,
    },
    Case {
        shape: &VHOST_NAME,
        shortest: 0,
        kind: Kind::MessageQueue,
        put: |world, text| world.set("vhost", json!(text)),
        is_stricter: false,
    },
];

/// Texts of the shape, nearly of it, and others.
fn texts(shape: &'static Shape) -> impl Strategy<Value = String> {
    let pattern = shape.pattern.trim_start_matches('^').trim_end_matches('$');
    let fitting = || string_regex(pattern).expect("a pattern");
    let near = string_regex("[-a-zA-Z0-9._:*/ ]{1,30}(-credentials)?").expect("a pattern");
    let damaged = (fitting(), any::<prop::sample::Index>(), "[-A-Z_.:é \n]").prop_map(
        |(text, index, letter)| {
            let mut letters: Vec<char> = text.chars().collect();
            let place = index.index(letters.len());
            letters.splice(place..=place, letter.chars());
            letters.into_iter().collect()
        },
    );
    let long = (fitting(), 1..40_usize).prop_map(|(text, times)| text.repeat(times));
    let any = "\\PC{1,20}";
    prop_oneof![fitting(), near, damaged, long, any]
}

/// An API server that refused what the function accepts would lock developers out; one that let
/// pass what the function refuses would only tell them later.
#[test]
fn the_shapes_are_the_functions_own() {
    for case in &CASES {
        let pattern = Regex::new(case.shape.pattern).expect("a pattern");
        let parameters = json!({"size": "medium"});
        let world = World::new(case.kind, "production", false, parameters);
        let mut runner = TestRunner::deterministic();
        let judged = runner.run(&texts(case.shape), |text| {
            let length = text.chars().count();
            let fits =
                pattern.is_match(&text) && (case.shortest..=case.shape.longest).contains(&length);
            let mut world = world.clone();
            (case.put)(&mut world, &text);
            let sentence = (case.shape.violation)(&text).to_string();
            let refused = world.verdict().decision.is_err() && world.refusal().contains(&sentence);
            prop_assert!(fits || refused, "the function accepts {:?}", text);
            prop_assert!(!(fits && refused) || case.is_stricter, "the function refuses {:?}", text);
            Ok(())
        });
        if let Err(error) = judged {
            panic!("{}: {error}", case.shape.pattern);
        }
    }
}

/// The value of a CEL expression of the form `"text" + path + "text"`.
fn evaluate(expression: &str, value: impl Fn(&str) -> String) -> String {
    let mut result = String::new();
    let mut rest = expression;
    while !rest.is_empty() {
        rest = rest.strip_prefix(" + ").unwrap_or(rest);
        if rest.starts_with('"') {
            let mut parts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            result.push_str(&parts.next().expect("a text").expect("a CEL string"));
            rest = &rest[parts.byte_offset()..];
        } else {
            let end = rest.find(" + ").unwrap_or(rest.len());
            result.push_str(&value(&rest[..end]));
            rest = &rest[end..];
        }
    }
    result
}

#[test]
fn expressions_are_put_together() {
    let said = evaluate(r#""a \"" + self.x["y"] + "\" b""#, |path| format!("<{path}>"));
    assert_eq!(said, r#"a "<self.x["y"]>" b"#);
}

/// Every rule of a schema that has an expression.
fn rules(node: &Json, found: &mut Vec<Json>) {
    if let Some(rules) = node["x-kubernetes-validations"].as_array() {
        found.extend(rules.iter().filter(|rule| rule["messageExpression"].is_string()).cloned());
    }
    match node {
        Json::Object(fields) => fields.values().for_each(|inner| rules(inner, found)),
        Json::Array(items) => items.iter().for_each(|inner| rules(inner, found)),
        _ => {}
    }
}

/// A developer reads the same words, whoever refuses.
#[test]
fn what_the_api_server_says_is_the_guardrails_sentence() {
    let mut count = 0;
    for file in Artefact::Xrds.files(catalog()) {
        let xrd = serde_json::to_value(&file.documents().expect("YAML")[0]).expect("JSON");
        let names = ["claimNames", "names"].map(|names| xrd["spec"][names]["kind"].as_str());
        let name = names.into_iter().flatten().next().expect("a kind");
        let kind = Kind::from_name(name).expect("a kind of ours");
        let mut found = Vec::new();
        rules(&xrd, &mut found);
        for rule in found {
            let expression = rule["messageExpression"].as_str().expect("a text");
            let said = evaluate(expression, |path| match path {
                path if path.starts_with("oldSelf") => "before".to_owned(),
                path if path.contains("provider") => "a-provider".to_owned(),
                path if path.contains("environment") => "an-environment".to_owned(),
                _ => "after".to_owned(),
            });
            let own = sentences(kind);
            assert!(own.contains(&said), "{}: {said}", file.path);
            let plain = rule["message"].as_str().expect("a text");
            let start = plain.split('…').next().expect("a start");
            assert!(said.starts_with(start), "{plain} is not {said}");
            count += 1;
        }
    }
    assert!(count > 30, "only {count} rules");
}

/// What guardrails can say of a claim with these values.
fn sentences(kind: Kind) -> Vec<String> {
    let shapes = CASES.iter().map(|case| (case.shape.violation)("after"));
    let changes = kind.parameters().iter().map(|parameter| parameter.name);
    let changes = changes
        .chain(["writeConnectionSecretToRef.name"])
        .map(|name| immutable_parameter::violation("", name, Some("before"), Some("after")));
    let choices = catalog().choices(kind);
    let offered = not_offered::violation("", kind.name(), "a-provider", "an-environment", &choices);
    shapes.chain(changes).chain([offered]).map(|violation: Violation| violation.message()).collect()
}
