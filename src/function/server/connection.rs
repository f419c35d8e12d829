//! One connection from its first byte to its last.

use std::future::Future as _;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::Sleep;
use tracing::debug;

use super::edge::Edge;
use super::logging::explain;
use super::task::Tasks;

/// Why have connections a maximum age? Crossplane keeps one connection for its
/// whole life and looks for other replicas only when it ends, so without this
/// added replicas would never be called (crossplane#7585).
const MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// Spreads the ends of connections that began together: up to this much longer.
const MAX_AGE_JITTER: Duration = Duration::from_secs(60);
/// How long the calls of an old connection may still take.
const AGE_GRACE: Duration = Duration::from_secs(30);
/// How long a client may take for the first bytes of HTTP/2.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(5);
const PREFACE_LENGTH: usize = 24;

/// Plaintext or TLS.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Serves calls on `io` until the client leaves, the connection is too old, or
/// `leave` becomes true.
pub(super) async fn serve(
    http2: http2::Builder<Tasks>,
    io: Box<dyn Io>,
    edge: Edge,
    mut leave: watch::Receiver<bool>,
) {
    let io = TokioIo::new(Impatient::new(io));
    let mut connection = pin!(http2.serve_connection(io, edge));
    let leaves = async {
        tokio::select! {
            () = tokio::time::sleep(max_age()) => {}
            _ = leave.wait_for(|leave| *leave) => {}
        }
    };
    let ended = tokio::select! {
        ended = &mut connection => Ok(ended),
        () = leaves => {
            // Tells the client to go elsewhere; calls that crossed this still succeed.
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(AGE_GRACE, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(error = explain(&error), "A connection failed"),
        Err(_) => debug!("Cut a connection that did not end"),
    }
}

fn max_age() -> Duration {
    // Each hasher has fresh random keys: all the randomness that a jitter needs.
    let random = RandomState::new().hash_one(0) % 1024;
    MAX_AGE + MAX_AGE_JITTER.mul_f64(f64::from(u32::try_from(random).unwrap_or(0)) / 1024.0)
}

/// Fails unless the client starts to speak HTTP/2 in time. Until then nothing
/// else watches the connection: pings begin only after the preface.
struct Impatient {
    inner: Box<dyn Io>,
    missing: usize,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    fn new(inner: Box<dyn Io>) -> Self {
        let deadline = Some(Box::pin(tokio::time::sleep(PREFACE_TIMEOUT)));
        Self { inner, missing: PREFACE_LENGTH, deadline }
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.inner).poll_read(context, buffer);
        if let Some(deadline) = &mut this.deadline {
            this.missing = this.missing.saturating_sub(buffer.filled().len() - before);
            if this.missing == 0 {
                this.deadline = None;
            } else if outcome.is_pending() && deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        outcome
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
    use tokio::time::Instant;
    use tonic::service::Routes;

    use super::super::budget::Budget;
    use super::super::call::Limits;
    use super::super::connections::http2;
    use super::super::metrics::Metrics;
    use super::super::runner::Runner;
    use super::*;
    use crate::function::proto::function_runner_service_server::FunctionRunnerServiceServer;
    use crate::function::proto::{ResponseMeta, RunFunctionResponse};

    const RST_STREAM: u8 = 3;
    const PING: u8 = 6;
    const GOAWAY: u8 = 7;
    const ACK: u8 = 1;

    /// The client's end of a served connection. Time is simulated.
    fn connect() -> DuplexStream {
        connect_to(Routes::default(), &Arc::new(Metrics::new()))
    }

    fn connect_to(routes: Routes, metrics: &Arc<Metrics>) -> DuplexStream {
        let budget = Budget::new(1 << 20, metrics.held_bytes());
        tokio::spawn(Arc::clone(&budget).watch());
        let limits = Limits::new(Arc::clone(metrics), budget, 1 << 20);
        let edge = Edge::new(routes, Arc::new(limits));
        let (client, server) = tokio::io::duplex(1024);
        let (leave, leaves) = watch::channel(false);
        tokio::spawn(async move {
            serve(http2(), Box::new(server), edge, leaves).await;
            drop(leave);
        });
        client
    }

    async fn greet(client: &mut DuplexStream) {
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        client.write_all(&settings).await.unwrap();
    }

    /// The next frame's kind and flags, with pings answered if `polite`.
    async fn frame(client: &mut DuplexStream, polite: bool) -> Option<u8> {
        let mut head = [0; 9];
        client.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        client.read_exact(&mut payload).await.ok()?;
        if polite && kind == PING && flags & ACK == 0 {
            client.write_all(&[0, 0, 8, PING, ACK, 0, 0, 0, 0]).await.ok()?;
            client.write_all(&payload).await.ok()?;
        }
        Some(kind)
    }

    /// Added replicas are found only by clients whose connections end.
    #[tokio::test(start_paused = true)]
    async fn an_old_connection_is_told_to_go() {
        let start = Instant::now();
        let mut client = connect();
        greet(&mut client).await;
        while frame(&mut client, true).await.expect("open") != GOAWAY {}
        assert!((MAX_AGE..MAX_AGE + MAX_AGE_JITTER).contains(&start.elapsed()));
        while frame(&mut client, true).await.is_some() {}
        assert!(start.elapsed() < MAX_AGE + MAX_AGE_JITTER + AGE_GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_answers_no_ping_is_cut() {
        let start = Instant::now();
        let mut client = connect();
        greet(&mut client).await;
        while frame(&mut client, false).await.is_some() {}
        assert!(start.elapsed() < Duration::from_secs(90), "{:?}", start.elapsed());
    }

    /// Answers would fill the memory until their connection is minutes old.
    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_taken_is_given_up() {
        let metrics = Arc::new(Metrics::new());
        let function = |_| RunFunctionResponse {
            meta: Some(ResponseMeta { tag: "t".repeat(200_000), ttl: None }),
            ..RunFunctionResponse::default()
        };
        let runner = Runner::new(Box::new(function), Arc::clone(&metrics));
        let routes = Routes::new(FunctionRunnerServiceServer::new(runner)).prepare();
        let mut client = connect_to(routes, &metrics);
        let start = Instant::now();
        greet(&mut client).await;
        let path = b"/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction";
        // POST, http, then :path, :authority and content-type by the static table's numbers.
        let mut headers = vec![0x83, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
        headers.extend(path);
        headers.extend(b"\x01\x01x\x0f\x10\x10application/grpc");
        let length = u8::try_from(headers.len()).unwrap();
        client.write_all(&[0, 0, length, 1, 4, 0, 0, 0, 1]).await.unwrap();
        client.write_all(&headers).await.unwrap();
        // An empty request, and its end.
        client.write_all(&[0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]).await.unwrap();
        // Takes what the window of 64 KiB holds, and then says nothing.
        while frame(&mut client, true).await.expect("open") != RST_STREAM {
            assert!(start.elapsed() < MAX_AGE, "no end");
        }
        assert!((30..40).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
        assert_eq!(metrics.held_bytes().get(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_begin_is_cut() {
        for bytes in [&b""[..], b"PRI * HTTP/2"] {
            let start = Instant::now();
            let mut client = connect();
            client.write_all(bytes).await.unwrap();
            while frame(&mut client, true).await.is_some() {}
            assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
        }
    }

    #[test]
    fn ages_differ_within_bounds() {
        let ages: Vec<_> = (0..64).map(|_| max_age()).collect();
        assert!(ages.iter().all(|age| (MAX_AGE..MAX_AGE + MAX_AGE_JITTER).contains(age)));
        assert!(ages.iter().any(|age| *age != ages[0]), "no jitter");
    }
}
