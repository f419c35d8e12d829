//! Whether we serve, told by gRPC health checks and by HTTP probes alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health as HealthService, HealthServer};
use tonic_health::server::HealthReporter;

/// The one place that knows whether we serve.
#[derive(Clone, Debug)]
pub(super) struct Health {
    reporter: HealthReporter,
    serving: Arc<AtomicBool>,
}

impl Health {
    /// Serving, for the server as a whole and for `S`.
    pub(super) async fn serving<S: NamedService>() -> (Self, HealthServer<impl HealthService>) {
        let (reporter, server) = tonic_health::server::health_reporter();
        reporter.set_serving::<S>().await;
        (Self { reporter, serving: Arc::new(AtomicBool::new(true)) }, server)
    }

    /// Tells every current and future asker to go elsewhere.
    pub(super) async fn stop<S: NamedService>(&self) {
        self.serving.store(false, Ordering::Relaxed);
        // The empty name stands for the server as a whole.
        for service in ["", S::NAME] {
            self.reporter.set_service_status(service, ServingStatus::NotServing).await;
        }
    }

    pub(super) fn is_serving(&self) -> bool {
        self.serving.load(Ordering::Relaxed)
    }
}
