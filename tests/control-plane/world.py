"""A platform with its developers: what scenarios are told in terms of."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from client import Api, Refused, condition, states, wait_for
from plane import Plane
from providers import Providers

Json = Any

DOMAIN = "platform.example.com"
REPOSITORY = Path(__file__).parent.parent.parent

# Groups of the kinds, and what their keys begin with.
KINDS = {
    "PostgreSQLInstance": ("database", "postgresql"),
    "RedisInstance": ("cache", "redis"),
    "MessageQueue": ("messaging", "message-queue"),
    "ObjectStore": ("storage", "object-store"),
    "EventStream": ("streaming", "event-stream"),
}

KEY = "crossplane.io/composition-resource-name"


class Tally:
    """Says what holds and what does not."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def expect(self, holds: object, message: str, found: object = None) -> None:
        self.passed += bool(holds)
        self.failed += not holds
        told = "" if holds or found is None else f"; found: {found}"
        print(f"{'ok' if holds else 'FAILED'} {message}{told}", flush=True)

    def equal(self, found: object, expected: object, message: str) -> None:
        self.expect(found == expected, message, f"{found!r}, expected: {expected!r}")


@dataclass
class World:
    """One control plane of one flavour."""

    flavour: str
    api: Api
    # Asks as somebody of a team would.
    developer: Api
    plane: Plane
    providers: Providers
    # The folder of the packages that are installed.
    packages: Path = REPOSITORY / "package"
    tally: Tally = field(default_factory=Tally)

    @property
    def claims(self) -> bool:
        return self.flavour == "claims"

    def namespace(self, name: str) -> str:
        """A team's, in which its developers may edit."""
        if self.api.ask("GET", f"/api/v1/namespaces/{name}") is None:
            self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
            rights, group = "rbac.authorization.k8s.io", "developers"
            self.api.create(
                {
                    "apiVersion": f"{rights}/v1",
                    "kind": "RoleBinding",
                    "metadata": {"name": group, "namespace": name},
                    "roleRef": {"apiGroup": rights, "kind": "ClusterRole", "name": "edit"},
                    "subjects": [{"apiGroup": rights, "kind": "Group", "name": group}],
                }
            )
            wait_for("the developers' rights", lambda: self.may(name))
        return name

    def may(self, namespace: str) -> bool:
        """Whether developers have their rights already: the API server learns of them by and by."""
        try:
            return self.developer.ask("GET", f"/api/v1/namespaces/{namespace}/configmaps") is not None
        except Refused:
            return False

    # --- claims ---

    def claim(
        self, kind: str, name: str, namespace: str, environment: str = "development", **parameters: Json
    ) -> "Claim":
        group, _ = KINDS[kind]
        selector = {"compositionSelector": {"matchLabels": {"provider": "aws", "environment": environment}}}
        document = {
            "apiVersion": f"{group}.{DOMAIN}/v1alpha1",
            "kind": kind,
            "metadata": {"name": name, "namespace": self.namespace(namespace)},
            "spec": {
                "parameters": {"size": "small", **parameters},
                **(selector if self.claims else {"crossplane": selector}),
            },
        }
        return Claim(self, document)

    def example(self, file: str) -> "Claim":
        """A claim of the examples: read by kubectl, as its developer would have it."""
        command = ["kubectl", "create", "--dry-run=client", "--output", "json", "--filename", str(REPOSITORY / file)]
        document = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        self.namespace(document["metadata"]["namespace"])
        return Claim(self, document)

    def wait(
        self, what: str, look: Callable[[], Any], seen: Callable[[], Any] = lambda: None, timeout: float = 60.0
    ) -> Any:
        return wait_for(what, look, seen, timeout)


class Claim:
    """What a developer wrote, and what became of it."""

    def __init__(self, world: World, document: Json) -> None:
        self.world = world
        self.api = world.api
        self.author = world.developer
        self.document = document

    @property
    def kind(self) -> str:
        return self.document["kind"]

    @property
    def name(self) -> str:
        return self.document["metadata"]["name"]

    @property
    def namespace(self) -> str:
        return self.document["metadata"]["namespace"]

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def parameters(self) -> Json:
        return self.document["spec"]["parameters"]

    @property
    def machinery(self) -> Json:
        """Where Crossplane keeps its fields."""
        return self.document["spec"] if self.world.claims else self.document["spec"]["crossplane"]

    def apply(self, query: str = "") -> Json:
        """As `kubectl apply --server-side` does; strict as kubectl is."""
        return self.author.apply(self.document, query=f"&fieldValidation=Strict{query}")

    def change(self, **parameters: Json) -> None:
        """Changes parameters and applies; None takes one out."""
        for name, value in parameters.items():
            if value is None:
                self.parameters.pop(name, None)
            else:
                self.parameters[name] = value
        self.apply()

    def read(self) -> Json:
        return self.api.read(self.document)

    def condition(self, kind: str) -> Json:
        return condition(self.read(), kind)

    def states(self) -> str:
        return states(self.read())

    def composite(self) -> Json:
        """The composite resource: the claim's, or the claim itself."""
        found = self.read()
        if not self.world.claims or not found:
            return found
        reference = found["spec"].get("resourceRef")
        return reference and self.api.read({**reference, "metadata": {"name": reference["name"]}})

    def definition(self) -> str:
        """The name of the definition of its composite resource."""
        composite = self.composite()
        resource = self.api.resource(composite["apiVersion"], composite["kind"])
        return f"{resource.plural}.{resource.version.split('/')[0]}"

    def references(self) -> list[Json]:
        spec = (self.composite() or {}).get("spec", {})
        return (spec if self.world.claims else spec.get("crossplane", {})).get("resourceRefs") or []

    def composed(self) -> dict[str, Json]:
        """Every composed object that there is, by key."""
        found = {}
        for reference in self.references():
            namespace = reference.get("namespace") or (None if self.world.claims else self.namespace)
            resource = self.api.resource(reference["apiVersion"], reference["kind"])
            if item := self.api.ask("GET", resource.path(namespace, reference["name"])):
                found[item["metadata"]["annotations"][KEY]] = item
        return found

    def wait_for(self, kind: str, status: str = "True", timeout: float = 60.0) -> Json:
        """The condition, once it is as wanted."""

        def look() -> Json | None:
            found = self.condition(kind)
            return found if found.get("status") == status else None

        return wait_for(f"{self} to be {kind}={status}", look, self.story, timeout)

    def story(self) -> str:
        """How things stand, for who waited in vain."""
        lines = [self.states()]
        if composite := self.composite():
            lines.append(f"composite: {states(composite)}")
        for key, item in self.composed().items():
            if condition(item, "Ready").get("status") == "False":
                lines.append(f"{key}: {states(item)}")
        lines += [reason for reason in self.world.providers.controllers.waiting.values() if self.name in reason]
        return "\n  ".join(lines)

    def wait_for_text(self, text: str, timeout: float = 60.0) -> None:
        """Until `Accepted` says something."""
        wait_for(
            f"{self} to say {text!r}",
            lambda: text in self.condition("Accepted").get("message", ""),
            self.story,
            timeout,
        )

    def settle(self) -> None:
        """Until it is ready, its credentials are there, and what Crossplane did last for it succeeded."""
        self.wait_for("Ready")
        self.wait_for("Synced")
        self.wait_for("CredentialsReady")
        wait_for(
            f"{self} to be Synced",
            lambda: condition(self.composite(), "Synced").get("status") == "True",
            self.story,
        )

    def secret_name(self) -> str:
        named = self.document["spec"].get("writeConnectionSecretToRef", {}).get("name")
        return named or f"{self.name}-{KINDS[self.kind][1]}-credentials"

    def secret(self) -> Json:
        return self.api.ask("GET", f"/api/v1/namespaces/{self.namespace}/secrets/{self.secret_name()}")

    def generations(self) -> dict[str, tuple[str, int]]:
        """Identity and generation of every composed object; resourceVersion for those that have none."""
        return {
            key: (item["metadata"]["uid"], item["metadata"].get("generation") or item["metadata"]["resourceVersion"])
            for key, item in self.composed().items()
        }

    def delete(self) -> None:
        self.author.delete(self.document)

    def is_gone(self) -> bool:
        return self.read() is None

    def events(self) -> list[str]:
        return [f"{event['type']} {event['reason']}: {event['message']}" for event in self.api.events(self.document)]
