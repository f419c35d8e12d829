"""What every simulated controller does: patch what is not so yet, hold on to objects, write Secrets."""

import base64
import secrets
import string
from typing import Any

from client import Api

Json = Any

SINCE = "2026-11-24T00:00:00Z"


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decode(text: str) -> str:
    return base64.b64decode(text).decode()


def covers(found: Json, wanted: Json) -> bool:
    """Whether a merge patch would change nothing."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(covers(found.get(key), value) for key, value in wanted.items())
    return found == wanted


class Acting:
    """Somebody who changes objects."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def change(self, item: Json, change: Json, subresource: str = "") -> Json:
        """Patches what is not so yet."""
        return item if covers(item, change) else self.api.patch(item, change, subresource) or item

    def finalize(self, item: Json, finalizer: str) -> Json:
        found = item["metadata"].get("finalizers") or []
        return item if finalizer in found else self.change(item, {"metadata": {"finalizers": [*found, finalizer]}})

    def release(self, item: Json, finalizer: str) -> None:
        found = item["metadata"].get("finalizers") or []
        rest = [each for each in found if each != finalizer]
        if rest != found:
            self.api.patch(item, {"metadata": {"finalizers": rest}})

    def secret(self, namespace: str, name: str) -> Json:
        return self.api.ask("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")

    def write_secret(self, namespace: str, name: str, kind: str, entries: dict[str, str], owner: Json) -> None:
        """A Secret that belongs to what it tells of."""
        metadata = owner["metadata"]
        reference = {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": metadata["name"],
            "uid": metadata["uid"],
            "controller": True,
        }
        data = {key: encode(value) for key, value in entries.items()}
        found = self.secret(namespace, name)
        if found and covers(found.get("data"), data):
            return
        self.api.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": kind,
                "data": data,
                "metadata": {"name": name, "namespace": namespace, "ownerReferences": [reference]},
            },
            "provider",
        )

    @staticmethod
    def password() -> str:
        return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))
