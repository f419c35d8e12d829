//! What hostile callers cost in memory, and that they keep nobody out.

use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tonic::Code;

use crate::client::RUN_FUNCTION;
use crate::frames::{DATA, END_HEADERS, Frames, HEADERS, call_headers};
use crate::harness::Server;
use crate::messages::{State, request, resource};

const MIB: usize = 1024 * 1024;

/// The default limit of a request.
const LIMIT: usize = 4 * MIB;

/// What the process may take in all, in MiB.
const CEILING: u64 = 256;

/// Five bytes announce four megabytes: announcing must not be paid for as if it were sending.
#[tokio::test]
async fn announced_requests_keep_nobody_out() {
    let server = Server::plaintext().start().await;
    let mut frames = Frames::connect(server.address());
    let [a, b, c, d] = u32::try_from(LIMIT).expect("a length").to_be_bytes();
    for stream in 0..60 {
        let stream = 2 * stream + 1;
        frames
            .send(HEADERS, END_HEADERS, stream, &call_headers(RUN_FUNCTION))
            .and_then(|()| frames.send(DATA, 0, stream, &[0, a, b, c, d]))
            .expect("a stream");
    }
    server.wait_for_metric("function_request_bytes_count", 60.0).await;
    let honest = request("honest").padded(3 * MIB);
    server.connect().await.run(&honest).await.expect("an answer");
    assert!(server.peak_memory() < 64, "{} MiB", server.peak_memory());
}

/// Many callers with large requests at once are served as far as the memory goes.
#[tokio::test]
async fn an_honest_burst_is_served() {
    let server = Server::plaintext().start().await;
    let client = server.connect().await;
    let mut calls = JoinSet::new();
    for _ in 0..12 {
        let client = client.clone();
        calls.spawn(async move { client.run(&request("burst").padded(3 * MIB)).await });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("no panic").expect("an answer");
    }
}

/// A request is gone from memory when it is answered; an answer that nobody takes
/// makes room for calls of others.
#[tokio::test]
async fn answers_that_nobody_takes_keep_nobody_out() {
    let server = Server::plaintext().start().await;
    let deaf = server.connect_deaf().await;
    let mut large = request("deaf");
    let echoed = resource(serde_json::json!({"text": "x".repeat(LIMIT - 1000)}));
    let resources = [("echoed".to_owned(), echoed)].into();
    large.desired = Some(State { resources, ..State::default() });
    let mut calls = JoinSet::new();
    for number in 1..=15 {
        let (deaf, large) = (deaf.clone(), large.clone());
        calls.spawn(async move { deaf.run(&large).await });
        server.wait_for_metric("grpc_server_handling_seconds_count", f64::from(number)).await;
    }
    assert!(server.metric("function_held_bytes") > 56e6, "the answers wait");

    let honest = server.connect().await;
    let start = Instant::now();
    while let Err(status) = honest.run(&large).await {
        assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "{status:?}");
        sleep(Duration::from_millis(50)).await;
    }
    // Whoever made room is told so, by a reset stream.
    calls.join_next().await.expect("a call").expect("no panic").expect_err("given up");
}

/// A message of one field, again and again, up to the limit.
fn flood(mut field: impl FnMut(u32) -> Vec<u8>, length: usize) -> Vec<u8> {
    let mut message = Vec::with_capacity(length + 64);
    for number in 0.. {
        if message.len() >= length {
            break;
        }
        message.extend(field(number));
    }
    message
}

/// A length-delimited field.
fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![tag];
    prost::encoding::encode_varint(content.len() as u64, &mut field);
    field.extend(content);
    field
}

/// An entry of a map with a key of its own, as short as can be, and nothing in it.
fn entry(tag: u8, number: u32) -> Vec<u8> {
    let [_, a, b, c] = number.to_be_bytes();
    let digit = |byte: u8| [b'a' + (byte >> 4), b'a' + (byte & 15)];
    wrap(tag, &wrap(0x0a, &[digit(a), digit(b), digit(c)].concat()[1..]))
}

/// Requests that are small on the wire and large in a decoder's memory.
fn bombs(length: usize) -> Vec<(&'static str, Bytes)> {
    let tag = wrap(0x0a, &wrap(0x0a, b"bomb"));
    let bomb = |parts: &[u8]| Bytes::from([&tag, parts].concat());
    let (observed, desired, input, context) = (0x12, 0x1a, 0x22, 0x2a);
    let (credentials, required, schemas) = (0x3a, 0x42, 0x4a);
    let empty_entries = flood(|_| vec![0x0a, 0x00], length);
    let details = flood(|number| entry(0x12, number), length);
    let nulls = wrap(0x12, &wrap(0x32, &empty_entries));
    let list = wrap(0x0a, &[wrap(0x0a, b"spec"), nulls].concat());
    let object = wrap(0x12, &wrap(0x2a, &flood(|number| entry(0x0a, number), length)));
    let keys = wrap(0x0a, &[wrap(0x0a, b"metadata"), object].concat());
    vec![
        ("unknown fields", bomb(&wrap(desired, &flood(|_| vec![0x78, 0x01], length)))),
        ("unnamed resources", bomb(&wrap(desired, &flood(|_| vec![0x12, 0x00], length)))),
        ("named resources", bomb(&wrap(desired, &flood(|number| entry(0x12, number), length)))),
        ("observed resources", bomb(&wrap(observed, &flood(|number| entry(0x12, number), length)))),
        ("connection details", bomb(&wrap(observed, &wrap(0x0a, &details)))),
        ("a list of nulls", bomb(&wrap(observed, &wrap(0x0a, &wrap(0x0a, &list))))),
        ("an object of nulls", bomb(&wrap(observed, &wrap(0x0a, &wrap(0x0a, &keys))))),
        ("entries of the input", bomb(&wrap(input, &empty_entries))),
        ("keys of the input", bomb(&wrap(input, &flood(|number| entry(0x0a, number), length)))),
        ("entries of the context", bomb(&wrap(context, &empty_entries))),
        ("required resources", bomb(&wrap(required, &wrap(0x12, &empty_entries)))),
        ("requirements", bomb(&flood(|number| entry(required, number), length))),
        ("schemas", bomb(&flood(|number| entry(schemas, number), length))),
        ("credentials", bomb(&flood(|number| entry(credentials, number), length))),
    ]
}

/// A hundred of them at once, and again, must not cost the process its life.
#[tokio::test]
async fn bombs_do_not_exceed_the_ceiling() {
    let server = Server::plaintext().start().await;
    let bombs = bombs(LIMIT - 1000);
    // What the first round leaves behind must be used by the second.
    for round in 1..=2 {
        let answered = burst(&server, &bombs).await;
        let peak = server.peak_memory();
        assert!(peak <= CEILING, "{peak} MiB in round {round} with {answered} answered");
        assert!(answered > 0, "none of 100 answered");
    }
    let honest = timeout(Duration::from_secs(5), async {
        server.connect().await.run(&request("honest").padded(43_000)).await
    });
    honest.await.expect("in time").expect("the process lives");
}

/// Sends a hundred bombs at once, and returns how many were answered; the others
/// must have been refused.
async fn burst(server: &Server, bombs: &[(&'static str, Bytes)]) -> u32 {
    let mut calls = JoinSet::new();
    for connection in 0..4 {
        let client = server.connect().await;
        for number in 0..25 {
            let (name, bomb) = bombs[(connection * 25 + number) % bombs.len()].clone();
            let client = client.clone();
            calls.spawn(async move { (name, client.call_raw(RUN_FUNCTION, bomb).await) });
        }
    }
    let mut answered = 0;
    while let Some(call) = calls.join_next().await {
        let (name, outcome) = call.expect("no panic");
        match outcome {
            Ok(_) => answered += 1,
            // On a busy machine a call may seem stalled, and is reset to make room for another.
            Err(status) if format!("{status:?}").contains("CANCEL") => {}
            // Or it is not received in time, with so much else to read.
            Err(status) if status.code() == Code::DeadlineExceeded => {
                let late = "the request was not received within 30 seconds";
                assert_eq!(status.message(), late, "{name}: {status:?}");
            }
            Err(status) => assert_eq!(status.code(), Code::ResourceExhausted, "{name}: {status:?}"),
        }
    }
    answered
}

/// Each alone, so that none hides behind others that were refused.
#[tokio::test]
async fn a_bomb_costs_a_bounded_multiple_of_its_size() {
    for (name, bomb) in bombs(MIB) {
        let server = Server::plaintext().start().await;
        let before = server.peak_memory();
        let outcome = server.connect().await.call_raw(RUN_FUNCTION, bomb).await;
        let grown = server.peak_memory() - before;
        outcome.expect("an answer");
        assert!(grown <= 32, "{name}: {grown} times its size");
    }
}
