"""Judges the policies of everything composed: no wildcard in an action, a principal, a resource or
a condition without a written waiver, and nothing that parliament or cloudsplaining object to.

Usage: judge.py SELFSERVICE
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

import parliament
from cloudsplaining.scan.policy_document import PolicyDocument

Json = Any

ENVIRONMENTS = ["development", "staging", "production"]

# Claims whose policies differ: kind, group, parameters.
CLAIMS: list[tuple[str, str, Json]] = [
    ("ObjectStore", "storage", {}),
    ("ObjectStore", "storage", {"access": {"mode": "read-only"}}),
    ("ObjectStore", "storage", {"access": {"joinIdentityOf": "another"}}),
    ("ObjectStore", "storage", {"access": {"serviceAccountName": "ingest"}}),
    ("EventStream", "streaming", {"tenancy": "dedicated", "access": {"consumerGroups": ["billing", "audit"]}}),
    ("EventStream", "streaming", {"tenancy": "dedicated", "access": {"produce": False, "consumerGroups": ["audit"]}}),
]

# Wildcards that are meant, by kind, place and value, each with its reason.
WAIVERS: dict[tuple[str, str, str], str] = {
    ("BucketPolicy", "Action", "s3:*"): "It denies: whatever does not come over TLS.",
    ("BucketPolicy", "Principal", "*"): "It denies: everyone.",
    ("BucketPolicy", "Resource", "arn:aws:s3:::BUCKET/*"): "It denies: for every object of the bucket.",
    ("Policy", "Resource", "arn:aws:s3:::BUCKET/*"): "Every object of the claim's own bucket.",
    ("Key", "Action", "kms:*"): "The account administers its key; its IAM policies give out the use.",
    ("Key", "Resource", "*"): "In the policy of a key, the key itself.",
}


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    waived: set[tuple[str, str, str]] = field(default_factory=set)

    def check(self, holds: bool, message: str) -> None:
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {message}")


def render(binary: str, catalog: Path, claim: Json, *arguments: str) -> list[Json]:
    """The composed objects of a claim."""
    done = subprocess.run(
        [binary, "render", "-", "-o", "json", "--now", "2026-11-24", "--catalog", str(catalog), *arguments],
        input=json.dumps(claim), stdout=subprocess.PIPE, text=True, check=True,
    )
    return json.loads(done.stdout)[1:]


# What AWS tells of resources whose ARN goes into policies.
ARNS = {
    "Key": "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555559",
    "Cluster": "arn:aws:kafka:eu-west-1:111122223333:cluster/own/22222222-3333-4444-5555-666666666666-7",
}


def settle(binary: str, catalog: Path, claim: Json, folder: Path) -> list[Json]:
    """What a claim becomes once AWS has told those ARNs."""
    objects = render(binary, catalog, claim)
    observed = folder / "observed.yaml"
    # A cluster waits for its key, and a policy for its cluster.
    for _ in range(len(ARNS)):
        told = [
            {**item, "status": {"atProvider": {"arn": ARNS[item["kind"]]}}}
            for item in objects
            if item["kind"] in ARNS
        ]
        observed.write_text("\n---\n".join(json.dumps(item) for item in told))
        if told:
            objects = render(binary, catalog, claim, "--observed", str(observed))
    return objects


def catalogs(folder: Path) -> Iterator[Path]:
    """The built-in catalogue, and one with keys per claim and EKS Pod Identity."""
    built_in = Path("catalog/default.yaml")
    yield built_in
    lines = []
    for line in built_in.read_text().splitlines():
        if "irsa:" in line:
            indent = " " * (len(line) - len(line.lstrip()))
            # A cluster gives out identities in its own account alone.
            lines.append(f"{indent}podIdentity: {{clusterName: cluster-{len(lines)}}}")
        elif "oidcProviderArn:" not in line:
            lines.append(line)
        if "kmsKeyArn:" in line:
            indent = " " * (len(line) - len(line.lstrip()))
            lines.append(f"{indent}keyPerClaim: true")
    other = folder / "catalog.yaml"
    other.write_text("\n".join(lines) + "\n")
    yield other


def policies(objects: list[Json]) -> Iterator[tuple[str, str, Json]]:
    """Kind, field and document of every policy."""
    for item in objects:
        wanted = item.get("spec", {}).get("forProvider", {})
        for name in ("policy", "assumeRolePolicy"):
            if name in wanted:
                yield item["kind"], name, json.loads(wanted[name])


def texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def judge_wildcards(tally: Tally, kind: str, document: Json, bucket: str) -> None:
    for statement in document["Statement"]:
        for place in ("Action", "NotAction", "Principal", "NotPrincipal", "Resource", "NotResource", "Condition"):
            for text in texts(statement.get(place, [])):
                if "*" not in text and "?" not in text:
                    continue
                waiver = (kind, place, text.replace(bucket, "BUCKET") if bucket else text)
                tally.waived.add(waiver)
                tally.check(waiver in WAIVERS, f"{kind}: {place} {text} is a wildcard without a waiver")
        if kind == "BucketPolicy":
            tally.check(statement["Effect"] == "Deny", "a bucket's policy only denies")


def judge_identity(tally: Tally, document: Json) -> None:
    """A policy of a role, which both linters understand."""
    text = json.dumps(document)
    findings = parliament.analyze_policy_string(text).findings
    tally.check(not findings, f"parliament: {[(one.issue, one.detail) for one in findings]}")
    policy = PolicyDocument(document)
    for name in (
        "all_allowed_unrestricted_actions", "allows_privilege_escalation", "service_wildcard",
        "allows_data_exfiltration_actions", "credentials_exposure", "infrastructure_modification",
    ):
        tally.check(not getattr(policy, name), f"cloudsplaining: {name} {getattr(policy, name)}")


def judge_trust(tally: Tally, document: Json) -> None:
    """A role's trust policy lets in one ServiceAccount, by equality."""
    (statement,) = document["Statement"]
    (operator,) = statement["Condition"]
    tally.check(operator == "StringEquals", f"trust by {operator}")
    named = [text for text in texts(statement["Condition"]) if "team-orders" in text]
    tally.check(len(named) == 1, f"trust names {named}")


def linters_notice(tally: Tally) -> None:
    """A judge that finds nothing must be able to find something."""
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    tally.check(bool(PolicyDocument(wide).service_wildcard), "cloudsplaining notices s3:*")
    wrong = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]}
    tally.check(bool(parliament.analyze_policy_string(json.dumps(wrong)).findings), "parliament notices s3:GetObjekt")


def main() -> int:
    (binary,) = sys.argv[1:]
    tally = Tally()
    linters_notice(tally)
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for catalog in catalogs(Path(folder)):
            for kind, group, parameters in CLAIMS:
                for environment in ENVIRONMENTS:
                    if kind == "EventStream" and environment == "development":
                        continue  # It has no clusters of claims' own.
                    claim = {
                        "apiVersion": f"{group}.platform.example.com/v1alpha1",
                        "kind": kind,
                        "metadata": {"name": "orders-main", "namespace": "team-orders"},
                        "spec": {
                            "parameters": {"size": "small", **parameters},
                            "compositionSelector": {"matchLabels": {"provider": "aws", "environment": environment}},
                        },
                    }
                    objects = settle(binary, catalog, claim, Path(folder))
                    buckets = [item for item in objects if item["kind"] == "Bucket"]
                    bucket = buckets[0]["metadata"]["annotations"]["crossplane.io/external-name"] if buckets else ""
                    for kind_of, name, document in policies(objects):
                        counts[kind_of] = counts.get(kind_of, 0) + 1
                        judge_wildcards(tally, kind_of, document, bucket)
                        if name == "assumeRolePolicy":
                            judge_trust(tally, document)
                        elif kind_of == "Policy":
                            judge_identity(tally, document)
    for kind in ("Policy", "Role", "BucketPolicy", "Key"):
        tally.check(counts.get(kind, 0) > 0, f"no policy of a {kind} was judged")
    for waiver in WAIVERS:
        tally.check(waiver in tally.waived, f"{waiver} is waived and does not occur")
    print(f"policies judged: {counts}")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
