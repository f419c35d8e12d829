"""Claims that live: what developers get."""

from collections.abc import Callable

from client import condition
from world import KINDS, Claim, World

FOLDERS = {kind: prefix for kind, (_, prefix) in KINDS.items()}

# What applications find in their Secret, as docs/kinds/ tell it.
ENTRIES = {
    "PostgreSQLInstance": "type provider host port database username password sslmode uri jdbc-uri",
    "RedisInstance": "type provider host port username password uri reader-host tls",
    "MessageQueue": "type provider host port vhost username password tls uri",
    "ObjectStore": "type provider bucket region host endpoint uri role-arn",
    "EventStream": "type provider topic bootstrap.servers security.protocol sasl.mechanism sasl.jaas.config",
}


def example(world: World, kind: str, name: str = "") -> Claim:
    """The example of a kind that is written for the flavour."""
    file = name or ("claim" if world.claims else "xr")
    return world.example(f"examples/{FOLDERS[kind]}/{file}.yaml")


def every_example_becomes_ready(world: World) -> None:
    claims = [example(world, kind) for kind in KINDS]
    for claim in claims:
        claim.apply()
    for claim in claims:
        claim.settle()
        judge(world, claim)
    postgres = claims[0]
    world.tally.equal(postgres.read()["status"].get("port"), 5432, "status tells people the port")


def readiness_waits_for_the_provider(world: World) -> None:
    """While AWS is still busy with what takes longest."""
    world.providers.hold("ReplicationGroup")
    claim = world.claim("RedisInstance", "patient", "team-patient")
    claim.apply()
    claim.wait_for("Accepted")
    world.wait("all but the cache to be ready", lambda: unready(claim) == ["redis-replication-group"], claim.story)
    world.tally.equal(claim.condition("Ready").get("status"), "False", f"{claim} is not ready before its cache is")
    reason = claim.condition("CredentialsReady").get("reason")
    world.tally.equal(reason, "WaitingForEndpoint", "its credentials say what they wait for")
    world.tally.equal(claim.secret(), None, "and are not there")
    world.providers.hold()
    claim.settle()
    judge(world, claim)


def unready(claim: Claim) -> list[str]:
    """Keys of what reports that it is not ready."""
    states = ((key, condition(item, "Ready").get("status", "True")) for key, item in claim.composed().items())
    return sorted(key for key, status in states if status != "True")


def judge(world: World, claim: Claim, expected: Callable[[str], bool] = lambda _: False) -> None:
    """A settled claim is as documented, and its author is warned of nothing but what is expected."""
    tally, found = world.tally, claim.read()
    # It would be another with warnings.
    tally.equal(condition(found, "Accepted").get("reason"), "Accepted", f"{claim} is ready and accepted")
    tally.equal(found["status"]["credentials"]["secretName"], claim.secret_name(), f"{claim} tells where the Secret is")
    secret = claim.secret()
    tally.expect(secret, f"{claim}: the Secret {claim.secret_name()} is in the claim's namespace")
    if secret:
        missing = set(ENTRIES[claim.kind].split()) - set(secret["data"])
        tally.expect(not missing, f"{claim}: the Secret has the documented entries", missing)
    unready = [
        key
        for key, item in claim.composed().items()
        if condition(item, "Synced").get("status") == "False" or condition(item, "Ready").get("status") == "False"
    ]
    tally.expect(not unready, f"{claim}: every composed object is ready", unready)
    warnings = [event for event in claim.events() if event.startswith("Warning")]
    surprises = [event for event in warnings if not expected(event)]
    tally.expect(not surprises, f"{claim}: no surprising warning", surprises)


# The shortest and the longest that there may be, and what a name of a thing could break on.
NAMES = ("abc", "a23456789-b23456789-c2345")


def names_of_every_length_work(world: World) -> None:
    claims = [
        world.claim(kind, name, "team-names", environment)
        for kind in KINDS
        for name, environment in zip(NAMES, ("development", "production"))
    ]
    for claim in claims:
        claim.apply()
    for claim in claims:
        claim.settle()
        world.tally.equal(
            claim.read()["status"]["credentials"]["secretName"], claim.secret_name(), f"{claim} becomes ready"
        )


def the_other_examples_become_ready(world: World) -> None:
    """A cluster of a stream's own, and a second bucket for the same application."""
    for kind, file in (("EventStream", "dedicated"), ("ObjectStore", "joined")):
        claim = example(world, kind, file)
        if not world.claims:
            claim.document["spec"]["crossplane"] = {
                "compositionSelector": claim.document["spec"].pop("compositionSelector")
            }
        claim.apply()
        claim.settle()
        judge(world, claim)
