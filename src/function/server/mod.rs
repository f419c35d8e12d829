//! The gRPC server around a function: transport, limits and observation.
//!
//! What a claim means is decided elsewhere; nothing here reads what a request
//! carries. [`Server::serve`] is the spine.

#![expect(clippy::disallowed_methods, reason = "an edge: it measures time and reads mounted files")]

mod address;
mod allocator;
mod args;
mod body;
mod budget;
mod call;
mod certificates;
mod connection;
mod connections;
mod edge;
mod health;
mod logging;
mod method;
mod metrics;
mod outcome;
mod panics;
mod probes;
mod process;
mod runner;
mod signals;
mod task;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::service::Routes;
use tracing::{info, warn};

pub use address::{ListenAddress, ParseAddressError};
pub use allocator::{ALLOCATOR_SETTINGS, settle_allocator};
pub use args::Args;
pub use certificates::CertificatesError;
pub use logging::{Verbosity, explain, init as init_logging};
pub use metrics::Metrics;
pub use panics::install_hook as install_panic_hook;
pub use signals::Phase;
pub use tls::TlsError;

use super::proto::function_runner_service_server::FunctionRunnerServiceServer;
use super::proto::{RunFunctionRequest, RunFunctionResponse};
use budget::Budget;
use call::Limits;
use certificates::Certificates;
use connections::Connections;
use edge::Edge;
use health::Health;
use probes::Probes;
use runner::{Beta, Runner};

/// How long calls in progress may take once the process is told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of that new connections are still accepted, because callers learn only
/// after a while that they are to go elsewhere.
const FAREWELL: Duration = Duration::from_secs(1);

/// Memory for the requests and answers of all calls in progress together.
const BUDGET_BYTES: usize = 64 * 1024 * 1024;

/// What answers requests. [`run`](super::run) is one.
pub trait Function: Send + Sync + 'static {
    /// Answers one request.
    fn run(&self, request: RunFunctionRequest) -> RunFunctionResponse;
}

impl<F> Function for F
where
    F: Fn(RunFunctionRequest) -> RunFunctionResponse + Send + Sync + 'static,
{
    fn run(&self, request: RunFunctionRequest) -> RunFunctionResponse {
        self(request)
    }
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where Crossplane calls.
    pub address: ListenAddress,
    /// Where metrics and probes are answered, if anywhere.
    pub metrics_address: Option<ListenAddress>,
    /// Who may call, and how.
    pub transport: Transport,
    /// The largest request.
    pub max_request_bytes: usize,
}

/// How callers connect.
#[derive(Clone, Debug)]
pub enum Transport {
    /// Anyone, unencrypted: for development only.
    Plaintext,
    /// Clients with a certificate.
    MutualTls {
        /// Holds `tls.crt`, `tls.key` and `ca.crt`.
        directory: PathBuf,
        /// The names of which a client's certificate must carry one; empty accepts any.
        client_names: Vec<String>,
        /// How often the files are read.
        reload_interval: Duration,
    },
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The operating system gave no threads.
    #[error("cannot start the runtime")]
    StartRuntime(#[source] io::Error),
    /// The operating system gave no signals.
    #[error("cannot listen for signals")]
    ListenForSignals(#[source] io::Error),
    /// An address cannot be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: ListenAddress,
        /// Why.
        source: io::Error,
    },
    /// The certificates are missing or unusable.
    #[error("cannot load the TLS certificates")]
    LoadCertificates(#[source] CertificatesError),
    /// The protocol's own description is broken.
    #[error("cannot describe the services")]
    DescribeServices(#[source] tonic_reflection::server::Error),
}

type ServiceServer = FunctionRunnerServiceServer<Runner>;

/// A bound server that does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    connections: Connections,
    health: Health,
    metrics: Arc<Metrics>,
    /// Certificate reload, metrics and probes: stopped when dropped.
    companions: JoinSet<()>,
}

/// Serves until a signal ends the process. Returns when all calls are answered
/// or their time is up.
pub fn start(settings: Settings, function: impl Function) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()
        .map_err(ServeError::StartRuntime)?;
    let outcome = runtime.block_on(async {
        let phase = signals::listen().map_err(ServeError::ListenForSignals)?;
        Server::bind(settings, function).await?.serve(phase).await;
        Ok(())
    });
    // Waits for nobody: whoever is still there had its time.
    runtime.shutdown_background();
    outcome
}

/// At least two, so that one stuck call cannot hide a signal; at most four, since
/// each thread costs memory and a thousand calls a second need less than one.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4))
}

impl Server {
    /// Loads what serving needs and takes the addresses.
    pub async fn bind(settings: Settings, function: impl Function) -> Result<Self, ServeError> {
        let Settings { address, metrics_address, transport, max_request_bytes } = settings;
        let metrics = Arc::new(Metrics::new());
        let mut companions = JoinSet::new();
        let certificates = match transport {
            Transport::Plaintext => None,
            Transport::MutualTls { directory, client_names, reload_interval } => {
                let (certificates, loaded) = Certificates::load(directory, client_names)
                    .map_err(ServeError::LoadCertificates)?;
                let certificates = Arc::new(certificates);
                let watched = Arc::clone(&certificates);
                companions.spawn(watched.watch(loaded, reload_interval, Arc::clone(&metrics)));
                Some(certificates)
            }
        };
        let (health, routes) = services(function, &metrics, max_request_bytes).await?;
        if let Some(address) = metrics_address {
            let (listener, address) = bind(&address).await?;
            info!(%address, "Answering metrics and probes");
            let probes = Probes::new(Arc::clone(&metrics), health.clone());
            companions.spawn(probes.serve(listener));
        }
        let (listener, address) = bind(&address).await?;
        // Room for the largest request, whatever it is, or for an answer that repeats it.
        let capacity = BUDGET_BYTES.max(2 * max_request_bytes);
        let budget = Budget::new(capacity, metrics.held_bytes());
        companions.spawn(Arc::clone(&budget).watch());
        let limits = Limits::new(Arc::clone(&metrics), budget, max_request_bytes);
        let edge = Edge::new(routes, Arc::new(limits));
        let connections = Connections::new(edge, certificates);
        Ok(Self { listener, address, connections, health, metrics, companions })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers calls until `phase` says otherwise, then drains.
    pub async fn serve(self, mut phase: watch::Receiver<Phase>) {
        let Self { listener, address, mut connections, health, metrics, companions } = self;
        info!(%address, version = env!("CARGO_PKG_VERSION"), "Serving");
        // A sender that is gone asks for nothing more, so that ends serving too.
        tokio::select! {
            never = connections.accept(&listener) => match never {},
            _ = phase.wait_for(|phase| *phase >= Phase::Draining) => {}
        }
        // Before anything else, so that nobody is sent here any more.
        health.stop::<ServiceServer>().await;
        info!(in_flight = metrics.calls_in_flight(), connections = connections.len(), "Draining");
        let over = tokio::time::sleep(DRAIN_TIMEOUT);
        let farewell = async {
            if connections.len() > 0 {
                // Accepts for ever, so this ends by the timeout alone.
                let _ = tokio::time::timeout(FAREWELL, connections.accept(&listener)).await;
            }
            drop(listener);
            connections.drain().await;
        };
        tokio::select! {
            () = farewell => info!("Stopped"),
            _ = phase.wait_for(|phase| *phase >= Phase::Aborting) => warn!("Stopped at once"),
            () = over => warn!(
                in_flight = metrics.calls_in_flight(),
                connections = connections.len(),
                "Stopped although connections are open"
            ),
        }
        drop(companions);
    }
}

async fn services(
    function: impl Function,
    metrics: &Arc<Metrics>,
    max_request_bytes: usize,
) -> Result<(Health, Routes), ServeError> {
    let runner = Runner::new(Box::new(function), Arc::clone(metrics));
    let service = FunctionRunnerServiceServer::new(runner)
        .max_decoding_message_size(max_request_bytes)
        // Crossplane decides what it takes.
        .max_encoding_message_size(usize::MAX);
    let (health, health_service) = Health::serving::<ServiceServer>().await;
    let describe = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(include_bytes!(concat!(
                env!("OUT_DIR"),
                "/descriptors.bin"
            )))
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let routes = Routes::new(Beta(service.clone()))
        .add_service(service)
        .add_service(health_service)
        .add_service(describe().build_v1().map_err(ServeError::DescribeServices)?)
        .add_service(describe().build_v1alpha().map_err(ServeError::DescribeServices)?);
    Ok((health, routes.prepare()))
}

async fn bind(address: &ListenAddress) -> Result<(TcpListener, SocketAddr), ServeError> {
    let error = |source| ServeError::Listen { address: address.clone(), source };
    let listener = address.bind().await.map_err(error)?;
    let bound = listener.local_addr().map_err(error)?;
    Ok((listener, bound))
}
