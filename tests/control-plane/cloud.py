"""What exists in the cloud, whatever Kubernetes says: deleting a managed resource may leave it there."""

import threading
from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass
class Thing:
    """Something in the cloud."""

    kind: str
    external: str
    arn: str
    # Everything that its settings say, in which it may name other things.
    words: frozenset[str]
    # Of which managed resource, and whose claim.
    origin: str
    kept: bool = False


def words(settings: Json) -> frozenset[str]:
    """Every text in a document."""
    if isinstance(settings, dict):
        return frozenset().union(*map(words, settings.values()))
    if isinstance(settings, list):
        return frozenset().union(*map(words, settings))
    return frozenset([settings] if isinstance(settings, str) else [])


class Cloud:
    """Accounts, databases and clusters of everybody."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.things: dict[tuple[str, str], Thing] = {}
        self.former: set[str] = set()

    def have(self, thing: Thing) -> None:
        with self.lock:
            self.things[thing.kind, thing.origin] = thing

    def keep(self, kind: str, origin: str) -> None:
        """Its managed resource goes, and it stays."""
        with self.lock:
            if thing := self.things.get((kind, origin)):
                thing.kept = True

    def users(self, kind: str, origin: str) -> list[Thing]:
        """Who names a thing: none of them can be without it."""
        thing = self.things.get((kind, origin))
        if thing is None:
            return []
        names = {thing.external, thing.arn}
        others = list(self.things.values())
        return [other for other in others if other is not thing and other.words & names]

    def remove(self, kind: str, origin: str) -> None:
        with self.lock:
            if thing := self.things.pop((kind, origin), None):
                self.former |= {thing.external, thing.arn}
                # A rule is a part of its group.
                parts = [
                    key
                    for key, other in self.things.items()
                    if key[0].startswith("SecurityGroup") and thing.external in other.words
                ]
                for key in parts:
                    del self.things[key]

    def of(self, claim: str) -> list[Thing]:
        """What was made for a claim."""
        with self.lock:
            return [thing for thing in self.things.values() if thing.origin.split("/")[-1].startswith(f"{claim}-")]

    def dangling(self) -> list[str]:
        """Things that name what is not there any more."""
        with self.lock:
            gone = self.former - {name for thing in self.things.values() for name in (thing.external, thing.arn)}
            lost = [(thing, thing.words & gone) for thing in self.things.values()]
            return [f"{thing.kind} {thing.external} needs {', '.join(names)}" for thing, names in lost if names]
