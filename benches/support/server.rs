//! Servers as child processes, and what Linux says of them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use bytes::Bytes;
use tokio::runtime::Runtime;
use tonic::transport::Channel;

use crate::load;

/// More than any start takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) channel: Channel,
    /// From the start of its process to its first answer.
    pub(crate) started_in: Duration,
    /// The first answer.
    pub(crate) answer: Bytes,
}

impl Server {
    /// Starts what `command` makes for an address, and waits for its first
    /// answer to the request.
    pub(crate) fn start(
        runtime: &Runtime,
        request: &Bytes,
        command: impl FnOnce(SocketAddr) -> Command,
    ) -> Self {
        let address = free_address();
        let mut command = command(address);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let mut child = command.spawn().expect("a program");
        let first = runtime.block_on(async {
            while start.elapsed() < PATIENCE {
                if let Ok(channel) = load::connect(address).await {
                    return Some((load::call(&channel, request).await, channel, start.elapsed()));
                }
                thread::sleep(Duration::from_micros(200));
            }
            None
        });
        let Some((answer, channel, started_in)) = first else {
            // Nobody would end it otherwise.
            let _ = child.kill();
            unreachable!("the server does not listen");
        };
        Self { child, channel, started_in, answer }
    }

    /// The CPU time spent so far, in user and system mode.
    pub(crate) fn cpu_time(&self) -> Duration {
        let statistics = self.read("stat");
        let (_, fields) = statistics.rsplit_once(')').expect("a name in brackets");
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|field| field.parse::<u64>().expect("a number")).sum();
        // Linux shows every program a hundred a second.
        Duration::from_millis(ticks * 10)
    }

    /// Resident memory now and at its highest, in MiB.
    pub(crate) fn memory(&self) -> [f64; 2] {
        let status = self.read("status");
        ["VmRSS:", "VmHWM:"].map(|name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure");
            let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
            kibibytes / 1024.0
        })
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("Linux")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One that was free a moment ago: not every server can tell what port it got.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}
