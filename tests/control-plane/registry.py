"""Puts provider packages into a registry: the CRDs of what we compose, as their providers would bring them.

Nobody serves a provider's package where tests run, and its controller would need AWS. Its CRDs are what
Crossplane's package manager acts upon: it installs them, and makes the roles for them.
"""

import gzip
import hashlib
import http.client
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Json = Any

REGISTRY = "127.0.0.1:5000"
CRDS = Path(__file__).parent.parent / "crds"
SOURCES = sorted(path.stem for path in CRDS.glob("*.jsonl"))


def definitions(source: str, claims: bool) -> list[Json]:
    """The CRDs of a source, a file of tests/crds, that a flavour has a use for."""
    lines = (CRDS / f"{source}.jsonl").read_text().splitlines()
    return [each for each in (json.loads(line)["definition"] for line in lines) if serves(each, claims)]


def serves(definition: Json, claims: bool) -> bool:
    """Providers have every kind twice: one for each flavour, told apart by their groups."""
    group = definition["spec"]["group"]
    neutral = group.endswith(("external-secrets.io", "rabbitmq.com"))
    return neutral or (".m." in group) != claims


def provided(package: str, claims: bool) -> list[Json]:
    """The CRDs that a provider's package has in it, by the last part of the package's name."""
    if not package.startswith(("provider-aws-", "provider-family-aws")):
        return definitions(package, claims)
    service = package.removeprefix("provider-aws-") + "." if package.startswith("provider-aws-") else ""
    groups = {f"{service}aws.upbound.io", f"{service}aws.m.upbound.io"}
    return [each for each in definitions("provider-upjet-aws", claims) if each["spec"]["group"] in groups]


def version(repository: str) -> str:
    """The release that a provider's CRDs are from."""
    package = repository.rsplit("/", 1)[-1]
    source = "provider-upjet-aws" if "-aws" in package else package
    return json.loads((CRDS / f"{source}.jsonl").read_text().splitlines()[0])["source"]["tag"]


def push_provider(repository: str, claims: bool) -> None:
    """Makes a provider's package of its CRDs and pushes it under its own repository's path."""
    name = repository.rsplit("/", 1)[-1]
    meta = {"apiVersion": "meta.pkg.crossplane.io/v1", "kind": "Provider", "metadata": {"name": name}}
    push(repository, version(name), [meta, *provided(name, claims)])


def push(repository: str, tag: str, documents: Iterable[Json]) -> None:
    """Pushes a package without a runtime image: one layer with one file."""
    stream = "\n---\n".join(json.dumps(each) for each in documents).encode()
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        entry = tarfile.TarInfo("package.yaml")
        entry.size, entry.mode = len(stream), 0o644
        archive.addfile(entry, io.BytesIO(stream))
    layer = gzip.compress(plain.getvalue(), mtime=0)
    rootfs = {"type": "layers", "diff_ids": [digest(plain.getvalue())]}
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}).encode()
    connection = http.client.HTTPConnection(REGISTRY)
    for blob in (layer, config):
        push_blob(connection, repository, blob)
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("config.v1+json", config),
        "layers": [descriptor("layer.v1.tar+gzip", layer) | {"annotations": {"io.crossplane.xpkg": "base"}}],
    }
    headers = {"Content-Type": manifest["mediaType"]}
    send(connection, "PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest).encode(), headers)


def digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def descriptor(form: str, blob: bytes) -> Json:
    return {"mediaType": f"application/vnd.oci.image.{form}", "digest": digest(blob), "size": len(blob)}


def push_blob(connection: http.client.HTTPConnection, repository: str, blob: bytes) -> None:
    place = send(connection, "POST", f"/v2/{repository}/blobs/uploads/", b"", {})
    path = place.removeprefix(f"http://{REGISTRY}")
    query = f"{'&' if '?' in path else '?'}digest={digest(blob)}"
    send(connection, "PUT", path + query, blob, {"Content-Type": "application/octet-stream"})


def send(connection: http.client.HTTPConnection, method: str, path: str, data: bytes, headers: dict[str, str]) -> str:
    """Returns where the answer says to go on."""
    connection.request(method, path, data, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status >= 400:
        raise RuntimeError(f"{method} {path}: {answer.status} {text}")
    return answer.headers.get("Location", "")
