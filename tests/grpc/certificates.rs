//! Certificates as Crossplane's initializer makes them: RSA-2048 with PKCS#1
//! keys, one common subject, one common serial number, ten years.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SerialNumber, date_time_ymd,
};

/// The host that Crossplane's endpoint of a function names.
pub(crate) const SERVER_NAME: &str = "function-self-service.crossplane-system";

/// The name in the client certificate of Crossplane itself.
pub(crate) const CROSSPLANE: &str = "crossplane.crossplane-system";

// Making an RSA key takes a good part of a second, so tests share what they can.
static KEYS: LazyLock<[KeyPair; 3]> = LazyLock::new(|| std::array::from_fn(|_| rsa_key()));
static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new(&KEYS[0]));
static OTHER_AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new(&KEYS[1]));

/// Who signs.
pub(crate) struct Authority {
    issuer: Issuer<'static, &'static KeyPair>,
    pem: String,
}

/// A certificate with its key, in PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// What a certificate is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Server,
    Client,
}

/// When a certificate is valid.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    TenYears,
    Expired,
}

impl Authority {
    /// The authority that the server under test trusts.
    pub(crate) fn crossplane() -> &'static Self {
        &AUTHORITY
    }

    /// One with the same name and another key.
    pub(crate) fn stranger() -> &'static Self {
        &OTHER_AUTHORITY
    }

    fn new(key: &'static KeyPair) -> Self {
        let mut params = params(&[], Validity::TenYears);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn sign(&self, names: &[&str], purpose: Purpose, validity: Validity) -> Identity {
        let mut params = params(names, validity);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![match purpose {
            Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Purpose::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        let key = &KEYS[2];
        let certificate = params.signed_by(key, &self.issuer).expect("a certificate").pem();
        Identity { certificate, key: pkcs1(key) }
    }

    /// A certificate for the server, different from all others.
    pub(crate) fn server(&self) -> Identity {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let own = format!("generation-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let service = format!("{SERVER_NAME}.svc");
        let names = ["function-self-service", SERVER_NAME, &service, &own];
        self.sign(&names, Purpose::Server, Validity::TenYears)
    }

    pub(crate) fn client(&self, name: &str) -> Identity {
        self.sign(&[name], Purpose::Client, Validity::TenYears)
    }
}

fn params(names: &[&str], validity: Validity) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("valid names");
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Crossplane");
    params.serial_number = Some(SerialNumber::from(2022));
    params.not_before = date_time_ymd(2022, 1, 1);
    params.not_after = match validity {
        // Far enough for a checkout of any age: what counts is that it is valid now.
        Validity::TenYears => date_time_ymd(2099, 1, 1),
        Validity::Expired => date_time_ymd(2023, 1, 1),
    };
    params
}

fn rsa_key() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key")
}

/// Crossplane writes `RSA PRIVATE KEY`; rcgen writes PKCS#8, which for an RSA key of
/// this size is a header of 26 bytes before the same content.
fn pkcs1(key: &KeyPair) -> String {
    let der = &key.serialized_der()[26..];
    assert_eq!(der[0], 0x30, "an RSAPrivateKey is a SEQUENCE");
    let text = STANDARD.encode(der);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

/// A mounted Secret as the kubelet lays it out: files that link into `..data`,
/// which links to a directory that is replaced as a whole.
pub(crate) struct Mount {
    root: PathBuf,
    generation: u32,
}

impl Mount {
    /// A mount of the test named `test`.
    pub(crate) fn new(test: &str, server: &Identity, authority: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("grpc-{test}"));
        // What an earlier, aborted run left.
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("a directory");
        for name in ["tls.crt", "tls.key", "ca.crt"] {
            symlink(Path::new("..data").join(name), root.join(name)).expect("a link");
        }
        let mut mount = Self { root, generation: 0 };
        mount.replace(server, authority);
        mount
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// Swaps all three files at once.
    pub(crate) fn replace(&mut self, server: &Identity, authority: &str) {
        self.generation += 1;
        let name = format!("..generation-{}", self.generation);
        let directory = self.root.join(&name);
        fs::create_dir(&directory).expect("a directory");
        for (name, content) in
            [("tls.crt", &*server.certificate), ("tls.key", &*server.key), ("ca.crt", authority)]
        {
            fs::write(directory.join(name), content).expect("a file");
        }
        symlink(&name, self.root.join("..data_tmp")).expect("a link");
        fs::rename(self.root.join("..data_tmp"), self.root.join("..data")).expect("a swap");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Leftovers only cost space, and a failing test should report its own failure.
        let _ = fs::remove_dir_all(&self.root);
    }
}
