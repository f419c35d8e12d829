"""A client of the API server: JSON over connections that are kept, and waiting that tells what it saw."""

import http.client
import json
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

Json = Any
Found = TypeVar("Found")

TIMEOUT = 60.0
PAUSE = 0.05

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class Refused(RuntimeError):
    """The API server does not take an object or a change."""

    def __init__(self, request: str, code: int, answer: str) -> None:
        super().__init__(f"{request}: {code} {answer}")
        self.code = code
        try:
            self.message: str = json.loads(answer)["message"]
        except (ValueError, KeyError):
            self.message = answer


class InVain(RuntimeError):
    """Waited for something that did not come."""


def wait_for(
    what: str, look: Callable[[], Found | None], seen: Callable[[], Any] = lambda: None, timeout: float = TIMEOUT
) -> Found:
    """What `look` finds as soon as it finds anything; `seen` tells what there was instead."""
    end = time.monotonic() + timeout
    while True:
        if found := look():
            return found
        if time.monotonic() > end:
            rest = seen()
            raise InVain(f"waited {timeout:.0f} s in vain for {what}" + (f"; last seen: {rest}" if rest else ""))
        time.sleep(PAUSE)


@dataclass(frozen=True)
class Resource:
    """A served kind."""

    version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        path = f"/{'apis' if '/' in self.version else 'api'}/{self.version}"
        if namespace and self.namespaced:
            path += f"/namespaces/{namespace}"
        path += f"/{self.plural}"
        return f"{path}/{name}" if name else path


class Api:
    """The API server, asked by whom a token names."""

    def __init__(self, server: str, authority: str, token: str) -> None:
        self.host = server.removeprefix("https://")
        self.context = ssl.create_default_context(cafile=authority)
        self.token = token
        self.local = threading.local()
        self.served: dict[tuple[str, str], Resource] = {}

    def connect(self, timeout: float | None = TIMEOUT) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self.host, context=self.context, timeout=timeout)

    def headers(self, form: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": form}

    def exchange(self, method: str, path: str, data: bytes | None, form: str) -> tuple[int, bytes]:
        """One request on this thread's connection, made again when the server closed it."""
        for last in (False, True):
            connection = getattr(self.local, "connection", None) or self.connect()
            self.local.connection = connection
            try:
                connection.request(method, path, data, self.headers(form))
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                self.local.connection = None
                if last:
                    raise
        raise AssertionError

    def ask(self, method: str, path: str, body: Json = None, form: str = "application/json") -> Json:
        """The answer, or nothing where there is no such object."""
        data = None if body is None else json.dumps(body).encode()
        code, answer = self.exchange(method, path, data, form)
        if code == 404 and method in ("GET", "DELETE", "PATCH"):
            return None
        if code >= 400:
            raise Refused(f"{method} {path}", code, answer.decode())
        return json.loads(answer)

    def resource(self, version: str, kind: str) -> Resource:
        """How a kind is served; waits for kinds that are just being installed."""
        if (version, kind) not in self.served:
            wait_for(f"{version} {kind} to be served", lambda: self.discover(version).get((version, kind)))
        return self.served[version, kind]

    def discover(self, version: str) -> dict[tuple[str, str], Resource]:
        answer = self.ask("GET", f"/{'apis' if '/' in version else 'api'}/{version}") or {"resources": []}
        for item in answer["resources"]:
            if "/" not in item["name"]:
                resource = Resource(version, item["kind"], item["name"], item["namespaced"])
                self.served[version, item["kind"]] = resource
        return self.served

    def path(self, item: Json) -> str:
        metadata = item["metadata"]
        resource = self.resource(item["apiVersion"], item["kind"])
        return resource.path(metadata.get("namespace"), metadata["name"])

    def read(self, item: Json) -> Json:
        return self.ask("GET", self.path(item))

    def create(self, item: Json, query: str = "") -> Json:
        resource = self.resource(item["apiVersion"], item["kind"])
        return self.ask("POST", resource.path(item["metadata"].get("namespace")) + query, item)

    def apply(self, item: Json, manager: str = "developer", query: str = "", subresource: str = "") -> Json:
        """Server-side apply."""
        path = f"{self.path(item)}{subresource}?fieldManager={manager}&force=true{query}"
        return self.ask("PATCH", path, item, APPLY)

    def patch(self, item: Json, change: Json, subresource: str = "") -> Json:
        return self.ask("PATCH", self.path(item) + subresource, change, MERGE)

    def delete(self, item: Json, foreground: bool = False) -> None:
        policy = {"propagationPolicy": "Foreground"} if foreground else None
        self.ask("DELETE", self.path(item), policy)

    def find(self, version: str, kind: str, namespace: str | None = None, selector: str = "") -> list[Json]:
        """Everything of a kind, with the kind in each, which lists leave out."""
        query = f"?labelSelector={urllib.parse.quote(selector)}" if selector else ""
        path = self.resource(version, kind).path(namespace)
        answer = self.ask("GET", path + query) or {"items": []}
        return [{"apiVersion": version, "kind": kind, **item} for item in answer["items"]]

    def watch(self, resource: Resource, stopped: threading.Event) -> Iterator[Json]:
        """Every object of a kind as it is and whenever it changes, until told to stop. Servers end watches as
        they like, so it begins anew each time."""
        while not stopped.is_set():
            connection = self.connect(timeout=None)
            try:
                code, answer = self.exchange("GET", resource.path(), None, "application/json")
                if code != 200:
                    time.sleep(PAUSE)
                    continue
                found = json.loads(answer)
                for item in found["items"]:
                    yield {"apiVersion": resource.version, "kind": resource.kind, **item}
                version = found["metadata"]["resourceVersion"]
                query = f"?watch=true&resourceVersion={version}"
                connection.request("GET", resource.path() + query, None, self.headers("application/json"))
                stream = connection.getresponse()
                while not stopped.is_set() and (line := stream.readline()):
                    event = json.loads(line)
                    if event.get("type") not in ("ADDED", "MODIFIED", "DELETED"):
                        break
                    yield event["object"] | ({"gone": True} if event["type"] == "DELETED" else {})
            except (http.client.HTTPException, OSError, ValueError):
                pass
            finally:
                connection.close()

    def events(self, item: Json) -> list[Json]:
        """What has been said of an object, in order."""
        namespace = item["metadata"].get("namespace", "default")
        name = item["metadata"]["name"]
        query = urllib.parse.quote(f"involvedObject.kind={item['kind']},involvedObject.name={name}")
        return self.ask("GET", f"/api/v1/namespaces/{namespace}/events?fieldSelector={query}")["items"]


def total(metrics: str, series: str) -> int:
    """The sum of the series in a server's metrics that begin so."""
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in metrics.splitlines() if line.startswith(series)))


def condition(item: Json | None, kind: str) -> Json:
    """A condition of an object; an empty one when it has none of that type."""
    conditions = ((item or {}).get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), {})


def states(item: Json | None) -> str:
    """All conditions on one line, for people."""
    conditions = ((item or {}).get("status") or {}).get("conditions") or []
    told = (f"{each['type']}={each['status']} {each.get('reason')}: {each.get('message', '')}" for each in conditions)
    return "; ".join(told) or "no conditions"
