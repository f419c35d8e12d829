"""Plays every controller that composed objects meet, and the cloud behind them.

They keep to what the real ones do where a claim can notice: finalizers, external names, references that
are resolved into the object, connection Secrets with the providers' keys, and an order in which things can
be deleted. What cannot be reached cannot be deleted, and is tried again for ever.
"""

import hashlib
from typing import Any

from acting import SINCE, encode
from client import APPLY, Api, Resource
from cloud import Cloud, Thing, words
from controllers import Controllers, Later
from reports import EXTERNAL, Reports

Json = Any

FINALIZER = "finalizer.managedresource.crossplane.io"
IN_USE = "in-use.crossplane.io"


def conditions(ready: bool = True, synced: bool = True, why: str = "") -> list[Json]:
    """As crossplane-runtime reports them."""
    told = [
        {"type": "Synced", "status": str(synced), "reason": "ReconcileSuccess" if synced else "ReconcileError"},
        {"type": "Ready", "status": str(ready), "reason": "Available" if ready else "Creating"},
    ]
    if why:
        told[0]["message"] = why
    return [{**each, "lastTransitionTime": SINCE} for each in told]


class Providers(Reports):
    """Every controller of one control plane."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self.cloud = Cloud()
        self.controllers = Controllers(api, self.act)
        # Kinds that AWS is still busy with.
        self.held: set[str] = set()

    def start(self, kinds: list[Resource]) -> None:
        self.controllers.start(kinds)

    def hold(self, *kinds: str) -> None:
        self.held = set(kinds)
        self.controllers.wake()

    def act(self, item: Json) -> None:
        group = item["apiVersion"].split("/")[0]
        if item["kind"] == "Password":
            # Nobody looks after it: it only tells External Secrets what to generate.
            return
        if item["kind"] in ("ProviderConfig", "ClusterProviderConfig"):
            self.configuration(item)
        elif group == "external-secrets.io":
            self.external_secret(item)
        elif group == "rabbitmq.com":
            self.topology(item)
        elif group.startswith("kubernetes."):
            self.object(item)
        else:
            self.managed(item)

    def managed(self, item: Json) -> None:
        if item["metadata"].get("deletionTimestamp"):
            self.delete(item)
            return
        self.connect(item)
        item = self.adopt(item)
        self.generate_token(item)
        ready = item["kind"] not in self.held
        observed, details = self.observe(item) if ready else ({}, {})
        if not item["apiVersion"].startswith("postgresql."):
            # What is in a server comes and goes with it.
            self.cloud.have(self.thing(item, observed))
        self.connection(item, details)
        status = {"atProvider": observed, "conditions": conditions(ready)}
        self.change(item, {"status": status}, "/status")

    def origin(self, item: Json) -> str:
        metadata = item["metadata"]
        return f"{metadata.get('namespace', '')}/{metadata['name']}"

    def kind(self, item: Json) -> str:
        return f"{item['kind']}.{item['apiVersion'].split('/')[0].split('.')[0]}"

    def thing(self, item: Json, observed: Json) -> Thing:
        external = item["metadata"]["annotations"][EXTERNAL]
        named = words(item["spec"]["forProvider"])
        return Thing(self.kind(item), external, observed.get("arn", external), named, self.origin(item))

    def retained(self, item: Json) -> bool:
        policies = item["spec"].get("managementPolicies", ["*"])
        deletes = "*" in policies or "Delete" in policies
        return not deletes or item["spec"].get("deletionPolicy") == "Orphan"

    def delete(self, item: Json) -> None:
        if FINALIZER not in (item["metadata"].get("finalizers") or []):
            return
        if self.retained(item):
            self.cloud.keep(self.kind(item), self.origin(item))
        else:
            self.connect(item)
            users = [user for user in self.cloud.users(self.kind(item), self.origin(item)) if self.blocks(user, item)]
            if users:
                raise Later(f"{item['kind']} {item['metadata']['name']} is used by {users[0].kind} {users[0].external}")
            self.cloud.remove(self.kind(item), self.origin(item))
        self.release(item, FINALIZER)

    @staticmethod
    def blocks(user: Thing, item: Json) -> bool:
        """Whether AWS refuses to delete something for the sake of who uses it."""
        blocked = {"SecurityGroup", "SubnetGroup", "ParameterGroup", "Configuration", "Policy", "Role"}
        passive = {"SecurityGroupIngressRule", "SecurityGroupEgressRule", "MetricAlarm"}
        return item["kind"] in blocked and user.kind.split(".")[0] not in passive

    def connect(self, item: Json) -> None:
        """Finds the provider's configuration, and the credentials that it names."""
        reference = item["spec"].get("providerConfigRef") or {"name": "default"}
        configuration = self.provider_config(item, reference)
        if configuration is None:
            raise Later(f"{item['kind']} {item['metadata']['name']}: no provider configuration {reference['name']}")
        credentials = configuration["spec"].get("credentials", {})
        place = credentials.get("connectionSecretRef") or credentials.get("secretRef")
        if place:
            namespace = place.get("namespace") or configuration["metadata"].get("namespace")
            if self.secret(namespace, place["name"]) is None:
                raise Later(f"{item['kind']} {item['metadata']['name']}: no credentials {namespace}/{place['name']}")
        if place and not configuration["metadata"].get("deletionTimestamp"):
            self.finalize(configuration, IN_USE)

    def provider_config(self, item: Json, reference: Json) -> Json:
        version = self.configuration_version(item["apiVersion"])
        kind = reference.get("kind", "ProviderConfig")
        namespace = item["metadata"].get("namespace") if kind == "ProviderConfig" else None
        return self.controllers.known.get((version, kind, namespace, reference["name"]))

    @staticmethod
    def configuration_version(version: str) -> str:
        """Providers have one configuration for all their groups."""
        group = version.split("/")[0]
        for suffix, released in (
            ("aws.m.upbound.io", "v1beta1"),
            ("aws.upbound.io", "v1beta1"),
            ("kafka.m.crossplane.io", "v1alpha1"),
            ("kafka.crossplane.io", "v1alpha1"),
        ):
            if group.endswith(suffix):
                return f"{suffix}/{released}"
        return version.replace("v1alpha2", "v1alpha1")

    def configuration(self, item: Json) -> None:
        """A provider's configuration stays as long as somebody uses it."""
        if not item["metadata"].get("deletionTimestamp"):
            return
        metadata = item["metadata"]
        suffix = item["apiVersion"].split("/")[0]
        for other in list(self.controllers.known.values()):
            reference = other["spec"].get("providerConfigRef") or {}
            same = reference.get("name") == metadata["name"]
            if same and other["apiVersion"].split("/")[0].endswith(suffix):
                raise Later(f"{item['kind']} {metadata['name']} is used by {other['kind']} {other['metadata']['name']}")
        self.release(item, IN_USE)

    def adopt(self, item: Json) -> Json:
        """All that a provider writes into an object before it asks the cloud, in one go."""
        metadata: Json = {"annotations": {EXTERNAL: self.name(item)}}
        finalizers = item["metadata"].get("finalizers") or []
        if FINALIZER not in finalizers:
            metadata["finalizers"] = [*finalizers, FINALIZER]
        change: Json = {"metadata": metadata}
        if found := self.resolve(item):
            change["spec"] = {"forProvider": found}
        return self.change(item, change)

    def name(self, item: Json) -> str:
        """What the cloud calls it: what somebody says, or what it thinks of itself."""
        annotations = item["metadata"].get("annotations") or {}
        if EXTERNAL in annotations:
            return annotations[EXTERNAL]
        name = item["metadata"]["name"]
        unique = hashlib.sha256(f"{item['kind']}/{self.origin(item)}".encode()).hexdigest()[:17]
        prefixes = {
            "SecurityGroup": "sg-",
            "SecurityGroupIngressRule": "sgr-",
            "SecurityGroupEgressRule": "sgr-",
            "Broker": "b-",
            "Key": "key-",
        }
        settings = item["spec"].get("forProvider", {})
        if item["kind"] == "Secret":
            return f"arn:aws:secretsmanager:{settings['region']}:{self.account(item)}:secret:{settings['name']}-AbCdEf"
        if item["kind"] == "Instance":
            return settings.get("identifier", name)
        return prefixes[item["kind"]] + unique if item["kind"] in prefixes else name

    def resolve(self, item: Json) -> Json:
        """What references point to, which providers put beside them."""
        settings = item["spec"]["forProvider"]
        found: Json = {}
        for field, reference in settings.items():
            if field.endswith("Ref") and isinstance(reference, dict) and set(reference) <= {"name", "policy"}:
                found[field[:-3]] = self.follow(item, field[:-3], reference["name"])
            elif field.endswith("Refs") and isinstance(reference, list):
                values = [self.follow(item, field[:-4], each["name"]) for each in reference]
                found[f"{field[:-4]}s"] = values
        return found

    def follow(self, item: Json, field: str, name: str) -> str:
        """What a reference points to: an ARN or a name, when it has one."""
        place = item["metadata"].get("namespace"), name
        for other in list(self.controllers.named.get(place, {}).values()):
            external = (other["metadata"].get("annotations") or {}).get(EXTERNAL)
            arn = ((other.get("status") or {}).get("atProvider") or {}).get("arn")
            value = arn if field.lower().endswith("arn") else external
            if value:
                return value
        message = (
            f"cannot resolve references: mg.Spec.ForProvider.{field}: referenced field was empty"
            " (referenced resource may not yet be ready)"
        )
        self.change(item, {"status": {"conditions": conditions(False, False, message)}}, "/status")
        raise Later(f"{item['kind']} {item['metadata']['name']}: {message}", place)

    def generate_token(self, item: Json) -> None:
        """Providers generate what `autoGenerate…` asks for into the Secret that is named, once."""
        settings = item["spec"]["forProvider"]
        place = settings.get("authTokenSecretRef")
        if not place or not settings.get("autoGenerateAuthToken"):
            return
        namespace = place.get("namespace") or item["metadata"]["namespace"]
        found = self.secret(namespace, place["name"])
        if found and place["key"] in (found.get("data") or {}):
            return
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": place["name"], "namespace": namespace}}
        entry = {place["key"]: encode(self.password())}
        if found:
            self.api.patch(secret, {"data": entry})
        else:
            self.api.create({**secret, "data": entry})

    def connection(self, item: Json, details: dict[str, str]) -> None:
        reference = item["spec"].get("writeConnectionSecretToRef")
        if reference and details:
            namespace = reference.get("namespace") or item["metadata"]["namespace"]
            self.write_secret(namespace, reference["name"], "connection.crossplane.io/v1alpha1", details, item)

    # --- provider-kubernetes ---

    def object(self, item: Json) -> None:
        manifest = item["spec"]["forProvider"]["manifest"]
        if item["metadata"].get("deletionTimestamp"):
            self.delete_object(item, manifest)
            return
        self.connect(item)
        item = self.change(item, {"metadata": {"finalizers": [FINALIZER], "annotations": {EXTERNAL: self.name(item)}}})
        applied = self.api.ask(
            "PATCH", f"{self.api.path(manifest)}?fieldManager=provider-kubernetes&force=true", manifest, APPLY
        )
        applied["metadata"].pop("managedFields", None)
        policy = (item["spec"].get("readiness") or {}).get("policy", "SuccessfulCreate")
        ready = policy != "DeriveFromObject" or any(
            each["type"] == "Ready" and each["status"] == "True"
            for each in (applied.get("status") or {}).get("conditions") or []
        )
        status = {"atProvider": {"manifest": applied}, "conditions": conditions(ready)}
        self.change(item, {"status": status}, "/status")
        if not ready:
            raise Later(f"Object {item['metadata']['name']}: what it manages is not ready")

    def delete_object(self, item: Json, manifest: Json) -> None:
        if not self.retained(item):
            self.connect(item)
            found = self.api.read(manifest)
            if found and not found["metadata"].get("deletionTimestamp"):
                self.api.delete(manifest)
            if found:
                raise Later(f"Object {item['metadata']['name']}: what it manages is still there")
        self.release(item, FINALIZER)
