//! Who may use a bucket, and what they may do.

use crate::fixture::{Scenario, assert_snapshot, claim, document};
use selfservice::claim::Flavour;
use selfservice::outcome::Answer;
use serde_json::{Value, json};

const ACCOUNT: &str = "object-store-service-account-invoices";
const ROLE: &str = "object-store-role";

/// Whoever reads these five files knows what a claim may do in AWS.
#[test]
fn allows_exactly_this() {
    let trust = |scenario: Scenario| document(&scenario.resource(ROLE), "assumeRolePolicy");
    let policy = |scenario: Scenario| document(&scenario.resource("object-store-policy"), "policy");
    assert_snapshot("trust-irsa", &trust(claim()));
    assert_snapshot("trust-pod-identity", &trust(claim().pod_identity()));
    assert_snapshot("policy-read-write", &policy(claim()));
    assert_snapshot("policy-read-only", &policy(claim().set("access.mode", "read-only")));
    let bucket_policy = claim().resource("object-store-bucket-policy");
    assert_snapshot("bucket-policy-document", &document(&bucket_policy, "policy"));
}

#[test]
fn creates_a_service_account_once_it_is_known_that_none_exists() {
    let pending = claim().service_account(Answer::Pending);
    assert!(!pending.composes(ACCOUNT));
    assert!(pending.waiting().contains(&ACCOUNT.to_owned()));
    assert!(!pending.accepted().ready);

    let absent = claim().service_account(Answer::Absent);
    assert_eq!(
        absent.resource(ACCOUNT)["metadata"],
        json!({
            "name": "invoices",
            "namespace": "team-billing",
            "annotations": {
                "eks.amazonaws.com/role-arn":
                    "arn:aws:iam::777788889999:role/invoices-team-billing-ubt5ctjjwcor",
            },
        })
    );
}

/// Deleting the claim would delete the ServiceAccount of an application.
#[test]
fn never_composes_over_an_existing_service_account() {
    let foreign = claim().service_account(Answer::Present(()));
    assert!(!foreign.composes(ACCOUNT));
    assert!(foreign.composes(ROLE));
    let mut living = foreign.living();
    living.service_account = Answer::Present(());
    assert!(!living.composes(ACCOUNT));
    assert!(living.accepted().ready);
    assert_eq!(
        living.status()["roleArn"],
        "arn:aws:iam::777788889999:role/invoices-team-billing-ubt5ctjjwcor"
    );
    assert_eq!(living.status()["serviceAccountName"], "invoices");
}

/// A restart of Crossplane brings the first call back, where no answer is known yet.
#[test]
fn keeps_a_service_account_of_its_own() {
    for answer in [Answer::Pending, Answer::Absent, Answer::Present(())] {
        let living = claim().living().service_account(answer);
        assert!(living.composes(ACCOUNT));
        assert!(living.accepted().ready);
    }
    // Writing the default down is no wish to lose it.
    let named = claim().living().set("access.serviceAccountName", "invoices");
    assert!(named.composes(ACCOUNT));
}

#[test]
fn revokes_what_is_no_longer_asked_for() {
    let living = claim().pod_identity().living();
    let association = "object-store-pod-identity-example.invoices";
    assert!(living.composes(association));

    let declined = living.clone().set("access.createServiceAccount", false);
    assert!(!declined.composes(ACCOUNT));
    assert!(declined.composes(association));

    let moved = living.clone().set("access.serviceAccountName", "biller");
    assert!(!moved.composes(ACCOUNT));
    assert!(!moved.composes(association));
    assert!(moved.composes("object-store-pod-identity-example.biller"));
    let trust = document(&moved.resource(ROLE), "assumeRolePolicy");
    let tags = &trust["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(tags["aws:RequestTag/kubernetes-service-account"], "biller");

    let joined = living.set("access.joinIdentityOf", "receipts");
    for gone in [ACCOUNT, association, ROLE, "object-store-policy-attachment-invoices"] {
        assert!(!joined.composes(gone), "{gone}");
    }
}

#[test]
fn creates_a_service_account_of_the_wanted_name_only_when_told() {
    let account = "object-store-service-account-biller";
    let named = claim().set("access.serviceAccountName", "biller");
    assert!(!named.composes(account));
    assert!(named.waiting().iter().all(|key| key != account));
    assert!(named.clone().set("access.createServiceAccount", true).composes(account));
    let declined = claim().set("access.createServiceAccount", false);
    assert!(!declined.composes(ACCOUNT));
    let trust = document(&declined.resource(ROLE), "assumeRolePolicy");
    assert_eq!(subject(&trust), "system:serviceaccount:team-billing:invoices");
}

/// Only the policy is the second claim's; the role stays the first one's.
#[test]
fn joins_the_identity_of_another_claim() {
    for flavour in [Flavour::Namespaced, Flavour::Claims] {
        let owner = claim().name("receipts").flavour(flavour);
        let joining = claim().flavour(flavour).set("access.joinIdentityOf", "receipts");
        let keys: Vec<String> = joining.resources().into_keys().collect();
        let identity: Vec<&String> = keys
            .iter()
            .filter(|key| {
                let parts = ["-policy", "-role", "-service-account", "-pod-identity"];
                parts.iter().any(|part| key.starts_with(&format!("object-store{part}")))
            })
            .collect();
        assert_eq!(identity, ["object-store-policy", "object-store-policy-attachment-receipts"]);
        let attachment = joining.resource("object-store-policy-attachment-receipts");
        let asked = &attachment["spec"]["forProvider"];
        let annotations = &owner.resource(ROLE)["metadata"]["annotations"];
        assert_eq!(asked["role"], annotations["crossplane.io/external-name"]);
        assert_eq!(asked.get("roleRef"), None);
        let policy = joining.resource("object-store-policy");
        assert_eq!(asked["policyArnRef"]["name"], policy["metadata"]["name"]);
        assert_eq!(joining.status()["roleArn"], owner.status()["roleArn"]);
        assert_eq!(joining.status().get("serviceAccountName"), None);
    }
}

#[test]
fn bounds_every_role() {
    for environment in ["development", "staging", "production"] {
        let scenario = claim().environment(environment);
        let boundary = scenario.offering["aws"]["permissionsBoundaryArn"].clone();
        let role = scenario.resource(ROLE);
        assert_eq!(role["spec"]["forProvider"]["permissionsBoundary"], boundary);
        assert_eq!(role["spec"]["forProvider"]["forceDetachPolicies"], true);
    }
}

/// The ServiceAccount of a role that an administrator named otherwise still finds it.
#[test]
fn takes_the_living_name_of_a_role() {
    let mut living = claim().living();
    let role = living.observed.get_mut(ROLE).expect("a role");
    role["metadata"]["annotations"]["crossplane.io/external-name"] = "billing".into();
    let arn = "arn:aws:iam::777788889999:role/billing";
    assert_eq!(living.status()["roleArn"], arn);
    let annotations = &living.resource(ACCOUNT)["metadata"]["annotations"];
    assert_eq!(annotations["eks.amazonaws.com/role-arn"], arn);
}

/// The ServiceAccount that a trust policy lets in.
pub(crate) fn subject(trust: &Value) -> &str {
    let equals = trust["Statement"][0]["Condition"]["StringEquals"].as_object();
    let mut subjects = equals.expect("conditions").iter();
    let subject = subjects.find(|(key, _)| key.ends_with(":sub"));
    subject.and_then(|(_, value)| value.as_str()).expect("a subject")
}
