//! Starts the real binary, and stops it by its own process.
//!
//! A new case is a server, a client and a request:
//!
//! ```ignore
//! let server = Server::plaintext().start().await;
//! let response = server.connect().await.run(&request("tag")).await.expect("an answer");
//! ```

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use crate::certificates::{Authority, Identity, SERVER_NAME};
use crate::client::Client;

/// More than anything here takes on a busy machine: only failures wait for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server to be started.
pub(crate) struct Options {
    command: Command,
}

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    log: Log,
    address: SocketAddr,
    probes: SocketAddr,
}

/// Connects to a server anew.
#[derive(Clone)]
pub(crate) struct Connector(Endpoint);

/// The lines that the server has logged so far.
struct Log {
    lines: Vec<Value>,
    incoming: UnboundedReceiver<Value>,
}

impl Server {
    /// A server without TLS.
    pub(crate) fn plaintext() -> Options {
        Options::new().arg("--insecure")
    }

    /// A server with the certificates in `directory`.
    pub(crate) fn tls(directory: &Path) -> Options {
        Options::new().arg(&format!("--tls-certs-dir={}", directory.display()))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn probes(&self) -> SocketAddr {
        self.probes
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client without TLS.
    pub(crate) async fn connect(&self) -> Client {
        let endpoint = self.endpoint("http");
        Client::new(endpoint.connect().await.expect("a connection"))
    }

    /// A client without TLS that lets nobody send it anything but headers.
    pub(crate) async fn connect_deaf(&self) -> Client {
        let endpoint = self.endpoint("http").initial_stream_window_size(0);
        Client::new(endpoint.connect().await.expect("a connection"))
    }

    /// The most memory that the process ever had, in MiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("a process");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
        peak.expect("a figure").trim().parse::<u64>().expect("a number") / 1024
    }

    /// A client with TLS which trusts `authority`.
    pub(crate) async fn connect_as(
        &self,
        identity: Option<&Identity>,
        authority: &Authority,
    ) -> Result<Client, tonic::transport::Error> {
        Connector(self.endpoint("https").tls_config(tls(identity, authority))?).connect().await
    }

    /// What connects with TLS, as often as is wanted.
    pub(crate) fn connector(&self, identity: &Identity, authority: &Authority) -> Connector {
        let tls = tls(Some(identity), authority);
        Connector(self.endpoint("https").tls_config(tls).expect("a configuration"))
    }

    fn endpoint(&self, scheme: &str) -> Endpoint {
        let uri = format!("{scheme}://{}", self.address);
        Endpoint::from_shared(uri).expect("a URI").connect_timeout(Duration::from_secs(10))
    }

    /// Asks the probe server, and returns the status line and the body.
    pub(crate) fn probe(&self, path: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.probes).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
    }

    /// The value of a series, whose name includes its labels.
    pub(crate) fn metric(&self, series: &str) -> f64 {
        let (_, text) = self.probe("/metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| unreachable!("no {series} in {text}")).parse().expect("a number")
    }

    /// Waits until a series has reached a value.
    pub(crate) async fn wait_for_metric(&self, series: &str, least: f64) {
        let deadline = Instant::now() + PATIENCE;
        while self.metric(series) < least {
            assert!(Instant::now() < deadline, "{series} is below {least}");
            time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for a line with this message.
    pub(crate) async fn wait_for_log(&mut self, message: &str) -> Value {
        self.log.wait_for(message).await
    }

    /// All lines logged so far.
    pub(crate) fn logged(&mut self) -> &[Value] {
        while let Ok(line) = self.log.incoming.try_recv() {
            self.log.lines.push(line);
        }
        &self.log.lines
    }

    /// Sends a signal, as in `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        let status = Command::new("sh").args(["-c", &kill]).status().expect("a shell");
        assert!(status.success(), "cannot {kill}");
    }

    /// Waits for the process to end by itself.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        wait(&mut self.child).await
    }
}

impl Connector {
    pub(crate) async fn connect(&self) -> Result<Client, tonic::transport::Error> {
        Ok(Client::new(self.0.connect().await?))
    }
}

fn tls(identity: Option<&Identity>, authority: &Authority) -> ClientTlsConfig {
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(authority.pem()))
        .domain_name(SERVER_NAME);
    match identity {
        Some(Identity { certificate, key }) => {
            tls.identity(tonic::transport::Identity::from_pem(certificate, key))
        }
        None => tls,
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Options {
    fn new() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_function-self-service"));
        command
            .args(["--address=127.0.0.1:0", "--metrics-address=127.0.0.1:0"])
            // What a developer's shell sets must not change a test.
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Self { command }
    }

    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts, and waits until it serves.
    pub(crate) async fn start(mut self) -> Server {
        let mut child = self.command.spawn().expect("the binary");
        let mut log = Log::new(child.stderr.take().expect("a pipe"));
        let probes = address(&log.wait_for("Answering metrics and probes").await);
        let address = address(&log.wait_for("Serving").await);
        Server { child, log, address, probes }
    }

    /// Starts what is not going to serve, and returns how it ended and what it said.
    pub(crate) async fn fail(mut self) -> (Option<i32>, String) {
        let mut child = self.command.spawn().expect("the binary");
        let status = wait(&mut child).await;
        let mut said = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
        (status.code(), said)
    }
}

impl Log {
    fn new(stderr: ChildStderr) -> Self {
        let (sender, incoming) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                let line = line.expect("text");
                let value = serde_json::from_str(&line);
                let value = value.unwrap_or_else(|_| Value::from(format!("no JSON: {line}")));
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Self { lines: Vec::new(), incoming }
    }

    async fn wait_for(&mut self, message: &str) -> Value {
        let mut seen = 0;
        loop {
            if let Some(line) = self.lines[seen..].iter().find(|line| line["message"] == message) {
                return line.clone();
            }
            seen = self.lines.len();
            match time::timeout(PATIENCE, self.incoming.recv()).await {
                Ok(Some(line)) => self.lines.push(line),
                _ => unreachable!("no `{message}` in {:#?}", self.lines),
            }
        }
    }
}

fn address(line: &Value) -> SocketAddr {
    line["address"].as_str().expect("an address").parse().expect("an address")
}

async fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        time::sleep(Duration::from_millis(5)).await;
    }
    unreachable!("the server did not end")
}
