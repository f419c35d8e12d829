//! The bucket and what protects its data.
//!
//! Who may use it is decided elsewhere: the bucket's own policy only denies.

use super::super::Parameters;
use super::Bucket;
use super::living::GB;
use crate::backends::Order;
use crate::backends::aws::{Alarm, Lifetime, ManagedResource, Type};
use crate::backends::iam::{Document, Effect, Principal, Statement, condition};
use crate::manifest::Node;
use crate::outcome::Plan;
use crate::{list, object};

const BUCKET: Type = Type::new("s3", "Bucket", "v1beta2");
const OWNERSHIP: Type = Type::new("s3", "BucketOwnershipControls", "v1beta2");
const PUBLIC_ACCESS: Type = Type::new("s3", "BucketPublicAccessBlock", "v1beta1");
const ENCRYPTION: Type = Type::new("s3", "BucketServerSideEncryptionConfiguration", "v1beta2");
const VERSIONING: Type = Type::new("s3", "BucketVersioning", "v1beta2");
const LIFECYCLE: Type = Type::new("s3", "BucketLifecycleConfiguration", "v1beta1");
const LOGGING: Type = Type::new("s3", "BucketLogging", "v1beta2");
const POLICY: Type = Type::new("s3", "BucketPolicy", "v1beta1");

/// Days after which the parts of an upload that was never completed are deleted.
const ABANDONED_UPLOAD_DAYS: i64 = 7;

/// Where `archiveAfterDays` moves objects. The cheapest class that still answers every read at
/// once; S3 bills at least 90 days of it.
const ARCHIVE: &str = "GLACIER_IR";

/// The bucket, and whatever protects it that no parameter concerns.
pub(super) fn compose(order: &Order<'_>, plan: &mut Plan, bucket: &Bucket<'_>) {
    order.manage_primary(
        plan,
        ManagedResource {
            kind: BUCKET,
            part: "bucket".to_owned(),
            external_name: Some(bucket.name.clone()),
            // S3 deletes no bucket that holds anything, former versions included, and takes no
            // snapshot: a claim that waited for that would never be gone.
            lifetime: Lifetime::Forever,
            for_provider: object! {
                region: &bucket.region,
                forceDestroy: false,
                tags: order.tags(),
            },
        },
    );
    let reference = || order.reference("bucket");
    let ownership = object! {
        region: &bucket.region,
        bucketRef: reference(),
        rule: object! { objectOwnership: "BucketOwnerEnforced" },
    };
    protect(order, plan, OWNERSHIP, "ownership-controls", ownership);
    let public_access = object! {
        region: &bucket.region,
        bucketRef: reference(),
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
    };
    protect(order, plan, PUBLIC_ACCESS, "public-access-block", public_access);
    let logging = object! {
        region: &bucket.region,
        bucketRef: reference(),
        targetBucket: &order.aws().access_log_bucket,
        targetPrefix: format!("{}/", bucket.name),
    };
    protect(order, plan, LOGGING, "logging", logging);
    let policy = object! {
        region: &bucket.region,
        bucketRef: reference(),
        policy: policy(bucket),
    };
    protect(order, plan, POLICY, "bucket-policy", policy);
}

/// Adds a part of the bucket. It is never deleted on its own, but with the bucket: deleting a
/// claim must not strip a bucket that stays, retained or not yet empty, of its protection.
fn protect(order: &Order<'_>, plan: &mut Plan, kind: Type, part: &'static str, for_provider: Node) {
    order.manage(
        plan,
        ManagedResource {
            kind,
            part: part.to_owned(),
            external_name: None,
            lifetime: Lifetime::Forever,
            for_provider,
        },
    );
}

/// Denies everyone whatever does not come over TLS 1.2 or later.
fn policy(bucket: &Bucket<'_>) -> String {
    let deny = |sid, operator, key: &str, value: &str| Statement {
        sid,
        effect: Effect::Deny,
        principal: Some(Principal::Everyone),
        action: vec!["s3:*"],
        resource: vec![bucket.arn(), bucket.objects_arn()],
        condition: condition(operator, [(key, value.to_owned())]),
    };
    Document::json(vec![
        deny("TlsOnly", "Bool", "aws:SecureTransport", "false"),
        deny("Tls12OrLater", "NumericLessThan", "s3:TlsVersion", "1.2"),
    ])
}

/// Encryption with one key, known by its ARN; waits for the key.
pub(super) fn encryption(
    order: &Order<'_>,
    plan: &mut Plan,
    bucket: &Bucket<'_>,
    key: Option<&str>,
) {
    const PART: &str = "encryption";
    let Some(key) = key else {
        plan.wait(order.key(PART), super::identity::KEY);
        return;
    };
    let rule = object! {
        bucketKeyEnabled: true,
        // S3 blocks keys that clients hold, which are the tool of ransom, by default since
        // April 2026. The provider sees a difference for ever unless it is said.
        blockedEncryptionTypes: list!["SSE-C"],
        applyServerSideEncryptionByDefault: object! {
            sseAlgorithm: "aws:kms",
            // By value: a reference would resolve to the bare key id.
            kmsMasterKeyId: key.to_owned(),
        },
    };
    let configuration = object! {
        region: &bucket.region,
        bucketRef: order.reference("bucket"),
        rule: list![rule],
    };
    protect(order, plan, ENCRYPTION, PART, configuration);
}

/// `Suspended` rather than `Disabled`, which S3 knows for buckets that never had versions only:
/// former versions stay as long as the lifecycle keeps them.
pub(super) fn versioning(
    order: &Order<'_>,
    plan: &mut Plan,
    bucket: &Bucket<'_>,
    parameters: &Parameters,
) {
    let status = if parameters.versioning() { "Enabled" } else { "Suspended" };
    let configuration = object! {
        region: &bucket.region,
        bucketRef: order.reference("bucket"),
        versioningConfiguration: object! { status: status },
    };
    protect(order, plan, VERSIONING, "versioning", configuration);
}

/// What is deleted and moved by age, for all objects.
pub(super) fn lifecycle(
    order: &Order<'_>,
    plan: &mut Plan,
    bucket: &Bucket<'_>,
    parameters: &Parameters,
    noncurrent_days: i64,
) {
    let all = || list![object! { prefix: "" }];
    let housekeeping = object! {
        id: "housekeeping",
        status: "Enabled",
        filter: all(),
        abortIncompleteMultipartUpload: list![object! { daysAfterInitiation: ABANDONED_UPLOAD_DAYS }],
        noncurrentVersionExpiration: list![object! { noncurrentDays: noncurrent_days }],
    };
    let archive = parameters.archive_after_days.map(|days| {
        object! {
            id: "archive",
            status: "Enabled",
            filter: all(),
            transition: list![object! { days: days, storageClass: ARCHIVE }],
        }
    });
    let expire = parameters.expire_after_days.map(|days| {
        object! {
            id: "expire",
            status: "Enabled",
            filter: all(),
            expiration: list![object! { days: days }],
        }
    });
    let configuration = object! {
        region: &bucket.region,
        bucketRef: order.reference("bucket"),
        rule: list![housekeeping, archive, expire],
    };
    protect(order, plan, LIFECYCLE, "lifecycle", configuration);
}

/// Rings when the bucket holds more than its size stands for. S3 reports once a day, and what
/// was archived does not count.
pub(super) fn alarm(order: &Order<'_>, plan: &mut Plan, bucket: &Bucket<'_>, expected_gb: i64) {
    order.alarm(
        plan,
        Alarm {
            part: "size".to_owned(),
            about: "the bucket holds more data than its size stands for",
            namespace: "AWS/S3",
            metric: "BucketSizeBytes",
            dimensions: object! {
                BucketName: &bucket.name,
                StorageType: "StandardStorage",
            },
            statistic: "Average",
            comparison: "GreaterThanThreshold",
            threshold: expected_gb.saturating_mul(GB),
            period: 86400,
            periods: 1,
        },
    );
}
