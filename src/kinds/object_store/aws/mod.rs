//! `ObjectStore` on Amazon S3: a bucket, what protects it, and an identity that may use it.

mod bucket;
mod identity;
mod living;
#[cfg(feature = "cli")]
mod told;

use serde::{Deserialize, Serialize};

use super::Parameters;
use crate::backends::Order;
use crate::backends::aws::partition;
use crate::backends::iam::dns_suffix;
use crate::catalog::{Named, Problems, Range, Sizes};
use crate::credentials::identity::Granted;
use crate::credentials::{self, Binding};
use crate::manifest::Node;
use crate::names;
use crate::object;
use crate::observed::ReadError;
use crate::outcome::{CredentialsWait, Plan};

use living::Living;
pub(crate) use living::infer;

/// S3 counts days of a lifecycle rule in 32 bits (botocore 1.44.5, s3 `LifecycleExpiration`),
/// and an action after 0 days would be none that a claim could want.
const LIFECYCLE_DAYS: std::ops::RangeInclusive<i64> = 1..=i32::MAX as i64;

/// S3 has no limit on the data of a bucket. Ours, a petabyte, keeps the alarm's threshold in
/// bytes exact in a JSON number.
const EXPECTED_GB: std::ops::RangeInclusive<i64> = 1..=1_000_000;

/// What the catalogue says of an `ObjectStore` on S3.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// From the smallest to the largest.
    pub sizes: Sizes<Size>,
    /// The largest that needs no exception.
    pub maximum_size: String,
    /// Whether a claim may say `versioning: false`.
    #[serde(default)]
    pub versioning: Versioning,
    /// What `expireAfterDays` may be. The default is not used: nothing expires unasked.
    pub expire_after_days: Range,
    /// What `archiveAfterDays` may be. The default is not used: nothing moves unasked.
    pub archive_after_days: Range,
    /// Days that former versions of objects are kept. A living bucket follows a longer time,
    /// never a shorter one, which would delete what it holds.
    pub noncurrent_version_days: i64,
}

/// What an environment makes of `versioning`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Versioning {
    /// Always on; a claim that says `false` is refused.
    Required,
    /// On unless a claim says `false`.
    #[default]
    Optional,
}

/// What a size is worth.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    /// What a claim says.
    pub name: String,
    /// Data expected, in GB. An alarm rings above it.
    #[serde(rename = "expectedGB")]
    pub expected_gb: i64,
}

impl Named for Size {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Settings {
    /// Notes what is wrong with them.
    pub fn check(&self, problems: &mut Problems) {
        self.sizes.check(&self.maximum_size, problems);
        for (index, size) in self.sizes.0.iter().enumerate() {
            problems.require(
                EXPECTED_GB.contains(&size.expected_gb),
                &format!("sizes[{index}].expectedGB"),
                || {
                    format!(
                        "{} must lie within {}–{}",
                        size.expected_gb,
                        EXPECTED_GB.start(),
                        EXPECTED_GB.end()
                    )
                },
            );
        }
        self.expire_after_days.check(LIFECYCLE_DAYS, "expireAfterDays", problems);
        self.archive_after_days.check(LIFECYCLE_DAYS, "archiveAfterDays", problems);
        problems.require(
            LIFECYCLE_DAYS.contains(&self.noncurrent_version_days),
            "noncurrentVersionDays",
            || {
                format!(
                    "{} must lie within AWS's own limits {}–{}",
                    self.noncurrent_version_days,
                    LIFECYCLE_DAYS.start(),
                    LIFECYCLE_DAYS.end()
                )
            },
        );
    }
}

/// The bucket that is meant, whether it exists yet or not.
struct Bucket<'a> {
    name: String,
    region: String,
    partition: &'a str,
}

impl<'a> Bucket<'a> {
    fn new(order: &'a Order<'_>, living: &Living) -> Self {
        let aws = order.aws();
        // INVARIANT: the name goes into policies. One that S3 would not allow, such as `*`, was
        // not written by us.
        let name = living
            .name()
            .filter(|name| names::is_bucket_name(name))
            .map_or_else(|| order.names.bucket("bucket"), str::to_owned);
        Self { name, region: order.place.region.clone(), partition: partition(&aws.kms_key_arn) }
    }

    fn arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.name)
    }

    fn objects_arn(&self) -> String {
        format!("{}/*", self.arn())
    }

    /// S3's endpoint in the bucket's region; clients put the bucket in front of it themselves.
    fn host(&self) -> String {
        format!("s3.{}.{}", self.region, dns_suffix(self.partition))
    }
}

/// Composes an accepted claim.
pub(crate) fn compose(
    order: &Order<'_>,
    parameters: &Parameters,
    settings: &Settings,
) -> Result<Plan, ReadError> {
    let mut plan = Plan::default();
    let living = Living::read(order.observed)?;
    let bucket = Bucket::new(order, &living);
    let key = order.encryption_key(&mut plan, living.key())?;
    bucket::compose(order, &mut plan, &bucket);
    bucket::encryption(order, &mut plan, &bucket, key.as_deref());
    bucket::versioning(order, &mut plan, &bucket, parameters);
    let kept_days = settings.noncurrent_version_days.max(living.noncurrent_days());
    bucket::lifecycle(order, &mut plan, &bucket, parameters, kept_days);
    // A size that left the catalogue keeps its alarm.
    let size = parameters.size.as_deref().unwrap_or_default();
    let expected_gb =
        settings.sizes.find(size).map(|size| size.expected_gb).or(living.expected_gb());
    if let Some(expected_gb) = expected_gb {
        bucket::alarm(order, &mut plan, &bucket, expected_gb);
    }
    let granted = identity::compose(order, &mut plan, &bucket, parameters, key.as_deref());
    deliver(order, &mut plan, &living, &bucket, granted);
    plan.offering = Some(object! {
        expectedGB: expected_gb,
        versioning: parameters.versioning(),
        noncurrentVersionDays: kept_days,
    });
    Ok(plan)
}

fn deliver(
    order: &Order<'_>,
    plan: &mut Plan,
    living: &Living,
    bucket: &Bucket<'_>,
    granted: Granted,
) {
    let role_arn = granted.role_arn;
    plan.status.push(("roleArn", Node::from(&role_arn)));
    let account = Node::from(granted.service_account);
    plan.status.push(("serviceAccountName", account));
    // Before it exists, the name might be somebody else's bucket: names are global.
    if !living.exists(order.observed) {
        credentials::wait(
            order,
            plan,
            CredentialsWait {
                reason: "WaitingForBucket",
                message: "The credentials wait for the bucket, which AWS is creating".to_owned(),
            },
        );
        return;
    }
    let host = bucket.host();
    let endpoint = format!("https://{host}");
    plan.status.push(("bucket", Node::from(&bucket.name)));
    plan.status.push(("endpoint", Node::from(&endpoint)));
    credentials::deliver(
        order,
        plan,
        Binding {
            kind: "s3",
            entries: vec![
                ("bucket", bucket.name.clone()),
                ("region", bucket.region.clone()),
                ("host", host),
                ("endpoint", endpoint),
                ("uri", format!("s3://{}", bucket.name)),
                ("role-arn", role_arn),
            ],
        },
    );
}
