//! Mutual TLS from the three files that Crossplane mounts.
//!
//! Builds a configuration from bytes; which bytes are in force is decided in
//! `certificates`.

use std::io;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, RootCertStore,
    ServerConfig, SignatureScheme,
};
use webpki::EndEntityCert;

/// The contents of `tls.crt`, `tls.key` and `ca.crt`.
pub(super) struct PemFiles {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) authority: Vec<u8>,
}

/// Why three files make no TLS server.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// `tls.crt` is not a PEM certificate chain.
    #[error("cannot use tls.crt: no PEM certificates could be read")]
    ReadCertificate(#[source] pem::Error),
    /// `tls.crt` has no certificate.
    #[error("cannot use tls.crt: it has no certificate")]
    FindCertificate,
    /// `tls.key` is not a PEM private key.
    #[error("cannot use tls.key: no PEM private key could be read")]
    ReadKey(#[source] pem::Error),
    /// `ca.crt` is not a PEM certificate.
    #[error("cannot use ca.crt: no PEM certificates could be read")]
    ReadAuthority(#[source] pem::Error),
    /// A certificate in `ca.crt` cannot be a trust anchor.
    #[error("cannot use ca.crt")]
    TrustAuthority(#[source] rustls::Error),
    /// There is nobody to trust.
    #[error("cannot use ca.crt to verify clients")]
    VerifyClients(#[source] VerifierBuilderError),
    /// The library refuses the protocol versions we ask for.
    #[error("cannot offer TLS 1.2 and 1.3")]
    OfferVersions(#[source] rustls::Error),
    /// The certificate and the key do not belong together, or one is unusable.
    #[error("cannot use tls.crt and tls.key together")]
    PairKey(#[source] rustls::Error),
}

/// A server that only talks to clients which `ca.crt` vouches for and, unless
/// `client_names` is empty, whose certificate carries one of these names.
pub(super) fn server_config(
    files: &PemFiles,
    client_names: &[String],
) -> Result<ServerConfig, TlsError> {
    let chain = certificates(&files.certificate).map_err(TlsError::ReadCertificate)?;
    if chain.is_empty() {
        return Err(TlsError::FindCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(&files.key).map_err(TlsError::ReadKey)?;
    let provider = provider();
    let verifier = client_verifier(&files.authority, client_names, Arc::clone(&provider))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(TlsError::OfferVersions)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(TlsError::PairKey)?;
    // grpc-go refuses a server that does not choose h2.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A resumed session skips the check of the client's certificate, so a
    // replaced ca.crt would not lock out whoever it no longer vouches for.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Why aws-lc-rs and not ring? It is what rustls itself defaults to and is
/// maintained by a company for its own products, it speaks the post-quantum key
/// exchange that Go clients offer, and it makes the RSA keys of the tests,
/// which ring cannot. Like ring, it needs only a C compiler to build (no cmake, no
/// assembler) and neither is what a call spends its time on.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

fn client_verifier(
    authority: &[u8],
    client_names: &[String],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    // Several, because a rotation of the authority overlaps old and new.
    for certificate in certificates(authority).map_err(TlsError::ReadAuthority)? {
        roots.add(certificate).map_err(TlsError::TrustAuthority)?;
    }
    let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(TlsError::VerifyClients)?;
    if client_names.is_empty() {
        return Ok(inner);
    }
    Ok(Arc::new(NamedClients { inner, names: client_names.to_vec() }))
}

/// Accepts a client whose certificate is valid *and* carries an allowed name.
///
/// Crossplane's authority also vouches for every provider and function of the
/// cluster, so being vouched for does not make a caller Crossplane.
#[derive(Debug)]
struct NamedClients {
    inner: Arc<dyn ClientCertVerifier>,
    names: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("the client is `{presented}`, which --tls-client-names does not list")]
struct UnlistedClient {
    presented: String,
}

impl NamedClients {
    fn check_name(&self, certificate: &CertificateDer<'_>) -> Result<(), rustls::Error> {
        let end_entity = EndEntityCert::try_from(certificate)
            .map_err(|_| rustls::Error::InvalidCertificate(CertificateError::BadEncoding))?;
        // Whole names only: a wildcard certificate must not pass for the name it covers.
        let presented: Vec<_> =
            end_entity.valid_dns_names().chain(end_entity.valid_uri_names()).collect();
        if presented.iter().any(|name| self.names.iter().any(|allowed| allowed == name)) {
            return Ok(());
        }
        let unlisted = UnlistedClient { presented: presented.join(", ") };
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(
            unlisted,
        )))))
    }
}

impl ClientCertVerifier for NamedClients {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.inner.verify_client_cert(end_entity, intermediates, now)?;
        self.check_name(end_entity)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Why a handshake failed, for the operator. The library's own words for most
/// verdicts are names of its types.
pub(super) fn explain_refusal(error: &io::Error) -> String {
    use rustls::Error::{InvalidCertificate, NoCertificatesPresented};
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(NoCertificatesPresented) => "the client presented no certificate".to_owned(),
        Some(InvalidCertificate(verdict)) => match verdict {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the client's certificate has expired".to_owned()
            }
            // A signature by another key, or another name of the authority.
            CertificateError::BadSignature | CertificateError::UnknownIssuer => {
                "the client's certificate is not signed by the authority in ca.crt".to_owned()
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "the client's certificate is not for clients".to_owned()
            }
            CertificateError::Other(OtherError(own)) => own.to_string(),
            other => format!("the client's certificate is invalid: {other}"),
        },
        Some(other) => other.to_string(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_file_is_wrong() {
        let refuse = |certificate: &[u8], key: &[u8], authority: &[u8]| {
            let files = PemFiles {
                certificate: certificate.to_vec(),
                key: key.to_vec(),
                authority: authority.to_vec(),
            };
            server_config(&files, &[]).expect_err("unusable files").to_string()
        };
        let any_certificate =
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".as_slice();
        assert_eq!(refuse(b"", b"", b""), "cannot use tls.crt: it has no certificate");
        assert_eq!(
            refuse(any_certificate, b"no key", b""),
            "cannot use tls.key: no PEM private key could be read"
        );
    }
}
