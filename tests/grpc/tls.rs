//! Who may call.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificates::{Authority, CROSSPLANE, Identity, Mount, Purpose, SERVER_NAME, Validity};
use crate::harness::{Options, Server};
use crate::messages::request;

/// A server that trusts Crossplane's authority, and its mounted files.
async fn server(test: &str, configure: impl FnOnce(Options) -> Options) -> (Server, Mount) {
    let authority = Authority::crossplane();
    let mount = Mount::new(test, &authority.server(), authority.pem());
    (configure(Server::tls(mount.path())).start().await, mount)
}

/// Whether a call with this certificate is answered.
async fn admits(server: &Server, identity: Option<&Identity>) -> bool {
    // With TLS 1.3 a client learns of its refusal only when it reads.
    match server.connect_as(identity, Authority::crossplane()).await {
        Ok(client) => client.run(&request("tls")).await.is_ok(),
        Err(_) => false,
    }
}

/// A handshake of which the test sees the outcome.
pub(crate) async fn shake_hands(
    server: &Server,
    identity: &Identity,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(Authority::crossplane().pem().as_bytes());
    roots.add(root.expect("PEM")).expect("a root");
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("PEM");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate.expect("PEM")], key)
        .expect("a pair");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(server.address()).await?;
    let name = ServerName::try_from(SERVER_NAME).expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn admits_crossplane_with_every_version_from_1_2() {
    let (server, _mount) = server("admits", |options| options).await;
    let crossplane = Authority::crossplane().client(CROSSPLANE);
    assert!(admits(&server, Some(&crossplane)).await);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let stream = shake_hands(&server, &crossplane, &[version]).await.expect("a handshake");
        // grpc-go hangs up on a server that does not choose h2.
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    }
}

#[tokio::test]
async fn refuses_clients_that_the_authority_does_not_vouch_for() {
    let (mut server, _mount) = server("refuses", |options| options).await;
    let authority = Authority::crossplane();
    let expired = authority.sign(&[CROSSPLANE], Purpose::Client, Validity::Expired);
    let server_only = authority.sign(&[CROSSPLANE], Purpose::Server, Validity::TenYears);
    let stranger = Authority::stranger().client(CROSSPLANE);
    assert!(!admits(&server, None).await, "no certificate");
    let line = server.wait_for_log("Refused a client").await;
    assert_eq!(line["reason"], "the client presented no certificate");
    assert!(line["peer"].is_string(), "{line}");
    assert!(!admits(&server, Some(&stranger)).await, "wrong CA");
    assert!(!admits(&server, Some(&expired)).await, "expired");
    assert!(!admits(&server, Some(&server_only)).await, "not a client's certificate");
    assert!(server.metric("function_connections_refused_total{reason=\"handshake\"}") >= 4.0);
    assert!(admits(&server, Some(&authority.client(CROSSPLANE))).await, "serves on");
}

/// Crossplane gives every provider a client certificate of the same authority.
#[tokio::test]
async fn refuses_names_that_are_not_listed() {
    let (mut server, _mount) =
        server("names", |options| options.arg(&format!("--tls-client-names=x.y,{CROSSPLANE}")))
            .await;
    let authority = Authority::crossplane();
    for other in ["provider-aws.crossplane-system", "*.crossplane-system"] {
        assert!(!admits(&server, Some(&authority.client(other))).await, "{other}");
    }
    let reason = server.wait_for_log("Refused a client").await["reason"].to_string();
    let expected = "the client is `provider-aws.crossplane-system`, which --tls-client-names does \
                    not list";
    assert!(reason.contains(expected), "{reason}");
    assert!(admits(&server, Some(&authority.client(CROSSPLANE))).await);
}

#[tokio::test]
async fn plaintext_does_not_reach_a_tls_server() {
    let (server, _mount) = server("plaintext", |options| options).await;
    let client = server.connect().await;
    client.run(&request("plain")).await.expect_err("no TLS");
}

#[tokio::test]
async fn does_not_start_without_knowing_whom_to_trust() {
    let (code, said) = Server::tls("".as_ref()).fail().await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--tls-certs-dir") && said.contains("--insecure"), "{said}");
}

#[tokio::test]
async fn does_not_start_without_a_key() {
    let authority = Authority::crossplane();
    let mut server = authority.server();
    server.key = server.key.replace("RSA PRIVATE KEY", "SOMETHING ELSE");
    let mount = Mount::new("bad-key", &server, authority.pem());
    let (code, said) = Server::tls(mount.path()).fail().await;
    assert_eq!(code, Some(1), "{said}");
    let line: serde_json::Value = serde_json::from_str(&said).expect("one JSON line");
    let error = line["error"].as_str().expect("an error");
    assert!(error.starts_with("cannot load the TLS certificates: "), "{error}");
    assert!(error.contains("tls.key"), "{error}");
}
