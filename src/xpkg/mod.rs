//! Crossplane packages: OCI images with a YAML stream, made, read, pushed and pulled.
//!
//! A package is an image whose last layers hold what Crossplane reads: `package.yaml`, and
//! examples. A Function's image holds the server below them. Built packages are files in the
//! form of `docker save`, as Crossplane's own command line makes them; pushed ones are OCI
//! images. What a package means to Crossplane is known to `contents` alone.

pub mod archive;
pub mod binary;
pub mod contents;
pub mod image;
mod layer;
pub mod oci;
pub mod reference;
pub mod registry;

use sha2::{Digest as _, Sha256};

/// Key of the annotation that tells Crossplane what a layer is for, and prefix of the label that
/// remembers it in a file, where layers have no annotations.
pub const ANNOTATION: &str = "io.crossplane.xpkg";

/// The annotation of the layer with [`PACKAGE_FILE`].
pub const BASE: &str = "base";

/// The annotation of the layer with [`EXAMPLES_FILE`].
pub const EXAMPLES: &str = "upbound";

/// The file of a package's objects.
pub const PACKAGE_FILE: &str = "package.yaml";

/// The file of a package's examples.
pub const EXAMPLES_FILE: &str = ".up/examples.yaml";

/// Bytes of [`PACKAGE_FILE`] that are read: Crossplane reads no more (crossplane-runtime,
/// `maxPackageSize`).
pub const MAX_PACKAGE_BYTES: u64 = 200 << 20;

/// Bytes of a package file, or of one layer, that are read. Crossplane's chart gives all packages
/// of a cluster 512 MiB.
pub const MAX_IMAGE_BYTES: u64 = 512 << 20;

/// Bytes of a manifest or an image's configuration that are read: registries take no larger
/// manifests (distribution, `maxManifestSize`).
pub const MAX_MANIFEST_BYTES: u64 = 4 << 20;

/// Why a package cannot be made, read, pushed or pulled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is not what it should be.
    #[error("{path} {problem}")]
    File {
        /// The file as it was named.
        path: String,
        /// What is wrong, and what helps.
        problem: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file as it was named.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A package is pushed nowhere, or pulled from nowhere.
    #[error("{0}")]
    Reference(String),
    /// A registry does not do what it is asked for.
    #[error("cannot {action} {reference}: {problem}")]
    Registry {
        /// `push` or `pull`.
        action: &'static str,
        /// The package as it was named.
        reference: String,
        /// What is wrong, and what helps.
        problem: String,
    },
}

/// The digest of content as OCI writes it.
pub fn digest(content: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(content))
}

/// Whether a text is a digest as OCI writes it, of the kind that everybody uses.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(is_sum)
}

/// The 64 digits of a digest.
fn is_sum(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether Crossplane takes a text for a version when it looks for one that a dependency allows
/// (Masterminds/semver 3.5, `NewVersion`): semantic versioning, where a `v` may come first and
/// minor and patch may be missing.
pub fn is_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(a, b)| (a, Some(b)));
    let (numbers, release) = text.split_once('-').map_or((text, None), |(a, b)| (a, Some(b)));
    let numbers: Vec<&str> = numbers.strip_prefix('v').unwrap_or(numbers).split('.').collect();
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_padded = |part: &str| part.len() > 1 && part.starts_with('0') && is_digits(part);
    numbers.len() <= 3
        && numbers.iter().all(|number| is_digits(number) && number.parse::<u64>().is_ok())
        && release.is_none_or(|text| text.split('.').all(|part| is_word(part) && !is_padded(part)))
        && build.is_none_or(|text| text.split('.').all(is_word))
}

/// Foreign text on one line, without what a terminal would obey, and not without end.
pub fn plain(text: &str) -> String {
    const LONGEST: usize = 300;
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST + 1).collect();
    let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > LONGEST {
        words.chars().take(LONGEST).chain(['…']).collect()
    } else {
        words
    }
}

/// Bytes as a person reads them.
pub fn size(bytes: u64) -> String {
    // One decimal, cut: what it says is never more than there is.
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", tenths(1 << 10)),
        _ => format!("{} MiB", tenths(1 << 20)),
    }
}

#[cfg(test)]
mod tests {
    use super::{digest, is_version, plain, size};

    #[test]
    fn digests_are_those_of_sha256sum() {
        assert_eq!(
            digest(b"abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn foreign_text_obeys_nobody_and_ends() {
        assert_eq!(plain("a\u{1b}[31m\nb\u{7}"), "a [31m b");
        assert_eq!(plain(&"x".repeat(1000)).chars().count(), 301);
    }

    #[test]
    fn versions_are_those_of_crossplane() {
        for version in ["v0.1.0", "1.2.3", "v1", "1.2", "01.2.3", "v1.0.0-rc.1", "1.0.0-a-b+c.01"] {
            assert!(is_version(version), "{version}");
        }
        for other in [
            "",
            "latest",
            "v",
            "vv1",
            "V1.2.3",
            "1.2.3.4",
            "1..3",
            "+1",
            "1.2.x",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3-01",
            "1.2.3+",
            "1.2.3_4",
            "18446744073709551616",
            "1.2.3\n",
        ] {
            assert!(!is_version(other), "{other}");
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(12 << 20), "12.0 MiB");
    }
}
