"""How claims end, and what the cloud keeps of them."""

from cloud import Thing
from world import KINDS, Claim, World

# What holds a kind's data.
DATA = {
    "PostgreSQLInstance": "Instance.rds",
    "RedisInstance": "ReplicationGroup.elasticache",
    "MessageQueue": "Broker.mq",
    "ObjectStore": "Bucket.s3",
    "EventStream": "Topic.topic",
}


def deletion_ends(world: World) -> None:
    for environment in ("development", "production"):
        ends(world, environment)


def ends(world: World, environment: str) -> None:
    tally = world.tally
    namespace = f"team-ends-{environment[:4]}"
    claims = [world.claim(kind, f"{environment[:3]}-{KINDS[kind][1]}", namespace, environment) for kind in KINDS]
    for claim in claims:
        claim.apply()
    for claim in claims:
        claim.settle()
    made = {claim.kind: {thing.kind for thing in things(world, claim)} for claim in claims}
    for claim in claims:
        tally.expect(DATA[claim.kind] in made[claim.kind], f"{claim} has its data in the cloud", made[claim.kind])
    at_once = world.claims and environment == "production"
    for claim in claims:
        # In the other flavour claims go first: docs/kinds/message-queue.md says why.
        if not at_once:
            claim.delete()
    if at_once:
        world.api.ask("DELETE", f"/api/v1/namespaces/{namespace}")
    for claim in claims:
        world.wait(f"{claim} to be gone", claim.is_gone, claim.story)
        tally.expect(True, f"{claim} in {environment} goes")
    world.wait("all that was composed to be gone", lambda: not leftovers(world, claims), lambda: stuck(world, claims))
    if not at_once:
        world.api.ask("DELETE", f"/api/v1/namespaces/{namespace}")
    world.wait("the namespace to be gone", lambda: world.api.ask("GET", f"/api/v1/namespaces/{namespace}") is None)
    tally.expect(True, f"the namespace of claims in {environment} goes")
    for claim in claims:
        left = things(world, claim)
        retained = environment == "production" or claim.kind == "ObjectStore"
        tally.equal(
            DATA[claim.kind] in {thing.kind for thing in left},
            retained,
            f"{claim} in {environment}: data stays only where it is retained",
        )
        tally.expect(all(thing.kept for thing in left), f"{claim}: nothing stays by accident", left)
    tally.equal(world.providers.cloud.dangling(), [], f"what stays in {environment} has all that it depends on")


def things(world: World, claim: Claim) -> list[Thing]:
    return world.providers.cloud.of(claim.name)


def leftovers(world: World, claims: list[Claim]) -> list[str]:
    """Objects of claims that are still there."""
    names = tuple(f"{claim.name}-" for claim in claims)
    return [f"{key[1]} {key[3]}" for key in list(world.providers.controllers.known) if key[3].startswith(names)]


def stuck(world: World, claims: list[Claim]) -> str:
    return "\n  ".join(leftovers(world, claims) + list(world.providers.controllers.waiting.values()))
