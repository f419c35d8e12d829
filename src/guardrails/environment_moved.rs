//! Environments that the catalogue moved to another account, region or network.

use super::{Cause, Checkup, Guardrail, Violation, quote};
use crate::backends::Place;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "environment-moved",
    about: "What lives stays in the account, region, network and cluster where it was created",
    why: "Nothing in AWS moves: with another region or account it would be made anew, empty.",
    ways_out: &[
        "Keep the claim: what it has goes on where it is.",
        "Create a new claim, which is made in the new place, and move the data.",
    ],
    cause: Cause::Catalogue,
    check,
};

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    if checkup.memory.is_none() {
        return Vec::new();
    }
    let aws = &checkup.offering.aws;
    let place = Place::of(checkup.offering, checkup.observed);
    let vpc = place.former_vpc.as_ref().unwrap_or(&aws.vpc_id);
    let (parameters, settings) = (&checkup.claim.parameters, &checkup.offering.settings);
    let cluster = crate::kinds::moved_cluster(parameters, settings, checkup.observed);
    [
        ("region", &place.region, &aws.region),
        ("account", &place.account_id, &aws.account_id),
        ("provider configuration", &place.provider_config, &aws.provider_config),
        ("network", vpc, &aws.vpc_id),
    ]
    .into_iter()
    .map(|(what, living, today)| (what, living.clone(), today.clone()))
    .chain(cluster.map(|(living, today)| ("Kafka cluster", living, today)))
    .filter(|(_, living, today)| living != today)
    .map(|(what, living, today)| {
        Violation::new(
            GUARDRAIL.code,
            format!("{}.environment", checkup.claim.selector_path()),
            format!(
                "Environment {} moved to {what} {}, and what lives stays in {}",
                checkup.offering.environment.name,
                quote(&today),
                quote(&living),
            ),
            "To move, create a new claim and move the data",
        )
    })
    .collect()
}
