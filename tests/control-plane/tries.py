"""What the API server refuses by itself, and the sentences: those of the guardrails, where there is one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass(frozen=True)
class Try:
    """Something that the API server refuses, with what it is to say."""

    title: str
    kind: str
    alter: Callable[[Json, Json], Any]
    sentence: str


def selector(machinery: Json) -> Json:
    return machinery["compositionSelector"]["matchLabels"]


# Of a document and the part of it with Crossplane's fields.
TRIES = [
    Try(
        "an unknown size",
        "RedisInstance",
        lambda document, _: document["spec"]["parameters"].update(size="huge"),
        'spec.parameters.size: Unsupported value: "huge": supported values: "small", "medium", "large", "xlarge"',
    ),
    Try(
        "an unknown parameter",
        "RedisInstance",
        lambda document, _: document["spec"]["parameters"].update(colour="red"),
        'unknown field "spec.parameters.colour"',
    ),
    Try(
        "no provider",
        "ObjectStore",
        lambda _, machinery: selector(machinery).pop("provider"),
        "Selector label provider is missing. Set it to one of aws.",
    ),
    Try(
        "no environment",
        "PostgreSQLInstance",
        lambda _, machinery: selector(machinery).pop("environment"),
        "Selector label environment is missing. Set it to one of development, production, staging.",
    ),
    Try(
        "no selector",
        "EventStream",
        lambda _, machinery: machinery.pop("compositionSelector"),
        "Selector label environment is missing. Set it to one of development, production, staging.",
    ),
    Try(
        "an environment that is not offered",
        "MessageQueue",
        lambda _, machinery: selector(machinery).update(environment="moon"),
        'MessageQueue is not offered by provider "aws" in environment "moon". Choose one of aws in development,'
        " aws in production, aws in staging.",
    ),
    Try(
        "a pinned revision",
        "RedisInstance",
        lambda _, machinery: machinery.update(compositionUpdatePolicy="Manual"),
        '"Manual" pins this claim to a revision of its Composition. Remove the field.',
    ),
    Try(
        "chosen revisions",
        "RedisInstance",
        lambda _, machinery: machinery.update(compositionRevisionSelector={"matchLabels": {"channel": "old"}}),
        '"a revision selector" pins this claim to a revision of its Composition. Remove the field.',
    ),
    Try(
        "a Secret of another kind",
        "RedisInstance",
        lambda document, _: document["spec"].update(writeConnectionSecretToRef={"name": "stripe-api-key"}),
        'Secret name "stripe-api-key" is not allowed. Use lower-case letters, digits and dashes, and end it in'
        " -credentials.",
    ),
    Try(
        "a name of two letters",
        "ObjectStore",
        lambda document, _: document["metadata"].update(name="ab"),
        'Name "ab" does not have the allowed shape. Use 3 to 25 lower-case letters, digits and single dashes, beginning'
        " with a letter and not ending with a dash.",
    ),
    Try(
        "a name of 26 letters",
        "ObjectStore",
        lambda document, _: document["metadata"].update(name="a" * 26),
        f'Name "{"a" * 26}" does not have the allowed shape.',
    ),
    Try(
        "a name with two dashes",
        "ObjectStore",
        lambda document, _: document["metadata"].update(name="one--two"),
        'Name "one--two" does not have the allowed shape.',
    ),
    Try(
        "a window without a form",
        "RedisInstance",
        lambda document, _: document["spec"]["parameters"].update(maintenanceWindow="sunday"),
        'Maintenance window "sunday" does not have the form ddd:hh:mm-ddd:hh:mm. Give a window of 60 minutes to 24'
        " hours in UTC, such as sun:03:30-sun:04:30.",
    ),
    Try(
        "a database's name",
        "PostgreSQLInstance",
        lambda document, _: document["spec"]["parameters"].update(databaseName="Orders;"),
        'Database name "Orders;" is not allowed. Use 1 to 63 lower-case letters, digits and underscores, beginning with'
        " a letter.",
    ),
    Try(
        "a virtual host's name",
        "MessageQueue",
        lambda document, _: document["spec"]["parameters"].update(vhost="/"),
        'Name "/" of a virtual host is not allowed. Use 1 to 255 letters, digits, dots, underscores and dashes,'
        " beginning with a letter.",
    ),
    Try(
        "a ServiceAccount's name",
        "ObjectStore",
        lambda document, _: document["spec"]["parameters"].update(access={"serviceAccountName": "*"}),
        '"*" is not the name of a ServiceAccount. Use at most 63 lower-case letters, digits and dashes.',
    ),
    Try(
        "an unknown engine",
        "RedisInstance",
        lambda document, _: document["spec"]["parameters"].update(engine="memcached"),
        'spec.parameters.engine: Unsupported value: "memcached": supported values: "redis", "valkey"',
    ),
]
