"""Claims that live."""

from world import KINDS, World

EXAMPLES = {
    "RedisInstance": "examples/redis/claim.yaml",
}

def becomes_ready(world: World) -> None:
    c = world.example("examples/redis/claim.yaml")
    c.apply()
    c.settle()
    world.tally.expect(c.secret(), "secret")
    print(c.states()); print(list(c.composed())); print(c.events())
