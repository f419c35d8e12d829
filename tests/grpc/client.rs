//! A gRPC client that knows bytes and paths only.

use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use tokio::sync::mpsc;
use tonic::client::Grpc;
use tonic::codegen::tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use crate::messages::{RunFunctionRequest, RunFunctionResponse};
use crate::raw::Raw;

pub(crate) const RUN_FUNCTION: &str =
    "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction";

/// A connection on which to call.
#[derive(Clone)]
pub(crate) struct Client {
    channel: Channel,
}

/// A call whose request is sent but not ended: the server cannot have answered it.
pub(crate) struct HeldCall {
    end: mpsc::Sender<Bytes>,
    answer: tokio::task::JoinHandle<Result<Bytes, Status>>,
}

impl Client {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { channel }
    }

    /// Runs the function.
    pub(crate) async fn run(
        &self,
        request: &RunFunctionRequest,
    ) -> Result<RunFunctionResponse, Status> {
        self.call(RUN_FUNCTION, request).await
    }

    /// Calls a unary method.
    pub(crate) async fn call<T: Message + Default>(
        &self,
        path: &'static str,
        request: &impl Message,
    ) -> Result<T, Status> {
        let answer = self.call_raw(path, request.encode_to_vec().into()).await?;
        Ok(T::decode(answer).expect("a message"))
    }

    /// Calls a unary method with bytes that need not be a message.
    pub(crate) async fn call_raw(
        &self,
        path: &'static str,
        request: Bytes,
    ) -> Result<Bytes, Status> {
        let mut grpc = self.ready().await?;
        let answer = grpc.unary(Request::new(request), path.parse().expect("a path"), Raw).await?;
        Ok(answer.into_inner())
    }

    /// Calls a streaming method with one message, and returns the first answer.
    pub(crate) async fn stream<T: Message + Default>(
        &self,
        path: &'static str,
        request: &impl Message,
    ) -> Result<T, Status> {
        let mut grpc = self.ready().await?;
        let requests = tonic::codegen::tokio_stream::once(Bytes::from(request.encode_to_vec()));
        let path = path.parse().expect("a path");
        let answer = grpc.streaming(Request::new(requests), path, Raw).await?;
        let first = answer.into_inner().next().await.expect("an answer")?;
        Ok(T::decode(first).expect("a message"))
    }

    /// Calls a method that answers with a stream.
    pub(crate) async fn watch(
        &self,
        path: &'static str,
        request: &impl Message,
    ) -> Result<Streaming<Bytes>, Status> {
        let mut grpc = self.ready().await?;
        let request = Request::new(request.encode_to_vec().into());
        let answer = grpc.server_streaming(request, path.parse().expect("a path"), Raw).await?;
        Ok(answer.into_inner())
    }

    /// Sends a request without ending it.
    pub(crate) async fn hold(&self, request: &RunFunctionRequest) -> HeldCall {
        let (end, requests) = mpsc::channel(1);
        end.send(request.encode_to_vec().into()).await.expect("room");
        let mut grpc = self.ready().await.expect("a connection");
        let path = RUN_FUNCTION.parse().expect("a path");
        let answer = tokio::spawn(async move {
            let requests = Request::new(ReceiverStream::new(requests));
            grpc.client_streaming(requests, path, Raw).await.map(tonic::Response::into_inner)
        });
        HeldCall { end, answer }
    }

    async fn ready(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(grpc)
    }
}

impl HeldCall {
    /// Ends the request, and returns the answer.
    pub(crate) async fn finish(self) -> Result<RunFunctionResponse, Status> {
        drop(self.end);
        let answer = tokio::time::timeout(Duration::from_secs(5), self.answer).await;
        let answer = answer.expect("an answer in time").expect("no panic")?;
        Ok(RunFunctionResponse::decode(answer).expect("a response"))
    }
}
