//! Decodes a request and reads from it what a function reads, side by side with
//! `function-sdk-rust`; and the same reads as a server made with that SDK.
//!
//! `cargo bench --bench peers` in the repository's root builds and runs this.
//! By hand, there:
//!
//! ```sh
//! export CARGO_TARGET_DIR=target/tmp/peers
//! cargo build --release --locked --manifest-path benches/peers/Cargo.toml
//! peers=target/tmp/peers/release/peers
//! $peers                                       # CPU times, all sizes
//! valgrind --tool=callgrind --callgrind-out-file=callgrind.ours \
//!     --toggle-collect='peers::reads::ours*' $peers once ours typical
//! valgrind --tool=callgrind --callgrind-out-file=callgrind.sdk \
//!     --toggle-collect='peers::sdk*' $peers once sdk typical
//! $peers serve 127.0.0.1:9443                  # the server, without TLS
//! ```
//!
//! Both read the same types: the composite resource, and of each observed
//! composed resource its endpoint and conditions. Both own what they read.

#[path = "../../support/clock.rs"]
mod clock;
#[path = "../../support/instances.rs"]
mod instances;
#[path = "../../support/reads.rs"]
mod reads;
#[path = "../../support/requests.rs"]
mod requests;

use std::env;
use std::hint::black_box;

use bytes::Bytes;
use function_sdk_rust::proto::v1;
use function_sdk_rust::proto::v1::function_runner_service_server::FunctionRunnerService;
use function_sdk_rust::{Args, request, resource, response};
use prost::Message;
use reads::{Claim, Composed, ours};
use selfservice::wire::Struct;
use serde_json::Value;
use tonic::{Request, Response, Status, async_trait};

/// What the SDK offers for the same: decode all, convert to JSON, convert to
/// types.
#[inline(never)]
fn sdk(bytes: &Bytes) -> (Claim, Vec<(String, Composed)>) {
    read(&v1::RunFunctionRequest::decode(bytes.clone()).expect("a request"))
}

fn read(request: &v1::RunFunctionRequest) -> (Claim, Vec<(String, Composed)>) {
    let claim = resource::get(request::observed_composite(request)).expect("a claim");
    let composed = request.observed.iter().flat_map(|observed| &observed.resources);
    let mut composed = composed
        .map(|(name, composed)| (name.clone(), resource::get(Some(composed)).expect("a resource")))
        .collect::<Vec<_>>();
    composed.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
    (claim, composed)
}

/// Reads what a function reads, and wants what the steps before it want.
struct Reader;

#[async_trait]
impl FunctionRunnerService for Reader {
    async fn run_function(
        &self,
        request: Request<v1::RunFunctionRequest>,
    ) -> Result<Response<v1::RunFunctionResponse>, Status> {
        let request = request.into_inner();
        black_box(read(&request));
        Ok(Response::new(response::to(&request, response::DEFAULT_TTL)))
    }
}

fn main() {
    let arguments = env::args().skip(1).collect::<Vec<_>>();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["once", who, size] => {
            let bytes = requests::request(size);
            let read = if who == "sdk" { sdk } else { ours };
            black_box(read(black_box(&bytes)));
        }
        ["serve", address] => serve(address),
        _ => {
            compare_reads();
            compare_writes();
        }
    }
}

fn compare_reads() {
    println!("{:<28}{:>9}{:>12}{:>12}{:>8}", "decode + reads", "bytes", "ours", "SDK", "ratio");
    for size in requests::SIZES {
        let bytes = requests::request(size);
        assert_eq!(ours(&bytes), sdk(&bytes), "both read the same");
        let [ours, sdk] = clock::fastest([&mut || drop(black_box(ours(&bytes))), &mut || {
            drop(black_box(sdk(&bytes)));
        }]);
        row(size, bytes.len(), ours, sdk);
    }
}

/// A composed resource, from its type to the bytes of the response.
fn compare_writes() {
    let object = instances::wanted(0);
    let ours = |object: &Value| Struct::write(object).expect("an object").encode_to_vec();
    let sdk = |object: &Value| {
        let mut composed = v1::Resource::default();
        resource::update(&mut composed, object).expect("an object");
        composed.resource.expect("an object").encode_to_vec()
    };
    let bytes = ours(&object).len();
    assert_eq!(sdk(&object).len(), bytes, "both write the same");
    let [ours, sdk] = clock::fastest([&mut || drop(black_box(ours(&object))), &mut || {
        drop(black_box(sdk(&object)));
    }]);
    println!();
    println!("{:<28}{:>9}{:>12}{:>12}{:>8}", "write + encode", "bytes", "ours", "SDK", "ratio");
    row("composed RDS instance", bytes, ours, sdk);
}

fn row(name: &str, bytes: usize, ours: f64, sdk: f64) {
    let ratio = sdk / ours;
    println!("{name:<28}{bytes:>9}{ours:>9.1} µs{sdk:>9.1} µs{ratio:>7.1}×");
}

fn serve(address: &str) {
    let args = Args {
        debug: false,
        address: address.to_owned(),
        tls_certs_dir: None,
        insecure: true,
        max_recv_message_size: None,
        metrics_address: "127.0.0.1:0".to_owned(),
    };
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(function_sdk_rust::serve(Reader, &args)).expect("a free address");
}
