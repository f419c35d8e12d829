//! The certificates in force, replaced when the mounted files change.
//!
//! Peers read their certificates once and need a restart for new ones.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use sha2::{Digest as _, Sha256};
use tracing::{error, info};

use super::logging::explain;
use super::metrics::{Metrics, Reload};
use super::tls::{self, PemFiles, TlsError};

/// How often the files are read. Three small files from memory: cheap enough to
/// be well within the ten seconds that a rotation may take to be noticed.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// A directory with `tls.crt`, `tls.key` and `ca.crt`, and what it last held.
#[derive(Debug)]
pub(super) struct Certificates {
    directory: PathBuf,
    client_names: Vec<String>,
    current: RwLock<Arc<ServerConfig>>,
}

/// Why the certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificatesError {
    /// A file is missing or not readable.
    #[error("cannot read {path}")]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The files are no usable set.
    #[error("cannot use the certificates in {directory}")]
    UseFiles {
        /// Where they are.
        directory: PathBuf,
        /// Why.
        source: TlsError,
    },
}

type Digest = [u8; 32];

impl Certificates {
    /// Loads the directory, and returns the state from which [`Self::watch`] goes on.
    pub(super) fn load(
        directory: PathBuf,
        client_names: Vec<String>,
    ) -> Result<(Self, Digest), CertificatesError> {
        let (files, digest) = read(&directory)?;
        let config = configure(&directory, &files, &client_names)?;
        let current = RwLock::new(Arc::new(config));
        Ok((Self { directory, client_names, current }, digest))
    }

    /// What the next handshake uses.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        // Only ever replaced whole, so a poisoned lock holds a good value.
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the certificates whenever the files' content changes. Never returns.
    ///
    /// Polls content instead of watching files: the kubelet replaces a mounted
    /// Secret by renaming a symbolic link of the directory, which a watch of
    /// the files does not see.
    pub(super) async fn watch(self: Arc<Self>, loaded: Digest, metrics: Arc<Metrics>) {
        let mut seen = Ok(loaded);
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            self.poll(&mut seen, &metrics);
        }
    }

    /// `seen` is the last content or the last failure, so that each is reported once.
    fn poll(&self, seen: &mut Result<Digest, String>, metrics: &Metrics) {
        let outcome = read(&self.directory).and_then(|(files, digest)| {
            if seen.as_ref() == Ok(&digest) {
                return Ok(None);
            }
            // Remembered even when unusable: the same content stays unusable.
            *seen = Ok(digest);
            configure(&self.directory, &files, &self.client_names).map(Some)
        });
        match outcome {
            Ok(None) => {}
            Ok(Some(config)) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                metrics.count_reload(Reload::Replaced);
                info!(directory = %self.directory.display(), "Replaced the certificates");
            }
            Err(error) => self.keep(&error, seen, metrics),
        }
    }

    fn keep(
        &self,
        error: &CertificatesError,
        seen: &mut Result<Digest, String>,
        metrics: &Metrics,
    ) {
        let problem = explain(error);
        if let CertificatesError::ReadFile { .. } = error {
            if seen.as_ref() == Err(&problem) {
                return;
            }
            *seen = Err(problem.clone());
        }
        metrics.count_reload(Reload::Kept);
        error!(
            directory = %self.directory.display(),
            error = problem,
            "Kept the certificates in use: the new ones are unusable"
        );
    }
}

fn configure(
    directory: &Path,
    files: &PemFiles,
    client_names: &[String],
) -> Result<ServerConfig, CertificatesError> {
    tls::server_config(files, client_names)
        .map_err(|source| CertificatesError::UseFiles { directory: directory.to_owned(), source })
}

fn read(directory: &Path) -> Result<(PemFiles, Digest), CertificatesError> {
    let file = |name| {
        let path = directory.join(name);
        // Blocks for microseconds: a mounted Secret is in memory.
        fs::read(&path).map_err(|source| CertificatesError::ReadFile { path, source })
    };
    let files = PemFiles {
        certificate: file("tls.crt")?,
        key: file("tls.key")?,
        authority: file("ca.crt")?,
    };
    let mut hasher = Sha256::new();
    for content in [&files.certificate, &files.key, &files.authority] {
        hasher.update(content.len().to_be_bytes());
        hasher.update(content);
    }
    Ok((files, hasher.finalize().into()))
}
