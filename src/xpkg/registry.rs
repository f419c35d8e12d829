//! Registries: pushing packages and looking at pushed ones.

use std::env;
use std::fs::File;
use std::future::Future;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::Duration;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use http::HeaderValue;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, RegistryOperation};
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::image::{self, Held, Image};
use super::layer::find;
use super::oci::{self, Config, Descriptor, INDEX, Index, MANIFEST, Manifest, Platform};
use super::reference::Reference;
use super::{
    Error, MAX_IMAGE_BYTES, MAX_MANIFEST_BYTES, MAX_PACKAGE_BYTES, PACKAGE_FILE, digest, plain,
    size,
};

/// How long a registry may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a registry may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// How long a manifest may take: a minute is much for a few kilobytes.
const MANIFEST_TIME: Duration = Duration::from_secs(60);

/// Pushes packages as one reference: one as it is, several as an index over their platforms.
/// Tells `progress` what it does. Gives the digest of what the reference then names.
pub fn push(
    reference: &Reference,
    images: &[Image],
    progress: &mut dyn FnMut(&str),
) -> Result<String, Error> {
    let registry = Registry::open(reference, "push")?;
    registry.log_in(RegistryOperation::Push)?;
    let mut manifests = Vec::new();
    for image in images {
        registry.push_blobs(image, progress)?;
        let manifest = image.stored_manifest();
        let mut descriptor = Descriptor::of(MANIFEST, &manifest);
        if images.len() > 1 {
            let own = reference.parsed.clone_with_digest(descriptor.digest.clone());
            registry.push_manifest(&own, manifest, MANIFEST)?;
            descriptor.platform = Some(image.config.platform());
            manifests.push(descriptor);
        } else {
            registry.push_manifest(&reference.parsed, manifest, MANIFEST)?;
            return Ok(descriptor.digest);
        }
    }
    let index = Index { schema_version: 2, media_type: INDEX.to_owned(), manifests };
    let index = oci::json(&index);
    let digest = digest(&index);
    registry.push_manifest(&reference.parsed, index, INDEX)?;
    Ok(digest)
}

/// Looks at a pushed package: its manifests, a configuration, and the layer that Crossplane
/// reads; not the program. Of several platforms the one is looked into that Crossplane itself
/// takes, linux/amd64, else the first.
pub fn pull(reference: &Reference) -> Result<Held, Error> {
    let registry = Registry::open(reference, "pull")?;
    registry.log_in(RegistryOperation::Pull)?;
    let (stored, digest) = registry.manifest(&reference.parsed)?;
    let (manifest, platforms) = if is_index(&stored) {
        let index: Index = registry.parse("index", &stored)?;
        let crossplanes = Platform::linux("amd64");
        let chosen = index
            .manifests
            .iter()
            .find(|manifest| manifest.platform.as_ref() == Some(&crossplanes))
            .or_else(|| index.manifests.first())
            .ok_or_else(|| registry.error("the index names no image"))?;
        let own = reference.parsed.clone_with_digest(chosen.digest.clone());
        let (stored, _) = registry.manifest(&own)?;
        let platforms = index
            .manifests
            .iter()
            .map(|manifest| {
                // Crossplane takes no platform for its own.
                let platform = manifest.platform.clone().unwrap_or_else(|| crossplanes.clone());
                (platform, manifest.digest.clone())
            })
            .collect();
        (registry.parse::<Manifest>("manifest", &stored)?, platforms)
    } else {
        (registry.parse::<Manifest>("manifest", &stored)?, Vec::new())
    };
    let config = registry.blob(&manifest.config, MAX_MANIFEST_BYTES)?;
    let config: Config = registry.parse("configuration", &config)?;
    let mut package = None;
    for index in image::sources(&manifest.layers) {
        if let Some(layer) = manifest.layers.get(index) {
            let layer = registry.blob(layer, MAX_IMAGE_BYTES)?;
            package = find(&layer, PACKAGE_FILE, MAX_PACKAGE_BYTES)
                .map_err(|problem| registry.about(&problem))?;
        }
        if package.is_some() {
            break;
        }
    }
    let package = image::text(package).map_err(|problem| registry.about(&problem))?;
    let platforms =
        if platforms.is_empty() { vec![(config.platform(), digest.clone())] } else { platforms };
    Ok(Held { digest, platforms, config, layers: manifest.layers, package })
}

/// An index has manifests, whatever its type is called.
fn is_index(stored: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(stored)
        .is_ok_and(|document| document.get("manifests").is_some())
}

/// A registry, and what it is asked for.
struct Registry<'a> {
    client: Client,
    runtime: Runtime,
    reference: &'a Reference,
    action: &'static str,
    login: RegistryAuth,
}

impl<'a> Registry<'a> {
    fn open(reference: &'a Reference, action: &'static str) -> Result<Self, Error> {
        let failed = |problem: String| Error::Registry {
            action,
            reference: plain(&reference.text),
            problem,
        };
        let protocol = if reference.is_loopback() {
            ClientProtocol::HttpsExcept(vec![reference.registry().to_owned()])
        } else {
            ClientProtocol::Https
        };
        let config = ClientConfig {
            protocol,
            // One request a layer, which every registry understands.
            use_monolithic_push: true,
            connect_timeout: Some(CONNECT),
            read_timeout: Some(SILENCE),
            user_agent: concat!("selfservice/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| failed(cause(&error)))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let login = login(reference).map_err(failed)?;
        Ok(Self { client, runtime, reference, action, login })
    }

    fn log_in(&self, operation: RegistryOperation) -> Result<(), Error> {
        self.ask(self.client.auth(&self.reference.parsed, &self.login, operation)).map(|_| ())
    }

    fn push_blobs(&self, image: &Image, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let manifest = image.manifest();
        let layers = manifest.layers.iter().zip(image.layers.iter().map(|layer| &layer.content));
        for (descriptor, content) in layers.chain([(&manifest.config, &image.stored_config)]) {
            let parsed = &self.reference.parsed;
            let digest = &descriptor.digest;
            if self.ask(self.client.blob_exists(parsed, digest))? {
                progress(&format!("{digest} is there already"));
                continue;
            }
            progress(&format!("pushing {digest} ({})", size(descriptor.size)));
            self.ask(self.client.push_blob(parsed, content.clone(), digest))?;
        }
        Ok(())
    }

    fn push_manifest(
        &self,
        reference: &oci_client::Reference,
        manifest: Vec<u8>,
        media_type: &'static str,
    ) -> Result<(), Error> {
        let media_type = HeaderValue::from_static(media_type);
        self.ask(self.client.push_manifest_raw(reference, manifest, media_type)).map(|_| ())
    }

    /// A manifest or an index, with its digest, which is checked.
    fn manifest(&self, reference: &oci_client::Reference) -> Result<(Vec<u8>, String), Error> {
        const ACCEPTED: [&str; 4] = [MANIFEST, INDEX, oci::DOCKER_MANIFEST, oci::DOCKER_INDEX];
        let asked = self.client.pull_manifest_raw(reference, &self.login, &ACCEPTED);
        let (stored, digest) = self.ask(async {
            timeout(MANIFEST_TIME, asked).await.unwrap_or_else(|_| {
                Err(OciDistributionError::GenericError(Some("it takes too long".to_owned())))
            })
        })?;
        if stored.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(
                self.error(&format!("its manifest has more than {}", size(MAX_MANIFEST_BYTES)))
            );
        }
        Ok((stored.to_vec(), digest))
    }

    /// Content by its descriptor, whose digest is checked and whose size bounds what is read.
    fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, Error> {
        let too_large = || {
            self.error(&format!(
                "{} has {}, and at most {} are read",
                plain(&descriptor.digest),
                size(descriptor.size),
                size(limit)
            ))
        };
        if descriptor.size > limit {
            return Err(too_large());
        }
        let length = usize::try_from(descriptor.size).map_err(|_| too_large())?;
        let mut content = vec![0; length];
        // A slice takes no more than its length.
        let mut space = std::io::Cursor::new(content.as_mut_slice());
        let wanted = descriptor.digest.as_str();
        self.ask(self.client.pull_blob(&self.reference.parsed, wanted, &mut space))?;
        if space.position() != descriptor.size {
            return Err(self.error(&format!("{} is shorter than its manifest says", plain(wanted))));
        }
        Ok(content)
    }

    fn parse<T: DeserializeOwned>(&self, what: &str, stored: &[u8]) -> Result<T, Error> {
        serde_json::from_slice(stored).map_err(|error| {
            self.error(&format!("its {what} cannot be read: {}", plain(&error.to_string())))
        })
    }

    fn ask<T>(
        &self,
        request: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, Error> {
        self.runtime.block_on(request).map_err(|error| self.error(&self.explain(&error)))
    }

    fn error(&self, problem: &str) -> Error {
        Error::Registry {
            action: self.action,
            reference: plain(&self.reference.text),
            problem: problem.to_owned(),
        }
    }

    /// An error about the package itself, not about its registry.
    fn about(&self, problem: &str) -> Error {
        Error::File { path: plain(&self.reference.text), problem: problem.to_owned() }
    }

    fn explain(&self, error: &OciDistributionError) -> String {
        let host = self.reference.registry();
        let said = |message: &str| match plain(message) {
            message if message.is_empty() => String::new(),
            message => format!(": {message}"),
        };
        match error {
            OciDistributionError::UnauthorizedError { .. } => self.unauthorized(""),
            OciDistributionError::AuthenticationFailure(message)
            | OciDistributionError::ServerError { code: 401, message, .. } => {
                self.unauthorized(&said(&messages(message)))
            }
            OciDistributionError::ServerError { code: 403, message, .. } => {
                format!("{host} forbids it (HTTP 403){}", said(&messages(message)))
            }
            OciDistributionError::ServerError { code, message, .. } => {
                format!("{host} answers HTTP {code}{}", said(&messages(message)))
            }
            OciDistributionError::ImageManifestNotFoundError(_) => {
                format!("{host} has no such package")
            }
            OciDistributionError::RegistryError { envelope, .. }
                if envelope.errors.iter().any(|error| is_missing(&error.code)) =>
            {
                format!("{host} has no such package")
            }
            OciDistributionError::RegistryError { envelope, .. } => {
                let messages: Vec<&str> =
                    envelope.errors.iter().map(|error| error.message.as_str()).collect();
                format!("{host} refuses{}", said(&messages.join(", ")))
            }
            OciDistributionError::RequestError(request) => match request.status() {
                Some(status) if status == http::StatusCode::UNAUTHORIZED => self.unauthorized(""),
                Some(status) if status == http::StatusCode::FORBIDDEN => {
                    format!("{host} forbids it (HTTP 403)")
                }
                Some(status) => format!("{host} answers HTTP {}", status.as_u16()),
                None if request.is_timeout() => format!("{host} takes too long"),
                None => format!("no answer from {host}: {}", cause(request)),
            },
            OciDistributionError::GenericError(Some(message)) => {
                format!("{host}: {}", plain(message))
            }
            other => format!("{host} does not keep to the protocol: {}", cause(other)),
        }
    }

    fn unauthorized(&self, said: &str) -> String {
        let host = self.reference.registry();
        let reason = match self.login {
            RegistryAuth::Anonymous => "wants credentials, and there are none",
            _ => "refuses the credentials",
        };
        let place = config_file()
            .map_or_else(|| "Docker's configuration".to_owned(), |file| file.display().to_string());
        format!("{host} {reason} in {place}{said}; run `docker login {host}`")
    }
}

fn is_missing(code: &OciErrorCode) -> bool {
    matches!(
        code,
        OciErrorCode::ManifestUnknown | OciErrorCode::NameUnknown | OciErrorCode::NotFound
    )
}

/// The messages in an error of a registry, or its text.
fn messages(body: &str) -> String {
    let Ok(document) = serde_json::from_str::<serde_json::Value>(body) else {
        return body.to_owned();
    };
    let errors = document.get("errors").and_then(serde_json::Value::as_array);
    let messages = errors.into_iter().flatten().filter_map(|error| error.get("message")?.as_str());
    messages.collect::<Vec<_>>().join(", ")
}

/// The innermost cause, which is what somebody can do something about.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    plain(&innermost.to_string())
}

/// Where `docker login` leaves credentials.
fn config_file() -> Option<PathBuf> {
    let folder = env::var_os("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker")));
    folder.map(|folder| folder.join("config.json"))
}

/// The credentials for a registry; none where nobody logged in.
fn login(reference: &Reference) -> Result<RegistryAuth, String> {
    let Some(path) = config_file() else { return Ok(RegistryAuth::Anonymous) };
    let Ok(file) = File::open(&path) else { return Ok(RegistryAuth::Anonymous) };
    let key = match reference.parsed.resolve_registry() {
        // Docker's own name for its hub.
        "index.docker.io" => "https://index.docker.io/v1/",
        registry => registry,
    };
    let shown = path.display();
    match docker_credential::get_credential_from_reader(BufReader::new(file), key) {
        Ok(DockerCredential::UsernamePassword(name, password)) => {
            Ok(RegistryAuth::Basic(name, password))
        }
        Ok(DockerCredential::IdentityToken(_)) => Err(format!(
            "{shown} holds an identity token for it, which is not supported; log in with a name and \
             a password or access token"
        )),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
        // Helpers have no other way to say that they know no such registry.
        Err(CredentialRetrievalError::HelperFailure { stdout, stderr, .. })
            if format!("{stdout}{stderr}").contains("credentials not found") =>
        {
            Ok(RegistryAuth::Anonymous)
        }
        Err(error) => {
            Err(format!("cannot use the credentials in {shown}: {}", plain(&error.to_string())))
        }
    }
}
