"""What a living claim does not notice: restarts, lost knowledge, and time."""

import time
from typing import Any

from client import condition, states, total
from living import example
from world import KINDS, Claim, World

Json = Any

QUIET = 0.5
ASSISTANT = "/apis/rbac.authorization.k8s.io/v1/clusterroles/crossplane:system:aggregate-to-crossplane"


def versions(claim: Claim) -> dict[str, str]:
    """Every write to a claim and what it is composed of shows here."""
    things = {"claim": claim.read(), "composite": claim.composite(), **claim.composed()}
    return {key: item["metadata"]["resourceVersion"] for key, item in things.items()}


def said(claim: Claim) -> list[tuple[str, int]]:
    """Every event, and how often."""
    events = claim.api.events(claim.document) + claim.api.events(claim.composite())
    return sorted((event["metadata"]["name"], event.get("count", 1)) for event in events)


def a_settled_claim_is_quiet(world: World) -> None:
    """Ten reconciles for no other reason than time: no write, no event."""
    claims = [example(world, kind) for kind in KINDS]
    for claim in claims:
        claim.settle()
    be_quiet(world)
    world.plane.restart_function("--ttl=1")
    try:
        mark(world, claims)
        # The first may have found the function away.
        wait_for_reconciles(world, claims, 2)
        before = [(versions(claim), said(claim)) for claim in claims]
        wait_for_reconciles(world, claims, 10)
        after = [(versions(claim), said(claim)) for claim in claims]
    finally:
        world.plane.restart_function()
        # Longer than a second: whoever was to look again once more, and found nobody, has by then.
        be_quiet(world, 3.0)
    for claim, (objects, events), (found, told) in zip(claims, before, after):
        changed = {key: version for key, version in found.items() if objects.get(key) != version}
        world.tally.equal(changed, {}, f"{claim}: ten reconciles write nothing")
        world.tally.equal(told, events, f"{claim}: ten reconciles say nothing")
        claim.settle()


def wait_for_reconciles(world: World, claims: list[Claim], number: int) -> None:
    """Until Crossplane has looked at each so often, and wants to again after a time that the function gives."""
    definitions = [claim.definition() for claim in claims]
    begin = world.plane.reconciles(definitions)

    def more() -> list[int]:
        return [now - before for now, before in zip(world.plane.reconciles(definitions), begin)]

    world.wait(f"{number} reconciles of each claim", lambda: min(more()) >= number, more)


def be_quiet(world: World, quiet: float = QUIET) -> None:
    """Until Crossplane has not called for a while."""
    since, last = time.monotonic(), world.plane.calls()

    def silent() -> bool:
        nonlocal since, last
        if (calls := world.plane.calls()) != last:
            since, last = time.monotonic(), calls
        return time.monotonic() - since > quiet

    world.wait("Crossplane to be quiet", silent)


def touch(world: World, claims: list[Claim]) -> None:
    """Makes Crossplane look at claims once more, and waits until it has."""
    be_quiet(world)
    calls = world.plane.calls()
    mark(world, claims)
    world.wait("Crossplane to look", lambda: world.plane.calls() >= calls + len(claims), world.plane.calls)
    be_quiet(world)


def mark(world: World, claims: list[Claim]) -> None:
    change = {"metadata": {"annotations": {"example.com/touched": str(time.monotonic_ns())}}}
    for claim in claims:
        world.api.patch(claim.composite(), change)


def nothing_moves(world: World) -> None:
    claims = [example(world, kind) for kind in KINDS]
    for claim in claims:
        claim.settle()
    before = [claim.generations() for claim in claims]
    reports = [report(claim) for claim in claims]
    for title, disturb in DISTURBANCES.items():
        disturb(world, claims)
        touch(world, claims)
        for claim, generations, told in zip(claims, before, reports):
            claim.settle()
            world.tally.equal(claim.generations(), generations, f"{claim}: {title} moves no composed object")
            world.wait(
                "the status to be as it was", lambda: report(claim) == told, lambda: f"{report(claim)}, expected {told}"
            )


def report(claim: Claim) -> Json:
    """What our function reports, without when."""
    status = claim.composite().get("status", {})
    ours = [
        {**condition(claim.composite(), kind), "lastTransitionTime": None, "observedGeneration": None}
        for kind in ("Accepted", "CredentialsReady")
    ]
    rest = {key: value for key, value in status.items() if key != "conditions"}
    rest.pop("crossplane", None)
    rest.pop("connectionDetails", None)
    return [ours, rest]


def restart_function(world: World, claims: list[Claim]) -> None:
    world.plane.restart_function()


def restart_core(world: World, claims: list[Claim]) -> None:
    world.plane.restart_core()


def wipe_status(world: World, claims: list[Claim]) -> None:
    for claim in claims:
        composite = claim.composite()
        world.api.patch(composite, {"status": None}, "/status")


def forbid_requirement(world: World, claims: list[Claim]) -> None:
    """Core may not read ServiceAccounts for a while, which it does for some claims, and is restarted meanwhile."""
    role = world.api.ask("GET", ASSISTANT)
    handle = {"apiVersion": role["apiVersion"], "kind": role["kind"], "metadata": {"name": role["metadata"]["name"]}}
    rest = [rule for rule in role["rules"] if "serviceaccounts" not in rule.get("resources", [])]
    world.api.patch(handle, {"rules": rest})
    try:
        world.wait("the role to be gone", lambda: not may(world))
        denied = denials(world)
        world.plane.restart_core()
        store = next(claim for claim in claims if claim.kind == "ObjectStore")
        world.api.patch(store.composite(), {"metadata": {"annotations": {"example.com/touched": "forbidden"}}})
        world.wait("Crossplane to be refused", lambda: denials(world) > denied, lambda: states(store.composite()))
    finally:
        world.api.patch(handle, {"rules": role["rules"]})
        world.wait("the role to be back", lambda: may(world))
        # It waits up to two minutes for a kind that it may not watch.
        world.plane.restart_core()


def may(world: World) -> bool:
    """Whether core may read ServiceAccounts."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": "system:serviceaccount:crossplane-system:crossplane",
            "resourceAttributes": {"verb": "list", "resource": "serviceaccounts"},
        },
    }
    return world.api.ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"]


def denials(world: World) -> int:
    """How often the API server has told somebody that something is none of their business."""
    _, text = world.api.exchange("GET", "/metrics", None, "text/plain")
    # Roles allow, or have no opinion.
    return total(text.decode(), 'authorization_attempts_total{result="no-opinion"}')


DISTURBANCES = {
    "a function that is restarted": restart_function,
    "a core that is restarted": restart_core,
    "a status that is wiped": wipe_status,
    "a requirement that is forbidden for a while": forbid_requirement,
}


def a_function_killed_in_the_middle_loses_nothing(world: World) -> None:
    """Again and again while claims are made."""
    names = [f"killed-{number}" for number in range(5)]
    claims = [world.claim(kind, name, "team-killed") for kind, name in zip(KINDS, names)]
    for claim in claims:
        claim.apply()
    for _ in range(6):
        world.wait("a call", lambda: world.plane.calls() > 0)
        world.plane.restart_function()
        world.wait("the function", world.plane.answers)
    for claim in claims:
        claim.settle()
        wanted = {reference["name"] for reference in claim.references()}
        found = {item["metadata"]["name"] for item in claim.composed().values()}
        world.tally.equal(found, wanted, f"{claim}: whatever was interrupted, everything is there once")
