//! What the documents say is what the product does.

use std::collections::BTreeMap;
use std::fs;

use selfservice::catalog::Catalog;
use selfservice::generate::Artefact;
use selfservice::generate::refusals::example;
use selfservice::guardrails::{self, Cause};
use selfservice::kinds::Kind;
use selfservice::report::REASONS;

use super::support::world::{catalog, catalog_document};
use super::{folder, path, run, text};

fn documents(catalog: &Catalog) -> BTreeMap<String, String> {
    let files = Artefact::Docs.files(catalog).into_iter();
    files.map(|file| (file.path.clone(), file.render().expect("text"))).collect()
}

/// A developer who looks up a refusal finds how it comes about.
#[test]
fn every_guardrail_has_an_example_that_breaks_it_alone() {
    for guardrail in guardrails::ALL {
        let Some(example) = example(catalog(), guardrail) else {
            panic!("{} has no example: see src/generate/attempts.rs", guardrail.code)
        };
        for violation in &example.violations {
            assert_eq!(violation.code, guardrail.code, "{violation}");
        }
        let warns = guardrail.cause == Cause::Time || guardrail.code == "environment-moved";
        assert_eq!(example.warns, warns, "{}", guardrail.code);
    }
}

#[test]
fn the_page_of_guardrails_has_what_explain_prints() {
    let page = &documents(catalog())["docs/guardrails.md"];
    let words = |text: &str| {
        let bare = text.replace(['>', '`', '-', '*'], " ");
        bare.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let page = words(page);
    let mut last = 0;
    for guardrail in guardrails::ALL {
        let place =
            page.rfind(&words(guardrail.why)).unwrap_or_else(|| panic!("{}", guardrail.code));
        assert!(place > last, "{} is out of order", guardrail.code);
        last = place;
        let explained = text(&run(&["explain", guardrail.code]).stdout);
        let sentences = explained.lines().filter_map(|line| line.split_once("]: "));
        for (_, sentence) in sentences {
            assert!(page.contains(&words(sentence)), "{}: {sentence}", guardrail.code);
        }
        for way in guardrail.ways_out {
            assert!(page.contains(&words(way)), "{}: {way}", guardrail.code);
        }
    }
}

/// Whoever copies an example gets what it promises.
#[test]
fn the_examples_of_every_kind_are_accepted() {
    for kind in Kind::ALL {
        let page = &documents(catalog())[&format!("docs/kinds/{}.md", kind.key_prefix())];
        let claims: Vec<&str> =
            page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert_eq!(claims.len(), 2, "{}", kind.name());
        for (claim, flavour) in claims.into_iter().zip(["", "X"]) {
            let file = folder("example").join(format!("{}{flavour}.yaml", kind.key_prefix()));
            fs::write(&file, claim).expect("writable");
            let output = run(&["render", path(&file)]);
            assert_eq!(output.status.code(), Some(0), "{claim}{}", text(&output.stderr));
            let composite = format!("\nkind: {flavour}{}\n", kind.name());
            assert!(text(&output.stdout).contains(&composite), "{claim}");
        }
    }
}

#[test]
fn pages_are_whole_and_lead_somewhere() {
    let documents = documents(catalog());
    for (place, page) in &documents {
        assert!(!page.contains("{{"), "{place} has a part that nobody fills");
        let mut in_code = false;
        for line in page.lines() {
            in_code ^= line.starts_with("```");
            let long = line.chars().count() > 120 && !line.starts_with('|') && !in_code;
            assert!(!long, "{place}: {line}");
        }
    }
    lead_somewhere(&documents);
}

#[track_caller]
fn lead_somewhere(documents: &BTreeMap<String, String>) {
    for (place, page) in documents {
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = place.rsplit_once('/').map_or("", |(folder, _)| folder);
            let target = match file.strip_prefix("../") {
                Some(file) => format!("docs/{file}"),
                None if file.is_empty() => place.clone(),
                None => format!("{folder}/{file}"),
            };
            assert!(documents.contains_key(&target), "{place}: {link}");
            let target = &documents[&target];
            let has = |line: &str| {
                line.starts_with('#')
                    && line.trim_start_matches('#').trim().to_lowercase() == anchor
            };
            assert!(anchor.is_empty() || target.lines().any(has), "{place}: {link}");
        }
    }
}

/// A catalogue need not offer everything, and then its pages do not speak of the rest.
#[test]
fn a_small_catalogue_has_pages_for_what_it_offers() {
    let mut document = catalog_document();
    document["environments"] =
        serde_json::json!({"development": document["environments"]["development"]});
    document["environments"]["development"]["namespaces"] = serde_json::json!(["*"]);
    let mut stream = document["offerings"]["EventStream"]["aws"].clone();
    stream.as_object_mut().expect("settings").remove("environments");
    document["offerings"] = serde_json::json!({"EventStream": {"aws": stream}});
    let catalog = Catalog::read(&document).expect("valid");
    let documents = documents(&catalog);
    let places: Vec<&str> = documents.keys().map(String::as_str).collect();
    assert_eq!(
        places,
        [
            "docs/catalog-reference.md",
            "docs/catalog.md",
            "docs/guardrails.md",
            "docs/kinds/event-stream.md",
        ]
    );
    lead_somewhere(&documents);
    let unknown = "\nThis catalogue gives no example of it.\n";
    assert!(documents["docs/guardrails.md"].contains(unknown));
    assert!(
        documents["docs/catalog.md"]
            .contains("\n| `tenancy` | `dedicated` | `shared`, which is refused here |\n")
    );
}

/// The metadata of packages and the page of guardrails are of the kinds on offer.
#[test]
fn a_catalogue_of_two_kinds_speaks_of_no_others() {
    let mut document = catalog_document();
    let offerings = document["offerings"].as_object_mut().expect("kinds");
    offerings.retain(|kind, _| kind == "RedisInstance" || kind == "MessageQueue");
    let catalog = Catalog::read(&document).expect("valid");
    for file in Artefact::Packages.files(&catalog) {
        let text = file.render().expect("YAML");
        let about = |flavour| {
            format!(
                "meta.crossplane.io/description: \"Self-service caches and queues: {flavour}.\""
            )
        };
        for (folder, flavour) in
            [("configuration/", "namespaced"), ("configuration-claims/", "claims")]
        {
            if file.path.starts_with(&format!("package/{folder}")) {
                assert!(text.contains(&about(flavour)), "{}: {text}", file.path);
            }
        }
    }
    let documents = documents(&catalog);
    lead_somewhere(&documents);
    let page = &documents["docs/guardrails.md"];
    let left_out: Vec<&str> = guardrails::ALL
        .iter()
        .map(|guardrail| guardrail.code)
        .filter(|code| !page.contains(&format!("\n## {code}\n")))
        .collect();
    assert_eq!(
        left_out,
        [
            "number-out-of-range",
            "lifecycle-order",
            "versioning-required",
            "storage-shrink",
            "partitions-shrink",
            "tenancy-not-offered",
            "consumer-group",
            "database-name",
            "extension-not-offered",
            "service-account-name",
            "service-account-exists",
            "identity-without-effect",
        ]
    );
    for code in left_out {
        assert!(!page.contains(code), "{code} is still in the table");
    }
    for kind in ["PostgreSQLInstance", "ObjectStore", "EventStream"] {
        assert!(!page.contains(kind), "{kind}");
    }
}

/// The status on the page of a kind is the one of its schema.
#[test]
fn the_page_of_a_kind_has_the_whole_status() {
    let page = &documents(catalog())["docs/kinds/postgresql.md"];
    let table = page.split("\n## Status\n").nth(1).expect("a section");
    assert!(
        table.starts_with(
            "\n| field | what it is |\n|---|---|\n\
             | `endpoint` | Host that clients connect to. |\n\
             | `port` | Port that clients connect to. |\n\
             | `binding.name` | The Secret to bind to, for Service Binding. |\n\
             | `credentials.secretName` | The Secret with the credentials. |\n\
             | `environment` | The environment that it is in. |\n\
             | `offering` | What the size became. |\n\
             | `team` | The team that it belongs to. |\n\
             | `fixed.databaseName` | What was accepted and cannot change any more. |\n\n"
        ),
        "{table}"
    );
}

/// What the code knows stands in tables; prose that repeats a number could drift.
#[test]
fn a_number_in_prose_is_the_codes() {
    let page = &documents(catalog())["docs/kinds/event-stream.md"];
    assert!(page.contains("A claim has at most 10 consumer groups."));
    let mut world = super::support::world::World::new(
        Kind::EventStream,
        "staging",
        false,
        serde_json::json!({"size": "small"}),
    );
    let groups =
        |count: usize| (0..count).map(|index| format!("group-{index}")).collect::<Vec<_>>();
    world.set("access", serde_json::json!({"consumerGroups": groups(10)}));
    assert!(world.verdict().decision.is_ok());
    world.set("access", serde_json::json!({"consumerGroups": groups(11)}));
    assert_eq!(
        world.refusal(),
        [
            "spec.parameters.access.consumerGroups [consumer-group]: 11 consumer groups are too many. List at most 10."
        ]
    );
}

/// Every reason that the code gives is on the page of its kind.
#[test]
fn every_reason_is_told() {
    let given =
        regex::Regex::new(r#"(?s)(?:Lack::new\(\s*|reason: )"([A-Z][A-Za-z]+)""#).expect("valid");
    let mut count = 0;
    for kind in Kind::ALL {
        let folder = format!("src/kinds/{}", kind.key_prefix().replace('-', "_"));
        for (place, source) in super::files(folder.as_ref()) {
            for found in given.captures_iter(&source) {
                let told = kind.reasons().iter().any(|reason| reason.name == &found[1]);
                assert!(told, "{folder}/{place}: {}", &found[1]);
                count += 1;
            }
        }
    }
    assert!(count > 12, "only {count} reasons");
    for place in
        ["src/report.rs", "src/credentials/mod.rs", "src/backends/stages.rs", "src/pipeline.rs"]
    {
        let source = fs::read_to_string(place).expect("readable");
        for found in given.captures_iter(&source) {
            let told = REASONS.iter().any(|reason| reason.names.contains(&&found[1]));
            assert!(told, "{place}: {}", &found[1]);
        }
    }
    // Passwords are generated for kinds that need the operator for it.
    let generated = fs::read_to_string("src/credentials/generated.rs").expect("readable");
    for found in given.captures_iter(&generated) {
        for kind in [Kind::MessageQueue, Kind::EventStream] {
            assert!(kind.reasons().iter().any(|reason| reason.name == &found[1]), "{}", &found[1]);
        }
    }
}
