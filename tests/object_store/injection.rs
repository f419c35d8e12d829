//! No text of a claim widens a policy: it is refused, or it is what it says and nothing more.

use crate::access::subject;
use crate::fixture::{Scenario, claim, document};
use proptest::prelude::*;
use serde_json::Value;

/// The policies of a claim: trust, permissions, and the bucket's own.
fn policies(scenario: &Scenario) -> Vec<Value> {
    let resources = scenario.resources();
    let role = resources.get("object-store-role");
    let trust = role.map(|role| document(role, "assumeRolePolicy"));
    let own = ["object-store-policy", "object-store-bucket-policy"]
        .map(|key| document(&resources[key], "policy"));
    trust.into_iter().chain(own).collect()
}

/// Everything of a policy but its conditions' values.
fn shape(policy: &Value) -> Vec<[Value; 5]> {
    let statements = policy["Statement"].as_array().expect("statements").iter();
    statements
        .map(|statement| {
            let operators = statement["Condition"].as_object().expect("conditions").iter();
            let conditions = operators
                .flat_map(|(operator, keys)| {
                    let keys = keys.as_object().expect("keys").keys();
                    keys.map(move |key| format!("{operator} {key}"))
                })
                .collect::<Vec<_>>();
            [
                statement["Effect"].clone(),
                statement["Principal"].clone(),
                statement["Action"].clone(),
                statement["Resource"].clone(),
                conditions.into(),
            ]
        })
        .collect()
}

fn shapes(scenario: &Scenario) -> Vec<Vec<[Value; 5]>> {
    policies(scenario).iter().map(shape).collect()
}

/// Any text, and texts that almost pass.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z*?:\"\\\\{}-]{0,70}",
        "[a-z][a-z0-9-]{0,30}",
        "[а-яё\u{202e}\u{0}\r\n ]{1,8}",
        Just("*".to_owned()),
        Just("billing\",\"*".to_owned()),
        Just("billing:other".to_owned()),
        Just("${aws:username}".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_service_account_name_widens_a_policy(name in hostile(), pods: bool) {
        let usual = if pods { claim().pod_identity() } else { claim() };
        let scenario = usual.clone().set("access.serviceAccountName", name.as_str());
        if scenario.verdict().decision.is_ok() {
            prop_assert_eq!(shapes(&scenario), shapes(&usual));
            let trust = &policies(&scenario)[0];
            if pods {
                let tags = &trust["Statement"][0]["Condition"]["StringEquals"];
                prop_assert_eq!(&tags["aws:RequestTag/kubernetes-service-account"], &name);
                prop_assert_eq!(&tags["aws:RequestTag/kubernetes-namespace"], "team-billing");
                prop_assert_eq!(&tags["aws:RequestTag/eks-cluster-name"], "example");
            } else {
                let expected = format!("system:serviceaccount:team-billing:{name}");
                prop_assert_eq!(subject(trust), expected);
            }
        } else {
            prop_assert!(scenario.violations()[0].contains("[service-account-name]"));
        }
    }

    #[test]
    fn no_joined_name_widens_a_policy(name in hostile()) {
        let usual = claim().set("access.joinIdentityOf", "receipts");
        let scenario = claim().set("access.joinIdentityOf", name.as_str());
        if scenario.verdict().decision.is_ok() {
            prop_assert_eq!(shapes(&scenario), shapes(&usual));
            let attachment = format!("object-store-policy-attachment-{name}");
            let role = &scenario.resource(&attachment)["spec"]["forProvider"]["role"];
            let start = format!("{name}-team-billing-");
            prop_assert!(role.as_str().is_some_and(|role| role.starts_with(&start)));
        } else {
            prop_assert!(scenario.violations()[0].contains("[service-account-name]"));
        }
    }

    #[test]
    fn no_other_text_reaches_a_policy(
        size in hostile(),
        mode in hostile(),
        secret in hostile(),
        unknown in hostile(),
    ) {
        let usual = policies(&claim());
        let mut named = claim();
        named.secret_name = secret;
        for scenario in [
            claim().set("size", size),
            claim().set("access.mode", mode),
            claim().set("access.unknown", unknown),
            named,
        ] {
            if scenario.verdict().decision.is_ok() {
                prop_assert_eq!(policies(&scenario), usual.clone());
            }
        }
    }

    #[test]
    fn no_claim_name_widens_a_policy(name in hostile()) {
        let scenario = claim().name(&name);
        if scenario.verdict().decision.is_ok() {
            let policies = policies(&scenario);
            let expected = format!("system:serviceaccount:team-billing:{name}");
            prop_assert_eq!(subject(&policies[0]), expected);
            for policy in policies {
                for statement in policy["Statement"].as_array().expect("statements") {
                    for arn in statement["Resource"].as_array().into_iter().flatten() {
                        let arn = arn.as_str().expect("an ARN");
                        let bare = arn.strip_suffix("/*").unwrap_or(arn);
                        prop_assert!(!bare.contains(['*', '?', '$']), "{arn}");
                    }
                }
            }
        }
    }
}
