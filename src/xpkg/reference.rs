//! Names of packages in registries.

use std::net::Ipv4Addr;

use super::Error;
use super::plain;

/// A package in a registry: registry, repository, and tag or digest.
#[derive(Clone, Debug)]
pub struct Reference {
    /// As somebody wrote it.
    pub text: String,
    pub(super) parsed: oci_client::Reference,
}

impl Reference {
    /// Whether a text begins with a registry, as references do and most paths do not.
    pub fn is_meant(text: &str) -> bool {
        text.split_once('/').is_some_and(|(registry, _)| {
            registry == "localhost" || (registry.contains(['.', ':']) && !registry.starts_with('.'))
        })
    }

    /// Reads a reference. Crossplane knows no default registry, so neither does this.
    pub fn read(text: &str) -> Result<Self, Error> {
        let example = "write REGISTRY/REPOSITORY:TAG, such as registry.example.com/platform/function-self-service:v1.0.0";
        if !Self::is_meant(text) {
            return Err(Error::Reference(format!(
                "\"{}\" names no registry; {example}",
                plain(text)
            )));
        }
        let parsed = oci_client::Reference::try_from(text).map_err(|_| {
            Error::Reference(format!(
                "\"{}\" is no reference (repositories are written in lower case); {example}",
                plain(text)
            ))
        })?;
        let reference = Self { text: text.to_owned(), parsed };
        // The parser invents a tag where there is neither.
        let after_registry = text.split_once('/').map_or("", |(_, rest)| rest);
        if !after_registry.contains([':', '@']) {
            return Err(Error::Reference(format!(
                "\"{}\" has neither tag nor digest; {example}",
                plain(text)
            )));
        }
        Ok(reference)
    }

    /// As a place to push to, which has a tag and no digest.
    pub fn to_push(self) -> Result<Self, Error> {
        if self.parsed.digest().is_some() {
            return Err(Error::Reference(format!(
                "\"{}\" has a digest, which is only known after a push; write a tag instead",
                plain(&self.text)
            )));
        }
        Ok(self)
    }

    /// Host and port of the registry.
    pub(super) fn registry(&self) -> &str {
        self.parsed.registry()
    }

    /// Whether the registry is on this machine, where plain HTTP can be overheard by nobody else.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.registry().split(':').next().unwrap_or_default();
        host == "localhost" || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[track_caller]
    fn refused(text: &str, problem: &str) {
        assert_eq!(Reference::read(text).expect_err(problem).to_string(), problem);
    }

    #[test]
    fn references_are_complete_or_refused() {
        let reference = Reference::read("registry.example.com:5000/a/b:v1").expect("complete");
        assert_eq!(reference.registry(), "registry.example.com:5000");
        let example = "write REGISTRY/REPOSITORY:TAG, such as registry.example.com/platform/function-self-service:v1.0.0";
        refused(
            "function-self-service:v1",
            &format!("\"function-self-service:v1\" names no registry; {example}"),
        );
        refused("library/a:v1", &format!("\"library/a:v1\" names no registry; {example}"));
        refused(
            "registry.example.com/a",
            &format!("\"registry.example.com/a\" has neither tag nor digest; {example}"),
        );
        refused(
            "registry.example.com/A:v1",
            &format!(
                "\"registry.example.com/A:v1\" is no reference (repositories are written in lower case); {example}"
            ),
        );
    }

    #[test]
    fn a_digest_is_no_place_to_push_to() {
        let text = format!("registry.example.com/a@sha256:{}", "0".repeat(64));
        assert_eq!(
            Reference::read(&text).expect("complete").to_push().expect_err("a digest").to_string(),
            format!(
                "\"{text}\" has a digest, which is only known after a push; write a tag instead"
            ),
        );
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        for (text, is_loopback) in [
            ("localhost:5000/a:v1", true),
            ("127.0.0.1:5000/a:v1", true),
            ("127.1.2.3/a:v1", true),
            ("10.0.0.1:5000/a:v1", false),
            ("localhost.example.com/a:v1", false),
            ("127.0.0.1.example.com/a:v1", false),
        ] {
            assert_eq!(Reference::read(text).expect(text).is_loopback(), is_loopback, "{text}");
        }
    }
}
