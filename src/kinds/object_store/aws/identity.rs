//! What the holder of a bucket's identity may do: the least that reading and writing take.

use super::super::{Mode, Parameters};
use super::Bucket;
use crate::backends::Order;
use crate::backends::iam::{Effect, Statement, condition};
use crate::credentials::identity::{self, Granted};
use crate::outcome::Plan;

/// What encryption and policy wait for.
pub(super) const KEY: &str = "the ARN of its encryption key";

/// On the bucket. Former versions may be read, so that an application can restore one.
const LIST: [&str; 3] = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions"];
/// On the bucket, for writers.
const LIST_UPLOADS: [&str; 1] = ["s3:ListBucketMultipartUploads"];
/// On objects.
const READ: [&str; 2] = ["s3:GetObject", "s3:GetObjectVersion"];
/// On objects, for writers. Never `s3:DeleteObjectVersion`: an application that went astray
/// cannot destroy former versions.
const WRITE: [&str; 4] =
    ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"];

/// Composes policy, role and ServiceAccount.
pub(super) fn compose(
    order: &Order<'_>,
    plan: &mut Plan,
    bucket: &Bucket<'_>,
    parameters: &Parameters,
    key: Option<&str>,
) -> Granted {
    let mode = parameters.access.mode.unwrap_or_default();
    let account = &order.place.account_id;
    let statements = key.map(|key| statements(bucket, mode, account, key)).ok_or(KEY);
    let holder = parameters.access.wish().holder(order.claim.kind, &order.claim.name);
    identity::grant(order, plan, holder, statements)
}

fn statements(bucket: &Bucket<'_>, mode: Mode, account: &str, key: &str) -> Vec<Statement> {
    let with = |read: &[&'static str], write: &[&'static str]| {
        let write = match mode {
            Mode::ReadOnly => &[],
            Mode::ReadWrite => write,
        };
        [read, write].concat()
    };
    let allow = |sid, action, resource, condition| Statement {
        sid,
        effect: Effect::Allow,
        principal: None,
        action,
        resource: vec![resource],
        condition,
    };
    // Bucket names are global: were the bucket deleted, another account could take its name.
    let ours = || condition("StringEquals", [("aws:ResourceAccount", account.to_owned())]);
    let through_s3 = condition("StringEquals", [("kms:ViaService", bucket.host())]);
    vec![
        allow("Bucket", with(&LIST, &LIST_UPLOADS), bucket.arn(), ours()),
        allow("Objects", with(&READ, &WRITE), bucket.objects_arn(), ours()),
        allow("Key", with(&["kms:Decrypt"], &["kms:GenerateDataKey"]), key.to_owned(), through_s3),
    ]
}
