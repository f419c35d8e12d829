//! What a hostile or broken client costs: itself, and nobody else.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::certificates::{Authority, CROSSPLANE, Mount};
use crate::client::RUN_FUNCTION;
use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, GOAWAY, HEADERS, RST_STREAM, SETTINGS,
    call_headers, frame, literal,
};
use crate::harness::Server;
use crate::messages::request;

const MAX_CONCURRENT_STREAMS: u16 = 3;

/// Kubernetes kills after 30 seconds by default; our own promise is this.
const ENDS_WITHIN: Duration = Duration::from_secs(12);

// First, because it takes longest.
/// Whoever says nothing, begins only to speak, or never answers cannot hold a pod.
#[tokio::test]
async fn a_process_ends_in_spite_of_mute_clients() {
    let authority = Authority::crossplane();
    let mount = Mount::new("mute", &authority.server(), authority.pem());
    let mut secure = Server::tls(mount.path()).start().await;
    let _silent_tls = TcpStream::connect(secure.address()).expect("a connection");

    let mut plain = Server::plaintext().start().await;
    let _silent = TcpStream::connect(plain.address()).expect("a connection");
    let mut half = TcpStream::connect(plain.address()).expect("a connection");
    half.write_all(b"PRI * HTTP/2").expect("half a preface");
    // Speaks HTTP/2, and then answers neither pings nor GOAWAY.
    let _deaf = Frames::connect(plain.address());

    let start = Instant::now();
    for server in [&secure, &plain] {
        server.signal("TERM");
    }
    for server in [&mut secure, &mut plain] {
        assert_eq!(server.wait().await.code(), Some(0));
        assert!(start.elapsed() < ENDS_WITHIN, "took {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn announces_how_many_streams_a_connection_may_have() {
    let server = Server::plaintext().start().await;
    let settings = Frames::connect(server.address()).receive_kind(SETTINGS).expect("settings");
    let limit = settings
        .payload
        .chunks_exact(6)
        .find(|setting| setting[..2] == MAX_CONCURRENT_STREAMS.to_be_bytes())
        .map(|setting| u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]));
    assert_eq!(limit, Some(100));
}

/// Sends `stream` for one stream after the other until the server hangs up, and
/// returns how many it took in. Reads meanwhile, so that nobody blocks.
fn streams_until_goaway(server: &Server, stream: impl Fn(u32) -> Vec<u8>) -> u32 {
    let mut writer = Frames::connect(server.address());
    let mut reader = writer.duplicate();
    let goaway = thread::spawn(move || reader.receive_kind(GOAWAY));
    // A client may not reuse numbers, and its numbers are odd.
    for number in (0..20_000).map(|count| 2 * count + 1) {
        if goaway.is_finished() || writer.send_bytes(&stream(number)).is_err() {
            break;
        }
    }
    let goaway = goaway.join().expect("a reader").expect("GOAWAY within 20000 streams");
    let [a, b, c, d, ..] = goaway.payload[..] else { unreachable!("the last stream's number") };
    u32::from_be_bytes([a, b, c, d]).div_ceil(2)
}

/// CVE-2023-44487: opens and cancels streams faster than they are answered.
#[tokio::test]
async fn hangs_up_on_rapid_resets() {
    let server = Server::plaintext().start().await;
    let headers = call_headers(RUN_FUNCTION);
    let taken = streams_until_goaway(&server, |stream| {
        let mut bytes = frame(HEADERS, END_HEADERS, stream, &headers);
        bytes.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        bytes
    });
    assert!(taken <= 2000, "took {taken} streams");
    server.connect().await.run(&request("other")).await.expect("others are served");
}

/// RUSTSEC-2024-0003: makes the server reset stream after stream.
#[tokio::test]
async fn hangs_up_on_streams_that_it_must_reset() {
    let server = Server::plaintext().start().await;
    let mut headers = call_headers(RUN_FUNCTION);
    // Not allowed in HTTP/2.
    headers.extend(literal("connection", "close"));
    let taken = streams_until_goaway(&server, |stream| {
        frame(HEADERS, END_HEADERS | END_STREAM, stream, &headers)
    });
    assert!(taken <= 1100, "took {taken} streams");
    server.connect().await.run(&request("other")).await.expect("others are served");
}

/// Headers without end, each of which would have to be kept.
#[tokio::test]
async fn hangs_up_on_endless_headers() {
    let server = Server::plaintext().start().await;
    let mut frames = Frames::connect(server.address());
    let mut reader = frames.duplicate();
    let ended = thread::spawn(move || while reader.receive().is_some() {});
    let block = literal("x", &"y".repeat(100)).repeat(100);
    frames.send(HEADERS, 0, 1, &call_headers(RUN_FUNCTION)).expect("a stream");
    let mut sent = 0;
    while !ended.is_finished() && frames.send(CONTINUATION, 0, 1, &block).is_ok() {
        sent += block.len();
        assert!(sent < 64 * 1024 * 1024, "still listening after {sent} bytes");
    }
    server.connect().await.run(&request("other")).await.expect("others are served");
}

/// An announced length is a promise of memory; only what may come is kept.
#[tokio::test]
async fn an_announced_length_costs_nothing() {
    let server = Server::plaintext().start().await;
    let before = server.metric("process_resident_memory_bytes");
    let mut frames = Frames::connect(server.address());
    for stream in 0..50 {
        let stream = 2 * stream + 1;
        frames
            .send(HEADERS, END_HEADERS, stream, &call_headers(RUN_FUNCTION))
            .and_then(|()| frames.send(DATA, 0, stream, &[0, 0xff, 0xff, 0xff, 0xff]))
            .expect("a stream");
    }
    for _ in 0..50 {
        frames.receive_kind(HEADERS).expect("each is refused");
    }
    let grown = server.metric("process_resident_memory_bytes") - before;
    assert!(grown < 16.0 * 1024.0 * 1024.0, "grew by {grown} bytes");
}

/// A process whose probes are not answered is restarted.
#[tokio::test]
async fn silent_sockets_do_not_keep_the_kubelet_out() {
    let server = Server::plaintext().start().await;
    let silent: Vec<_> =
        (0..100).map(|_| TcpStream::connect(server.probes()).expect("a connection")).collect();
    let start = Instant::now();
    for path in ["/livez", "/readyz"] {
        assert_eq!(server.probe(path).0, "HTTP/1.1 200 OK");
    }
    assert!(start.elapsed() < Duration::from_secs(1), "took {:?}", start.elapsed());
    drop(silent);
}

/// A crowd that never finishes its handshakes must not keep Crossplane out.
#[tokio::test]
async fn stalled_handshakes_do_not_keep_others_out() {
    let authority = Authority::crossplane();
    let mount = Mount::new("stalled", &authority.server(), authority.pem());
    let server = Server::tls(mount.path()).start().await;
    let crossplane = authority.client(CROSSPLANE);
    let silent: Vec<_> =
        (0..300).map(|_| TcpStream::connect(server.address()).expect("a connection")).collect();
    let start = Instant::now();
    let client = server.connect_as(Some(&crossplane), authority).await.expect("a handshake");
    client.run(&request("honest")).await.expect("an answer");
    assert!(start.elapsed() < Duration::from_secs(3), "took {:?}", start.elapsed());
    assert!(server.metric("function_connections_refused_total{reason=\"stalled\"}") >= 200.0);
    drop(silent);
}
