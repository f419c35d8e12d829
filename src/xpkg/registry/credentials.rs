//! Credentials where `docker login` leaves them.

use std::env;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use reqwest::header::HeaderValue;

use super::super::plain;
use super::super::reference::Reference;

/// Who somebody says to be; never printed.
pub(super) struct Login {
    header: HeaderValue,
}

impl Login {
    /// None where it can be no header, which base64 always can.
    fn new(name: &str, password: &str) -> Option<Self> {
        let encoded = STANDARD.encode(format!("{name}:{password}"));
        let mut header = HeaderValue::from_str(&format!("Basic {encoded}")).ok()?;
        header.set_sensitive(true);
        Some(Self { header })
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

/// The credentials for a registry; none where nobody logged in.
pub(super) fn find(reference: &Reference) -> Result<Option<Login>, String> {
    let Some(path) = config_file() else { return Ok(None) };
    let Ok(file) = File::open(&path) else { return Ok(None) };
    let key = match reference.host() {
        // Docker's own name for its hub.
        "index.docker.io" => "https://index.docker.io/v1/",
        host => host,
    };
    let shown = path.display();
    match docker_credential::get_credential_from_reader(BufReader::new(file), key) {
        Ok(DockerCredential::UsernamePassword(name, password)) => Ok(Login::new(&name, &password)),
        Ok(DockerCredential::IdentityToken(_)) => Err(format!(
            "{shown} holds an identity token for it, which is not supported; log in with a name and \
             a password or access token"
        )),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        // Helpers have no other way to say that they know no such registry.
        Err(CredentialRetrievalError::HelperFailure { stdout, stderr, .. })
            if format!("{stdout}{stderr}").contains("credentials not found") =>
        {
            Ok(None)
        }
        Err(error) => {
            Err(format!("cannot use the credentials in {shown}: {}", plain(&error.to_string())))
        }
    }
}

/// Where credentials are looked for, for people.
pub(super) fn place() -> String {
    config_file()
        .map_or_else(|| "Docker's configuration".to_owned(), |file| file.display().to_string())
}

fn config_file() -> Option<PathBuf> {
    let folder = env::var_os("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker")));
    folder.map(|folder| folder.join("config.json"))
}
