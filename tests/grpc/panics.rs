//! A bug in the function, which the real one cannot be made to have.

use selfservice::function::proto::RunFunctionRequest as Request;
use selfservice::function::server::{self, Phase, Settings, Transport};
use tokio::sync::watch;
use tonic::transport::Endpoint;

use crate::client::Client;
use crate::messages::{FATAL, RunFunctionResponse, State, request, resource};

/// Deleting a database is worse than not answering: a bug changes nothing.
#[tokio::test]
async fn a_panic_is_a_fatal_result_that_changes_nothing() {
    server::install_panic_hook();
    let function = |request: Request| {
        let tag = request.meta.map(|meta| meta.tag).unwrap_or_default();
        assert!(tag != "bad", "a bug with {tag}");
        selfservice::function::proto::RunFunctionResponse::default()
    };
    let settings = Settings {
        address: "127.0.0.1:0".parse().expect("an address"),
        metrics_address: None,
        transport: Transport::Plaintext,
        max_request_bytes: 4096,
    };
    let server = server::Server::bind(settings, function).await.expect("a port");
    let uri = format!("http://{}", server.address());
    let (phase, phases) = watch::channel(Phase::Serving);
    let serving = tokio::spawn(server.serve(phases));
    let channel = Endpoint::from_shared(uri).expect("a URI").connect().await.expect("connected");
    let client = Client::new(channel);

    let mut bad = request("bad");
    let database = resource(serde_json::json!({"kind": "Instance"}));
    let resources = [("database".to_owned(), database)].into();
    bad.desired = Some(State { resources, ..Default::default() });
    let RunFunctionResponse { meta, desired, results, .. } = client.run(&bad).await.expect("OK");
    assert_eq!(meta.expect("meta").tag, "bad");
    assert_eq!(desired, bad.desired);
    let [result] = results.as_slice() else { unreachable!("one result: {results:?}") };
    assert_eq!(result.severity, FATAL);
    assert!(result.message.starts_with("Internal error "), "{}", result.message);
    assert!(!result.message.contains("a bug with"), "{}", result.message);

    client.run(&request("good")).await.expect("the process lives on");
    drop(client);
    phase.send_replace(Phase::Draining);
    serving.await.expect("it ends");
}
