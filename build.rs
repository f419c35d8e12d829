//! Compiles `proto/` with protox, a protobuf compiler written in Rust, so that
//! building needs no `protoc`.

use std::path::PathBuf;
use std::{env, error, fs};

use prost::Message as _;

const PROTO: &str = "apiextensions/fn/proto/v1/run_function.proto";

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile([PROTO], ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // The reflection service answers from this file.
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;

    let mut config = prost_build::Config::new();
    config
        .btree_map(["."])
        .bytes(["."])
        // Kept as wire bytes: see `src/wire/mod.rs` for why.
        .extern_path(".google.protobuf.Struct", "crate::wire::Struct")
        .extern_path(".apiextensions.fn.proto.v1.State", "crate::wire::State")
        // Neither prints connection details or credentials.
        .extern_path(".apiextensions.fn.proto.v1.Resource", "crate::wire::Resource")
        .extern_path(".apiextensions.fn.proto.v1.CredentialData", "crate::wire::CredentialData");
    let server = env::var_os("CARGO_FEATURE_SERVER").is_some();
    tonic_prost_build::configure()
        .build_client(server)
        .build_server(server)
        .build_transport(false)
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}
