//! Another platform's catalogue, and wrong ones.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{files, folder, path, run, text};

/// The built-in catalogue as another platform team would have it: other words everywhere.
fn foreign() -> String {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let words = [
        ("platform.example.com", "platform.acme.example"),
        ("registry.example.com", "registry.acme.example/platform"),
        ("contact: platform-team", "contact: \"#ask-platform\""),
        ("team-", "squad-"),
        ("development", "lab"),
        ("staging", "trial"),
        ("production", "live"),
        ("xlarge}", "huge}"),
        ("name: small", "name: s"),
        ("name: medium", "name: m"),
        ("name: large", "name: l"),
        ("name: xlarge", "name: xl"),
        ("maximumSize: large", "maximumSize: l"),
        ("111122223333", "123456789011"),
        ("444455556666", "123456789012"),
        ("777788889999", "123456789013"),
        ("eu-west-1", "us-east-2"),
        ("clusterId: example", "clusterId: acme"),
    ];
    words.into_iter().fold(catalogue, |text, (from, to)| text.replace(from, to))
}

fn written(name: &str, catalogue: &str) -> String {
    let file = folder(name).join("catalog.yaml");
    fs::write(&file, catalogue).expect("writable");
    path(&file).to_owned()
}

/// Whatever of the example shows through would mislead the developers of another platform.
#[test]
fn everything_is_of_the_platform_whose_catalogue_it_is() {
    let catalogue = written("foreign", &foreign());
    let out = folder("foreign-out");
    let output = run(&["generate", "--catalog", &catalogue, "--out", path(&out)]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let files = files(&out);
    // These explain the catalogue's fields, whatever anybody's catalogue holds.
    let general = ["docs/catalog-reference.md", "package/function/input"];
    for (place, content) in &files {
        if general.iter().any(|general| place.starts_with(general)) {
            continue;
        }
        let content = place.clone() + content;
        for word in [
            "example.com",
            "platform-team",
            "team-",
            "development",
            "staging",
            "production",
            "111122223333",
            "777788889999",
            "eu-west-1",
            "medium",
        ] {
            let line = content.lines().find(|line| line.contains(word)).unwrap_or_default();
            // AWS's own names of instance types.
            assert!(
                line.is_empty() || line.contains(&format!(".{word}")),
                "{place} says {word}: {line}"
            );
        }
    }
    for (place, line) in [
        ("package/configuration/xrds/redis.yaml", "  group: cache.platform.acme.example"),
        ("docs/kinds/redis.md", "apiVersion: cache.platform.acme.example/v1alpha1"),
        ("docs/kinds/redis.md", "        environment: live"),
        (
            "docs/guardrails.md",
            "> `spec.parameters.size`: Maximum allowed size is l. Contact #ask-platform for exceptions.",
        ),
    ] {
        assert!(files[place].lines().any(|given| given == line), "{place} has no line {line}");
    }
    renders(&out, &files["docs/kinds/redis.md"], &catalogue);
    packages(&out);
}

/// The generated folders become packages that Crossplane finds the rest by.
fn packages(out: &Path) {
    for (flavour, name) in [
        ("configuration", "configuration-self-service"),
        ("configuration-claims", "configuration-self-service-claims"),
    ] {
        let source = out.join("package").join(flavour);
        let built = folder("foreign-packages").join("built.xpkg");
        let arguments = ["package", "build", "configuration", path(&source), "-o", path(&built)];
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let output = run(&["package", "inspect", path(&built), "-o", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let package: Value = serde_json::from_str(&text(&output.stdout)).expect("JSON");
        assert_eq!((&package["type"], &package["name"]), (&json!("Configuration"), &json!(name)));
        let dependencies = package["dependencies"].as_array().expect("a list");
        let functions: Vec<&Value> = dependencies
            .iter()
            .filter(|dependency| dependency["kind"] == "Function")
            .map(|dependency| &dependency["package"])
            .collect();
        assert_eq!(functions, ["registry.acme.example/platform/function-self-service"]);
        let objects = package["objects"].as_array().expect("a list");
        let definitions: Vec<&str> = objects
            .iter()
            .filter(|object| object["kind"] == "CompositeResourceDefinition")
            .filter_map(|object| object["name"].as_str())
            .collect();
        assert_eq!(definitions.len(), 5);
        for definition in definitions {
            assert!(definition.ends_with(".platform.acme.example"), "{definition}");
        }
        assert!(objects.iter().any(|object| object["name"] == "redis-aws-live"));
    }
}

/// The example of a generated page is accepted with the generated Composition.
fn renders(out: &Path, page: &str, catalogue: &str) {
    for (index, flavour) in ["configuration", "configuration-claims"].into_iter().enumerate() {
        let claim = page.split("```yaml\n").nth(index + 1).expect("an example");
        let claim = claim.split("```").next().expect("an end");
        let file = folder("foreign-claim").join("claim.yaml");
        fs::write(&file, claim).expect("writable");
        let composition = out.join(format!("package/{flavour}/compositions/redis-aws-live.yaml"));
        let output =
            run(&["render", path(&file), path(&composition), "--catalog", catalogue, "-o", "json"]);
        assert_eq!(output.status.code(), Some(0), "{claim}{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("platform.acme.example"));
    }
}

/// Every mistake is named at once, and nothing is written.
#[test]
fn a_broken_catalogue_writes_nothing_and_names_every_mistake() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let words = [
        ("name: medium, nodeType: cache.m7g.large", "name: small, nodeType: cache.m7g.large"),
        ("        production:\n          versioning", "        prod:\n          versioning"),
        ("clusterId: example", "clusterId: Example"),
        ("repository: registry.example.com", "repository: registry/Example"),
    ];
    let broken = words.into_iter().fold(catalogue, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let file = written("broken", &broken);
    let out = folder("broken-out");
    let output = run(&["generate", "--catalog", &file, "--out", path(&out)]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: {file}: 4 problems in the catalogue:\n  \
             offerings.ObjectStore.aws.environments.prod: is no environment of this catalogue: development, production, staging\n  \
             offerings.RedisInstance.aws.sizes[1].name: \"small\" is listed twice\n  \
             packages.repository: \"registry/Example\" is not a registry with a path, in lower case and without https:// or a slash at its end, such as registry.example.com/platform\n  \
             platform.clusterId: \"Example\" must be 1–63 characters of a–z, 0–9 and -\n"
        )
    );
    assert!(files(&out).is_empty(), "nothing is written");
}
