"""Every example through Crossplane's own render engine: as our command line renders it.

The real core runs one reconcile of each example with the generated XRD and Composition, calling the
function over gRPC. What it would apply must be, as objects, what `selfservice render` prints, but for
what core adds by itself. A refused example is refused with the same sentences, and prints nothing.
Everything rendered is then judged by Crossplane's `resource validate` against the real CRDs.
"""

import difflib
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Json = Any

BINARY = Path(sys.argv[1]).resolve()
SCRATCH = Path(sys.argv[2])
EXAMPLES = Path("examples")
KEY = "crossplane.io/composition-resource-name"
UID = "5b1ac1ba-76f0-4f2b-9f32-6f1f4f0f3c11"

# Conditions that core keeps itself, and the time that it pins.
CORES_CONDITIONS = {"Ready", "Synced", "Responsive"}


@dataclass(frozen=True)
class Case:
    """An example with what exists beside it."""

    file: Path
    observed: Path | None = None
    required: tuple[Path, ...] = ()
    refused: bool = False

    @property
    def kind(self) -> str:
        return self.file.relative_to(EXAMPLES).parts[0]

    @property
    def title(self) -> str:
        return f"{self.file}{f' with {self.observed}' if self.observed else ''}"


@dataclass
class Result:
    """What became of a case."""

    case: Case
    problems: list[str] = field(default_factory=list)
    objects: list[Json] = field(default_factory=list)


def cases() -> list[Case]:
    found: list[Case] = []
    for folder in sorted(path for path in EXAMPLES.iterdir() if path.is_dir()):
        required = tuple(path for path in [folder / "required"] if path.is_dir())
        found += [Case(file) for file in sorted(folder.glob("*.yaml"))]
        found += [
            Case(folder / "claim.yaml", folder / "observed" / state, required)
            for state in ["creating", "ready"]
        ]
        for file in sorted((folder / "refused").glob("*.yaml")):
            # What exists is in the folder of its name.
            beside = file.with_suffix("")
            if not beside.is_dir():
                found.append(Case(file, refused=True))
            elif all(KEY in item["metadata"].get("annotations", {}) for item in objects_in(beside)):
                found.append(Case(file, beside, refused=True))
            else:
                found.append(Case(file, required=(beside,), refused=True))
    # No Composition fits it, so Crossplane never comes to ask: the XRD's rule refuses it.
    return [case for case in found if case.file.name != "not-offered.yaml"]


def selfservice(case: Case, composite: Json) -> subprocess.CompletedProcess[str]:
    command = [str(BINARY), "render", str(written(case, composite)), "-o", "json"]
    if case.observed:
        command += ["--observed", str(case.observed)]
    for path in required(case, composite):
        command += ["--required", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def written(case: Case, composite: Json) -> Path:
    """The file with the composite resource, for both."""
    path = SCRATCH / (re.sub(r"\W+", "-", case.title) + ".yaml")
    path.write_text(json.dumps(composite))
    return path


def required(case: Case, composite: Json) -> list[Path]:
    """What exists besides: the claim of a composite resource that has one, too."""
    claim = [case.file] if "claimRef" in composite["spec"] else []
    return [*claim, *case.required]


def documents(path: Path) -> list[Json]:
    return [item for item in yaml.safe_load_all(path.read_text()) if item]


def objects_in(folder: Path) -> list[Json]:
    return [item for file in sorted(folder.glob("*.yaml")) for item in documents(file)]


def composite_of(case: Case) -> Json:
    """The composite resource that Crossplane would have, with an identity that both know."""
    (claim,) = documents(case.file)
    if "crossplane" in claim["spec"]:
        return {**claim, "metadata": {**claim["metadata"], "uid": UID}}
    name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
    # The claim's Secret is the claim's alone.
    spec = {key: value for key, value in claim["spec"].items() if key != "writeConnectionSecretToRef"}
    reference = {"apiVersion": claim["apiVersion"], "kind": claim["kind"]}
    return {
        "apiVersion": claim["apiVersion"],
        "kind": f"X{claim['kind']}",
        "metadata": {
            "name": f"{name}-x7k2m",
            "uid": UID,
            "labels": {"crossplane.io/claim-name": name, "crossplane.io/claim-namespace": namespace},
        },
        "spec": {**spec, "claimRef": {**reference, "name": name, "namespace": namespace}},
    }


def package_of(composite: Json) -> Path:
    legacy = composite["kind"].startswith("X")
    return Path("package/configuration-claims" if legacy else "package/configuration")


def engine(case: Case, composite: Json) -> subprocess.CompletedProcess[str]:
    labels = composite["spec"].get("crossplane", composite["spec"])["compositionSelector"]["matchLabels"]
    package = package_of(composite)
    name = f"{case.kind}-{labels['provider']}-{labels['environment']}"
    command = ["crossplane", "composition", "render", str(written(case, composite))]
    command += [str(package / "compositions" / f"{name}.yaml"), str(EXAMPLES / "functions.yaml")]
    command += ["--xrd", str(package / "xrds" / f"{case.kind}.yaml"), "--include-full-xr"]
    command += ["--crossplane-binary", CORE, "--required-schemas", str(SCRATCH / "schemas")]
    if case.observed:
        command += ["--observed-resources", str(case.observed)]
    for path in required(case, composite):
        command += ["--required-resources", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def which(program: str) -> str:
    return subprocess.run(["which", program], capture_output=True, text=True, check=True).stdout.strip()


CORE = which("crossplane-core")


def plain(item: Json) -> Json:
    """A composed object without what core adds to it."""
    metadata = dict(item["metadata"])
    metadata.pop("ownerReferences", None)
    metadata.pop("generateName", None)
    labels = {
        key: value
        for key, value in metadata.pop("labels", {}).items()
        if not key.startswith("crossplane.io/")
    }
    if labels:
        metadata["labels"] = labels
    return {**item, "metadata": metadata}


def status_of(composite: Json) -> Json:
    """Its status without what core says itself, and without the time."""
    status = dict(composite.get("status", {}))
    status.pop("claimConditionTypes", None)
    conditions = [
        {name: value for name, value in condition.items() if name != "lastTransitionTime"}
        for condition in status.pop("conditions", [])
        if condition["type"] not in CORES_CONDITIONS
    ]
    return {**status, "conditions": sorted(conditions, key=lambda condition: condition["type"])}


def is_ready(composite: Json) -> bool:
    conditions = composite.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def judge(case: Case) -> Result:
    composite = composite_of(case)
    result = Result(case)
    own, real = selfservice(case, composite), engine(case, composite)
    if case.refused:
        judge_refusal(result, own, real)
        return result
    if own.returncode or real.returncode:
        result.problems.append(f"selfservice: {own.stderr}\nCrossplane: {real.stderr}")
        return result
    ours = json.loads(own.stdout)
    theirs = [item for item in yaml.safe_load_all(real.stdout) if item]
    result.objects = theirs
    expected = {"status": status_of(ours[0]), "ready": is_ready(ours[0])}
    found = {"status": status_of(theirs[0]), "ready": is_ready(theirs[0])}
    if found != expected:
        result.problems.append(difference("composite", expected, found))
    for name, item in compared(ours[1:], theirs[1:]).items():
        expected, found = item
        if expected != found:
            result.problems.append(difference(name, expected, found))
    return result


def compared(ours: list[Json], theirs: list[Json]) -> dict[str, tuple[Json, Json]]:
    def by_key(items: list[Json]) -> dict[str, Json]:
        return {item["metadata"]["annotations"][KEY]: plain(item) for item in items}

    ours_by_key, theirs_by_key = by_key(ours), by_key(theirs)
    return {
        key: (ours_by_key.get(key), theirs_by_key.get(key))
        for key in sorted(ours_by_key.keys() | theirs_by_key.keys())
    }


def judge_refusal(
    result: Result,
    own: subprocess.CompletedProcess[str],
    real: subprocess.CompletedProcess[str],
) -> None:
    if own.returncode != 1 or real.returncode == 0 or real.stdout:
        result.problems.append(f"not refused by both: {own.returncode}, {real.returncode}: {real.stdout}")
    sentences = re.findall(r"^  \S+ \[\S+\]: (.*)$", own.stderr, re.MULTILINE)
    if not sentences:
        result.problems.append(f"no sentence in {own.stderr!r}")
    said = " ".join(real.stderr.split())
    result.problems += [
        f"Crossplane does not say {sentence!r}: {said}" for sentence in sentences if sentence not in said
    ]


def difference(name: str, expected: Json, found: Json) -> str:
    def lines(item: Json) -> list[str]:
        return json.dumps(item, indent=1, sort_keys=True).splitlines()

    changed = difflib.unified_diff(lines(expected), lines(found), "selfservice", "Crossplane", lineterm="")
    return "\n".join([f"{name}:", *changed])


def definitions() -> list[Json]:
    return [
        json.loads(line)["definition"]
        for file in sorted(Path("tests/crds").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]


def write_schemas(crds: list[Json]) -> None:
    """What an API server publishes of the kinds, as far as the function asks for it."""
    (SCRATCH / "schemas").mkdir()
    schemas = {}
    for crd in crds:
        spec = crd["spec"]
        for version in spec["versions"]:
            names = {"group": spec["group"], "version": version["name"], "kind": spec["names"]["kind"]}
            schema = {**version["schema"]["openAPIV3Schema"], "x-kubernetes-group-version-kind": [names]}
            schemas[".".join(names.values())] = schema
    document = {"openapi": "3.0.0", "info": {}, "paths": {}, "components": {"schemas": schemas}}
    (SCRATCH / "schemas" / "all.json").write_text(json.dumps(document))


def validate(crds: list[Json], results: list[Result]) -> int:
    """Lets Crossplane judge everything rendered against the CRDs and our XRDs; returns how many."""
    extensions = SCRATCH / "extensions"
    extensions.mkdir()
    (extensions / "crds.yaml").write_text("\n---\n".join(json.dumps(crd) for crd in crds))
    judged = 0
    for package in [Path("package/configuration"), Path("package/configuration-claims")]:
        items = [
            item
            for result in results
            if result.objects and package_of(result.objects[0]) == package
            for item in result.objects
        ]
        # The same name in two examples is no mistake.
        resources = SCRATCH / f"{package.name}.yaml"
        resources.write_text("\n---\n".join(json.dumps(item) for item in items))
        command = ["crossplane", "resource", "validate", f"{extensions},{package / 'xrds'}", str(resources)]
        command += ["--crossplane-image=", f"--cache-dir={SCRATCH / 'cache'}", "--output", "json"]
        command += ["--error-on-missing-schemas"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            results[0].problems.append(f"resource validate: {done.stdout}{done.stderr}")
        judged += len(items)
    return judged


def main() -> int:
    crds = definitions()
    write_schemas(crds)
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(judge, cases()))
    judged = validate(crds, results)
    failed = [result for result in results if result.problems]
    for result in failed:
        print(f"FAILED {result.case.title}", *result.problems, sep="\n", file=sys.stderr)
    refused = sum(result.case.refused for result in results)
    print(
        f"{len(results) - len(failed)} of {len(results)} examples are the same in Crossplane's render engine"
        f" ({refused} refused), {judged} objects validated"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
