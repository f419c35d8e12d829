"""Many claims at once."""

import time
from concurrent.futures import ThreadPoolExecutor

from world import Claim, World

CLAIMS = 100


def many_claims_at_once(world: World) -> None:
    """All are reconciled while the cloud has not begun: what it does then is its own load, not Crossplane's."""
    claims = [world.claim("RedisInstance", f"load-{number}", f"team-load-{number % 10}") for number in range(CLAIMS)]
    world.providers.controllers.pause()
    begin = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda claim: claim.apply(), claims))
        list(pool.map(lambda claim: claim.wait_for("Accepted", timeout=180), claims))
    for claim in claims:
        wait_until_composed(world, claim)
    took = time.monotonic() - begin
    troubled = [event for claim in claims for event in claim.events() if event.startswith("Warning")]
    world.tally.equal(
        troubled, [], f"{CLAIMS} claims at once are accepted and composed after {took:.0f} s, and nobody is warned"
    )
    world.providers.controllers.resume()


def wait_until_composed(world: World, claim: Claim) -> None:
    world.wait(f"{claim} to be composed", lambda: "redis-replication-group" in claim.composed(), claim.story)
