//! Accepts connections, each within limits, and lets them go gracefully.
//!
//! Why not tonic's own server? It has no limit on TLS handshakes nor a time for
//! them, switches hyper's stream limits off, cuts connections at their maximum
//! age without telling the client first when a grace period is set, and waits
//! for mute clients without end when it is told to stop.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::server::conn::http2;
use hyper_util::rt::TokioTimer;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::{debug, warn};

use super::certificates::Certificates;
use super::connection::{self, Io};
use super::edge::Edge;
use super::logging::explain;
use super::metrics::Refusal;
use super::task::Tasks;
use super::tls::explain_refusal;

const MAX_CONNECTIONS: usize = 512;
const MAX_HANDSHAKES: usize = 64;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Crossplane opens one stream for each XR it reconciles, 100 at most by default.
const MAX_STREAMS: u32 = 100;
/// Streams that a client makes us reset before we hang up (RUSTSEC-2024-0003).
const MAX_LOCAL_RESETS: usize = 1024;
/// What a connection, and a stream on it, may send before we have taken it: the rest
/// of [`super::budget`]'s bound on memory. A millisecond away, that is 256 MB a second.
const CONNECTION_WINDOW: u32 = 1024 * 1024;
const STREAM_WINDOW: u32 = 256 * 1024;
/// A call has about ten headers; its payload is no header.
const MAX_HEADER_BYTES: u32 = 16 * 1024;
/// Finds dead peers well before the node forgets an idle connection.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// A refused client tries again and again: one warning in this time tells enough.
const WARNING_INTERVAL: Duration = Duration::from_secs(1);

/// The open connections and those on their way to be.
pub(super) struct Connections {
    edge: Edge,
    certificates: Option<Arc<Certificates>>,
    http2: http2::Builder<Tasks>,
    handshakes: JoinSet<Result<TlsStream<TcpStream>, HandshakeError>>,
    /// The same handshakes, oldest first.
    queue: VecDeque<AbortHandle>,
    open: JoinSet<()>,
    leave: watch::Sender<bool>,
    warned: Option<Instant>,
}

/// Why a client did not get in.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
struct HandshakeError {
    peer: SocketAddr,
    refusal: Refusal,
    reason: String,
}

impl Connections {
    pub(super) fn new(edge: Edge, certificates: Option<Arc<Certificates>>) -> Self {
        Self {
            edge,
            certificates,
            http2: http2(),
            handshakes: JoinSet::new(),
            queue: VecDeque::with_capacity(MAX_HANDSHAKES),
            open: JoinSet::new(),
            leave: watch::Sender::new(false),
            warned: None,
        }
    }

    /// Serves whoever connects, until dropped.
    pub(super) async fn accept(&mut self, listener: &TcpListener) -> Infallible {
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.admit(stream, peer),
                    Err(error) => self.pause(&error).await,
                },
                Some(shaken) = self.handshakes.join_next() => match shaken {
                    Ok(Ok(stream)) => self.serve(Box::new(stream)),
                    Ok(Err(error)) => self.refuse(&error),
                    // Made room for a newer one.
                    Err(_) => self.count(Refusal::Stalled),
                },
                Some(_) = self.open.join_next() => self.report_open(),
            }
        }
    }

    /// Lets calls in progress end and refuses new ones, then returns; what is
    /// still open when this is dropped is cut.
    pub(super) async fn drain(&mut self) {
        self.handshakes.abort_all();
        self.leave.send_replace(true);
        while self.open.join_next().await.is_some() {}
    }

    /// How many connections are open.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = prepare(&stream) {
            // The peer hung up already.
            debug!(%peer, %error, "Dropped a connection");
            return;
        }
        let Some(certificates) = &self.certificates else {
            self.serve(Box::new(stream));
            return;
        };
        let acceptor = TlsAcceptor::from(certificates.current());
        self.make_room();
        self.queue.push_back(self.handshakes.spawn(shake_hands(acceptor, stream, peer)));
    }

    /// Gives up the oldest handshake for a new one. An honest handshake takes
    /// milliseconds, so it is the stalled ones that go; made to wait instead, an
    /// honest client would queue behind them for minutes.
    fn make_room(&mut self) {
        self.queue.retain(|handshake| !handshake.is_finished());
        while self.queue.len() >= MAX_HANDSHAKES {
            if let Some(oldest) = self.queue.pop_front() {
                oldest.abort();
            }
        }
    }

    fn serve(&mut self, io: Box<dyn Io>) {
        if self.open.len() >= MAX_CONNECTIONS {
            self.count(Refusal::Full);
            self.warn(|| {
                warn!(limit = MAX_CONNECTIONS, "Refused a connection: too many are open");
            });
            return;
        }
        let (http2, edge, leave) = (self.http2.clone(), self.edge.clone(), self.leave.subscribe());
        self.open.spawn(connection::serve(http2, io, edge, leave));
        self.report_open();
    }

    fn refuse(&mut self, error: &HandshakeError) {
        self.count(error.refusal);
        let HandshakeError { peer, reason, .. } = error;
        match error.refusal {
            // Whoever hangs up or says nothing is a probe more often than a client.
            Refusal::Stalled => debug!(%peer, reason, "Gave up a TLS handshake"),
            _ => self.warn(|| warn!(%peer, reason, "Refused a client")),
        }
    }

    /// Waits when the process has run out of files, instead of spinning.
    async fn pause(&mut self, error: &io::Error) {
        if error.kind() == io::ErrorKind::ConnectionAborted {
            return;
        }
        self.warn(|| warn!(%error, "Cannot accept a connection"));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    fn warn(&mut self, log: impl FnOnce()) {
        if self.warned.is_none_or(|last| last.elapsed() >= WARNING_INTERVAL) {
            self.warned = Some(Instant::now());
            log();
        }
    }

    fn count(&self, refusal: Refusal) {
        self.edge.limits().metrics.count_refusal(refusal);
    }

    fn report_open(&self) {
        self.edge.limits().metrics.set_connections(self.open.len());
    }
}

async fn shake_hands(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    peer: SocketAddr,
) -> Result<TlsStream<TcpStream>, HandshakeError> {
    let error = |refusal, reason| HandshakeError { peer, refusal, reason };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        // rustls reports its own verdicts as invalid data; the rest is the network.
        Ok(Err(cause)) if cause.kind() == io::ErrorKind::InvalidData => {
            Err(error(Refusal::Handshake, explain_refusal(&cause)))
        }
        Ok(Err(cause)) => Err(error(Refusal::Stalled, explain(&cause))),
        Err(_) => Err(error(Refusal::Stalled, "it took too long".to_owned())),
    }
}

/// Notices a peer that vanished, and sends small answers at once.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10))
        .with_retries(3);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

/// HTTP/2 within limits.
pub(super) fn http2() -> http2::Builder<Tasks> {
    let mut builder = http2::Builder::new(Tasks);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_local_error_reset_streams(MAX_LOCAL_RESETS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        // gRPC clients do not read it.
        .auto_date_header(false);
    builder
}
