//! A small HTTP server for those that speak no gRPC: Prometheus reads
//! `/metrics`, and the kubelet, which has no client certificate, asks `/livez`
//! and `/readyz`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tracing::debug;

use super::health::Health;
use super::metrics::Metrics;

const MAX_CONNECTIONS: usize = 32;
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Nothing here takes long: whoever is still there is not reading.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// What the probes tell about.
#[derive(Clone)]
pub(super) struct Probes {
    metrics: Arc<Metrics>,
    health: Health,
}

impl Probes {
    pub(super) fn new(metrics: Arc<Metrics>, health: Health) -> Self {
        Self { metrics, health }
    }

    /// Answers until dropped.
    pub(super) async fn serve(self, listener: TcpListener) {
        let mut open = JoinSet::new();
        // The same connections, oldest first.
        let mut queue: VecDeque<AbortHandle> = VecDeque::with_capacity(MAX_CONNECTIONS);
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    make_room(&mut queue);
                    queue.push_back(open.spawn(self.clone().converse(stream)));
                }
                // Out of files: waiting is all that helps.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            while open.try_join_next().is_some() {}
        }
    }

    async fn converse(self, stream: TcpStream) {
        let answer = service_fn(|request: Request<_>| {
            let response = self.answer(request.method(), request.uri().path());
            async { Ok::<_, Infallible>(response) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            // Who asks every few seconds need not stay in between.
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), answer);
        if !matches!(tokio::time::timeout(CONNECTION_TIMEOUT, connection).await, Ok(Ok(()))) {
            debug!("Dropped a probe");
        }
    }

    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
        }
        match path {
            "/metrics" => metrics(self.metrics.render()),
            "/livez" => text(StatusCode::OK, "ok\n"),
            "/readyz" if self.health.is_serving() => text(StatusCode::OK, "ok\n"),
            "/readyz" => text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
            _ => text(StatusCode::NOT_FOUND, "try /metrics, /livez or /readyz\n"),
        }
    }
}

/// Gives up the oldest connection for a new one. An answer takes milliseconds, so
/// it is the silent ones that go; made to wait instead, the kubelet would find the
/// process dead and restart it.
fn make_room(queue: &mut VecDeque<AbortHandle>) {
    queue.retain(|connection| !connection.is_finished());
    while queue.len() >= MAX_CONNECTIONS {
        if let Some(oldest) = queue.pop_front() {
            oldest.abort();
        }
    }
}

fn metrics(text: String) -> Response<Full<Bytes>> {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    respond(StatusCode::OK, content_type, text.into())
}

fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    respond(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

fn respond(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let content_type = header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
