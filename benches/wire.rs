//! What the wire module costs: decoding a request and reading it with types,
//! and writing a composed resource, in CPU time of one thread.
//!
//! ```sh
//! cargo bench --bench wire
//! SELFSERVICE_BENCH_REQUESTS=DIR cargo bench --bench wire    # other requests
//! ```
//!
//! `--bench peers` does the same side by side with an SDK.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "support/clock.rs"]
mod clock;
#[path = "support/instances.rs"]
mod instances;
#[path = "support/reads.rs"]
mod reads;
#[path = "support/requests.rs"]
mod requests;

use std::hint::black_box;

use prost::Message as _;
use selfservice::function::proto::RunFunctionRequest;
use selfservice::wire::Struct;

fn main() {
    println!("{:<28}{:>9}{:>12}{:>14}", "request", "bytes", "decode", "decode+reads");
    for size in requests::SIZES {
        let bytes = requests::request(size);
        let [decode, reads] = clock::fastest([
            &mut || drop(black_box(RunFunctionRequest::decode(black_box(bytes.clone())))),
            &mut || drop(black_box(reads::ours(black_box(&bytes)))),
        ]);
        println!("{size:<28}{:>9}{decode:>9.1} µs{reads:>11.1} µs", bytes.len());
    }
    println!();

    let object = instances::wanted(0);
    let document = Struct::write(&object).expect("an object");
    let [write, encode] =
        clock::fastest([&mut || drop(black_box(Struct::write(black_box(&object)))), &mut || {
            drop(black_box(black_box(&document).encode_to_vec()));
        }]);
    println!("{:<28}{:>9}{:>12}{:>14}", "composed resource", "bytes", "write", "encode");
    let bytes = document.encoded_len();
    println!("{:<28}{bytes:>9}{write:>9.1} µs{encode:>11.1} µs", "RDS instance");
    println!();
}
