"""Judges packages by their specification, by Crossplane's own command line, by a registry and a client
that know nothing of us, and by running the program of a pulled one in an otherwise empty root.

The specification: crossplane/crossplane, contributing/specifications/xpkg.md; OCI image 1.1; ustar; gzip.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from tally import Tally

Json = Any

REGISTRY = "127.0.0.1:15000"
HERE = Path("tests/packages")
EXAMPLES = HERE / "fixtures/examples"
ANNOTATION = "io.crossplane.xpkg"
GRPC, METRICS = 9443, 8080
TIMEOUT = 30.0


def run(*command: object, fails: bool = False, **options: Any) -> str:
    """Standard output of a command that succeeds, or standard error of one that does not."""
    finished = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if (finished.returncode != 0) != fails:
        raise RuntimeError(f"{command} ended with {finished.returncode}: {finished.stdout}{finished.stderr}")
    return finished.stderr if fails else finished.stdout


def wait_for(what: str, look: Callable[[], Any]) -> Any:
    """What `look` finds as soon as it finds anything."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise TimeoutError(f"waited in vain for {what}")


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Package:
    """A folder of YAML, built."""

    def __init__(self, selfservice: Path, kind: str, source: Path, binaries: list[Path], out: Path) -> None:
        self.selfservice = selfservice
        self.kind = kind
        self.source = source
        self.binaries = binaries
        self.name = source.name if source.parts[0] == "package" else f"example {kind}"
        self.files = self.build(source, out)

    def build(self, source: Path, out: Path, **options: Any) -> list[Path]:
        out.mkdir(parents=True)
        binaries = [word for binary in self.binaries for word in ("--binary", binary)]
        command = [self.selfservice, "package", "build", self.kind, source, *binaries]
        printed = run(*command, "--examples", EXAMPLES, "--output", out, **options)
        return [Path(line) for line in printed.splitlines()]

    def inspect(self, what: object) -> Json:
        return json.loads(run(self.selfservice, "package", "inspect", what, "-o", "json"))

    def push(self, reference: str) -> str:
        """Pushes all files as one; gives the digest."""
        printed = run(self.selfservice, "package", "push", *self.files, reference).strip()
        assert printed.startswith(f"{reference}@sha256:"), printed
        return printed.partition("@")[2]


class Archive:
    """A package file, unpacked."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as archive:
            self.members = archive.getmembers()
            self.files = {member.name: archive.extractfile(member).read() for member in self.members}
        (self.manifest,) = json.loads(self.files["manifest.json"])
        self.stored_config = self.files[self.manifest["Config"]]
        self.config = json.loads(self.stored_config)
        self.layers = [self.files[name] for name in self.manifest["Layers"]]


def check_builds_alike(tally: Tally, package: Package, scratch: Path) -> None:
    """From a copy with other times, in another place, zone and mask, the same bytes come out."""
    copy = scratch / "copy"
    shutil.copytree(package.source, copy)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
    environment = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "77"}
    again = package.build(copy, scratch / "again", env=environment, umask=0o077)
    for first, second in zip(package.files, again, strict=True):
        tally.expect(first.read_bytes() == second.read_bytes(), f"{package.name}: {first.name} twice is the same bytes")
    left = [path.name for path in scratch.rglob(".*")]
    tally.expect(not left, f"{package.name}: nothing half-written is left {left or ''}".strip())


def check_layers(tally: Tally, package: Package, path: Path, binary: Path | None) -> None:
    """Every layer and the configuration by the specification."""
    archive = Archive(path)
    config = archive.config["config"]

    def expect(holds: bool, message: str) -> None:
        tally.expect(holds, f"{path.name}: {message}")

    names = {"manifest.json", archive.manifest["Config"], *archive.manifest["Layers"]}
    expect(set(archive.files) == names, "holds what its manifest names, and nothing else")
    expect(digest(archive.stored_config) == f"sha256:{Path(archive.manifest['Config']).stem}", "names its configuration by digest")
    expected = [("function-self-service", 0o755)] if binary else []
    expected += [("package.yaml", 0o644), (".up/examples.yaml", 0o644)]
    purposes = [None, "base", "upbound"] if binary else ["base", "upbound"]
    expect(len(archive.layers) == len(expected), f"has {len(expected)} layers")
    for layer, (name, mode), purpose in zip(archive.layers, expected, purposes, strict=True):
        expect(layer[:8] == b"\x1f\x8b\x08\0\0\0\0\0", f"{name}: gzip without name and time")
        unpacked = gzip.decompress(layer)
        with tarfile.open(fileobj=io.BytesIO(unpacked)) as tar:
            members = tar.getmembers()
            content = tar.extractfile(members[0]).read()
        expect([member.name for member in members] == [name], f"{name}: the only entry of its layer")
        (member,) = members
        expect(member.isreg() and member.mode == mode, f"{name}: a file of mode {mode:o}")
        owner = (member.uid, member.gid, member.uname, member.gname, member.mtime)
        expect(owner == (0, 0, "", "", 0), f"{name}: root's, of the epoch")
        label = config["Labels"].get(f"{ANNOTATION}:{digest(layer)}")
        expect(label == purpose, f"{name}: labelled {purpose}")
        expect(digest(unpacked) in archive.config["rootfs"]["diff_ids"], f"{name}: its content is configured")
        if name == "function-self-service":
            expect(content == binary.read_bytes(), "the program is the one given")
        if name == "package.yaml":
            text = content.decode()
            sources = [source.read_text().strip() for source in package.source.rglob("*.yaml")]
            bodies = [part.strip() for text in sources for part in text.split("\n---\n")]
            missing = [body for body in bodies if body.removeprefix("---\n").strip() not in text]
            expect(not missing, f"package.yaml: holds all {len(bodies)} documents of {package.source}")
            expect(text.startswith("---\n") and "meta.pkg.crossplane.io/v1" in text.split("\n---\n")[0], "package.yaml: begins with the package object")
    if binary:
        expect(config["Entrypoint"] == ["/function-self-service"] and "Cmd" not in config, "arguments follow the entrypoint")
        expect(config["User"] == "2000:2000", "runs as 2000:2000")
        expect(set(config["ExposedPorts"]) == {f"{GRPC}/tcp", f"{METRICS}/tcp"}, "exposes the ports of the server")


def check_crossplane(tally: Tally, package: Package, scratch: Path) -> None:
    """Crossplane's command line builds the same from the same folder, and reads what we built."""
    theirs = scratch / "theirs.xpkg"
    run("crossplane", "xpkg", "build", "-f", package.source, "-e", EXAMPLES, "-o", theirs)
    ours, built = package.inspect(package.files[0]), package.inspect(theirs)
    by_name = lambda objects: sorted(objects, key=lambda item: (item["kind"], item["name"]))
    for field in ("type", "name", "crossplane", "capabilities", "dependencies"):
        tally.expect(ours[field] == built[field], f"{package.name}: Crossplane's builder sees the same {field}")
    tally.expect(by_name(ours["objects"]) == by_name(built["objects"]), f"{package.name}: Crossplane's builder sees the same {len(ours['objects'])} objects")

    extracted = scratch / "extracted.gz"
    run("crossplane", "xpkg", "extract", "--from-xpkg", package.files[0], "-o", extracted)
    stream = gzip.decompress(extracted.read_bytes())
    archive = Archive(package.files[0])
    layer = next(layer for layer in archive.layers if archive.config["config"]["Labels"].get(f"{ANNOTATION}:{digest(layer)}") == "base")
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        tally.expect(stream == tar.extractfile("package.yaml").read(), f"{package.name}: Crossplane extracts our package.yaml")
    # Its parser and its linter on our very stream.
    folder = scratch / "stream"
    folder.mkdir()
    (folder / "crossplane.yaml").write_bytes(stream)
    run("crossplane", "xpkg", "build", "-f", folder, "-e", EXAMPLES, "-o", scratch / "parsed.xpkg")
    tally.expect(package.inspect(scratch / "parsed.xpkg")["objects"] is not None, f"{package.name}: Crossplane's parser and linter accept our stream")


def check_refusals(tally: Tally, package: Package, scratch: Path) -> None:
    """What Crossplane's linter refuses, ours refuses."""
    mistakes = {
        "a ConfigMap": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        "a second package object": "apiVersion: meta.pkg.crossplane.io/v1\nkind: Configuration\nmetadata: {name: b}\n",
        "no YAML": "a: [\n",
    }
    for what, content in mistakes.items():
        folder = scratch / what.replace(" ", "-")
        shutil.copytree(package.source, folder)
        (folder / "mistake.yaml").write_text(content)
        out = scratch / "refused.xpkg"
        run("crossplane", "xpkg", "build", "-f", folder, "-o", out, fails=True)
        binaries = [word for binary in package.binaries for word in ("--binary", binary)][:2]
        said = run(package.selfservice, "package", "build", package.kind, folder, *binaries, "-o", out, fails=True)
        one_line = said.startswith("error: ") and said.count("\n") == 1 and "mistake.yaml:1: " in said
        tally.expect(one_line and not out.exists(), f"{package.name}: {what} is refused as Crossplane refuses it")


def blobs(layout: Path) -> set[str]:
    """Digests of an OCI layout, each checked."""
    found = set()
    for path in (layout / "blobs/sha256").iterdir():
        assert digest(path.read_bytes()) == f"sha256:{path.name}", path
        found.add(f"sha256:{path.name}")
    return found


def check_registry(tally: Tally, package: Package, scratch: Path) -> Path:
    """Pushed by us and pulled by skopeo; pushed by Crossplane and inspected by us."""
    reference = f"{REGISTRY}/platform/{package.name.replace(' ', '-')}:v1.0.0"
    pushed = package.push(reference)
    layout = scratch / "layout"
    run("skopeo", "copy", "--all", "--src-tls-verify=false", f"docker://{reference}", f"oci:{layout}:v1.0.0")
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    tally.expect(entry["digest"] == pushed, f"{package.name}: skopeo pulls the digest that push printed")
    manifests = [entry]
    if "index" in entry["mediaType"]:
        index = json.loads((layout / "blobs/sha256" / pushed.removeprefix("sha256:")).read_text())
        manifests = index["manifests"]
        platforms = [f"{item['platform']['os']}/{item['platform']['architecture']}" for item in manifests]
        tally.expect(platforms == ["linux/amd64", "linux/arm64"], f"{package.name}: the index is over {' and '.join(platforms)}")
    expected = {pushed, *(item["digest"] for item in manifests)}
    for path, item in zip(package.files, manifests, strict=True):
        archive = Archive(path)
        stored = json.loads((layout / "blobs/sha256" / item["digest"].removeprefix("sha256:")).read_text())
        tally.expect(stored["config"]["digest"] == digest(archive.stored_config), f"{path.name}: arrives with its configuration")
        arrived = [layer["digest"] for layer in stored["layers"]]
        tally.expect(arrived == [digest(layer) for layer in archive.layers], f"{path.name}: arrives with its {len(arrived)} layers in order")
        purposes = [layer.get("annotations", {}).get(ANNOTATION) for layer in stored["layers"]][-2:]
        tally.expect(purposes == ["base", "upbound"], f"{path.name}: its layers are annotated")
        expected |= {stored["config"]["digest"], *arrived}
    tally.expect(blobs(layout) == expected, f"{package.name}: all {len(expected)} blobs arrive, and no other")
    seen = json.loads(run("skopeo", "inspect", "--tls-verify=false", f"docker://{reference}"))
    inspected = package.inspect(reference)
    tally.expect((seen["Os"], seen["Architecture"]) == ("linux", "amd64"), f"{package.name}: skopeo takes it for linux/amd64")
    tally.expect(seen["Labels"] == inspected["labels"], f"{package.name}: skopeo and inspect see the same labels")
    tally.expect(inspected["digest"] == pushed, f"{package.name}: inspect shows what is pushed")
    of_file = package.inspect(package.files[0])
    same = [field for field in of_file if field not in ("digest", "platforms")]
    tally.expect(all(of_file[field] == inspected[field] for field in same), f"{package.name}: pushed and built, inspect shows the same")

    extracted = scratch / "pulled.gz"
    run("crossplane", "xpkg", "extract", reference, "-o", extracted)
    built = scratch / "extracted.gz"
    tally.expect(gzip.decompress(extracted.read_bytes()) == gzip.decompress(built.read_bytes()), f"{package.name}: Crossplane pulls and reads our package.yaml")
    theirs = reference.replace(":v1.0.0", ":v2.0.0")
    run("crossplane", "xpkg", "push", "-f", ",".join(map(str, package.files)), theirs)
    by_them = package.inspect(theirs)
    purposes = [[layer["annotation"] for layer in item["layers"]] for item in (inspected, by_them)]
    tally.expect(purposes[0] == purposes[1] and by_them["objects"] == inspected["objects"], f"{package.name}: Crossplane pushes our files, too, to the same effect")
    return layout


def get(port: int, path: str) -> int:
    """The status of an HTTP answer, or 0."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def call(method: str, message: bytes = b"") -> tuple[str, bytes]:
    """Calls the server over gRPC: its status and its message."""
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    command = ["curl", "-sS", "--http2-prior-knowledge", "-X", "POST", "-D", "/dev/stderr", "--data-binary", "@-"]
    command += ["-H", "content-type: application/grpc", "-H", "te: trailers", f"http://127.0.0.1:{GRPC}/{method}"]
    finished = subprocess.run(command, input=frame, capture_output=True, timeout=TIMEOUT)
    headers = dict(line.split(": ", 1) for line in finished.stderr.decode().splitlines() if ": " in line)
    return headers.get("grpc-status", finished.stderr.decode()), finished.stdout[5:]


@contextmanager
def container(layout: Path, root: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Runs the pulled image as its configuration says, with nothing but its layers, read-only, without rights."""
    manifest_of = lambda name: json.loads((layout / "blobs/sha256" / name.removeprefix("sha256:")).read_text())
    manifest = manifest_of(json.loads((layout / "index.json").read_text())["manifests"][0]["digest"])
    if "manifests" in manifest:
        manifest = manifest_of(manifest["manifests"][0]["digest"])
    config = manifest_of(manifest["config"]["digest"])["config"]
    for layer in manifest["layers"]:
        with tarfile.open(layout / "blobs/sha256" / layer["digest"].removeprefix("sha256:")) as tar:
            tar.extractall(root, filter="fully_trusted")
    uid, gid = config["User"].split(":")
    reading, writing = os.pipe()
    command = ["bwrap", "--unshare-all", "--share-net", "--as-pid-1", "--die-with-parent", "--info-fd", str(writing)]
    command += ["--ro-bind", str(root), "/", "--uid", uid, "--gid", gid, "--cap-drop", "ALL", "--clearenv"]
    for setting in config["Env"]:
        command += ["--setenv", *setting.split("=", 1)]
    command += ["--chdir", config["WorkingDir"], *config["Entrypoint"], "--insecure"]
    with open(root.parent / "server.log", "wb") as log:
        process = subprocess.Popen(command, pass_fds=[writing], stdout=log, stderr=log)
        os.close(writing)
        with os.fdopen(reading) as info:
            told = info.read()
        try:
            if not told:
                raise RuntimeError((root.parent / "server.log").read_text())
            yield process, json.loads(told)["child-pid"]
        finally:
            process.kill()
            process.wait()


def check_runs(tally: Tally, layout: Path, scratch: Path) -> None:
    root = scratch / "root"
    root.mkdir()
    with container(layout, root) as (process, pid):
        wait_for("the server to be ready", lambda: process.poll() is not None or get(METRICS, "/readyz") == 200)
        tally.expect(process.poll() is None, "the program of the pulled image is ready in a root of its own")
        of_process = Path(f"/proc/{pid}")
        status = dict(line.split(":\t", 1) for line in (of_process / "status").read_text().splitlines())
        tally.expect(status["CapEff"].strip("0") == "" and status["CapPrm"].strip("0") == "", "it has no capability")
        mounts = [line.split() for line in (of_process / "mountinfo").read_text().splitlines()]
        tally.expect([(mount[4], mount[5].split(",")[0]) for mount in mounts] == [("/", "ro")], "its root is the only mount, and read-only")
        inside = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        tally.expect(inside == [".up/examples.yaml", "function-self-service", "package.yaml"], "there is no other file")
        namespace = (of_process / "uid_map").read_text().split()
        own = int(namespace[0]) if len(namespace) >= 3 and namespace[2] == "1" else int(status["Uid"].split()[0])
        tally.expect(own == 2000, "it runs as 2000")
        environment = sorted(filter(None, (of_process / "environ").read_bytes().split(b"\0")))
        tally.expect(environment == [b"MALLOC_ARENA_MAX=1", b"MALLOC_MMAP_THRESHOLD_=131072", b"PWD=/"], "its environment is the image's")
        tally.expect(get(METRICS, "/livez") == 200 and get(METRICS, "/metrics") == 200, "it answers probes and metrics")
        # ServingStatus SERVING, the first field of the answer.
        tally.expect(call("grpc.health.v1.Health/Check") == ("0", b"\x08\x01"), "it says over gRPC that it serves")
        code, answer = call("apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction")
        tally.expect(code == "0" and b"this function composes PostgreSQLInstance" in answer, "it answers a call about nothing with what it composes")
        os.kill(pid, signal.SIGTERM)
        tally.expect(process.wait(TIMEOUT) == 0, "it stops when it is told to")


@contextmanager
def registry(scratch: Path) -> Iterator[None]:
    """Debian's registry on loopback."""
    settings = {"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(scratch / "registry")}}, "http": {"addr": REGISTRY}}
    # JSON is YAML.
    (scratch / "registry.yml").write_text(json.dumps(settings))
    with open(scratch / "registry.log", "wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", scratch / "registry.yml"], stdout=log, stderr=log)
    try:
        wait_for("the registry", lambda: get(int(REGISTRY.partition(":")[2]), "/v2/") == 200)
        yield
    finally:
        process.terminate()
        process.wait()


def packages(selfservice: Path, server: Path, scratch: Path) -> Iterator[Package]:
    # No linker for arm64 is taken for granted: a program that only claims to be for it does for all but running.
    arm64 = scratch / "arm64"
    content = bytearray(server.read_bytes())
    content[18:20] = (183).to_bytes(2, "little")
    arm64.write_bytes(content)
    sources = [HERE / "fixtures/function", HERE / "fixtures/configuration"]
    sources += sorted(path.parent for path in Path("package").glob("*/crossplane.yaml"))
    for number, source in enumerate(sources):
        kind = "function" if source.name == "function" else "configuration"
        binaries = [server] if kind == "function" else []
        if source == sources[0]:
            binaries.append(arm64)
        yield Package(selfservice, kind, source, binaries, scratch / f"{number}" / "built")


def main() -> int:
    selfservice, server = (Path(argument).resolve() for argument in sys.argv[1:])
    tally = Tally()
    # Read-only roots are unpacked for another user.
    with TemporaryDirectory() as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        os.environ |= {"DOCKER_CONFIG": str(scratch / "docker"), "HOME": str(scratch / "home")}
        with registry(scratch):
            for package in packages(selfservice, server, scratch):
                own = package.files[0].parent.parent
                check_builds_alike(tally, package, own)
                for path, binary in zip(package.files, package.binaries or [None], strict=True):
                    check_layers(tally, package, path, binary)
                check_crossplane(tally, package, own)
                check_refusals(tally, package, own)
                layout = check_registry(tally, package, own)
                if package.kind == "function":
                    check_runs(tally, layout, own)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
