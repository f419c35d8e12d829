//! Credentials where `docker login` leaves them.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_credential::{CredentialRetrievalError as Problem, DockerCredential};
use reqwest::header::HeaderValue;
use serde_json::Value as Json;

use super::super::plain;
use super::super::reference::{DOCKER_HUB, Reference};

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

/// The credentials for a registry; none where nobody logged in. What is wrong with them is told
/// without a word of theirs, nor of what a helper says: either can be a secret.
pub(super) fn find(reference: &Reference) -> Result<Option<Login>, String> {
    let Some(path) = config_file() else { return Ok(None) };
    let shown = path.display();
    let content = match fs::read(&path) {
        Ok(content) => content,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(format!(
                "cannot read {shown}: {error}; make it readable, or set DOCKER_CONFIG to another \
                 folder"
            ));
        }
    };
    let config: Json = serde_json::from_slice(&content)
        .map_err(|error| format!("{shown} is no JSON: {error}; mend it, or move it away"))?;
    let host = reference.host();
    // Docker's own name for its hub.
    let key = if host == DOCKER_HUB { "https://index.docker.io/v1/" } else { host };
    let again = format!("run `docker login {host}`");
    match docker_credential::get_credential_from_reader(content.as_slice(), key) {
        Ok(DockerCredential::UsernamePassword(name, password)) => Ok(Login::new(&name, &password)),
        Ok(DockerCredential::IdentityToken(_)) => Err(format!(
            "{shown} holds an identity token for it, which is not supported; log in with a name and \
             a password or access token"
        )),
        Err(Problem::NoCredentialConfigured) => Ok(None),
        // Helpers have no other way to say that they know no such registry.
        Err(Problem::HelperFailure { stdout, stderr, .. })
            if format!("{stdout}{stderr}").contains("credentials not found") =>
        {
            Ok(None)
        }
        Err(Problem::CredentialDecodingError | Problem::CredentialMismatchError) => {
            Err(format!("cannot use the credentials in {shown}; {again}"))
        }
        Err(Problem::ConfigReadError | Problem::ConfigNotFound) => {
            Err(format!("{shown} is not as Docker writes it; mend it, or move it away"))
        }
        Err(
            Problem::HelperCommunicationError
            | Problem::MalformedHelperResponse
            | Problem::HelperFailure { .. },
        ) => match helper(&config, key) {
            // Whoever clears the setting has no helper.
            "" => Ok(None),
            helper => Err(format!(
                "the credential helper docker-credential-{}, which {shown} names, gives no \
                 credentials; install or mend it, or take it out of the file and {again}",
                plain(helper)
            )),
        },
    }
}

/// The end of the name of the helper that is asked for a registry.
fn helper<'a>(config: &'a Json, key: &str) -> &'a str {
    let of_registry = config.get("credHelpers").and_then(|helpers| helpers.get(key));
    let named = of_registry.and_then(Json::as_str).filter(|helper| !helper.is_empty());
    named.or_else(|| config.get("credsStore")?.as_str()).unwrap_or_default()
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
