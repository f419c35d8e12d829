"""Crossplane's core and our function as processes, and what a cluster's package runtime would do for them."""

import base64
import os
import re
import subprocess
import threading
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from client import PAUSE, Api, condition, states, total, wait_for

Json = Any

SYSTEM = "crossplane-system"
READY = "http://127.0.0.1:18081/readyz"
METRICS = "http://127.0.0.1:18080"
WEBHOOKS = 19443
FUNCTION = "function-self-service"
PROBES = "http://127.0.0.1:18082"
ENDPOINT = "dns:///localhost:9443"
# Core's own, as its chart has them: an administrator never finds that one is missing.
RIGHTS = re.compile(r"^kind: (ClusterRole|ClusterRoleBinding|ServiceAccount)$", re.MULTILINE)


def run(*command: str, given: str | None = None) -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


class Process:
    """A server that lives as long as a suite lets it."""

    def __init__(self, scratch: Path, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        # Added to, so that a restart does not hide why it was needed.
        with open(scratch / f"{name}.log", "ab") as log:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | environment
            )

    def end(self) -> None:
        self.child.kill()
        self.child.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def metrics(server: str) -> str:
    with urllib.request.urlopen(f"{server}/metrics", timeout=5) as answer:
        return answer.read().decode()


@dataclass
class Core:
    """A release of Crossplane."""

    program: str
    # Folder of its CRDs, webhooks and chart.
    sources: Path


@dataclass
class Plane:
    """Where everything runs."""

    api: Api
    scratch: Path
    core: Core
    newest: Core
    # Folder of this build's command line.
    binaries: Path
    # This build's server.
    function: Path
    running: dict[str, Process] = field(default_factory=dict)

    def start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.running[name] = Process(self.scratch, name, command, environment)

    def stop(self, name: str) -> None:
        if process := self.running.pop(name, None):
            process.end()

    def end(self) -> None:
        for name in list(self.running):
            self.stop(name)

    # --- Crossplane ---

    def environment(self, who: str) -> dict[str, str]:
        return {
            "KUBECONFIG": str(self.scratch / f"{who}.kubeconfig"),
            "POD_NAMESPACE": SYSTEM,
            "POD_SERVICE_ACCOUNT": "crossplane",
            "TLS_CA_SECRET_NAME": "crossplane-root-ca",
            "TLS_CLIENT_SECRET_NAME": "crossplane-tls-client",
            "TLS_SERVER_SECRET_NAME": "crossplane-tls-server",
            "TLS_CLIENT_CERTS_DIR": str(self.scratch / "client"),
            "TLS_SERVER_CERTS_DIR": str(self.scratch / "webhooks"),
            "CRDS_PATH": str(self.core.sources / "crds"),
            "WEBHOOK_CONFIGS_PATH": str(self.core.sources / "webhookconfigurations"),
            # There is no network of Services: the certificate is to be good for where the webhooks really are.
            "WEBHOOK_SERVICE_NAME": "localhost",
            "WEBHOOK_SERVICE_NAMESPACE": SYSTEM,
            "WEBHOOK_SERVICE_PORT": str(WEBHOOKS),
            "WEBHOOK_PORT": str(WEBHOOKS),
            "METRICS_PORT": "18080",
            "HEALTH_PROBE_PORT": "18081",
            "XPKG_CACHE_DIR": self.folder("packages"),
            "XFN_CACHE_DIR": self.folder("answers"),
            "PACKAGE_RUNTIME": "Function=External;Provider=External",
        }

    def folder(self, name: str) -> str:
        (self.scratch / name).mkdir(exist_ok=True)
        return str(self.scratch / name)

    def bring_up(self) -> None:
        """Initialises and starts core and its manager of roles."""
        chart = run("helm", "template", "crossplane", f"{self.core.sources}/charts/crossplane", "--namespace", SYSTEM)
        rights = [document for document in chart.split("---\n") if RIGHTS.search(document)]
        run("kubectl", "apply", "--filename=-", given="---\n".join(rights))
        wait_for("core's roles", self.has_roles)
        self.initialise()
        self.unpack("crossplane-tls-client", "client")
        self.unpack("crossplane-tls-server", "webhooks")
        self.redirect_webhooks()
        allowed = "--provider-clusterrole=crossplane:allowed-provider-permissions"
        self.start("roles", [self.core.program, "rbac", "start", allowed], self.environment("roles"))
        self.start_core()

    def has_roles(self) -> bool:
        role = self.api.ask("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/crossplane")
        return any("apiextensions.crossplane.io" in rule.get("apiGroups", []) for rule in role.get("rules") or [])

    def initialise(self) -> None:
        """A kind that it has just installed may not be served yet: a cluster would run it again, too."""

        def runs() -> bool:
            with open(self.scratch / "initialise.log", "ab") as log:
                command = [self.core.program, "core", "init"]
                environment = os.environ | self.environment("core")
                return subprocess.run(command, env=environment, stdout=log, stderr=log).returncode == 0

        wait_for("core to be initialised", runs)

    def start_core(self) -> None:
        # The cloud of these tests does in a second what takes AWS minutes: by default core would have enough of
        # a composite resource whose resources change more than a hundred times at once.
        patience = "--circuit-breaker-burst=1000"
        self.start("core", [self.core.program, "core", "start", patience], self.environment("core"))
        wait_for("core to be ready", lambda: answers(READY))

    def restart_core(self) -> None:
        self.stop("core")
        self.start_core()

    def upgrade_core(self) -> None:
        """As its chart does."""
        self.stop("core")
        self.stop("roles")
        self.core = self.newest
        self.bring_up()

    def secret(self, name: str) -> dict[str, bytes]:
        item = self.api.ask("GET", f"/api/v1/namespaces/{SYSTEM}/secrets/{name}") or {}
        return {key: base64.b64decode(value) for key, value in item.get("data", {}).items()}

    def unpack(self, secret: str, folder: str) -> Path:
        place = Path(self.folder(folder))
        for key, value in self.secret(secret).items():
            (place / key).write_bytes(value)
        return place

    def redirect_webhooks(self) -> None:
        path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/crossplane-no-usages"
        configuration = self.api.ask("GET", path)
        for webhook in configuration["webhooks"]:
            place = webhook["clientConfig"].pop("service")["path"]
            webhook["clientConfig"]["url"] = f"https://localhost:{WEBHOOKS}{place}"
        self.api.ask("PUT", path, configuration)

    # --- our function ---

    def certify(self) -> None:
        """A certificate of the function's own, signed as Crossplane's package runtime signs it."""
        authority, place = self.unpack("crossplane-root-ca", "authority"), Path(self.folder("function"))
        (place / "names").write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
        (place / "ca.crt").write_bytes((authority / "tls.crt").read_bytes())
        openssl = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tls.key", "-subj", "/CN=Crossplane"]
        subprocess.run([*openssl, "-out", "request"], cwd=place, check=True, capture_output=True)
        sign = ["openssl", "x509", "-req", "-in", "request", "-CA", "ca.crt", "-CAkey", str(authority / "tls.key")]
        sign += ["-set_serial", "2022", "-days", "2", "-extfile", "names", "-out", "tls.crt"]
        subprocess.run(sign, cwd=place, check=True, capture_output=True)

    def start_function(self, server: Path, *flags: str) -> None:
        self.start(
            # Core's manager of roles has the port for metrics that ours would take.
            "function",
            [
                str(server),
                "--metrics-address",
                "127.0.0.1:18082",
                "--tls-client-names",
                "crossplane.crossplane-system",
                *flags,
            ],
            {"TLS_SERVER_CERTS_DIR": str(self.scratch / "function")},
        )

    def answers(self) -> bool:
        return answers(f"{PROBES}/readyz")

    def calls(self) -> int:
        """How often core has called the function since it was started; never while it does not answer."""
        try:
            return total(metrics(PROBES), "grpc_server_handled_total{")
        except OSError:
            return 0

    def reconciles(self, definitions: list[str]) -> list[int]:
        """How often core has, since it was started, looked at what each defines and left it for a time."""
        found, series = metrics(METRICS), "controller_runtime_reconcile_total"
        return [
            total(found, f'{series}{{controller="composite/{definition}",result="requeue_after"}}')
            for definition in definitions
        ]

    def restart_function(self, *flags: str) -> None:
        """This build's, whichever ran before."""
        self.stop("function")
        self.start_function(self.function, *flags)


class Runtime(threading.Thread):
    """Does for packages what the runtime of a cluster does: tells core that they run, and where."""

    def __init__(self, plane: Plane) -> None:
        super().__init__(daemon=True)
        self.plane = plane
        self.done: set[str] = set()
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(PAUSE * 2):
            for kind in ("ProviderRevision", "FunctionRevision"):
                for revision in self.plane.api.find("pkg.crossplane.io/v1", kind):
                    if revision["metadata"]["uid"] not in self.done:
                        self.serve(revision)
                        self.done.add(revision["metadata"]["uid"])

    def serve(self, revision: Json) -> None:
        name = revision["metadata"]["name"]
        place = self.plane.scratch / "function"
        entries = {
            key: base64.b64encode((place / key).read_bytes()).decode() for key in ("ca.crt", "tls.crt", "tls.key")
        }
        metadata = {"name": f"{name}-server", "namespace": SYSTEM}
        self.plane.api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": entries}, "runtime")
        healthy = {
            "type": "RuntimeHealthy",
            "status": "True",
            "reason": "HealthyPackageRevision",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        status: Json = {"tlsServerSecretName": f"{name}-server", "conditions": [healthy]}
        if revision["kind"] == "FunctionRevision":
            status["endpoint"] = ENDPOINT
        told = {"apiVersion": revision["apiVersion"], "kind": revision["kind"], "metadata": {"name": name}}
        self.plane.api.apply({**told, "status": status}, "runtime", subresource="/status")


def wait_for_condition(api: Api, item: Json, kind: str, status: str = "True", timeout: float = 60.0) -> Json:
    """The object, once a condition of it is as wanted."""

    def look() -> Json | None:
        found = api.read(item)
        return found if condition(found, kind).get("status") == status else None

    title = f"{item['kind']} {item['metadata']['name']} to be {kind}={status}"
    return wait_for(title, look, lambda: states(api.read(item)), timeout)
