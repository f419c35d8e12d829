//! What operators and tools see.

use prost::Message;
use serde_json::json;

use crate::harness::Server;
use crate::messages::{CredentialData, Credentials, Resource, Resources, request, resource};

#[derive(Clone, PartialEq, Message)]
struct HealthRequest {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, Message)]
struct HealthResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

const SERVING: i32 = 1;
const NOT_SERVING: i32 = 2;

#[derive(Clone, PartialEq, Message)]
struct ReflectionRequest {
    #[prost(string, optional, tag = "4")]
    file_containing_symbol: Option<String>,
    #[prost(string, optional, tag = "7")]
    list_services: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct ReflectionResponse {
    #[prost(message, optional, tag = "4")]
    files: Option<Files>,
    #[prost(message, optional, tag = "6")]
    services: Option<Services>,
}

#[derive(Clone, PartialEq, Message)]
struct Files {
    #[prost(bytes = "vec", repeated, tag = "1")]
    descriptors: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Services {
    #[prost(message, repeated, tag = "1")]
    service: Vec<Service>,
}

#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
}

const FUNCTION: &str = "apiextensions.fn.proto.v1.FunctionRunnerService";

#[tokio::test]
async fn health_names_the_server_and_the_service() {
    let mut server = Server::plaintext().start().await;
    let client = server.connect().await;
    let check = async |service: &str| {
        let request = HealthRequest { service: service.to_owned() };
        let answer = client.call("/grpc.health.v1.Health/Check", &request).await;
        answer.map(|HealthResponse { status }| status)
    };
    assert_eq!(check("").await.expect("an answer"), SERVING);
    assert_eq!(check(FUNCTION).await.expect("an answer"), SERVING);
    check("no.Service").await.expect_err("unknown");
    assert_eq!(server.probe("/readyz").0, "HTTP/1.1 200 OK");
    assert_eq!(server.probe("/livez").0, "HTTP/1.1 200 OK");

    // A watcher hears of the end before the connection ends.
    let held = client.hold(&request("held")).await;
    let watched = HealthRequest { service: FUNCTION.to_owned() };
    let mut watch = client.watch("/grpc.health.v1.Health/Watch", &watched).await.expect("a stream");
    let mut next = async || {
        let message = watch.message().await.expect("no error").expect("a message");
        HealthResponse::decode(message).expect("a status").status
    };
    assert_eq!(next().await, SERVING);
    server.signal("TERM");
    assert_eq!(next().await, NOT_SERVING);
    server.wait_for_log("Draining").await;
    held.finish().await.expect("an answer");
}

/// grpcurl and Crossplane's own tools find the service by reflection.
#[tokio::test]
async fn reflection_lists_and_describes_the_services() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    for path in [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ] {
        let list = ReflectionRequest { list_services: Some(String::new()), ..Default::default() };
        let answer: ReflectionResponse = client.stream(path, &list).await.expect("an answer");
        let services = answer.services.expect("a list").service;
        let names: Vec<_> = services.iter().map(|service| service.name.as_str()).collect();
        assert!(names.contains(&FUNCTION) && names.contains(&"grpc.health.v1.Health"), "{names:?}");

        let symbol = Some(FUNCTION.to_owned());
        let find = ReflectionRequest { file_containing_symbol: symbol, ..Default::default() };
        let answer: ReflectionResponse = client.stream(path, &find).await.expect("an answer");
        assert!(!answer.files.expect("files").descriptors.is_empty());
    }
}

#[tokio::test]
async fn metrics_count_calls_by_code_and_measure_them() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    for _ in 0..3 {
        client.run(&request("counted").padded(5000)).await.expect("an answer");
    }
    client.run(&request("large").padded(5 * 1024 * 1024)).await.expect_err("too large");
    // A call is over when its last byte is handed over, which may be after the answer is read.
    for (code, calls) in [("OK", 3.0), ("ResourceExhausted", 1.0)] {
        let series = format!(
            "grpc_server_handled_total{{grpc_service=\"{FUNCTION}\",grpc_method=\"RunFunction\",\
             grpc_type=\"unary\",grpc_code=\"{code}\"}}"
        );
        server.wait_for_metric(&series, calls).await;
    }
    assert!(server.metric("function_request_bytes_bucket{le=\"4096.0\"}") < 1.0);
    assert!((server.metric("function_request_bytes_bucket{le=\"16384.0\"}") - 3.0).abs() < 0.1);
    assert!(server.metric("grpc_server_handling_seconds_count") >= 3.0);
    assert!(server.metric("process_resident_memory_bytes") > 0.0);
    assert!(server.probe("/nowhere").0.contains("404"));
}

/// Requests carry passwords: none may be written down, however much is logged.
#[tokio::test]
async fn logs_never_contain_what_a_request_carries() {
    const CANARY: &str = "canary-7f1c2b9e4d";
    let mut server = Server::plaintext().env("RUST_LOG", "trace").start().await;
    let mut request = request("tag");
    let details = [("password".to_owned(), CANARY.as_bytes().to_vec())].into();
    let secret = Resource {
        connection_details: details,
        ..resource(json!({"kind": "Secret", "data": {"password": CANARY}, CANARY: true}))
    };
    let state = request.observed.get_or_insert_default();
    state.composite = Some(secret.clone());
    request.required_resources.insert("x".to_owned(), Resources { items: vec![secret.clone()] });
    let data = [("key".to_owned(), CANARY.as_bytes().to_vec())].into();
    let credentials = Credentials { credential_data: Some(CredentialData { data }) };
    request.credentials.insert("cloud".to_owned(), credentials);
    state.resources.insert(CANARY.to_owned(), secret);
    request.context = Some(crate::messages::structure(json!({"token": CANARY})));
    request.input = Some(crate::messages::structure(json!({"kind": CANARY})));
    let client = server.connect().await;
    client.run(&request).await.expect("an answer");
    client.call_raw(crate::client::RUN_FUNCTION, CANARY.into()).await.expect_err("no request");
    server.wait_for_log("Finished a call").await;
    let log = format!("{:?}", server.logged());
    assert!(log.len() > 10_000, "trace logs are long");
    assert!(!log.contains(CANARY), "{log}");
    assert!(!server.probe("/metrics").1.contains(CANARY));
}

#[tokio::test]
async fn debug_logs_each_call_in_one_json_line() {
    let mut server = Server::plaintext().arg("--debug").start().await;
    server.connect().await.run(&request("logged")).await.expect("an answer");
    let line = server.wait_for_log("Finished a call").await;
    assert_eq!(line["grpc.method"], "RunFunction");
    assert_eq!(line["grpc.code"], "OK");
    assert_eq!(line["level"], "DEBUG");
    assert!(server.logged().iter().all(serde_json::Value::is_object), "{:?}", server.logged());
}
