"""Installs what a platform team installs: the packages, the roles, and what claims stand on."""

import re
import subprocess
import time
from pathlib import Path
from typing import Any

import registry
from client import Api, Resource, condition, states, wait_for
from plane import SYSTEM, Plane, wait_for_condition
from world import REPOSITORY, World

Json = Any

FOLDERS = {"claims": "configuration-claims", "namespaced": "configuration"}
PREFIXES = ("registry.example.com/", "xpkg.upbound.io/", "xpkg.crossplane.io/")
VERSION = "v0.1.0"


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def dependencies(folder: Path) -> list[str]:
    """The packages that a Configuration needs."""
    return re.findall(r"^ +package: (\S+)$", (folder / "crossplane.yaml").read_text(), re.MULTILINE)


def push(plane: Plane, folder: Path, repository: str) -> None:
    file = plane.scratch / f"{folder.name}.xpkg"
    run("crossplane", "xpkg", "build", "--package-root", str(folder), "--package-file", str(file))
    run("crossplane", "xpkg", "push", "--package-files", str(file), f"{registry.REGISTRY}/{repository}:{VERSION}")


def publish(world: World) -> None:
    """Pushes everything to the platform's own registry, under the paths that it has elsewhere."""
    folder = REPOSITORY / "package" / FOLDERS[world.flavour]
    for package in dependencies(folder):
        repository = package.split("/", 1)[1]
        if "/provider-" in package:
            registry.push_provider(repository)
        else:
            push(world.plane, REPOSITORY / "package" / "function", repository)
    push(world.plane, folder, folder.name)


def mirror(api: Api) -> None:
    """Makes Crossplane take packages from there, as where there is no way out."""
    for number, prefix in enumerate(PREFIXES):
        api.create({
            "apiVersion": "pkg.crossplane.io/v1beta1", "kind": "ImageConfig", "metadata": {"name": f"mirror-{number}"},
            "spec": {"matchImages": [{"type": "Prefix", "prefix": prefix}],
                     "rewriteImage": {"prefix": f"{registry.REGISTRY}/"}},
        })


def install(world: World) -> None:
    """The Configuration, with all that it depends on."""
    name = FOLDERS[world.flavour]
    item = {
        "apiVersion": "pkg.crossplane.io/v1", "kind": "Configuration", "metadata": {"name": name},
        "spec": {"package": f"registry.example.com/{name}:{VERSION}"},
    }
    world.api.create(item)
    wait_for_condition(world.api, item, "Healthy")
    for kind in ("Provider", "Function"):
        for package in world.api.find("pkg.crossplane.io/v1", kind):
            wait_for_condition(world.api, package, "Healthy")
    for definition in world.api.find("apiextensions.crossplane.io/v2", "CompositeResourceDefinition"):
        wait_for_condition(world.api, definition, "Offered" if world.claims else "Established")


def install_operators(api: Api) -> None:
    """What is no provider of Crossplane's, and what nobody's package brings."""
    for source in ("external-secrets", "rabbitmq-messaging-topology-operator"):
        for definition in registry.definitions(source):
            api.create(definition)
    present = {item["metadata"]["name"] for item in api.find("apiextensions.k8s.io/v1", "CustomResourceDefinition")}
    for source in sorted(path.stem for path in registry.CRDS.glob("*.jsonl")):
        for definition in registry.definitions(source):
            if definition["metadata"]["name"] not in present:
                try:
                    api.create(definition)
                except RuntimeError:
                    # A package brought it meanwhile.
                    continue


def prepare(world: World) -> None:
    """What providers are configured with, and where the platform keeps its secrets."""
    world.namespace("platform-secrets")
    credentials = {"name": "credentials", "namespace": "platform-secrets"}
    world.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": credentials, "data": {}})
    source = {"credentials": {"source": "Secret", "secretRef": {**credentials, "key": "credentials"}}}
    brokers = [f"msk-{name}" for name in ("development", "staging", "production")]
    if world.claims:
        wanted = [("aws.upbound.io/v1beta1", "ProviderConfig", ["default"]),
                  ("kafka.crossplane.io/v1alpha1", "ProviderConfig", brokers)]
    else:
        wanted = [("aws.m.upbound.io/v1beta1", "ClusterProviderConfig", ["default"]),
                  ("kubernetes.m.crossplane.io/v1alpha1", "ClusterProviderConfig", ["default"]),
                  ("kafka.m.crossplane.io/v1alpha1", "ClusterProviderConfig", brokers)]
    for version, kind, names in wanted:
        for name in names:
            world.api.create({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": source})


def grant(world: World) -> None:
    """The roles that Crossplane's own lack."""
    base = REPOSITORY / "package" / "cluster"
    (world.plane.scratch / "cluster.yaml").write_text(run("kubectl", "kustomize", str(base)))
    run("kubectl", "apply", "--server-side", "--filename", str(world.plane.scratch / "cluster.yaml"))


def watched(world: World) -> list[Resource]:
    """Every kind that the providers of a flavour have to look after."""
    kinds = []
    for source in sorted(path.stem for path in registry.CRDS.glob("*.jsonl")):
        for definition in registry.definitions(source):
            spec = definition["spec"]
            modern = ".m." in spec["group"]
            provider = not spec["group"].endswith(("external-secrets.io", "rabbitmq.com"))
            if provider and modern == world.claims:
                continue
            version = f"{spec['group']}/{spec['versions'][0]['name']}"
            kinds.append(world.api.resource(version, spec["names"]["kind"]))
    return kinds
