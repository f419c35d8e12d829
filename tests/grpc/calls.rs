//! What Crossplane relies on in every call.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;
use tonic::Code;

use crate::client::RUN_FUNCTION;
use crate::harness::Server;
use crate::messages::{RunFunctionResponse, State, request, resource, structure};

const MIB: usize = 1024 * 1024;

/// Crossplane drops a response without the request's tag, and deletes what a
/// response does not name.
#[tokio::test]
async fn echoes_tag_desired_state_and_context() {
    let server = Server::plaintext().start().await;
    let mut request = request("tag-7");
    let other = resource(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}));
    let resources = [("other-step".to_owned(), other)].into();
    request.desired = Some(State { resources, ..Default::default() });
    request.context = Some(structure(json!({"step": {"list": [1, null, true]}})));

    let response = server.connect().await.run(&request).await.expect("an answer");
    assert_eq!(response.meta.expect("meta").tag, "tag-7");
    assert_eq!(response.desired, request.desired);
    assert_eq!(response.context, request.context);
}

/// Crossplane before 1.17 knows no other name.
#[tokio::test]
async fn answers_under_the_beta_name_too() {
    let server = Server::plaintext().start().await;
    let path = "/apiextensions.fn.proto.v1beta1.FunctionRunnerService/RunFunction";
    let client = server.connect().await;
    let response: RunFunctionResponse = client.call(path, &request("old")).await.expect("v1beta1");
    assert_eq!(response.meta.expect("meta").tag, "old");
}

#[tokio::test]
async fn bytes_that_are_no_request_cost_one_error_and_nothing_else() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    for garbage in [&b"\xff\xff\xff\xff"[..], b"\x0a\x7f", b"{}"] {
        let status = client.call_raw(RUN_FUNCTION, Bytes::from_static(garbage)).await;
        let status = status.expect_err("no request");
        assert!(matches!(status.code(), Code::Internal | Code::InvalidArgument), "{status:?}");
    }
    client.run(&request("after")).await.expect("the next call is answered");
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    for path in ["/no.Service/Method", "/apiextensions.fn.proto.v1.FunctionRunnerService/Other"] {
        let status = client.call_raw(path, Bytes::new()).await.expect_err("no such method");
        assert_eq!(status.code(), Code::Unimplemented);
    }
}

/// Claims with many resources send more than gRPC's default of 4 MB.
#[tokio::test]
async fn accepts_large_requests_up_to_the_flag() {
    let server = Server::plaintext().arg("--max-recv-message-size=16").start().await;
    let client = server.connect().await;
    let start = Instant::now();
    let response = client.run(&request("big").padded(12 * MIB)).await.expect("below the limit");
    // Windows are small, but reopened while the request is read.
    assert!(start.elapsed() < Duration::from_secs(2), "took {:?}", start.elapsed());
    assert_eq!(response.meta.expect("meta").tag, "big");
}

#[tokio::test]
async fn accepts_large_requests_up_to_the_variable() {
    let server = Server::plaintext().env("MAX_RECV_MESSAGE_SIZE", "16").start().await;
    let client = server.connect().await;
    client.run(&request("big").padded(12 * MIB)).await.expect("below the limit");
}

#[tokio::test]
async fn refuses_larger_requests_and_names_the_flag() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    let status = client.run(&request("big").padded(12 * MIB)).await.expect_err("above the limit");
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("--max-recv-message-size"), "{}", status.message());
    client.run(&request("small")).await.expect("the connection lives on");
}

/// Many callers with large requests must not exhaust the memory of the process.
#[tokio::test]
async fn refuses_requests_beyond_the_memory_for_all() {
    let server = Server::plaintext().arg("--max-recv-message-size=32").start().await;
    let client = server.connect().await;
    let large = request("held").padded(31 * MIB);
    let (first, second) = (client.hold(&large).await, client.hold(&large).await);
    server.wait_for_metric("function_held_bytes", 62e6).await;
    let refused = client.run(&request("next").padded(5 * MIB)).await.expect_err("no room");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("retry later"), "{}", refused.message());
    first.finish().await.expect("the first is answered");
    second.finish().await.expect("the second is answered");
    client.run(&request("last").padded(5 * MIB)).await.expect("room again");
}
