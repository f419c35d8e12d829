"""Proves that the generated packages do on a real control plane what they promise.

Everything is real but the controllers of managed resources, the operators beside Crossplane, and AWS:
see providers.py. Developers, platform team and attackers use the API server, as they would.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import packages
import scenarios
from client import Api, InVain, Refused
from plane import FUNCTION, Core, Plane, Runtime
from providers import Providers
from world import World

Scenario = Callable[[World], None]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("flavour", choices=["claims", "namespaced"])
    names = [each.__name__ for each in scenarios.SCENARIOS]
    parser.add_argument("scenarios", nargs="*", choices=[[], *names])
    parser.add_argument("--oldest", action="store_true", help="on the oldest Crossplane that the packages run on")
    parser.add_argument("--previous", type=Path, help="upgrades Crossplane, too, and from the build in this folder")
    for name in ("scratch", "newest-sources", "oldest-sources", "binaries", "function"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("server", "authority", "token", "developer"):
        parser.add_argument(f"--{name}", required=True)
    return parser.parse_args()


def bring_up(world: World, server: Path) -> None:
    """From an empty API server to a platform that takes claims, by this server."""
    begin = time.monotonic()
    plane = world.plane
    plane.bring_up()
    print(f"-- {world.flavour}: control plane after {time.monotonic() - begin:.1f} s", flush=True)
    plane.certify()
    plane.start_function(server)
    Runtime(plane).start()
    packages.mirror(world)
    packages.publish(world, server)
    packages.install(world)
    packages.install_operators(world)
    kinds = packages.watched(world)
    packages.prepare(world)
    world.providers.start(kinds)
    print(f"-- {world.flavour}: platform after {time.monotonic() - begin:.1f} s", flush=True)


def prove(world: World, chosen: list[Scenario]) -> None:
    for scenario in chosen:
        begin = time.monotonic()
        print(f"-- {world.flavour}: {scenario.__name__.replace('_', ' ')}", flush=True)
        try:
            scenario(world)
        except (InVain, Refused) as problem:
            world.tally.expect(False, str(problem))
        except Exception:
            world.tally.expect(False, traceback.format_exc())
        print(f"   {time.monotonic() - begin:.1f} s", flush=True)


def main() -> None:
    given = arguments()
    begin = time.monotonic()
    api = Api(given.server, given.authority, given.token)
    newest, oldest = Core("crossplane-core", given.newest_sources), Core("crossplane-core-oldest", given.oldest_sources)
    first = oldest if given.oldest or given.previous else newest
    plane = Plane(api, given.scratch, first, newest, given.binaries, given.function)
    developer = Api(given.server, given.authority, given.developer)
    world = World(given.flavour, api, developer, plane, Providers(api))
    chosen = [each for each in scenarios.SCENARIOS if not given.scenarios or each.__name__ in given.scenarios]
    if given.previous:
        world.packages = given.previous / "package"
        chosen = scenarios.UPGRADES
    try:
        bring_up(world, given.previous / FUNCTION if given.previous else given.function)
        prove(world, chosen)
    finally:
        plane.end()
    tally = world.tally
    print(f"{given.flavour}: {tally.passed} passed, {tally.failed} failed in {time.monotonic() - begin:.0f} s")
    sys.exit(tally.failed > 0 or tally.passed == 0)


if __name__ == "__main__":
    main()
