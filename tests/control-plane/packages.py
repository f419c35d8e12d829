"""Installs what a platform team installs: the packages, the roles, and what claims stand on."""

import re
from pathlib import Path
from typing import Any

import registry
from client import Resource, condition, states, wait_for
from plane import FUNCTION, SYSTEM, Plane, run, wait_for_condition
from world import REPOSITORY, World

Json = Any

FOLDERS = {"claims": "configuration-claims", "namespaced": "configuration"}
PREFIXES = ("registry.example.com/", "xpkg.upbound.io/", "xpkg.crossplane.io/")
VERSION = "v0.1.0"
# What comes after it: of the function within the range that a Configuration takes, of a Configuration anything.
NEXT_FUNCTION = "v0.1.1"
NEXT_CONFIGURATION = "v0.2.0"


def dependencies(folder: Path) -> list[str]:
    """The packages that a Configuration needs."""
    return re.findall(r"^ +package: (\S+)$", (folder / "crossplane.yaml").read_text(), re.MULTILINE)


def push_configuration(plane: Plane, folder: Path, version: str) -> None:
    push(plane, "configuration", folder, name_of(folder), version)


def name_of(folder: Path) -> str:
    """What a package calls itself, and so does its repository."""
    return re.findall(r"^  name: (\S+)$", (folder / "crossplane.yaml").read_text(), re.MULTILINE)[0]


def push_function(plane: Plane, folder: Path, server: Path, repository: str, version: str) -> None:
    """With the server in its image, as elsewhere, though here it runs beside Crossplane."""
    push(plane, "function", folder, repository, version, "--binary", str(server))


def push(plane: Plane, kind: str, folder: Path, repository: str, version: str, *more: str) -> None:
    """As docs/packages.md says."""
    file, ours = plane.scratch / f"{folder.name}.xpkg", str(plane.binaries / "selfservice")
    run(ours, "package", "build", kind, str(folder), *more, "--output", str(file))
    run(ours, "package", "push", str(file), f"{registry.REGISTRY}/{repository}:{version}")


def publish(world: World, server: Path) -> None:
    """Pushes everything to the platform's own registry, under the paths that it has elsewhere."""
    folder = world.packages / FOLDERS[world.flavour]
    for package in dependencies(folder):
        repository = package.split("/", 1)[1]
        if "/provider-" in package:
            registry.push_provider(repository, world.claims)
        else:
            push_function(world.plane, world.packages / "function", server, repository, VERSION)
    push_configuration(world.plane, folder, VERSION)


def mirror(world: World) -> None:
    """Makes Crossplane take packages from there, as where there is no way out."""
    for number, prefix in enumerate(PREFIXES):
        world.api.create(
            {
                "apiVersion": "pkg.crossplane.io/v1beta1",
                "kind": "ImageConfig",
                "metadata": {"name": f"mirror-{number}"},
                "spec": {
                    "matchImages": [{"type": "Prefix", "prefix": prefix}],
                    "rewriteImage": {"prefix": f"{registry.REGISTRY}/"},
                },
            }
        )


def install(world: World) -> None:
    """Providers first, as most platforms have them already, all but one: what a Configuration lacks, and our
    function, come by its dependencies. One after the other is how Crossplane does that."""
    folder = world.packages / FOLDERS[world.flavour]
    providers = [package for package in dependencies(folder) if "/provider-" in package]
    present = [package(world, f"{each}:{registry.version(each)}") for each in providers[1:]]
    for item in present:
        wait_for_condition(world.api, item, "Healthy")
    apply(world.packages / "install" / f"{world.flavour}.yaml")
    wait_for_condition(world.api, configuration(world), "Healthy")
    for kind in ("Provider", "Function"):
        for each in world.api.find("pkg.crossplane.io/v1", kind):
            wait_for_condition(world.api, each, "Healthy")
    for definition in world.api.find("apiextensions.crossplane.io/v2", "CompositeResourceDefinition"):
        wait_for_condition(world.api, definition, "Offered" if world.claims else "Established")
    wait_for(
        "every Composition to have a valid revision",
        lambda: not without_revision(world),
        lambda: without_revision(world),
    )


def without_revision(world: World) -> list[str]:
    """Compositions that Crossplane would not compose by yet, and would warn authors of."""
    group = "apiextensions.crossplane.io/v1"
    valid = {
        each["metadata"]["labels"]["crossplane.io/composition-name"]
        for each in world.api.find(group, "CompositionRevision")
        if condition(each, "ValidPipeline").get("status") == "True"
    }
    return sorted({each["metadata"]["name"] for each in world.api.find(group, "Composition")} - valid)


def configuration(world: World) -> Json:
    name = name_of(world.packages / FOLDERS[world.flavour])
    return {"apiVersion": "pkg.crossplane.io/v1", "kind": "Configuration", "metadata": {"name": name}}


def apply(*files: Path) -> None:
    """As docs/install.md says."""
    run("kubectl", "apply", *(f"--filename={file}" for file in files))


def package(world: World, image: str) -> Json:
    """Installs a provider, under the name that Crossplane would give it."""
    path = image.rsplit(":", 1)[0].split("/", 1)[1]
    metadata = {"name": path.replace("/", "-")}
    item = {"apiVersion": "pkg.crossplane.io/v1", "kind": "Provider", "metadata": metadata, "spec": {"package": image}}
    world.api.create(item)
    return item


def install_operators(world: World) -> None:
    """What no package that a Configuration depends on brings: operators, and kinds for other catalogues."""
    found = world.api.find("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    present = {item["metadata"]["name"] for item in found}
    for source in registry.SOURCES:
        for definition in registry.definitions(source, world.claims):
            if definition["metadata"]["name"] not in present:
                world.api.create(definition)


def prepare(world: World) -> None:
    """What providers are configured with, and where the platform keeps its secrets."""
    examples = world.packages / "cluster" / "examples"
    apply(examples / "namespace.yaml", examples / f"provider-configs-{world.flavour}.yaml")
    for environment in ("development", "staging", "production"):
        metadata = {"name": f"msk-{environment}", "namespace": SYSTEM}
        world.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {}})


def grant(world: World) -> None:
    """The roles that Crossplane's own lack, and the policies beside them."""
    base = run("kubectl", "kustomize", str(world.packages / "cluster"))
    (world.plane.scratch / "cluster.yaml").write_text(base)
    run("kubectl", "apply", "--server-side", "--filename", str(world.plane.scratch / "cluster.yaml"))


def upgrade(world: World, changes: dict[str, str]) -> None:
    """To this build's function and the packages of a changed catalogue, in the order of docs/install.md."""
    plane, next_release = world.plane, world.plane.scratch / "next"
    text = (REPOSITORY / "catalog" / "default.yaml").read_text()
    for before, after in {**changes, f"  version: {VERSION}": f"  version: {NEXT_CONFIGURATION}"}.items():
        if text.count(before) != 1:
            raise RuntimeError(f"the catalogue has {before!r} {text.count(before)} times")
        text = text.replace(before, after)
    catalog = plane.scratch / "catalog.yaml"
    catalog.write_text(text)
    run(str(plane.binaries / "selfservice"), "generate", "--catalog", str(catalog), "--out", str(next_release))
    world.packages = next_release / "package"
    push_function(plane, world.packages / "function", plane.function, FUNCTION, NEXT_FUNCTION)
    push_configuration(plane, world.packages / FOLDERS[world.flavour], NEXT_CONFIGURATION)
    # As the next release's program writes it.
    function = world.packages / "install" / "function.yaml"
    function.write_text(function.read_text().replace(f":{VERSION}", f":{NEXT_FUNCTION}"))

    old = [world.api.read(item)["status"]["currentRevision"] for item in upgraded(world)]
    grant(world)
    apply(function, world.packages / "install" / f"{world.flavour}.yaml")
    # What a cluster's runtime does for a new revision.
    plane.restart_function()
    for item, before in zip(upgraded(world), old):
        wait_for(
            f"another revision of {item['kind']} {item['metadata']['name']}",
            lambda: world.api.read(item)["status"]["currentRevision"] != before,
            lambda: states(world.api.read(item)),
        )
        wait_for_condition(world.api, item, "Healthy")


def upgraded(world: World) -> list[Json]:
    function = {"apiVersion": "pkg.crossplane.io/v1", "kind": "Function", "metadata": {"name": FUNCTION}}
    return [function, configuration(world)]


def watched(world: World) -> list[Resource]:
    """Every kind that somebody has to look after, once it is served."""
    definitions = [each for source in registry.SOURCES for each in registry.definitions(source, world.claims)]
    versions = {
        (f"{spec['group']}/{spec['versions'][0]['name']}", spec["names"]["kind"])
        for spec in (each["spec"] for each in definitions)
    }
    return [world.api.resource(version, kind) for version, kind in sorted(versions)]
