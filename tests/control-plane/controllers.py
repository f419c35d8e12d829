"""What all controllers have in common: they are told of changes, work each off, and try again later."""

import heapq
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from client import Api, Refused, Resource

Json = Any

WORKERS = 4
# How long a controller waits before it tries again: real ones take longer, and tests would wait for them.
RETRY = 0.3
# The same where it is told when it is time.
TOLD = 5.0

Key = tuple[str, str, str | None, str]
Place = tuple[str | None, str]


class Later(Exception):
    """Not now: something else must happen first, perhaps to an object whose namespace and name are known."""

    def __init__(self, message: str, awaited: Place | None = None) -> None:
        super().__init__(message)
        self.awaited = awaited


class Controllers:
    """Every object of some kinds, as last told, and somebody who acts upon each change."""

    def __init__(self, api: Api, act: Callable[[Json], None]) -> None:
        self.api = api
        self.act = act
        self.known: dict[Key, Json] = {}
        # The same by namespace and name.
        self.named: dict[Place, dict[Key, Json]] = {}
        # Who waits for what.
        self.awaiting: dict[Place, set[Key]] = {}
        self.due: list[tuple[float, int, Key]] = []
        self.busy: set[Key] = set()
        self.changed = threading.Condition()
        self.stopped = threading.Event()
        self.free = threading.Event()
        self.free.set()
        self.count = 0
        # Why what waits is waiting.
        self.waiting: dict[Key, str] = {}

    def start(self, kinds: list[Resource]) -> None:
        for kind in kinds:
            threading.Thread(target=self.listen, args=(kind,), daemon=True).start()
        for _ in range(WORKERS):
            threading.Thread(target=self.work, daemon=True).start()

    @staticmethod
    def key(item: Json) -> Key:
        metadata = item["metadata"]
        return item["apiVersion"], item["kind"], metadata.get("namespace"), metadata["name"]

    def listen(self, kind: Resource) -> None:
        for item in self.api.watch(kind, self.stopped):
            key = self.key(item)
            same = self.named.setdefault(key[2:], {})
            if item.pop("gone", False):
                self.known.pop(key, None)
                same.pop(key, None)
                self.waiting.pop(key, None)
            else:
                self.known[key] = same[key] = item
                self.enqueue(key, 0.0)
            for waiting in self.awaiting.pop(key[2:], set()):
                self.enqueue(waiting, 0.0)

    def enqueue(self, key: Key, delay: float) -> None:
        with self.changed:
            self.count += 1
            heapq.heappush(self.due, (time.monotonic() + delay, self.count, key))
            self.changed.notify()

    def pause(self) -> None:
        """Nothing is done until `resume`."""
        self.free.clear()

    def resume(self) -> None:
        self.free.set()

    def wake(self) -> None:
        """Looks at everything again."""
        for key in list(self.known):
            self.enqueue(key, 0.0)

    def take(self) -> Key:
        """The next key that is due, which nobody works on."""
        with self.changed:
            while True:
                now = time.monotonic()
                while self.due and self.due[0][0] <= now:
                    moment, count, key = heapq.heappop(self.due)
                    if key in self.busy:
                        heapq.heappush(self.due, (now + 0.02, count, key))
                        break
                    self.busy.add(key)
                    return key
                self.changed.wait(max(self.due[0][0] - now, 0.001) if self.due else None)

    def work(self) -> None:
        while not self.stopped.is_set():
            key = self.take()
            self.free.wait()
            try:
                if item := self.known.get(key):
                    self.act(item)
                self.waiting.pop(key, None)
            except Later as reason:
                self.waiting[key] = str(reason)
                if reason.awaited:
                    self.awaiting.setdefault(reason.awaited, set()).add(key)
                self.enqueue(key, TOLD if reason.awaited else RETRY)
            except Refused as problem:
                self.waiting[key] = str(problem)
                self.enqueue(key, RETRY)
            except Exception:
                traceback.print_exc(file=sys.stdout)
                self.enqueue(key, RETRY)
            finally:
                with self.changed:
                    self.busy.discard(key)
