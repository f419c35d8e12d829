//! The function side by side with the crate `function-sdk-rust`: CPU time and
//! instructions of decoding and reading, then both as servers over loopback.
//!
//! ```sh
//! cargo bench --bench peers                                        # everything
//! SELFSERVICE_BENCH_REQUESTS=DIR cargo bench --bench peers         # read other requests
//! ```
//!
//! The SDK lives in a package of its own, `benches/peers`, which only this
//! program builds. The servers answer the same requests of the same client,
//! without TLS: ours judges and composes the claim; the SDK's reads the claim and
//! of each composed resource endpoint and conditions, and wants what was wanted
//! before. They take turns, so that noise hits both alike.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "support/claims.rs"]
#[expect(dead_code, reason = "stages are measured without transport")]
mod claims;
#[path = "support/instances.rs"]
mod instances;
#[path = "support/load.rs"]
mod load;
#[path = "support/server.rs"]
mod server;
#[path = "../tests/support/mod.rs"]
mod support;

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use selfservice::function::proto::RunFunctionResponse;
use server::Server;
use tokio::runtime::{Builder, Runtime};

/// How often the servers take turns.
const ROUNDS: usize = 7;
/// How long one of them is called per turn.
const TURN: Duration = Duration::from_millis(1500);
/// Calls in progress on the one connection that Crossplane keeps.
const CALLS: usize = 8;
/// How often each server is started.
const STARTS: usize = 15;

fn main() {
    let peers = build();
    let status = Command::new(&peers).status().expect("the comparison");
    assert!(status.success(), "the comparison failed");
    println!();
    count_instructions(&peers);
    // One thread: the client leaves as much of the machine as it can to the servers.
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    serve(&runtime, &peers);
    start(&runtime, &peers);
}

/// Builds the package with the SDK, and returns its program.
fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
        .arg(root.join("benches/peers/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status();
    assert!(status.expect("cargo").success(), "cannot build benches/peers");
    target.join("release/peers")
}

/// Instructions do not depend on what else the machine does.
fn count_instructions(peers: &Path) {
    let count = |function: &str, who: &str, size: &str| -> Option<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(format!("--toggle-collect=peers::{function}*"))
            .arg(peers)
            .args(["once", who, size])
            .output()
            .ok()?;
        let said = String::from_utf8(output.stderr).ok()?;
        let (_, count) = said.split_once("Collected : ")?;
        count.split_whitespace().next()?.parse().ok()
    };
    println!("{:<28}{:>21}{:>12}{:>8}", "instructions", "ours", "SDK", "ratio");
    for size in ["small", "typical", "large"] {
        match (count("reads::ours", "ours", size), count("sdk", "sdk", size)) {
            (Some(ours), Some(sdk)) => {
                println!("{size:<28}{ours:>21}{sdk:>12}{:>7.1}×", ratio(sdk, ours));
            }
            _ => println!("{size:<28}not counted: needs valgrind"),
        }
    }
    println!();
}

fn ours(address: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_function-self-service"));
    command.args(["--insecure", "--metrics-address=127.0.0.1:0", "--address"]);
    command.arg(address.to_string()).env_clear();
    command
}

fn sdk(peers: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(peers);
    command.args(["serve", &address.to_string()]).env_clear();
    command
}

/// What one server did in one turn.
struct Turn {
    per_second: f64,
    cpu_microseconds: f64,
    /// Half of the calls, and 99 of 100, took no longer.
    median: Duration,
    slow: Duration,
}

fn serve(runtime: &Runtime, peers: &Path) {
    println!(
        "{:<20}{:>9}{:>9}{:>11}{:>11}{:>12}{:>12}{:>11}{:>11}",
        format!("server, {CALLS} calls at once"),
        "bytes in",
        "out",
        "best req/s",
        "median",
        "least CPU",
        "median",
        "p50",
        "p99",
    );
    for request in [claims::typical(), claims::large()] {
        let servers = [
            Server::start(runtime, &request, ours),
            Server::start(runtime, &request, |address| sdk(peers, address)),
        ];
        let composed = check(&servers[0].answer);
        assert!(composed > 10, "the claim was composed");
        check(&servers[1].answer);
        let mut turns = [Vec::new(), Vec::new()];
        for round in 0..=ROUNDS {
            for (server, turns) in servers.iter().zip(&mut turns) {
                let turn = take(runtime, server, &request);
                // The first warms up.
                if round > 0 {
                    turns.push(turn);
                }
            }
        }
        let mut rates = Vec::new();
        for ((name, server), turns) in ["ours", "SDK"].into_iter().zip(&servers).zip(&turns) {
            rates.push(report(name, request.len(), server.answer.len(), turns));
        }
        println!(
            "{:<20}{:>28.1}× best{:>9.1}× median",
            "ratio",
            rates[0].0 / rates[1].0,
            rates[0].1 / rates[1].1
        );
        for (name, server) in ["ours", "SDK"].into_iter().zip(&servers) {
            let [now, most] = server.memory();
            println!("{name:<20}{now:>9.1} MiB after the load, {most:.1} MiB at most");
        }
        println!();
    }
}

/// Counts the desired resources; an answer must have no complaint.
fn check(answer: &Bytes) -> usize {
    let response = RunFunctionResponse::decode(answer.clone()).expect("a response");
    assert!(response.results.is_empty(), "{:?}", response.results);
    let desired = response.desired.unwrap_or_default();
    desired.names().expect("readable").count()
}

fn take(runtime: &Runtime, server: &Server, request: &Bytes) -> Turn {
    let before = server.cpu_time();
    let mut taken = runtime.block_on(load::run(&server.channel, request, CALLS, TURN));
    let cpu = server.cpu_time().saturating_sub(before);
    taken.sort_unstable();
    let calls = u32::try_from(taken.len()).expect("fewer");
    Turn {
        per_second: f64::from(calls) / TURN.as_secs_f64(),
        cpu_microseconds: cpu.as_secs_f64() * 1e6 / f64::from(calls),
        median: taken[taken.len() / 2],
        slow: taken[taken.len() * 99 / 100],
    }
}

/// Prints a server's row, and returns its best and its median rate.
fn report(name: &str, bytes_in: usize, bytes_out: usize, turns: &[Turn]) -> (f64, f64) {
    let sorted = |figure: fn(&Turn) -> f64| {
        let mut figures = turns.iter().map(figure).collect::<Vec<_>>();
        figures.sort_unstable_by(f64::total_cmp);
        figures
    };
    let rates = sorted(|turn| turn.per_second);
    let cpu = sorted(|turn| turn.cpu_microseconds);
    let median = sorted(|turn| turn.median.as_secs_f64() * 1e3);
    let slow = sorted(|turn| turn.slow.as_secs_f64() * 1e3);
    let middle = turns.len() / 2;
    let best = rates[turns.len() - 1];
    println!(
        "{name:<20}{bytes_in:>9}{bytes_out:>9}{best:>11.0}{:>11.0}{:>9.0} µs{:>9.0} µs{:>8.2} ms{:>8.2} ms",
        rates[middle], cpu[0], cpu[middle], median[middle], slow[middle],
    );
    (best, rates[middle])
}

fn start(runtime: &Runtime, peers: &Path) {
    let request = claims::typical();
    println!("{:<20}{:>12}{:>12}{:>14}", "server, at rest", "best start", "median", "memory");
    let mut figures = [Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        let server = Server::start(runtime, &request, ours);
        figures[0].push((server.started_in.as_secs_f64() * 1e3, server.memory()[0]));
        drop(server);
        let server = Server::start(runtime, &request, |address| sdk(peers, address));
        figures[1].push((server.started_in.as_secs_f64() * 1e3, server.memory()[0]));
    }
    for (name, mut figures) in ["ours", "SDK"].into_iter().zip(figures) {
        figures.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
        let memory = figures.iter().map(|(_, memory)| *memory).fold(0.0, f64::max);
        let (best, middle) = (figures[0].0, figures[STARTS / 2].0);
        println!("{name:<20}{best:>9.1} ms{middle:>9.1} ms{memory:>10.1} MiB");
    }
    println!();
}

fn ratio(more: u64, less: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for display")]
    let ratio = more as f64 / less as f64;
    ratio
}
