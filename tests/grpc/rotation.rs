//! New certificates without a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;

use crate::certificates::{Authority, CROSSPLANE, Identity, Mount};
use crate::harness::Server;
use crate::messages::request;
use crate::tls::shake_hands;

/// More than a handshake takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The promise to users; the server looks more often.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);

async fn served(server: &Server, client: &Identity) -> CertificateDer<'static> {
    let stream = shake_hands(server, client, &[&rustls::version::TLS13]).await.expect("TLS");
    let (_, session) = stream.get_ref();
    session.peer_certificates().expect("a chain")[0].clone().into_owned()
}

/// Waits until another certificate than `old` is served.
async fn wait_for_change(
    server: &Server,
    client: &Identity,
    old: &CertificateDer<'_>,
) -> CertificateDer<'static> {
    let start = Instant::now();
    while start.elapsed() < NOTICED_WITHIN {
        let certificate = served(server, client).await;
        if certificate != *old {
            return certificate;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unreachable!("no other certificate than {old:?} within {NOTICED_WITHIN:?}")
}

/// A certificate that expires in a running cluster must not need a restart, and
/// its replacement must not cost a call.
#[tokio::test]
async fn replaces_certificates_under_load_without_losing_a_call() {
    let authority = Authority::crossplane();
    let mut mount = Mount::new("rotation", &authority.server(), authority.pem());
    let mut server = Server::tls(mount.path()).start().await;
    let client = authority.client(CROSSPLANE);
    let load = Load::start(&server, &client).await;
    let first = served(&server, &client).await;

    mount.replace(&authority.server(), authority.pem());
    let second = wait_for_change(&server, &client, &first).await;

    // A broken mount keeps what works.
    let mut broken = authority.server();
    broken.key = "nonsense".to_owned();
    mount.replace(&broken, authority.pem());
    let line = server.wait_for_log("Kept the certificates in use: the new ones are unusable").await;
    assert!(line["error"].as_str().is_some_and(|error| error.contains("tls.key")), "{line}");
    assert_eq!(served(&server, &client).await, second);

    // And is forgotten when it is repaired.
    mount.replace(&authority.server(), authority.pem());
    wait_for_change(&server, &client, &second).await;
    load.stop_without_loss().await;
    assert!(server.metric("function_certificate_reloads_total{result=\"replaced\"}") >= 2.0);
}

/// One bad moment in a hundred replacements would be a failed reconcile a year.
#[tokio::test]
async fn a_hundred_replacements_lose_no_handshake() {
    let authority = Authority::crossplane();
    let mut mount = Mount::new("hundred", &authority.server(), authority.pem());
    let options = Server::tls(mount.path()).arg("--tls-reload-interval=5");
    let mut server = options.start().await;
    let client = authority.client(CROSSPLANE);
    let load = Load::start(&server, &client).await;
    let reloads =
        |server: &Server| server.metric("function_certificate_reloads_total{result=\"replaced\"}");
    for generation in 1..=100 {
        mount.replace(&authority.server(), authority.pem());
        while reloads(&server) < f64::from(generation) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        load.go_on(1).await;
    }
    load.stop_without_loss().await;
    let kept = "Kept the certificates in use: the new ones are unusable";
    assert!(server.logged().iter().all(|line| line["message"] != kept), "a torn read");
}

/// Whoever a new authority does not vouch for is locked out.
#[tokio::test]
async fn replaces_the_authority_too() {
    let authority = Authority::crossplane();
    let mut mount = Mount::new("authority", &authority.server(), authority.pem());
    let mut server = Server::tls(mount.path()).start().await;
    mount.replace(&authority.server(), Authority::stranger().pem());
    server.wait_for_log("Replaced the certificates").await;
    let old = authority.client(CROSSPLANE);
    let new = Authority::stranger().client(CROSSPLANE);
    let run = async |client: &Identity| {
        let connected = server.connect_as(Some(client), authority).await;
        connected.map_err(drop)?.run(&request("new")).await.map_err(drop)
    };
    run(&new).await.expect("the new authority's client");
    run(&old).await.expect_err("the old authority's client");
}

/// Calls on an old connection and on ever new ones.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    anew: Arc<AtomicUsize>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    async fn start(server: &Server, client: &Identity) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicUsize::new(0));
        let anew = Arc::new(AtomicUsize::new(0));
        let connector = server.connector(client, Authority::crossplane());
        let steady = connector.connect().await.expect("TLS");
        let mut tasks = Vec::new();
        for _ in 0..2 {
            let (halt, answered, client) = (stop.clone(), answered.clone(), steady.clone());
            tasks.push(tokio::spawn(async move {
                while !halt.load(Ordering::Relaxed) {
                    client.run(&request("load")).await.expect("no call is lost");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }));
            let (halt, anew, connector) = (stop.clone(), anew.clone(), connector.clone());
            tasks.push(tokio::spawn(async move {
                while !halt.load(Ordering::Relaxed) {
                    let client = connector.connect().await.expect("no handshake is lost");
                    client.run(&request("load")).await.expect("no call is lost");
                    anew.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        Self { stop, answered, anew, tasks }
    }

    /// Waits for so many handshakes: a busy machine takes longer to make them.
    async fn go_on(&self, handshakes: usize) {
        let enough = self.anew.load(Ordering::Relaxed) + handshakes;
        let start = Instant::now();
        while self.anew.load(Ordering::Relaxed) < enough {
            assert!(self.tasks.iter().all(|task| !task.is_finished()), "a call is lost");
            assert!(start.elapsed() < PATIENCE, "a handshake hangs");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn stop_without_loss(self) {
        self.go_on(20).await;
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("no call is lost");
        }
        assert!(self.answered.load(Ordering::Relaxed) > 20, "too few calls to tell");
    }
}
