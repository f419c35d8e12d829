//! Names of packages in registries.

use std::net::Ipv4Addr;

use super::{Error, is_digest, plain};

/// Where the registry that Docker calls `docker.io` answers.
pub(super) const DOCKER_HUB: &str = "index.docker.io";

/// A package in a registry: registry, repository, and tag or digest.
#[derive(Clone, Debug)]
pub struct Reference {
    /// As somebody wrote it.
    pub text: String,
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
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
        let example = "write REGISTRY/REPOSITORY:TAG, such as registry.example.com/platform/function-self-service:v0.1.0";
        if !Self::is_meant(text) {
            return Err(Error::Reference(format!(
                "\"{}\" names no registry; {example}",
                plain(text)
            )));
        }
        let reference = Self::parse(text).ok_or_else(|| {
            let reason = if text.contains("://") {
                " (leave the scheme out)"
            } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                " (repositories are written in lower case)"
            } else {
                ""
            };
            Error::Reference(format!("\"{}\" is no reference{reason}; {example}", plain(text)))
        })?;
        if reference.name().is_empty() {
            return Err(Error::Reference(format!(
                "\"{}\" has neither tag nor digest; {example}",
                plain(text)
            )));
        }
        Ok(reference)
    }

    fn parse(text: &str) -> Option<Self> {
        let (registry, rest) = text.split_once('/')?;
        let (rest, digest) = split(rest, '@');
        let (repository, tag) = split(rest, ':');
        let is_sound = is_registry(registry)
            && is_repository(repository)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        let mut reference = Self {
            text: text.to_owned(),
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        };
        if reference.host() == DOCKER_HUB && !repository.contains('/') {
            reference.repository = format!("library/{repository}");
        }
        is_sound.then_some(reference)
    }

    /// As a place to push to, which has a tag and no digest.
    pub fn to_push(self) -> Result<Self, Error> {
        if self.digest.is_some() {
            return Err(Error::Reference(format!(
                "\"{}\" has a digest, which is only known after a push; write a tag instead",
                plain(&self.text)
            )));
        }
        Ok(self)
    }

    /// The last part of its repository's path.
    pub fn last_part(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// Its tag, where there is one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Whether a repository, as a dependency names it, is the one of this.
    pub fn is_in(&self, repository: &str) -> bool {
        Self::parse(repository)
            .is_some_and(|other| other.host() == self.host() && other.repository == self.repository)
    }

    /// The registry as it was named.
    pub(super) fn registry(&self) -> &str {
        &self.registry
    }

    /// Host and port that the registry answers at.
    pub(super) fn host(&self) -> &str {
        if self.registry == "docker.io" { DOCKER_HUB } else { &self.registry }
    }

    pub(super) fn repository(&self) -> &str {
        &self.repository
    }

    /// The digest, else the tag.
    pub(super) fn name(&self) -> &str {
        self.digest.as_ref().or(self.tag.as_ref()).map_or("", String::as_str)
    }

    /// Whether the registry is on this machine, where plain HTTP can be overheard by nobody else.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(split(&self.registry, ':').0)
    }
}

/// Whether a host is this machine by name or number.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// A host, with a port or none.
fn is_registry(text: &str) -> bool {
    let (host, port) = split(text, ':');
    let is_label = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(is_label) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_repository(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 255
        && text.split('/').map(str::as_bytes).all(|part| {
            part.iter().all(|byte| is_plain(*byte) || b"._-".contains(byte))
                && part.first().is_some_and(|first| is_plain(*first))
                && part.last().is_some_and(|last| is_plain(*last))
        })
}

fn is_tag(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        && !text.starts_with(['.', '-'])
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
        let example = "write REGISTRY/REPOSITORY:TAG, such as registry.example.com/platform/function-self-service:v0.1.0";
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
            "https://registry.example.com/a:v1",
            &format!(
                "\"https://registry.example.com/a:v1\" is no reference (leave the scheme out); {example}"
            ),
        );
        refused(
            "registry.example.com/A:v1",
            &format!(
                "\"registry.example.com/A:v1\" is no reference (repositories are written in lower case); {example}"
            ),
        );
    }

    #[test]
    fn every_part_of_a_reference_is_judged() {
        let sum = "0".repeat(64);
        let digest = format!("registry.example.com/a:v1@sha256:{sum}");
        let reference = Reference::read(&digest).expect("complete");
        assert_eq!(reference.name(), format!("sha256:{sum}"));
        assert_eq!(Reference::read("localhost/a/b_c.d-e:v1.0_x").expect("sound").name(), "v1.0_x");
        let hub = Reference::read("docker.io/a:v1").expect("complete");
        assert_eq!((hub.host(), hub.repository()), ("index.docker.io", "library/a"));
        for text in [
            "registry.example.com:port/a:v1",
            "registry.example.com:65536/a:v1",
            "registry..example/a:v1",
            "-registry.example.com/a:v1",
            "user@registry.example.com/a:v1",
            "registry.example.com/:v1",
            "registry.example.com/a//b:v1",
            "registry.example.com/../a:v1",
            "registry.example.com/a?b:v1",
            "registry.example.com/a:",
            "registry.example.com/a:.v1",
            "registry.example.com/a:v1/b",
            "registry.example.com/a@",
            "registry.example.com/a@sha256:0",
            "registry.example.com/a@sha512:0",
            &format!("registry.example.com/a@sha256:{}", "Z".repeat(64)),
            &format!("registry.example.com/{}:v1", "a".repeat(256)),
        ] {
            let error = Reference::read(text).expect_err(text).to_string();
            assert!(error.starts_with(&format!("\"{text}\" is no reference")), "{error}");
        }
    }

    #[test]
    fn a_repository_is_one_by_any_name() {
        for (reference, repository, is_in) in [
            ("registry.example.com/a/b:v1", "registry.example.com/a/b", true),
            ("registry.example.com/a/b:v1", "registry.example.com/a", false),
            ("registry.example.com/a/b:v1", "registry.example.com:443/a/b", false),
            ("docker.io/library/a:v1", "index.docker.io/a", true),
            ("registry.example.com/a/b:v1", "a/b", false),
        ] {
            let reference = Reference::read(reference).expect("complete");
            assert_eq!(reference.is_in(repository), is_in, "{} {repository}", reference.text);
        }
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
