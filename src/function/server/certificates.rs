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

/// The link by which the kubelet replaces all files of a mounted Secret at once.
const DATA: &str = "..data";

/// How often files that change while they are read are read again at once.
const ATTEMPTS: usize = 3;

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
    pub(super) async fn watch(
        self: Arc<Self>,
        loaded: Digest,
        interval: Duration,
        metrics: Arc<Metrics>,
    ) {
        let mut seen = Ok(loaded);
        loop {
            // Three small files from memory: cheap.
            tokio::time::sleep(interval).await;
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
    // Blocks for microseconds: a mounted Secret is in memory.
    let files = read_with(directory, |path| fs::read(path))?;
    let mut hasher = Sha256::new();
    for content in [&files.certificate, &files.key, &files.authority] {
        hasher.update(content.len().to_be_bytes());
        hasher.update(content);
    }
    Ok((files, hasher.finalize().into()))
}

/// Reads three files that belong together: all of them from where the kubelet's
/// link led when the first was read and still leads when the last is. Otherwise
/// a replacement in between would pair a certificate with another one's key.
fn read_with(
    directory: &Path,
    read: impl Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<PemFiles, CertificatesError> {
    // Without the link, as in a directory that somebody filled by hand, it is the directory.
    let resolve = || {
        let data = fs::canonicalize(directory.join(DATA));
        data.unwrap_or_else(|_| directory.to_owned())
    };
    let file = |folder: &Path, name| {
        let path = directory.join(name);
        read(&folder.join(name)).map_err(|source| CertificatesError::ReadFile { path, source })
    };
    let read_all = |folder: &Path| {
        Ok(PemFiles {
            certificate: file(folder, "tls.crt")?,
            key: file(folder, "tls.key")?,
            authority: file(folder, "ca.crt")?,
        })
    };
    let mut folder = resolve();
    let mut files = read_all(&folder);
    for _ in 1..ATTEMPTS {
        let now = resolve();
        if now == folder {
            break;
        }
        files = read_all(&now);
        folder = now;
    }
    files
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A mounted Secret whose files all hold their generation.
    struct Mount(PathBuf);

    impl Mount {
        fn new(test: &str) -> Self {
            let root = std::env::temp_dir().join(format!("{test}-{}", std::process::id()));
            // What an earlier, aborted run left.
            let _ = fs::remove_dir_all(&root);
            fs::create_dir_all(&root).unwrap();
            Self(root)
        }

        fn replace(&self, generation: &str) {
            fs::create_dir(self.0.join(generation)).unwrap();
            for name in ["tls.crt", "tls.key", "ca.crt"] {
                fs::write(self.0.join(generation).join(name), generation).unwrap();
            }
            let old = fs::canonicalize(self.0.join(DATA));
            symlink(generation, self.0.join("..data_tmp")).unwrap();
            fs::rename(self.0.join("..data_tmp"), self.0.join(DATA)).unwrap();
            // As the kubelet does, at once.
            if let Ok(old) = old {
                fs::remove_dir_all(old).unwrap();
            }
        }
    }

    impl Drop for Mount {
        fn drop(&mut self) {
            // Leftovers only cost space.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// A certificate with the next one's key is refused by every client.
    #[test]
    fn a_replacement_amid_reading_does_not_mix_files() {
        for swap_after in 1..=3 {
            let mount = Mount::new(&format!("torn-{swap_after}"));
            mount.replace("first");
            let reads = Cell::new(0);
            let files = read_with(&mount.0, |path| {
                let content = fs::read(path);
                reads.set(reads.get() + 1);
                if reads.get() == swap_after {
                    mount.replace("second");
                }
                content
            });
            let PemFiles { certificate, key, authority } = files.unwrap();
            for content in [certificate, key, authority] {
                assert_eq!(content, b"second", "replaced after {swap_after} files");
            }
        }
    }

    #[test]
    fn a_directory_without_the_link_is_read_as_it_is() {
        let mount = Mount::new("plain");
        for name in ["tls.crt", "tls.key", "ca.crt"] {
            fs::write(mount.0.join(name), name).unwrap();
        }
        assert_eq!(read(&mount.0).unwrap().0.key, b"tls.key");
        fs::remove_file(mount.0.join("ca.crt")).unwrap();
        let error = read(&mount.0).map(drop).expect_err("a file is missing").to_string();
        assert!(error.ends_with("/ca.crt") && !error.contains(DATA), "{error}");
    }
}
