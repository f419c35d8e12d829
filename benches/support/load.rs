//! A gRPC client that knows bytes only, and calls as fast as it is answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;
use tonic::Request;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint, Error};

use raw::Raw;

#[path = "../../tests/support/raw.rs"]
mod raw;

/// Connects without TLS.
pub(crate) async fn connect(address: SocketAddr) -> Result<Channel, Error> {
    Endpoint::from_shared(format!("http://{address}"))?.connect().await
}

/// Runs the function once.
pub(crate) async fn call(channel: &Channel, request: &Bytes) -> Bytes {
    const PATH: &str = "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction";
    let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(usize::MAX);
    grpc.ready().await.expect("a connection");
    let path = PathAndQuery::from_static(PATH);
    let answer = grpc.unary(Request::new(request.clone()), path, Raw).await;
    answer.expect("an answer").into_inner()
}

/// Keeps `at_once` calls in progress for the time, and returns how long each took.
pub(crate) async fn run(
    channel: &Channel,
    request: &Bytes,
    at_once: usize,
    time: Duration,
) -> Vec<Duration> {
    let end = Instant::now() + time;
    let mut callers = JoinSet::new();
    for _ in 0..at_once {
        let (channel, request) = (channel.clone(), request.clone());
        callers.spawn(async move {
            let mut taken = Vec::new();
            while Instant::now() < end {
                let start = Instant::now();
                call(&channel, &request).await;
                taken.push(start.elapsed());
            }
            taken
        });
    }
    callers.join_all().await.concat()
}
