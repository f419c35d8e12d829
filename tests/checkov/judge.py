"""Lets checkov judge what claims become.

checkov does not read managed resources, but their forProvider has the arguments of Terraform's AWS
provider, in camelCase. So claims are rendered, written down as one Terraform plan, and judged in one
run; what may fail there says tests/aws_controls/controls.yaml. A second run judges copies in each of
which one thing is broken, as the same file says, to show that checkov would notice.
"""

import copy
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Json = Any

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ["development", "staging", "production"]
# What controls.yaml calls kinds of claims: a stream on a cluster of its own is one besides.
DEDICATED = "EventStream dedicated"
GROUPS = {
    "PostgreSQLInstance": "database",
    "RedisInstance": "cache",
    "MessageQueue": "messaging",
    "ObjectStore": "storage",
    "EventStream": "streaming",
    DEDICATED: "streaming",
}

# Parameters of which either value is judged where the environment leaves the choice.
CHOICES = {
    "PostgreSQLInstance": "highAvailability",
    "RedisInstance": "highAvailability",
    "MessageQueue": "highAvailability",
    "ObjectStore": "versioning",
    "EventStream": "highAvailability",
    DEDICATED: "highAvailability",
}

# How often kinds have to be observed until everything is composed that a provider makes.
STAGED = {"MessageQueue": 2}

# Kinds that AWS encrypts with no key but its own.
KEYLESS = {"MessageQueue"}

# Managed resources by API group and kind, as Terraform calls them.
TYPES = {
    "cloudwatch.MetricAlarm": "aws_cloudwatch_metric_alarm",
    "cloudwatchlogs.Group": "aws_cloudwatch_log_group",
    "ec2.SecurityGroup": "aws_security_group",
    "ec2.SecurityGroupIngressRule": "aws_vpc_security_group_ingress_rule",
    "eks.PodIdentityAssociation": "aws_eks_pod_identity_association",
    "elasticache.ParameterGroup": "aws_elasticache_parameter_group",
    "elasticache.ReplicationGroup": "aws_elasticache_replication_group",
    "elasticache.SubnetGroup": "aws_elasticache_subnet_group",
    "iam.Policy": "aws_iam_policy",
    "iam.Role": "aws_iam_role",
    "iam.RolePolicyAttachment": "aws_iam_role_policy_attachment",
    "kafka.Cluster": "aws_msk_cluster",
    "kafka.Configuration": "aws_msk_configuration",
    "kms.Key": "aws_kms_key",
    "mq.Broker": "aws_mq_broker",
    "mq.Configuration": "aws_mq_configuration",
    "rds.Instance": "aws_db_instance",
    "rds.ParameterGroup": "aws_db_parameter_group",
    "rds.SubnetGroup": "aws_db_subnet_group",
    "secretsmanager.Secret": "aws_secretsmanager_secret",
    "secretsmanager.SecretVersion": "aws_secretsmanager_secret_version",
    "s3.Bucket": "aws_s3_bucket",
    "s3.BucketLifecycleConfiguration": "aws_s3_bucket_lifecycle_configuration",
    "s3.BucketLogging": "aws_s3_bucket_logging",
    "s3.BucketOwnershipControls": "aws_s3_bucket_ownership_controls",
    "s3.BucketPolicy": "aws_s3_bucket_policy",
    "s3.BucketPublicAccessBlock": "aws_s3_bucket_public_access_block",
    "s3.BucketServerSideEncryptionConfiguration": "aws_s3_bucket_server_side_encryption_configuration",
    "s3.BucketVersioning": "aws_s3_bucket_versioning",
    "secretsmanager.Secret": "aws_secretsmanager_secret",
}

# How many resources of a type a claim becomes, where it is not one of each.
NETWORK = ["aws_security_group", "aws_vpc_security_group_ingress_rule", "aws_cloudwatch_log_group"]
COUNTS = {
    "PostgreSQLInstance": Counter(
        ["aws_db_instance", "aws_db_parameter_group", "aws_db_subnet_group", *NETWORK, "aws_cloudwatch_log_group"]
        + 4 * ["aws_cloudwatch_metric_alarm"]
    ),
    "RedisInstance": Counter(
        ["aws_elasticache_replication_group", "aws_elasticache_parameter_group", "aws_elasticache_subnet_group"]
        + [*NETWORK, *2 * ["aws_cloudwatch_metric_alarm"]]
    ),
    # One rule for messages, and one for the management API.
    "MessageQueue": Counter(
        ["aws_mq_broker", "aws_mq_configuration", *NETWORK, "aws_vpc_security_group_ingress_rule"]
        + ["aws_secretsmanager_secret", "aws_secretsmanager_secret_version"]
        + 4 * ["aws_cloudwatch_metric_alarm"]
    ),
    "ObjectStore": Counter(
        [kind for kind in TYPES.values() if kind.startswith(("aws_s3_", "aws_iam_"))] + ["aws_cloudwatch_metric_alarm"]
    ),
    # What needs a password or an ARN of AWS's is not there yet.
    "EventStream": Counter(["aws_secretsmanager_secret"]),
    DEDICATED: Counter(
        ["aws_msk_cluster", "aws_msk_configuration", "aws_iam_role", *NETWORK] + 8 * ["aws_cloudwatch_metric_alarm"]
    ),
}

# Fields whose keys are names, not arguments.
MAPS = {"tags", "dimensions"}


def is_offered(kind: str, environment: str) -> bool:
    return kind != DEDICATED or environment != "development"


@dataclass(frozen=True)
class Claim:
    """A claim in an environment of one of two catalogues."""

    kind: str
    environment: str
    size: str
    choice: bool
    own_key: bool = False

    def parameters(self) -> dict[str, Json]:
        tenancy = {"tenancy": "dedicated"} if self.kind == DEDICATED else {}
        return {"size": self.size, CHOICES[self.kind]: self.choice, **tenancy}

    def document(self, name: str) -> Json:
        selector = {"matchLabels": {"provider": "aws", "environment": self.environment}}
        return {
            "apiVersion": f"{GROUPS[self.kind]}.platform.example.com/v1alpha1",
            "kind": self.kind.partition(" ")[0],
            "metadata": {"name": name, "namespace": "team-orders"},
            "spec": {"parameters": self.parameters(), "crossplane": {"compositionSelector": selector}},
        }

    def counts(self) -> Counter[str]:
        counts = COUNTS[self.kind].copy()
        if self.kind == "RedisInstance" and self.choice:
            counts["aws_cloudwatch_metric_alarm"] = 6  # Two a node.
        if self.kind == DEDICATED and self.choice:
            counts["aws_cloudwatch_metric_alarm"] = 11  # Three a broker, and two of the cluster.
        if self.own_key:
            counts["aws_kms_key"] = 1
            counts["aws_eks_pod_identity_association"] = int(self.kind in ("ObjectStore", DEDICATED))
        return counts


class Renderer:
    """Runs `selfservice render`."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.binary = binary
        self.folder = folder
        catalog = yaml.safe_load((ROOT / "catalog/default.yaml").read_text())
        for name, environment in catalog["environments"].items():
            environment["aws"]["keyPerClaim"] = True
            environment["aws"]["identity"] = {"podIdentity": {"clusterName": f"apps-{name}"}}
        self.own_key_catalog = folder / "own-key.yaml"
        self.own_key_catalog.write_text(yaml.safe_dump(catalog))

    def render(self, claims: dict[str, Claim], *arguments: str) -> dict[str, list[Json]]:
        """The composed objects of claims by their names."""
        documents = [json.dumps(claim.document(name)) for name, claim in claims.items()]
        done = subprocess.run(
            [self.binary, "render", "-", "-o", "json", "--now", "2026-11-24", *arguments],
            input="\n---\n".join(documents), stdout=subprocess.PIPE, text=True, check=True,
        )
        objects: dict[str, list[Json]] = {}
        for item in json.loads(done.stdout):
            if item["kind"].removeprefix("X") in GROUPS:
                objects[item["spec"].get("claimRef", item["metadata"])["name"]] = composed = []
            else:
                composed.append(item)
        return objects

    def with_own_key(self, name: str, claim: Claim) -> list[Json]:
        """The composed objects of a claim once AWS has told the ARN of its key."""
        catalog = ["--catalog", str(self.own_key_catalog)]
        objects = self.render({name: claim}, *catalog)[name]
        (key,) = [item for item in objects if item["kind"] == "Key"]
        arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555559"
        observed = self.folder / "key.json"
        observed.write_text(json.dumps({**key, "status": {"atProvider": {"arn": arn}}}))
        return self.render({name: claim}, *catalog, "--observed", str(observed))[name]


    def worlds(self, claims: dict[str, Claim], *arguments: str) -> dict[str, list[Json]]:
        """The composed objects of claims by their names, those that wait for something included."""
        worlds = self.render(claims, *arguments)
        for name, claim in claims.items():
            if claim.kind in STAGED:
                for _ in range(STAGED[claim.kind]):
                    observed = self.folder / "observed.yaml"
                    observed.write_text("\n---\n".join(json.dumps(as_observed(item)) for item in worlds[name]))
                    worlds[name] = self.render({name: claim}, *arguments, "--observed", str(observed))[name]
        return worlds


def as_observed(item: Json) -> Json:
    """A composed object once passwords are generated, and AWS has told ids."""
    item = copy.deepcopy(item)
    if item["kind"] == "Secret":
        item.setdefault("data", {}).setdefault("password", "ZnJvbS1hLXRlc3Q=")
    elif type_of(item).startswith("mq."):
        item["metadata"]["annotations"]["crossplane.io/external-name"] = item["metadata"]["name"]
        item["status"] = {"atProvider": {"latestRevision": 2}}
    return item


def type_of(item: Json) -> str:
    """API group's first label and kind of a managed resource, else nothing."""
    group, _, domain = item["apiVersion"].partition("/")[0].partition(".")
    return f"{group}.{item['kind']}" if domain.endswith("upbound.io") else ""


def names(item: Json) -> list[str]:
    """The names by which others refer to a managed resource."""
    external = item["metadata"].get("annotations", {}).get("crossplane.io/external-name")
    return [name for name in (item["metadata"]["name"], external) if name]


def snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def planned(name: str, value: Json) -> Json:
    """A value of forProvider as a plan has it: objects within are lists of blocks."""
    if name.endswith("SecretRef"):
        return "from-a-secret"
    if isinstance(value, dict) and name not in MAPS:
        return [
            {
                snake(key.removesuffix("SecretRef")): planned(key, inner)
                for key, inner in value.items()
                if not is_reference(key)
            }
        ]
    if isinstance(value, list):
        return [planned(name, inner)[0] if isinstance(inner, dict) else inner for inner in value]
    return value


def is_reference(field: str) -> bool:
    return field.endswith(("Ref", "Refs")) and not field.endswith("SecretRef")


def referring(fields: dict[str, Json], addresses: dict[str, str]) -> dict[str, Json]:
    """The expressions of fields that refer to other managed resources, those of blocks within included."""
    expressions: dict[str, Json] = {}
    for field, value in fields.items():
        if is_reference(field):
            targets = [addresses[one["name"]] for one in (value if isinstance(value, list) else [value])]
            references = [text for target in targets for text in (f"{target}.id", target)]
            expressions[snake(re.sub("s?Ref(s?)$", r"\1", field))] = {"references": references}
        elif field.endswith("GroupName") and value in addresses:
            target = addresses[value]
            expressions[snake(field)] = {"references": [f"{target}.id", target]}
        elif isinstance(value, dict) and field not in MAPS and (within := referring(value, addresses)):
            expressions[snake(field)] = [within]
    return expressions


def plan(worlds: dict[str, list[Json]]) -> Json:
    """A Terraform plan that creates the managed resources of every world. A resource's name begins
    with its world's."""
    values, changes, configuration = [], [], []
    for world, objects in worlds.items():
        managed = [item for item in objects if type_of(item)]
        # By the object's name, as references have it, and by its name in AWS.
        addresses = {}
        for item in managed:
            key = item["metadata"]["annotations"]["crossplane.io/composition-resource-name"]
            address = f"{TYPES[type_of(item)]}.{world}_{re.sub('[^a-z0-9]', '_', key)}"
            for name in names(item):
                addresses[name] = address
        for item in managed:
            address = addresses[item["metadata"]["name"]]
            kind, name = address.split(".")
            head = {"address": address, "mode": "managed", "type": kind, "name": name}
            asked = item["spec"]["forProvider"]
            expressions = referring(asked, addresses)
            arguments = {}
            for field, value in asked.items():
                if field.endswith("SecretRef"):
                    arguments[snake(field.removesuffix("SecretRef"))] = planned(field, value)
                elif not is_reference(field) and (isinstance(value, dict) or snake(field) not in expressions):
                    arguments[snake(field)] = planned(field, value)
            values.append({**head, "values": arguments})
            changes.append({**head, "change": {"actions": ["create"], "before": None, "after": arguments}})
            configuration.append({**head, "expressions": expressions})
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": values}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configuration}},
    }


@dataclass
class Judgement:
    """What checkov says."""

    resources: int
    ran: Counter[str]
    failed: Counter[str]
    # By world.
    failures: dict[str, set[str]]


def judge(document: Json, folder: Path) -> Judgement:
    (folder / "tfplan.json").write_text(json.dumps(document))
    command = [sys.executable, "-m", "checkov.main", "-f", "tfplan.json", "--framework", "terraform_plan"]
    done = subprocess.run(
        [*command, "--skip-download", "--compact", "--soft-fail", "-o", "json"],
        # No settings of the user's decide here.
        cwd=folder, env={"HOME": str(folder)}, stdout=subprocess.PIPE, text=True, check=True,
    )
    report = json.loads(done.stdout)
    if "results" not in report:
        sys.exit(f"checkov judged nothing: {done.stdout}")
    passed, failed = report["results"]["passed_checks"], report["results"]["failed_checks"]
    failures: dict[str, set[str]] = {}
    for result in failed:
        world = result["resource"].split(".")[1].split("_")[0]
        failures.setdefault(world, set()).add(result["check_id"])
    return Judgement(
        resources=report["summary"]["resource_count"],
        ran=Counter(result["check_id"] for result in passed + failed),
        failed=Counter(result["check_id"] for result in failed),
        failures=failures,
    )


class Tally:
    """Counts what holds and says what does not."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def expect(self, holds: bool, message: str) -> None:
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {message}")


def may_fail(control: Json, claim: Claim) -> bool:
    """Whether a control is not held for a claim, as the file says."""
    if claim.kind not in control["kinds"]:
        return False
    parameter = control.get("parameter", {"in": []})
    if claim.environment in parameter["in"]:
        return claim.parameters().get(parameter["name"]) not in parameter["values"]
    return "waived" in control and claim.environment in control["waived"].get("in", ENVIRONMENTS)


def break_it(objects: list[Json], way: Json) -> list[Json]:
    """A copy of `objects` in which something is broken."""
    objects = copy.deepcopy(objects)
    if way.get("removed"):
        removed = [item for item in objects if type_of(item) == way["of"]]
        objects = [item for item in objects if item not in removed]
        gone = {name for item in removed for name in names(item)}
        for item in filter(type_of, objects):
            item["spec"]["forProvider"] = {
                field: value
                for field, value in item["spec"]["forProvider"].items()
                if not (isinstance(target := value["name"] if field.endswith("Ref") else value, str) and target in gone)
            }
    for item in objects:
        if type_of(item) == way["of"]:
            for field, value in way.get("set", {}).items():
                parent = item["spec"] if field.startswith("spec.") else item["spec"]["forProvider"]
                if value is None:
                    parent.pop(field.removeprefix("spec."), None)
                else:
                    parent[field.removeprefix("spec.")] = value
    return objects


def judge_what_is_composed(
    tally: Tally, controls: Json, claims: dict[str, Claim], document: Json, folder: Path
) -> Judgement:
    expected = sum((claim.counts() for claim in claims.values()), Counter())
    given = Counter(resource["type"] for resource in document["resource_changes"])
    for kind in sorted(expected | given):
        tally.expect(given[kind] == expected[kind], f"{given[kind]} resources of {kind}, not {expected[kind]}")
    judgement = judge(document, folder)
    total = expected.total()
    tally.expect(judgement.resources == total, f"checkov judged {judgement.resources} resources, not {total}")

    listed = {check for control in controls["controls"] for check in control.get("checkov", [])}
    listed |= {idle["check"] for idle in controls["idle"]}
    for check in sorted(listed | set(judgement.ran)):
        tally.expect(check in judgement.ran, f"{check} is in controls.yaml and did not run")
        tally.expect(check in listed, f"{check} ran and is not in controls.yaml")
    for name, claim in claims.items():
        waived = {
            check
            for control in controls["controls"] if may_fail(control, claim)
            for check in control.get("checkov", [])
        }
        found = judgement.failures.get(name, set()) - waived
        tally.expect(not found, f"{claim}: {', '.join(sorted(found))} without a waiver")
    for control in controls["controls"]:
        for environment in ENVIRONMENTS:
            names = [n for n, c in claims.items() if c.environment == environment and may_fail(control, c)]
            for check in control.get("checkov", []) if names else []:
                needed = any(check in judgement.failures.get(name, set()) for name in names)
                tally.expect(needed, f"{control['id']} in {environment}: nothing needs {check} to be waived")
    return judgement


def judge_what_is_broken(
    tally: Tally,
    controls: Json,
    claims: dict[str, Claim],
    worlds: dict[str, list[Json]],
    before: Judgement,
    folder: Path,
) -> None:
    copies: dict[str, list[Json]] = {}
    ways: list[tuple[Json, Json, str, str]] = []
    for control in controls["controls"]:
        if not control.get("checkov"):
            continue
        own_key = control.get("ownKey", False)
        for way in control.get("broken", []):
            for kind in control["kinds"]:
                claim = Claim(kind, "production", "small", True, own_key)
                base = next(name for name, other in claims.items() if other == claim)
                if any(type_of(item) == way["of"] for item in worlds[base]):
                    name = f"b{len(copies):03}"
                    copies[name] = break_it(worlds[base], way)
                    ways.append((control, way, base, name))
    judgement = judge(plan(copies), folder)
    noticed: dict[tuple[str, ...], set[str]] = {}
    caught = 0
    for control, way, base, name in ways:
        new = judgement.failures.get(name, set()) - before.failures.get(base, set())
        new &= set(control["checkov"])
        noticed.setdefault((control["id"], *control["kinds"]), set()).update(new)
        what = f"{control['id']}: {json.dumps(way)}"
        if way.get("blind"):
            tally.expect(not new, f"{what}: {', '.join(sorted(new))} notices, it is not blind any more")
        else:
            tally.expect(bool(new), f"{what}: none of {', '.join(control['checkov'])} notices")
            caught += bool(new)
    for control in controls["controls"]:
        if (mine := (control["id"], *control["kinds"])) in noticed:
            overlooked = set(control["checkov"]) - noticed[mine]
            tally.expect(not overlooked, f"{control['id']}: {', '.join(sorted(overlooked))} noticed nothing")
    print(f"checkov noticed {caught} of {len(ways)} broken settings")


def main(binary: str) -> None:
    controls = yaml.safe_load((ROOT / "tests/aws_controls/controls.yaml").read_text())
    tally = Tally()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        renderer = Renderer(binary, folder)
        wanted = [
            Claim(kind, environment, size, choice)
            for kind in GROUPS
            for environment in ENVIRONMENTS
            for size in ("small", "medium", "large")
            for choice in (True, False)
            if choice or environment != "production"
            if is_offered(kind, environment)
        ]
        claims = {f"w{number:03}": claim for number, claim in enumerate(wanted)}
        worlds = renderer.worlds(claims)
        for kind in sorted(set(GROUPS) - KEYLESS):
            for environment in ENVIRONMENTS:
                # The login of a shared stream has the cluster's key.
                if kind == "EventStream" or not is_offered(kind, environment):
                    continue
                claim = Claim(kind, environment, "small", True, own_key=True)
                name = f"w{len(claims):03}"
                claims[name] = claim
                worlds[name] = renderer.with_own_key(name, claim)
        document = plan(worlds)
        print(f"judging {len(claims)} claims", flush=True)
        judgement = judge_what_is_composed(tally, controls, claims, document, folder)
        failed = judgement.failed.total()
        print(
            f"checkov {judgement.resources} resources, {len(judgement.ran)} checks: "
            f"{judgement.ran.total() - failed} passed, {failed} waived"
        )

        small = {name: claim for name, claim in claims.items() if claim.size == "small" and not claim.own_key}
        here = plan({name: worlds[name] for name in small})
        tally.expect(plan(renderer.worlds(small, "--flavour", "claims")) == here, "the flavours differ")

        print("judging what is broken", flush=True)
        judge_what_is_broken(tally, controls, claims, worlds, judgement, folder)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main(sys.argv[1])
