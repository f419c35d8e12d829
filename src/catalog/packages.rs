//! Where the packages of a platform are published.

use serde::{Deserialize, Serialize};

use super::Problems;
use crate::names;

/// Where the packages of a platform are published.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Packages {
    /// Registry and path, such as `registry.example.com/platform`: the function and the
    /// configurations are repositories below it.
    pub repository: String,
    /// Version of the configuration packages, such as `v1.4.0`: give every published change of the
    /// catalogue a new one. The function has the version of its release.
    #[serde(default = "release")]
    pub version: String,
}

/// The tag of this release.
fn release() -> String {
    Packages::RELEASE.to_owned()
}

impl Packages {
    /// The tag of this release's function.
    pub const RELEASE: &str = concat!("v", env!("CARGO_PKG_VERSION"));

    /// The function's repository.
    pub fn function(&self) -> String {
        format!("{}/function-self-service", self.repository)
    }

    /// The name that Crossplane gives the function when a configuration brings it along: the path
    /// of its repository as a DNS label (crossplane-runtime 2.4, `xpkg.ToDNSLabel`).
    pub fn function_name(&self) -> String {
        let function = self.function();
        let path = function.split_once('/').map_or("", |(_, path)| path);
        let label: String = path
            .chars()
            .filter_map(|letter| match letter {
                'a'..='z' | '0'..='9' => Some(letter),
                '.' | '/' | '-' => Some('-'),
                _ => None,
            })
            .collect();
        label.trim_matches('-').to_owned()
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        let mut parts = self.repository.split('/');
        let host = parts.next().unwrap_or_default();
        // Crossplane's CRDs refuse hosts without a dot.
        let (name, port) = host.split_once(':').unwrap_or((host, "443"));
        let is_host = name.contains('.')
            && name.split('.').all(names::is_dns_label)
            && port.parse::<u16>().is_ok();
        let is_path = parts.all(|part| {
            part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part.ends_with(|last: char| last.is_ascii_alphanumeric())
                && part.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
                })
        });
        problems.require(is_host && is_path, "repository", || {
            format!(
                "\"{}\" is not a registry with a path, in lower case and without https:// or a \
                 slash at its end, such as registry.example.com/platform",
                self.repository
            )
        });
        let numbers = self.version.strip_prefix('v').unwrap_or_default();
        let is_version = numbers.split('.').count() == 3
            && numbers.split('.').all(|number| number.parse::<u32>().is_ok());
        problems.require(is_version, "version", || {
            format!("\"{}\" is not a version such as v1.4.0", self.version)
        });
        problems.require(self.function_name().len() <= 63, "repository", || {
            format!(
                "\"{}\" is too long: the function's name in the cluster would have more than 63 \
                 characters",
                self.repository
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Packages, release};

    #[test]
    fn the_function_is_called_as_crossplane_calls_it() {
        for (repository, name) in [
            ("registry.example.com", "function-self-service"),
            ("127.0.0.1:5000/acme", "acme-function-self-service"),
            ("ghcr.io/acme/data.platform", "acme-data-platform-function-self-service"),
        ] {
            let packages = Packages { repository: repository.to_owned(), version: release() };
            assert_eq!(packages.function_name(), name);
        }
    }
}
