//! Names of everything a claim becomes.
//!
//! A name is a readable prefix and a hash of (cluster, namespace, kind, claim, part), cut to
//! the limit of the service that holds it. The team is never part of it: teams change, names
//! cannot. Whether a name was already given to a living object is not decided here: the
//! observed name wins over these.

use std::fmt;

use sha2::{Digest, Sha256};

/// Length of the hash in a name: 12 characters of 5 bits each. Among a million names the odds
/// of one collision are below 1 in 2,000,000.
const HASH: usize = 12;

/// RFC 4648 base32 in lower case: letters and digits only, valid in every name below.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A service's limit on the length of a name, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(usize);

impl Limit {
    /// Kubernetes object names that may also be label values or DNS labels (RFC 1123).
    pub const OBJECT: Self = Self(63);
    /// ElastiCache replication groups: 1–40, a letter first, no `--` (botocore 1.44.5).
    pub const REPLICATION_GROUP: Self = Self(40);
    /// Brokers of Amazon MQ: 1–50 of letters, digits, `-` and `_` (botocore 1.44.5).
    pub const BROKER: Self = Self(50);
    /// Clusters and configurations of MSK: 1–64 (botocore 1.44.5).
    pub const MSK: Self = Self(64);
    /// Topics of Kafka: 249 of letters, digits, `.`, `-` and `_`.
    pub const TOPIC: Self = Self(249);
    /// RDS instances: 1–63, a letter first, no `--`, no `-` at the end (botocore 1.44.5).
    pub const DB_INSTANCE: Self = Self(63);
    /// S3 buckets: 3–63 of `a-z`, `0-9`, `.`, `-` (S3 bucket naming rules).
    pub const BUCKET: Self = Self(63);
    /// IAM roles: 64 (botocore 1.44.5).
    pub const ROLE: Self = Self(64);
    /// IAM policies: 128 (botocore 1.44.5).
    pub const POLICY: Self = Self(128);
    /// Subnet groups, parameter groups, security groups and alarms: 255.
    pub const AWS: Self = Self(255);

    /// The limit in characters.
    pub const fn characters(self) -> usize {
        self.0
    }
}

/// The identity that all names of one claim are derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    cluster: String,
    namespace: String,
    kind: &'static str,
    claim: String,
}

impl Names {
    /// Names for `claim` of `kind` in `namespace` of the cluster with the catalogue's
    /// `clusterId`.
    pub fn new(
        cluster: impl Into<String>,
        namespace: impl Into<String>,
        kind: &'static str,
        claim: impl Into<String>,
    ) -> Self {
        Self { cluster: cluster.into(), namespace: namespace.into(), kind, claim: claim.into() }
    }

    /// The same identity for another claim of this namespace.
    #[must_use]
    pub fn sibling(&self, kind: &'static str, claim: &str) -> Self {
        Self { kind, claim: claim.to_owned(), ..self.clone() }
    }

    /// Name of a Kubernetes object: `<claim>-<part>-<hash>`.
    pub fn object(&self, part: &str) -> String {
        self.join(&[&self.claim, part], part, Limit::OBJECT)
    }

    /// Name of something in AWS: `<claim>-<namespace>-<hash>`.
    pub fn aws(&self, part: &str, limit: Limit) -> String {
        self.join(&[&self.claim, &self.namespace], part, limit)
    }

    /// Name of an S3 bucket: as [`Self::aws`], with a word in front where it would begin as S3
    /// reserves. No reserved ending is possible: the hash has 12 characters without a dash.
    pub fn bucket(&self, part: &str) -> String {
        const RESERVED: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
        let name = self.aws(part, Limit::BUCKET);
        if !RESERVED.iter().any(|start| name.starts_with(start)) {
            return name;
        }
        self.join(&["store", &self.claim, &self.namespace], part, Limit::BUCKET)
    }

    /// Hash of the identity and `part`: 12 characters of `a-z2-7`.
    pub fn hash(&self, part: &str) -> String {
        let mut digest = Sha256::new();
        for field in [self.cluster.as_str(), &self.namespace, self.kind, &self.claim, part] {
            // The length goes first: ("a-b", "c") and ("a", "b-c") must differ.
            digest.update((field.len() as u64).to_be_bytes());
            digest.update(field.as_bytes());
        }
        encode(&digest.finalize())
    }

    fn join(&self, words: &[&str], part: &str, limit: Limit) -> String {
        let mut name = String::with_capacity(limit.0.min(96));
        let room = limit.0 - HASH - 1;
        for letter in words.join("-").bytes() {
            let dash = !letter.is_ascii_lowercase() && !letter.is_ascii_digit();
            if name.len() == room {
                break;
            }
            // INVARIANT: never two dashes in a row, which RDS and ElastiCache refuse.
            if dash && name.ends_with('-') {
                continue;
            }
            name.push(if dash { '-' } else { letter.into() });
        }
        let readable = name.trim_end_matches('-').len();
        name.truncate(readable);
        name.push('-');
        name.push_str(&self.hash(part));
        name
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.claim)
    }
}

/// First [`HASH`] base32 characters of `digest`.
fn encode(digest: &[u8]) -> String {
    let bits = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    (0..HASH).map(|index| char::from(ALPHABET[(bits >> (59 - 5 * index) & 31) as usize])).collect()
}

/// Whether `name` has the shape of a claim's name: `^[a-z][a-z0-9-]{2,24}$` without `--`, and
/// not ending in `-`, which a Kubernetes name may not.
pub fn is_claim_name(name: &str) -> bool {
    (3..=25).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.contains("--")
        && !name.ends_with('-')
}

/// Whether `name` has the characters of an S3 bucket's name: 3–63 of `a-z`, `0-9`, `.` and `-`.
pub fn is_bucket_name(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
}

/// Whether `name` may be that of a RabbitMQ virtual host: 1–255 bytes, as AMQP 0-9-1's short
/// strings have, and of what no URI or path escapes. It begins with a letter: never `.` or `..`.
pub fn is_vhost_name(name: &str) -> bool {
    name.len() <= 255
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Whether `name` is a DNS label (RFC 1123): at most 63 of `a-z`, `0-9` and `-`, neither
/// beginning nor ending with `-`. Namespaces and ServiceAccounts of ours are.
pub fn is_dns_label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Whether `name` can be that of an object in Kubernetes (an RFC 1123 subdomain).
pub fn is_object_name(name: &str) -> bool {
    (1..=253).contains(&name.len()) && name.split('.').all(is_dns_label)
}

#[cfg(test)]
mod tests {
    use super::{Limit, Names, is_claim_name, is_dns_label, is_vhost_name};

    fn names() -> Names {
        Names::new("example", "team-identity", "RedisInstance", "session-cache")
    }

    #[test]
    fn reads_well_and_ends_in_a_hash() {
        assert_eq!(names().object("subnet-group"), "session-cache-subnet-group-lxy6gunc4n4g");
        assert_eq!(
            names().aws("replication-group", Limit::REPLICATION_GROUP),
            "session-cache-team-identity-lyemj4veq5gz",
        );
    }

    #[test]
    fn claim_names_have_a_shape() {
        for good in ["abc", "session-cache", "a23456789-123456789-12345"] {
            assert!(is_claim_name(good), "{good}");
        }
        for bad in ["ab", "", "Abc", "1bc", "a--b", "abc-", "a_b", "a23456789-123456789-123456"] {
            assert!(!is_claim_name(bad), "{bad}");
        }
        for good in ["a", "Orders_2.main-v1", &"v".repeat(255)] {
            assert!(is_vhost_name(good), "{good}");
        }
        for bad in ["", "/", ".", "..", "1st", "a/b", "a b", "a%2f", "größe", &"v".repeat(256)] {
            assert!(!is_vhost_name(bad), "{bad}");
        }
        assert!(is_dns_label("0a") && !is_dns_label("-a") && !is_dns_label("a.b"));
    }
}
