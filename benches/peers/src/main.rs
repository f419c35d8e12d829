//! Decodes a request and reads from it what a function reads, side by side with
//! `function-sdk-rust`.
//!
//! ```sh
//! cd benches/peers
//! cargo run --release                        # times, all sizes
//! cargo build --release                      # instructions, one size
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     --toggle-collect='peers::ours*' target/release/peers once ours typical
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     --toggle-collect='peers::sdk*' target/release/peers once sdk typical
//! ```
//!
//! Both read the same types: the composite resource, and of each observed
//! managed resource its endpoint and conditions. Both own what they read.

#[path = "../../support/clock.rs"]
mod clock;
#[path = "../../support/reads.rs"]
mod reads;
#[path = "../../support/requests.rs"]
mod requests;

use std::env;
use std::hint::black_box;

use bytes::Bytes;
use function_sdk_rust::{proto::v1, request, resource};
use prost::Message;
use reads::{Claim, Managed, ours};

/// What the SDK offers for the same: decode all, convert to JSON, convert to
/// types.
#[inline(never)]
fn sdk(bytes: &Bytes) -> (Claim, Vec<(String, Managed)>) {
    let request = v1::RunFunctionRequest::decode(bytes.clone()).expect("a request");
    let claim = resource::get(request::observed_composite(&request)).expect("a claim");
    let composed = request.observed.iter().flat_map(|observed| &observed.resources);
    let mut managed = composed
        .map(|(name, composed)| (name.clone(), resource::get(Some(composed)).expect("a resource")))
        .collect::<Vec<_>>();
    managed.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
    (claim, managed)
}

fn main() {
    let arguments = env::args().skip(1).collect::<Vec<_>>();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["once", who, size] => {
            let bytes = requests::request(size);
            let read = if who == "sdk" { sdk } else { ours };
            black_box(read(black_box(&bytes)));
        }
        _ => compare(),
    }
}

fn compare() {
    println!("decode + reads   bytes      ours       sdk   ratio");
    for size in requests::SIZES {
        let bytes = requests::request(size);
        assert_eq!(ours(&bytes), sdk(&bytes), "both read the same");
        let [ours, sdk] = clock::fastest([&mut || drop(black_box(ours(&bytes))), &mut || {
            drop(black_box(sdk(&bytes)));
        }]);
        let ratio = sdk / ours;
        println!("{size:<15}{:>8}{ours:>8.1} µs{sdk:>7.0} µs{ratio:>7.1}×", bytes.len());
    }
}
