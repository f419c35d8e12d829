"""Every distinct composed object of the conformance matrix, before a real API server.

tests/control-plane/matrix.rs composes them; its own schemas, rules and defaults are the API server's. What
comes back is what the next render observes.
"""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from client import Refused
from world import World

Json = Any

ROUNDS = 5


def every_composed_object_is_as_the_api_server_wants_it(world: World) -> None:
    for namespace in ("team-orders", "platform-secrets"):
        world.namespace(namespace)
    answers = world.plane.scratch / "answers.jsonl"
    answers.touch()
    judged = 0
    refused: list[str] = []
    for _ in range(ROUNDS):
        asked, told = compose(world, answers)
        if not asked or refused:
            break
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda line: dry_run(world, line), asked))
        refused += [result for result in results if isinstance(result, str)]
        judged += len(asked)
        with open(answers, "a") as file:
            file.writelines(f"[{line}, {json.dumps(answer)}]\n" for line, answer in zip(asked, results))
    world.tally.equal(refused, [], f"the API server takes each of {judged} objects, strictly")
    world.tally.expect(not asked, f"with its defaults nothing changes and nothing is lost: {told}", asked[:3])


def compose(world: World, answers: Path) -> tuple[list[str], str]:
    """What is composed and was not answered yet, and what became of the cells."""
    program = world.plane.binaries / "examples" / "composed-matrix"
    done = subprocess.run([program, world.flavour, answers], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout.splitlines(), done.stderr.strip()


def dry_run(world: World, line: str) -> Json:
    """The object as it would be stored; a text where it would not."""
    try:
        return world.api.create(json.loads(line), "?dryRun=All&fieldValidation=Strict")
    except Refused as problem:
        return f"{problem}: {line}"
