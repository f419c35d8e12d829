"""Plays the operators beside Crossplane: External Secrets, and RabbitMQ's topology operator."""

from typing import Any

from acting import SINCE, Acting, decode, encode
from client import Api
from controllers import Later

Json = Any


class Operators(Acting):
    """Both, for the kinds that claims need."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        # What External Secrets finds in AWS Secrets Manager, by ARN.
        self.stored: dict[str, Json] = {}

    def external_secret(self, item: Json) -> None:
        if item["metadata"].get("deletionTimestamp") or item["kind"] != "ExternalSecret":
            return
        target, namespace = item["spec"]["target"], item["metadata"]["namespace"]
        status = item.get("status") or {}
        once = item["spec"].get("refreshPolicy") == "CreatedOnce"
        if once and status.get("syncedResourceVersion"):
            return
        try:
            if generator := (item["spec"].get("dataFrom") or [{}])[0].get("sourceRef", {}).get("generatorRef"):
                self.fill(namespace, target, generator)
            else:
                self.copy(item, namespace, target)
        except Later as reason:
            self.told(item, False, str(reason))
            raise
        self.told(item, True, "secret synced")

    def told(self, item: Json, ready: bool, message: str) -> None:
        condition = {
            "type": "Ready",
            "status": str(ready),
            "message": message,
            "lastTransitionTime": SINCE,
            "reason": "SecretSynced" if ready else "SecretSyncedError",
        }
        status: Json = {"conditions": [condition]}
        if ready:
            status["syncedResourceVersion"] = f"{item['metadata']['generation']}-synced"
        self.change(item, {"status": status}, "/status")

    def fill(self, namespace: str, target: Json, generator: Json) -> None:
        """Merges a password into a Secret that is there and not sealed."""
        version, kind, name = generator["apiVersion"], generator["kind"], generator["name"]
        if self.api.ask("GET", self.api.resource(version, kind).path(namespace, name)) is None:
            raise Later(f"{kind} {name} does not exist")
        if target["creationPolicy"] != "Merge":
            raise Later(f"creationPolicy {target['creationPolicy']} is not known to tests")
        found = self.secret(namespace, target["name"])
        if found is None:
            raise Later(f"Secret {target['name']} does not exist")
        if found.get("immutable"):
            raise Later("target is immutable")
        metadata = {"name": target["name"], "namespace": namespace}
        self.api.patch(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata},
            {"data": {"password": encode(self.password())}},
        )

    def copy(self, item: Json, namespace: str, target: Json) -> None:
        """Writes what is stored elsewhere into a Secret of its own."""
        values = {}
        for entry in item["spec"]["data"]:
            reference = entry["remoteRef"]
            stored = self.stored.get(reference["key"])
            if stored is None:
                raise Later(f"no secret {reference['key']}")
            values[entry["secretKey"]] = stored[reference["property"]]
        rendered = {}
        for key, text in target["template"]["data"].items():
            for name, value in values.items():
                text = text.replace("{{ ." + name + " }}", value)
            rendered[key] = text
        self.write_secret(namespace, target["name"], "Opaque", rendered, item)

    # --- RabbitMQ's topology operator ---

    def topology(self, item: Json) -> None:
        metadata, spec = item["metadata"], item["spec"]
        finalizer = f"deletion.finalizers.{item['kind'].lower()}s.rabbitmq.com"
        connection = spec["rabbitmqClusterReference"]["connectionSecret"]["name"]
        reached = self.secret(metadata["namespace"], connection)
        if metadata.get("deletionTimestamp"):
            # Of the three, only a Vhost that is retained is let go without asking the broker.
            if spec.get("deletionPolicy") != "retain" and reached is None:
                raise Later(f"{item['kind']} {metadata['name']}: no Secret {connection}")
            self.release(item, finalizer)
            return
        item = self.finalize(item, finalizer)
        if reached is None or not {"uri", "username", "password"} <= set(reached.get("data") or {}):
            raise Later(f"{item['kind']} {metadata['name']}: no Secret {connection}")
        status: Json = {}
        if item["kind"] == "User":
            status = self.user(item)
        condition = {
            "type": "Ready",
            "status": "True",
            "reason": "SuccessfulCreateOrUpdate",
            "lastTransitionTime": SINCE,
        }
        status |= {"observedGeneration": item["metadata"]["generation"], "conditions": [condition]}
        self.change(item, {"status": status}, "/status")

    def user(self, item: Json) -> Json:
        """Copies the login into a Secret of the operator's own."""
        metadata = item["metadata"]
        login = self.secret(metadata["namespace"], item["spec"]["importCredentialsSecret"]["name"])
        entries = (login or {}).get("data") or {}
        if not {"username", "password"} <= set(entries):
            raise Later(f"User {metadata['name']}: no login")
        name = f"{metadata['name']}-user-credentials"
        values = {key: decode(entries[key]) for key in ("username", "password")}
        self.write_secret(metadata["namespace"], name, "Opaque", values, item)
        return {"credentials": {"name": name}, "username": values["username"]}
