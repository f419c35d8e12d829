//! The examples of `ObjectStore` do what they say. That they render at all, and what refuses
//! the refused ones, `tests/cli.rs` proves for every kind.

use crate::fixture::{Scenario, claim, read_yaml, root};
use selfservice::claim::Flavour;
use serde_json::Value;

fn example(name: &str) -> Value {
    read_yaml(&root().join("examples/object-store").join(name)).remove(0)
}

/// What an example asks for, in production.
fn scenario(example: &Value, flavour: Flavour) -> Scenario {
    assert_eq!(example["apiVersion"], "storage.platform.example.com/v1alpha1");
    assert_eq!(example["kind"], "ObjectStore");
    assert_eq!(example["metadata"]["namespace"], "team-billing");
    let selector = match flavour {
        Flavour::Namespaced => &example["spec"]["crossplane"]["compositionSelector"],
        Flavour::Claims => &example["spec"]["compositionSelector"],
    };
    assert_eq!(selector["matchLabels"]["provider"], "aws");
    assert_eq!(selector["matchLabels"]["environment"], "production");
    let mut scenario = claim().flavour(flavour);
    scenario.name = text(&example["metadata"]["name"]);
    scenario.secret_name = text(&example["spec"]["writeConnectionSecretToRef"]["name"]);
    scenario.parameters = example["spec"]["parameters"].clone();
    scenario
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn renders_both_flavours_alike() {
    let v1 = scenario(&example("claim.yaml"), Flavour::Claims);
    let v2 = scenario(&example("xr.yaml"), Flavour::Namespaced);
    let (v1, v2) = (v1.living(), v2.living());
    assert!(v1.accepted().ready && v2.accepted().ready);
    let names = |scenario: &Scenario| -> Vec<(String, Value)> {
        let resources = scenario.resources().into_iter();
        resources.map(|(key, resource)| (key, resource["metadata"]["name"].clone())).collect()
    };
    assert_eq!(names(&v1), names(&v2));
    assert_eq!(v1.status(), v2.status());
}

#[test]
fn joined_example_joins_the_first() {
    let first = scenario(&example("claim.yaml"), Flavour::Claims);
    let joined = scenario(&example("joined.yaml"), Flavour::Claims);
    assert_eq!(joined.status()["roleArn"], first.status()["roleArn"]);
    assert!(!joined.composes("object-store-role"));
}
