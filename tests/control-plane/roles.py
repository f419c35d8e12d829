"""Which roles Crossplane needs beyond its own: it must be told what it lacks, and all that it lacks."""

import packages
from typing import Any

Json = Any
from world import World


def roles_are_needed_and_suffice(world: World) -> None:
    """Before anybody granted anything."""
    queue = world.claim("MessageQueue", "early", "team-roles")
    # Developers have no rights either.
    queue.author = world.api
    queue.apply()

    def told() -> list[Json]:
        events = world.api.events(queue.composite()) if queue.composite() else []
        return [event["message"] for event in events if event["reason"] == "RoleBasedAccessControl"]

    world.wait("Crossplane to say what it may not do", told, queue.story)
    missing = ("external-secrets.io", "rabbitmq.com")
    world.tally.expect(
        any(group in told()[0] for group in missing), f"without the roles {queue} says which is missing", told()
    )
    packages.grant(world)
    # Core waits up to two minutes for a kind that it could not watch.
    queue.wait_for("Ready", timeout=150)
    queue.wait_for("CredentialsReady")
    world.tally.expect(True, f"with the roles {queue} heals")
