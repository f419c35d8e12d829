"""What lives through an upgrade: everything that claims have, as it is."""

from typing import Any

import packages
from living import example, judge
from steady import touch
from world import KINDS, Claim, World

Json = Any

# How Crossplane heads what it says itself of claims; the function gives its results reasons of its own.
CROSSPLANE = (
    "InitializeCompositeResource",
    "SelectComposition",
    "ComposeResources",
    "RoleBasedAccessControl",
    "WatchComposedResources",
    "PublishConnectionSecret",
    "BindCompositeResource",
    "PropagateConnectionSecret",
)
# Of a size that an example has, so that a catalogue that would resize what lives is noticed.
BEFORE, AFTER = "cache.m7g.large", "cache.m7g.xlarge"


def an_upgrade_moves_nothing(world: World) -> None:
    """From the previous build to this one and, in one go, to a catalogue that has changed; then from the oldest
    Crossplane to the newest."""
    packages.grant(world)
    claims = [example(world, kind) for kind in KINDS]
    for claim in claims:
        claim.apply()
    for claim in claims:
        claim.settle()
        judge(world, claim)
    before = [everything(claim) for claim in claims]
    cache = next(claim for claim in claims if claim.kind == "RedisInstance")
    old = revision(cache)
    packages.upgrade(world, {f"nodeType: {BEFORE}": f"nodeType: {AFTER}"})
    # A Composition that did not change gets no revision.
    world.wait(f"{cache} to follow", lambda: revision(cache) != old, cache.story)
    touch(world, claims)
    for claim, had in zip(claims, before):
        expect_unmoved(world, claim, had, "an upgrade")
        judge(world, claim, passes)
    world.tally.equal(node_type(cache), BEFORE, f"{cache}: a new catalogue resizes nothing that lives")
    # Written again as it was written before: as fixed as it ever was.
    for claim in claims:
        claim.apply()
        claim.wait_for("Accepted")
    newcomer = world.claim("RedisInstance", "newcomer", cache.namespace, "production", size="medium")
    newcomer.apply()
    newcomer.settle()
    world.tally.equal(node_type(newcomer), AFTER, f"{newcomer}: what is made afterwards is as the new catalogue says")
    world.plane.upgrade_core()
    touch(world, claims)
    for claim, had in zip(claims, before):
        expect_unmoved(world, claim, had, "an upgrade of Crossplane")
        judge(world, claim, passes)
    gone = claims[0]
    gone.delete()
    world.wait(f"{gone} to be gone", gone.is_gone, gone.story)
    world.tally.expect(True, f"{gone}: what an earlier build made can be deleted")


def passes(warning: str) -> bool:
    """Whether Crossplane itself says it: of a controller, function or revision that was being replaced just then.
    It is over when a claim has settled. What the function says never passes, nor that what it composed is no
    valid object; Crossplane quotes both."""
    own = warning.startswith(tuple(f"Warning {reason}:" for reason in CROSSPLANE))
    ours = "returned a fatal result" in warning or "is invalid" in warning
    return own and not ours


def everything(claim: Claim) -> Json:
    return claim.generations(), names(claim), claim.secret()["data"]


def expect_unmoved(world: World, claim: Claim, had: Json, what: str) -> None:
    claim.settle()
    generations, objects, entries = had
    world.tally.equal(names(claim), objects, f"{claim}: {what} changes no key and no name")
    world.tally.equal(claim.generations(), generations, f"{claim}: {what} moves no composed object")
    world.tally.equal(claim.secret()["data"], entries, f"{claim}: {what} changes no credentials")


def names(claim: Claim) -> dict[str, str]:
    return {key: item["metadata"]["name"] for key, item in claim.composed().items()}


def revision(claim: Claim) -> str:
    """The revision of its Composition by which it was composed last."""
    spec = claim.composite()["spec"]
    return (spec if claim.world.claims else spec["crossplane"])["compositionRevisionRef"]["name"]


def node_type(claim: Claim) -> str:
    return claim.composed()["redis-replication-group"]["spec"]["forProvider"]["nodeType"]
