"""Plays every controller that composed objects meet, and the cloud behind them.

They keep to what the real ones do where a claim can notice: finalizers, external names, references that
are resolved into the object, connection Secrets with the providers' keys, and an order in which things can
be deleted. What cannot be reached cannot be deleted, and is tried again for ever.
"""

import base64
import hashlib
import json
import secrets
import string
from typing import Any

from client import APPLY, Api, Refused, Resource
from cloud import Cloud, Thing, words
from controllers import Controllers, Later

Json = Any

FINALIZER = "finalizer.managedresource.crossplane.io"
IN_USE = "in-use.crossplane.io"
EXTERNAL = "crossplane.io/external-name"
SINCE = "2026-11-24T00:00:00Z"
ACCOUNTS = {"development": "111122223333", "staging": "444455556666", "production": "777788889999"}


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decode(text: str) -> str:
    return base64.b64decode(text).decode()


def conditions(ready: bool = True, synced: bool = True, why: str = "") -> list[Json]:
    """As crossplane-runtime reports them."""
    told = [
        {"type": "Synced", "status": str(synced), "reason": "ReconcileSuccess" if synced else "ReconcileError"},
        {"type": "Ready", "status": str(ready), "reason": "Available" if ready else "Creating"},
    ]
    if why:
        told[0]["message"] = why
    return [{**each, "lastTransitionTime": SINCE} for each in told]


def covers(found: Json, wanted: Json) -> bool:
    """Whether a merge patch would change nothing."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(covers(found.get(key), value) for key, value in wanted.items())
    return found == wanted


class Providers:
    """Every controller of one control plane."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.cloud = Cloud()
        self.controllers = Controllers(api, self.act)
        # Kinds that AWS is still busy with.
        self.held: set[str] = set()
        # What External Secrets finds in AWS Secrets Manager, by ARN.
        self.stored: dict[str, Json] = {}

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

    # --- what every controller does ---

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

    # --- managed resources ---

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

    @staticmethod
    def account(item: Json) -> str:
        environment = (item["spec"]["forProvider"].get("tags") or {}).get("environment", "production")
        return ACCOUNTS.get(environment, ACCOUNTS["production"])

    def resolve(self, item: Json) -> Json:
        """What references point to, which providers put beside them."""
        settings = item["spec"]["forProvider"]
        found = {}
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

    @staticmethod
    def password() -> str:
        return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))

    def observe(self, item: Json) -> tuple[Json, dict[str, str]]:
        """What the provider reports of something that is there, and its connection details."""
        settings = item["spec"]["forProvider"]
        external = item["metadata"]["annotations"][EXTERNAL]
        region, account = settings.get("region", "eu-west-1"), self.account(item)
        service = item["apiVersion"].split(".")[0]
        arn = (
            external
            if external.startswith("arn:")
            else f"arn:aws:{service}:{region}:{account}:{item['kind'].lower()}/{external}"
        )
        report = getattr(self, f"observe_{service}_{item['kind'].lower()}", None)
        observed, details = report(item, settings, external) if report else ({}, {})
        if service in ("acl", "topic", "postgresql"):
            return observed, details
        return {"arn": arn, "id": external, **observed}, details

    def observe_elasticache_replicationgroup(
        self, item: Json, settings: Json, external: str
    ) -> tuple[Json, dict[str, str]]:
        host, reader = (f"{role}.{external}.abc123.euw1.cache.amazonaws.com" for role in ("master", "replica"))
        details = {"primary_endpoint_address": host, "reader_endpoint_address": reader, "port": "6379"}
        place = settings.get("authTokenSecretRef")
        secret = place and self.secret(place.get("namespace") or item["metadata"]["namespace"], place["name"])
        if secret and place["key"] in (secret.get("data") or {}):
            details["attribute.auth_token"] = decode(secret["data"][place["key"]])
        observed = {
            "primaryEndpointAddress": host,
            "readerEndpointAddress": reader,
            "engineVersionActual": settings["engineVersion"],
        }
        return observed, details

    def observe_rds_instance(self, item: Json, settings: Json, external: str) -> tuple[Json, dict[str, str]]:
        host = f"{external}.abc123.eu-west-1.rds.amazonaws.com"
        unique = hashlib.sha256(external.encode()).hexdigest()[:8]
        master = f"arn:aws:secretsmanager:eu-west-1:{self.account(item)}:secret:rds!db-{unique}-AbCdEf"
        self.stored.setdefault(master, {"username": settings["username"], "password": self.password()})
        observed = {
            "address": host,
            "endpoint": f"{host}:5432",
            "port": 5432,
            "allocatedStorage": settings["allocatedStorage"],
            "engineVersionActual": f"{settings['engineVersion']}.5",
            "masterUserSecret": [{"secretArn": master, "secretStatus": "active"}],
        }
        return observed, {"endpoint": f"{host}:5432", "address": host, "port": "5432", "username": settings["username"]}

    def observe_mq_broker(self, item: Json, settings: Json, external: str) -> tuple[Json, dict[str, str]]:
        host = f"{external}.mq.eu-west-1.on.aws"
        instance = {"consoleUrl": f"https://{host}", "endpoints": [f"amqps://{host}:5671"]}
        return {"id": external, "instances": [instance]}, {}

    def observe_mq_configuration(self, item: Json, settings: Json, external: str) -> tuple[Json, dict[str, str]]:
        return {"latestRevision": 1}, {}

    observe_kafka_configuration = observe_mq_configuration

    def observe_kafka_cluster(self, item: Json, settings: Json, external: str) -> tuple[Json, dict[str, str]]:
        name = settings.get("clusterName", external).rsplit("/", 1)[-1]
        unique = "22222222-3333-4444-5555-666666666666-7"
        arn = f"arn:aws:kafka:eu-west-1:{self.account(item)}:cluster/{name}/{unique}"
        count = settings.get("numberOfBrokerNodes", 3)
        brokers = ",".join(
            f"b-{broker + 1}.{name}.abc123.c1.kafka.eu-west-1.amazonaws.com:9098" for broker in range(int(count))
        )
        return {"arn": arn, "bootstrapBrokersSaslIam": brokers}, {}

    def observe_kms_key(self, item: Json, settings: Json, external: str) -> tuple[Json, dict[str, str]]:
        return {"arn": f"arn:aws:kms:eu-west-1:{self.account(item)}:key/{external}"}, {}

    def observe_postgresql_role(self, item: Json, settings: Json, external: str) -> tuple[Json, dict[str, str]]:
        reference = item["spec"].get("writeConnectionSecretToRef")
        namespace = reference and (reference.get("namespace") or item["metadata"]["namespace"])
        found = reference and self.secret(namespace, reference["name"])
        known = (found or {}).get("data", {}).get("password")
        password = decode(known) if known else self.password()
        return {}, {"username": external, "password": password, "endpoint": "db.example", "port": "5432"}

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

    # --- External Secrets ---

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
