//! How the server ends: no call is lost. `abuse` has those who try to keep it.

use std::time::{Duration, Instant};

use crate::harness::Server;
use crate::messages::request;

/// A rollout of the function must not fail reconciles.
#[tokio::test]
async fn sigterm_loses_no_call_in_flight() {
    let mut server = Server::plaintext().start().await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let client = server.connect().await;
        for call in 0..25 {
            held.push(client.hold(&request(&call.to_string()).padded(1000)).await);
        }
    }
    server.wait_for_metric("grpc_server_in_flight", 100.0).await;
    server.signal("TERM");
    let draining = server.wait_for_log("Draining").await;
    assert_eq!(draining["in_flight"], 100);
    assert_eq!(server.probe("/readyz").0, "HTTP/1.1 503 Service Unavailable");
    for call in held {
        call.finish().await.expect("a call in flight is answered");
    }
    assert_eq!(server.wait().await.code(), Some(0));
    assert!(server.logged().iter().any(|line| line["message"] == "Stopped"));
}

/// Endpoints are updated after the signal: until then callers still come.
#[tokio::test]
async fn new_connections_are_still_answered_for_a_moment() {
    let mut server = Server::plaintext().start().await;
    let _open = server.connect().await;
    server.signal("TERM");
    server.wait_for_log("Draining").await;
    assert_eq!(server.probe("/readyz").0, "HTTP/1.1 503 Service Unavailable");
    server.connect().await.run(&request("late")).await.expect("an answer");
    assert_eq!(server.wait().await.code(), Some(0));
}

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    for signal in ["TERM", "INT"] {
        for (connected, within) in [(false, 500), (true, 2500)] {
            let mut server = Server::plaintext().start().await;
            let idle = if connected { Some(server.connect().await) } else { None };
            let start = Instant::now();
            server.signal(signal);
            assert_eq!(server.wait().await.code(), Some(0));
            let took = start.elapsed();
            assert!(took < Duration::from_millis(within), "took {took:?}");
            drop(idle);
        }
    }
}

/// A second signal is a person who does not want to wait.
#[tokio::test]
async fn a_second_signal_ends_a_drain() {
    let mut server = Server::plaintext().start().await;
    let _held = server.connect().await.hold(&request("held")).await;
    server.wait_for_metric("grpc_server_in_flight", 1.0).await;
    server.signal("INT");
    server.wait_for_log("Draining").await;
    let start = Instant::now();
    server.signal("INT");
    assert_eq!(server.wait().await.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(2), "took {:?}", start.elapsed());
}
