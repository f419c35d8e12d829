"""What providers report of things that are there, and the entries of their connection Secrets."""

import hashlib
from typing import Any

from acting import decode
from operators import Operators

Json = Any

EXTERNAL = "crossplane.io/external-name"
ACCOUNTS = {"development": "111122223333", "staging": "444455556666", "production": "777788889999"}


class Reports(Operators):
    """As far as our function reads them."""

    @staticmethod
    def account(item: Json) -> str:
        environment = (item["spec"]["forProvider"].get("tags") or {}).get("environment", "production")
        return ACCOUNTS.get(environment, ACCOUNTS["production"])

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
