//! What `package/cluster` holds follows the catalogue; `tests/cluster/run` proves what it does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use selfservice::catalog::{BUILT_IN, Catalog};
use selfservice::generate::{Artefact, File};
use serde_json::{Value as Json, json};

fn written() -> Json {
    serde_saphyr::from_str(BUILT_IN).expect("YAML")
}

fn made(catalog: &Json) -> Vec<File> {
    Artefact::Cluster.files(&Catalog::read(catalog).expect("valid"))
}

fn names(catalog: &Json) -> BTreeSet<String> {
    let base = |file: File| file.path.strip_prefix("package/cluster/").map(str::to_owned);
    made(catalog).into_iter().filter_map(base).collect()
}

/// The documents of a file of the base.
fn documents(catalog: &Json, name: &str) -> Vec<Json> {
    let path = format!("package/cluster/{name}");
    let file = made(catalog).into_iter().find(|file| file.path == path).expect("made");
    let documents = file.documents().expect("YAML");
    documents.iter().map(|document| serde_json::to_value(document).expect("JSON")).collect()
}

/// Every kind that claims become is either Crossplane's own to compose, brought with its roles by a
/// provider's package, or in the role.
#[test]
fn crossplane_may_compose_every_kind() {
    let role = documents(&written(), "roles-crossplane.yaml").remove(0);
    let rules = role["rules"].as_array().expect("rules");
    let covered: BTreeSet<(String, String)> = rules
        .iter()
        .filter(|rule| {
            rule["verbs"].as_array().is_some_and(|verbs| verbs.contains(&json!("patch")))
        })
        .flat_map(|rule| {
            let group = rule["apiGroups"][0].as_str().expect("a group").to_owned();
            let resources = rule["resources"].as_array().expect("resources");
            resources
                .iter()
                .map(move |each| (group.clone(), each.as_str().expect("a name").to_owned()))
        })
        .collect();
    let mut others = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let parts: Vec<&str> = name.split('_').collect();
        let [group, _, kind] = parts.as_slice() else { continue };
        let provider = [".upbound.io", ".crossplane.io"].iter().any(|end| group.ends_with(end));
        if !provider {
            others.insert(((*group).to_owned(), format!("{}s", kind.to_lowercase())));
        }
    }
    assert_eq!(covered, others);
}

#[test]
fn what_the_platform_does_not_have_is_not_made() {
    let all = names(&written());
    for (operator, gone) in [
        (
            "externalSecrets",
            vec![
                "examples/secret-stores.yaml",
                "policy-identities.yaml",
                "policy-secret-stores.yaml",
            ],
        ),
        (
            "providerKubernetes",
            vec!["roles-provider-kubernetes.yaml", "runtime-provider-kubernetes.yaml"],
        ),
        ("messagingTopology", vec![]),
    ] {
        let mut catalog = written();
        catalog["platform"]["operators"] = json!({operator: "never"});
        let kept = names(&catalog);
        let missing: Vec<&String> = all.difference(&kept).collect();
        assert_eq!(missing, gone, "{operator}");
        let listed = documents(&catalog, "kustomization.yaml")[0]["resources"].to_string();
        assert!(!gone.iter().any(|name| listed.contains(name)), "{operator}: {listed}");
    }
    let mut catalog = written();
    catalog["platform"]["operators"] = json!({"messagingTopology": "never"});
    let roles = documents(&catalog, "roles-crossplane.yaml");
    assert!(!roles[0].to_string().contains("rabbitmq.com"));
}

#[test]
fn the_base_goes_where_crossplane_is() {
    let mut catalog = written();
    catalog["crossplane"] = json!({"namespace": "platform-system", "serviceAccount": "core"});
    let runtime = documents(&catalog, "runtime-function.yaml");
    let spec = &runtime[0]["spec"]["deploymentTemplate"]["spec"]["template"]["spec"];
    assert_eq!(spec["containers"][0]["args"], json!(["--tls-client-names=core.platform-system"]));
    for document in &runtime[2..] {
        assert_eq!(document["metadata"]["namespace"], "platform-system");
    }
    for document in documents(&catalog, "roles-provider-kubernetes.yaml") {
        let subject = &document["subjects"][0];
        assert!(subject.is_null() || subject["namespace"] == "platform-system", "{document}");
    }
}

/// External Secrets shows an identity of the platform's namespace where EKS lets it choose one.
#[test]
fn stores_are_read_as_the_cluster_gives_out_identities() {
    let mut catalog = written();
    catalog["environments"]["production"]["aws"]["identity"] =
        json!({"podIdentity": {"clusterName": "main"}});
    let documents = documents(&catalog, "examples/secret-stores.yaml");
    let store = |name: &str| {
        let named =
            |each: &&Json| each["kind"] == "ClusterSecretStore" && each["metadata"]["name"] == name;
        documents.iter().find(named).expect("a store")["spec"]["provider"]["aws"].clone()
    };
    let is_there = |name: &Json| {
        let named =
            |each: &Json| each["kind"] == "ServiceAccount" && each["metadata"]["name"] == *name;
        documents.iter().any(named)
    };
    let reader = json!({"name": "secret-reader-aws-staging", "namespace": "platform-secrets"});
    assert_eq!(store("aws-staging")["auth"]["jwt"]["serviceAccountRef"], reader);
    assert!(is_there(&reader["name"]));
    assert!(!is_there(&json!("secret-reader-aws-production")));
    assert_eq!(
        store("aws-production"),
        json!({
            "service": "SecretsManager",
            "region": "eu-west-1",
            "role": "arn:aws:iam::777788889999:role/self-service-secret-reader",
        })
    );
}

#[test]
fn every_secret_store_of_the_catalogue_is_protected() {
    let mut catalog = written();
    catalog["environments"]["production"]["aws"]["secretStore"] = json!({"name": "production"});
    let policy = &documents(&catalog, "policy-secret-stores.yaml")[0];
    let mut sentences: Vec<&str> = policy["spec"]["validations"]
        .as_array()
        .expect("validations")
        .iter()
        .filter_map(|each| each["message"].as_str())
        .collect();
    sentences.sort_unstable();
    assert_eq!(
        sentences,
        [
            "Labels could choose the platform's secret stores. Name the ClusterSecretStore instead of selecting it by labels.",
            "The secret store aws-development is for the platform alone. Use a SecretStore of your own namespace, or contact platform-team.",
            "The secret store aws-staging is for the platform alone. Use a SecretStore of your own namespace, or contact platform-team.",
            "The secret store production is for the platform alone. Use a SecretStore of your own namespace, or contact platform-team.",
        ]
    );
    let role = documents(&catalog, "roles-crossplane.yaml")[0].to_string();
    assert!(
        role.contains(r#""resourceNames":["aws-development","production","aws-staging"]"#),
        "{role}"
    );
}
