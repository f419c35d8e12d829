//! What refuses a claim for a bucket, word for word.

use crate::fixture::{Scenario, claim};
use selfservice::outcome::Answer;

fn assert_refused(scenario: &Scenario, expected: &[&str]) {
    assert_eq!(scenario.violations(), expected);
}

#[test]
fn refuses_to_archive_after_expiry() {
    let expected = |archive: i64| {
        format!(
            "spec.parameters.archiveAfterDays [lifecycle-order]: archiveAfterDays {archive} is \
             not before expireAfterDays 60. Set archiveAfterDays to less than expireAfterDays, \
             or leave one of them out."
        )
    };
    let expiring = claim().set("expireAfterDays", 60);
    for archive in [60, 90] {
        let scenario = expiring.clone().set("archiveAfterDays", archive);
        assert_refused(&scenario, &[&expected(archive)]);
    }
    assert!(expiring.set("archiveAfterDays", 59).accepted().warnings.is_empty());
    assert!(claim().set("archiveAfterDays", 90).accepted().warnings.is_empty());
}

#[test]
fn refuses_days_out_of_range() {
    assert_refused(
        &claim().set("archiveAfterDays", 29),
        &["spec.parameters.archiveAfterDays [number-out-of-range]: archiveAfterDays 29 is out \
             of range. Choose a whole number from 30 to 3650."],
    );
    assert_refused(
        &claim().set("expireAfterDays", -1),
        &["spec.parameters.expireAfterDays [number-out-of-range]: expireAfterDays -1 is out of \
             range. Choose a whole number from 1 to 3650."],
    );
}

#[test]
fn refuses_to_decline_versioning_where_it_is_required() {
    assert_refused(
        &claim().set("versioning", false),
        &["spec.parameters.versioning [versioning-required]: Versioning is required in \
             production. Set versioning to true, or leave it out."],
    );
    // Required only after the claim was accepted: a warning, and nothing changes.
    let living = claim()
        .offer("/settings/versioning", "optional")
        .set("versioning", false)
        .living()
        .offer("/settings/versioning", "required");
    assert_eq!(living.warnings().len(), 1);
    let versioning = living.resource("object-store-versioning");
    let status = &versioning["spec"]["forProvider"]["versioningConfiguration"]["status"];
    assert_eq!(status, "Suspended");
}

#[test]
fn refuses_names_that_are_none() {
    for (name, shown) in [("*", "*"), ("team-a:*", "team-a:*"), ("Billing", "Billing"), ("", "")] {
        let expected = format!(
            "spec.parameters.access.serviceAccountName [service-account-name]: \"{shown}\" is \
             not the name of a ServiceAccount. Use at most 63 lower-case letters, digits and \
             dashes."
        );
        let scenario = claim().set("access.serviceAccountName", name);
        assert_refused(&scenario, &[&expected]);
    }
    let join = |name: &str| claim().set("access.joinIdentityOf", name);
    assert_refused(
        &join("receipts*"),
        &["spec.parameters.access.joinIdentityOf [service-account-name]: \"receipts*\" is not \
             the name of a claim with an identity. Give the name of another ObjectStore of this namespace, or \
             Kind/name."],
    );
    assert_refused(
        &join("invoices"),
        &["spec.parameters.access.joinIdentityOf [service-account-name]: A claim cannot join \
             its own identity. Leave joinIdentityOf out, or name another ObjectStore of this \
             namespace."],
    );
    assert_refused(
        &join("receipts").set("access.createServiceAccount", true),
        &["spec.parameters.access.joinIdentityOf [service-account-name]: A claim that joins an \
             identity has no ServiceAccount of its own. Leave out joinIdentityOf, or \
             serviceAccountName and createServiceAccount."],
    );
}

#[test]
fn refuses_to_take_over_a_service_account() {
    let wanting = claim().set("access.createServiceAccount", true);
    assert_refused(
        &wanting.clone().service_account(Answer::Present(())),
        &["spec.parameters.access.createServiceAccount [service-account-exists]: \
             ServiceAccount invoices exists already and does not belong to this claim. Leave \
             createServiceAccount out and annotate it with status.roleArn, or choose another \
             serviceAccountName."],
    );
    // Not asked yet is no reason to refuse, and its own is none either.
    assert!(wanting.clone().service_account(Answer::Pending).verdict().decision.is_ok());
    assert!(wanting.living().verdict().decision.is_ok());
}

#[test]
fn refuses_an_unknown_mode_and_says_everything_at_once() {
    assert_refused(
        &claim().without("size").set("access.mode", "admin").set("expireAfterDays", 0),
        &[
            "spec.parameters.access.mode [unknown-value]: \"admin\" is not allowed here. Choose \
             one of read-only, read-write.",
            "spec.parameters.expireAfterDays [number-out-of-range]: expireAfterDays 0 is out of \
             range. Choose a whole number from 1 to 3650.",
            "spec.parameters.size [parameter-missing]: Parameter size is missing. Set it to one of \
             small, medium, large.",
        ],
    );
}
