//! What the binary says about itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::certificates::{Authority, CROSSPLANE, Mount};
use crate::harness::Server;
use crate::messages::request;

fn say(flag: &str) -> String {
    let binary = env!("CARGO_BIN_EXE_function-self-service");
    let output = Command::new(binary).arg(flag).env_clear().output().expect("the binary");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The help is a document: a change to it shows in review. Run the test again
/// after a change to accept it.
#[test]
fn help_is_the_checked_in_text() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grpc/help.txt");
    let help = say("--help");
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if help != expected {
        fs::write(&path, &help).expect("a file");
    }
    assert_eq!(help, expected, "tests/grpc/help.txt was stale and is rewritten");
}

/// Such names are in many environments, put there for somebody else.
#[tokio::test]
async fn common_variables_change_nothing() {
    let authority = Authority::crossplane();
    let mount = Mount::new("environment", &authority.server(), authority.pem());
    let server = Server::tls(mount.path())
        .env("DEBUG", "*")
        .env("INSECURE", "true")
        .env("ADDRESS", "nowhere")
        .env("METRICS_ADDRESS", "nowhere")
        .env("MAX_RECV_MESSAGE_SIZE", "")
        .env("TLS_CLIENT_NAMES", "")
        .start()
        .await;
    server.connect().await.run(&request("plain")).await.expect_err("TLS only");
    let client = authority.client(CROSSPLANE);
    let client = server.connect_as(Some(&client), authority).await.expect("TLS");
    client.run(&request("secure")).await.expect("an answer");
}

#[tokio::test]
async fn warns_when_certificates_are_ignored() {
    let mut server = Server::plaintext().env("TLS_SERVER_CERTS_DIR", "/tls/server").start().await;
    let message = "Serving without TLS: --insecure wins over the certificates";
    let line = server.wait_for_log(message).await;
    assert_eq!((&line["level"], &line["directory"]), (&"WARN".into(), &"/tls/server".into()));
    // An empty variable is none.
    let mut server = Server::plaintext().env("TLS_SERVER_CERTS_DIR", "").start().await;
    assert!(server.logged().iter().all(|line| line["level"] != "WARN"));
}

#[test]
fn version_is_that_of_the_package() {
    let expected = concat!("function-self-service ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(say("--version"), expected);
}
