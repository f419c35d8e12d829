//! The loop in which Crossplane looks up what a function asks for and calls
//! again, and what every response says, for each kind in both flavours.

use std::fs;

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value as Json, json};

use crate::client::{Client, RUN_FUNCTION};
use crate::harness::Server;
use crate::messages::{
    COMPOSITE_AND_CLAIM, CredentialData, Credentials, FATAL, Requirements, Resources,
    RunFunctionRequest, RunFunctionResponse, Schema, State, WARNING, request, resource, structure,
};

const KINDS: [&str; 3] = ["postgresql", "redis", "object-store"];

/// Which API the platform installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    Namespaced,
    Claims,
}

const FLAVOURS: [Flavour; 2] = [Flavour::Namespaced, Flavour::Claims];

/// The field in which answers come: its name changed with Crossplane 2.0.
#[derive(Clone, Copy, Debug)]
enum Answers {
    Required,
    Extra,
}

/// An example as Crossplane has it.
struct Example {
    composite: Json,
    claim: Option<Json>,
    offering: Json,
}

fn document(path: &str) -> Json {
    serde_saphyr::from_str(&fs::read_to_string(path).expect("readable")).expect("YAML")
}

fn example(kind: &str, name: &str) -> Json {
    document(&format!("examples/{kind}/{name}.yaml"))
}

impl Example {
    fn new(kind: &str, flavour: Flavour) -> Self {
        let composition =
            document(&format!("package/configuration/compositions/{kind}-aws-production.yaml"));
        let offering = composition["spec"]["pipeline"][0]["input"].clone();
        if flavour == Flavour::Namespaced {
            return Self { composite: example(kind, "xr"), claim: None, offering };
        }
        let claim = example(kind, "claim");
        let mut composite = json!({
            "apiVersion": claim["apiVersion"],
            "kind": format!("X{}", claim["kind"].as_str().expect("a kind")),
            "metadata": {"name": "example-x7k2m", "uid": "5b1ac1ba-76f0-4f2b-9f32-6f1f4f0f3c11"},
            "spec": claim["spec"],
        });
        composite["spec"]["claimRef"] = json!({
            "apiVersion": claim["apiVersion"],
            "kind": claim["kind"],
            "namespace": claim["metadata"]["namespace"],
            "name": claim["metadata"]["name"],
        });
        Self { composite, claim: Some(claim), offering }
    }

    /// A store that makes no `ServiceAccount` and need not know whether there is one.
    fn without_service_account(flavour: Flavour) -> Self {
        let mut example = Self::new("object-store", flavour);
        let access = json!({"createServiceAccount": false});
        for object in [Some(&mut example.composite), example.claim.as_mut()].into_iter().flatten() {
            object["spec"]["parameters"]["access"] = access.clone();
        }
        example
    }

    fn refused(mut self) -> Self {
        for object in [Some(&mut self.composite), self.claim.as_mut()].into_iter().flatten() {
            object["spec"]["parameters"]["size"] = json!("gigantic");
        }
        self
    }

    /// The first call, with credentials, which are none of our business.
    fn request(&self) -> RunFunctionRequest {
        let mut request = request("loop");
        let composite = Some(resource(self.composite.clone()));
        request.observed = Some(State { composite, ..State::default() });
        request.input = Some(structure(self.offering.clone()));
        let data = [("key".to_owned(), b"hunter2".to_vec())].into();
        let credentials = Credentials { credential_data: Some(CredentialData { data }) };
        request.credentials.insert("cloud".to_owned(), credentials);
        request
    }

    /// The next call: everything that was asked for is looked up.
    fn answer(
        &self,
        mut request: RunFunctionRequest,
        requirements: &Requirements,
        answers: Answers,
    ) -> RunFunctionRequest {
        for (name, selector) in &requirements.resources {
            let claim = self.claim.as_ref().filter(|claim| {
                claim["kind"] == *selector.kind
                    && claim["metadata"]["name"].as_str() == selector.match_name.as_deref()
                    && claim["metadata"]["namespace"].as_str() == selector.namespace.as_deref()
            });
            let resources = Resources { items: claim.cloned().map(resource).into_iter().collect() };
            let field = match answers {
                Answers::Required => &mut request.required_resources,
                Answers::Extra => &mut request.extra_resources,
            };
            field.insert(name.clone(), resources);
        }
        for name in requirements.schemas.keys() {
            let schema = Schema { openapi_v3: Some(structure(json!({"type": "object"}))) };
            request.required_schemas.insert(name.clone(), schema);
        }
        request
    }
}

/// What holds of every response.
fn check(response: &RunFunctionResponse, case: &str) {
    let kinds: Vec<_> = response.conditions.iter().map(|found| found.r#type.as_str()).collect();
    assert_eq!(kinds, ["Accepted", "CredentialsReady"], "{case}");
    for condition in &response.conditions {
        assert_eq!(condition.target, Some(COMPOSITE_AND_CLAIM), "{case}: {condition:?}");
        assert!(!condition.reason.is_empty() && condition.message.is_some(), "{case}");
    }
    for (name, selector) in response.requirements.iter().flat_map(|asked| &asked.resources) {
        assert!(matches!(name.as_str(), "claim" | "service-account"), "{case}: {name}");
        assert!(selector.kind != "Secret" && selector.namespace.is_some(), "{case}: {selector:?}");
        assert!(selector.match_name.is_some() && selector.match_labels.is_none(), "{case}");
    }
    if let Some(requirements) = &response.requirements {
        assert!(requirements.extra_resources.is_empty(), "{case}: the old name asks nothing");
        assert!(!requirements.resources.is_empty() || !requirements.schemas.is_empty(), "{case}");
    }
}

async fn run(client: &Client, request: &RunFunctionRequest, case: &str) -> RunFunctionResponse {
    let response = client.run(request).await.expect("an answer");
    check(&response, case);
    response
}

fn severities(response: &RunFunctionResponse) -> Vec<i32> {
    response.results.iter().map(|result| result.severity).collect()
}

/// A first call that fails would stop the loop, and requirements that change with
/// their answers would never let it end.
#[tokio::test]
async fn requirements_are_asked_once_and_stay_the_same() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    for flavour in FLAVOURS {
        for answers in [Answers::Required, Answers::Extra] {
            for (kind, example, least) in [
                ("postgresql", Example::new("postgresql", flavour), 2),
                ("redis", Example::new("redis", flavour), 0),
                ("object-store", Example::new("object-store", flavour), 1),
                ("no account", Example::without_service_account(flavour), 0),
            ] {
                let case = format!("{kind} {flavour:?} {answers:?}");
                let first = run(&client, &example.request(), &case).await;
                assert!(!severities(&first).contains(&FATAL), "{case}: {:?}", first.results);
                let least = least + usize::from(flavour == Flavour::Claims);
                let Some(requirements) = &first.requirements else {
                    assert_eq!(least, 0, "{case} asks for nothing");
                    continue;
                };
                let asked = requirements.resources.len() + requirements.schemas.len();
                assert!(asked >= least && least > 0, "{case}: {requirements:?}");

                let request = example.answer(example.request(), requirements, answers);
                let second = run(&client, &request, &case).await;
                assert_eq!(second.requirements, first.requirements, "{case}");
                assert!(second.results.is_empty(), "{case}: {:?}", second.results);
                let before = first.desired.expect("desired").resources;
                let after = second.desired.expect("desired").resources;
                assert!(after.len() >= before.len() && !after.is_empty(), "{case}");
            }
        }
    }
}

/// Even an empty message would make Crossplane call a second time, always.
#[tokio::test]
async fn who_needs_nothing_asks_for_nothing() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    let flavour = Flavour::Namespaced;
    for example in [Example::new("redis", flavour), Example::without_service_account(flavour)] {
        let response = run(&client, &example.request(), "nothing").await;
        assert_eq!(response.requirements, None);
    }
}

/// A FATAL alone never reaches the author of a claim, and what stands behind it
/// is not read at all.
#[tokio::test]
async fn refusals_reach_the_author_and_repeat_the_requirements() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    for flavour in FLAVOURS {
        for kind in KINDS {
            let case = format!("{kind} {flavour:?}");
            let accepted = run(&client, &Example::new(kind, flavour).request(), &case).await;
            let mut request = Example::new(kind, flavour).refused().request();
            let other = resource(json!({"apiVersion": "v1", "kind": "ConfigMap"}));
            let resources = [("other-step".to_owned(), other)].into();
            request.desired = Some(State { resources, ..State::default() });

            let refused = run(&client, &request, &case).await;
            assert_eq!(severities(&refused), [WARNING, FATAL], "{case}: {:?}", refused.results);
            let condition = &refused.conditions[0];
            for result in &refused.results {
                assert_eq!(result.target, Some(COMPOSITE_AND_CLAIM), "{case}: {result:?}");
                assert_eq!(result.reason.as_ref(), Some(&condition.reason), "{case}");
                assert_eq!(Some(&result.message), condition.message.as_ref(), "{case}");
            }
            let ttl = refused.meta.and_then(|meta| meta.ttl).expect("a time to live");
            assert_eq!((ttl.seconds, ttl.nanos), (0, 0), "{case}");
            assert_eq!(refused.desired, request.desired, "{case}");
            assert_eq!(refused.requirements, accepted.requirements, "{case}");
        }
    }
}

/// Crossplane compares and caches responses, and replicas take turns.
#[tokio::test]
async fn two_processes_answer_with_the_same_bytes() {
    let (one, other) = (Server::plaintext().start().await, Server::plaintext().start().await);
    let (one, other) = (one.connect().await, other.connect().await);
    for flavour in FLAVOURS {
        for kind in KINDS {
            for example in [Example::new(kind, flavour), Example::new(kind, flavour).refused()] {
                let first = example.request();
                let answer = one.run(&first).await.expect("an answer");
                let asked = answer.requirements.unwrap_or_default();
                for request in [&first, &example.answer(first.clone(), &asked, Answers::Required)] {
                    let bytes = Bytes::from(request.encode_to_vec());
                    let one = one.call_raw(RUN_FUNCTION, bytes.clone()).await.expect("an answer");
                    let other = other.call_raw(RUN_FUNCTION, bytes).await.expect("an answer");
                    assert!(one == other, "{kind} {flavour:?} differs");
                    assert!(!one.windows(7).any(|bytes| bytes == b"hunter2"), "{kind}: a secret");
                }
            }
        }
    }
}
