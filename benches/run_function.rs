//! What a whole call costs, without transport: decode, judge, compose, encode, per
//! kind and stage, in CPU time of one thread.
//!
//! ```sh
//! cargo bench --bench run_function
//! # One of them; where its time goes, and its instructions. `cargo bench` prints PROGRAM.
//! PROGRAM PostgreSQLInstance settled
//! perf record -g PROGRAM PostgreSQLInstance settled
//! valgrind --tool=callgrind --toggle-collect='run_function::run' \
//!     PROGRAM once PostgreSQLInstance settled
//! ```

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "support/claims.rs"]
mod claims;
#[path = "support/clock.rs"]
mod clock;
#[path = "support/instances.rs"]
mod instances;
#[path = "../tests/support/mod.rs"]
mod support;

use std::env;
use std::hint::black_box;

use bytes::Bytes;
use claims::Stage;
use prost::Message as _;
use selfservice::function;
use selfservice::function::proto::{RunFunctionRequest, RunFunctionResponse};
use selfservice::kinds::Kind;
use support::world::TODAY;

fn main() {
    let arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    let arguments = arguments.collect::<Vec<_>>();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["once", kind, stage] => drop(black_box(run(decode(&request(kind, stage))))),
        [kind, stage] => measure(kind, stage, &request(kind, stage)),
        _ => measure_all(),
    }
}

/// The request of the kind and stage with these names.
fn request(kind: &str, stage: &str) -> Bytes {
    let kind = Kind::from_name(kind).expect("a kind");
    let stage = Stage::ALL.into_iter().find(|known| known.name() == stage).expect("a stage");
    claims::request(kind, stage)
}

fn measure_all() {
    println!(
        "{:<20}{:<12}{:>9}{:>10}{:>11}{:>11}{:>11}{:>11}{:>11}",
        "whole call",
        "stage",
        "bytes in",
        "bytes out",
        "resources",
        "decode",
        "run",
        "encode",
        "sum",
    );
    for kind in Kind::ALL {
        for stage in Stage::ALL {
            measure(kind.name(), stage.name(), &claims::request(kind, stage));
        }
    }
    measure("RedisInstance", "43 KB", &claims::typical());
    measure("PostgreSQLInstance", "515 KB", &claims::large());
    println!();
}

fn measure(kind: &str, stage: &str, bytes: &Bytes) {
    let request = decode(bytes);
    let response = run(request.clone());
    assert!(response.results.is_empty(), "{kind}, {stage}: {:?}", response.results);
    let desired = response.desired.as_ref().and_then(|desired| Some(desired.names().ok()?.count()));
    let [decode, run, encode, sum] = clock::fastest([
        &mut || drop(black_box(decode(black_box(bytes)))),
        &mut || drop(black_box(run(black_box(request.clone())))),
        &mut || drop(black_box(black_box(&response).encode_to_vec())),
        &mut || drop(black_box(run(decode(black_box(bytes))).encode_to_vec())),
    ]);
    println!(
        "{kind:<20}{stage:<12}{:>9}{:>10}{:>11}{decode:>8.1} µs{run:>8.1} µs{encode:>8.1} µs{sum:>8.1} µs",
        bytes.len(),
        response.encoded_len(),
        desired.unwrap_or_default(),
    );
}

fn decode(bytes: &Bytes) -> RunFunctionRequest {
    RunFunctionRequest::decode(bytes.clone()).expect("a request")
}

/// Under a name of its own, by which profilers find it.
#[inline(never)]
fn run(request: RunFunctionRequest) -> RunFunctionResponse {
    function::run(request, TODAY)
}
