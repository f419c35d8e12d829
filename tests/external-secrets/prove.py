"""Proves that passwords are born once, with the real External Secrets controller.

Claims are rendered by our binary. What External Secrets works with goes to a real API server the way
Crossplane brings it there: applied server-side, deleted when a render leaves it out, and shown to the
next render as it was found. Of everything else a provider is taken to make what it was asked for.
"""

import base64
import json
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from tally import Tally

Json = Any
Found = TypeVar("Found")

KEY = "crossplane.io/composition-resource-name"
TIMEOUT = 30.0

# What goes to the API server, by kind, with the version and the name in paths.
SERVED = {
    "Secret": ("v1", "secrets"),
    "ExternalSecret": ("external-secrets.io/v1", "externalsecrets"),
    "Password": ("generators.external-secrets.io/v1alpha1", "passwords"),
    "GeneratorState": ("generators.external-secrets.io/v1alpha1", "generatorstates"),
}

# How often a controller is made to look again where nothing may happen.
ROUNDS = 3


def is_served(item: Json) -> bool:
    return SERVED.get(item["kind"], ("",))[0] == item["apiVersion"]


@dataclass(frozen=True)
class Login:
    """A generated password: the key of the Secret that it is born in, and those of its copies."""

    born: str
    # With the entry that holds it: a JSON document, or the password itself.
    copies: dict[str, str]

    @property
    def holders(self) -> dict[str, str]:
        return {self.born: "password", **self.copies}

    @property
    def filler(self) -> str:
        return f"{self.born}-password"

    @property
    def generator(self) -> str:
        return f"{self.born}-generator"


@dataclass(frozen=True)
class Subject:
    """A kind with generated passwords."""

    kind: str
    group: str
    parameters: Json
    # One after the other.
    changes: tuple[Json, ...]
    logins: tuple[Login, ...]
    # Key of the Secret that the application gets, and its documented entries.
    credentials: str
    entries: frozenset[str]
    # What is reported of managed resources, by kind.
    reports: Json


SUBJECTS = [
    Subject(
        kind="MessageQueue",
        group="messaging",
        parameters={"size": "small", "version": "3.13"},
        changes=({"size": "medium"}, {"version": "4.2"}, {"maintenanceWindow": "tue:01:00-tue:03:00"}),
        logins=(
            Login("message-queue-administrator", {"message-queue-connection": "password"}),
            Login("message-queue-login", {"message-queue-credentials": "password"}),
        ),
        credentials="message-queue-credentials",
        entries=frozenset("type provider host port vhost username password uri tls".split()),
        reports={
            "Broker": {
                "instances": [{"consoleUrl": "https://b-1.example", "endpoints": ["amqps://b-1.example:5671"]}]
            },
            "Configuration": {"latestRevision": 1},
        },
    ),
    Subject(
        kind="EventStream",
        group="streaming",
        parameters={"size": "small", "access": {"produce": True, "consumerGroups": ["billing"]}},
        changes=({"size": "medium"}, {"retentionHours": 72}, {"access": {"consumerGroups": ["billing", "search"]}}),
        logins=(
            Login("event-stream-login", {"event-stream-scram-login": "login", "event-stream-credentials": "password"}),
        ),
        credentials="event-stream-credentials",
        entries=frozenset(
            "type provider topic bootstrap.servers security.protocol sasl.mechanism sasl.jaas.config username password"
            " consumer-groups".split()
        ),
        reports={},
    ),
]


class Refused(RuntimeError):
    """The API server finds a change invalid."""


def wait_for(what: str, look: Callable[[], Found | None]) -> Found:
    """What `look` finds as soon as it finds anything."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise TimeoutError(f"waited in vain for {what}")


class Api:
    """A real API server, and External Secrets beside it."""

    def __init__(self, server: str, authority: str, token: str, metrics: str) -> None:
        self.server = server
        self.context = ssl.create_default_context(cafile=authority)
        self.token = token
        self.metrics = metrics

    def ask(self, method: str, path: str, body: Json = None, form: str = "application/json") -> Json:
        """The answer, or nothing where there is no such object."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": form}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            kind = Refused if error.code == 422 else RuntimeError
            raise kind(f"{method} {path}: {error.code} {error.read().decode()}") from error

    @staticmethod
    def collection(kind: str, namespace: str) -> str:
        version, plural = SERVED[kind]
        return f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/{namespace}/{plural}"

    def path(self, item: Json) -> str:
        metadata = item["metadata"]
        return f"{self.collection(item['kind'], metadata['namespace'])}/{metadata['name']}"

    def read(self, item: Json) -> Json:
        return self.ask("GET", self.path(item))

    def apply(self, item: Json, manager: str) -> Json:
        path = f"{self.path(item)}?fieldManager={manager}&force=true"
        return self.ask("PATCH", path, item, "application/apply-patch+yaml")

    def delete(self, item: Json) -> None:
        """Deletes an object and waits until it is gone, finalizers and all."""
        self.ask("DELETE", self.path(item))
        wait_for(f"{self.path(item)} to be gone", lambda: self.read(item) is None)

    def alters(self, item: Json, change: Json) -> bool:
        """Whether somebody can change an object."""
        try:
            self.ask("PATCH", self.path(item), change, "application/merge-patch+json")
        except Refused:
            return False
        return True

    def leftovers(self, namespace: str) -> list[str]:
        lists = {kind: self.ask("GET", self.collection(kind, namespace))["items"] for kind in SERVED}
        return [f"{kind} {item['metadata']['name']}" for kind, items in lists.items() for item in items]

    def looks(self, filler: Json) -> float:
        """How often External Secrets has looked at an ExternalSecret and what belongs to it."""
        with urllib.request.urlopen(self.metrics, timeout=TIMEOUT) as answer:
            lines = answer.read().decode().splitlines()
        metadata = filler["metadata"]
        labels = (f'name="{metadata["name"]}"', f'namespace="{metadata["namespace"]}"')
        counts = (line for line in lines if line.startswith("externalsecret_sync_calls_total{"))
        return sum(float(line.rsplit(" ", 1)[1]) for line in counts if all(label in line for label in labels))

    def make_look(self, filler: Json, secret: Json) -> None:
        """Touches an ExternalSecret and its Secret, several times, until External Secrets has looked."""
        for item in ROUNDS * (filler, secret):
            before = self.looks(filler)
            touch = {"metadata": {"annotations": {"example.com/touched": str(time.monotonic_ns())}}}
            self.ask("PATCH", self.path(item), touch, "application/merge-patch+json")
            wait_for("External Secrets to look", lambda before=before: self.looks(filler) > before)


class Claim:
    """A claim, and what Crossplane does for it."""

    def __init__(self, binary: str, api: Api, subject: Subject, flavour: str, name: str) -> None:
        self.binary = binary
        self.api = api
        self.subject = subject
        self.flavour = flavour
        self.parameters = dict(subject.parameters)
        self.name = name
        # What is composed, by key.
        self.living: dict[str, Json] = {}

    def document(self) -> Json:
        selector = {"matchLabels": {"provider": "aws", "environment": "production"}}
        return {
            "apiVersion": f"{self.subject.group}.platform.example.com/v1alpha1",
            "kind": self.subject.kind,
            "metadata": {"name": self.name, "namespace": "team-orders"},
            "spec": {"parameters": self.parameters, "crossplane": {"compositionSelector": selector}},
        }

    def render(self) -> dict[str, Json]:
        """What is wanted, by key, as things stand."""
        found = (self.api.read(item) if is_served(item) else item for item in self.living.values())
        with TemporaryDirectory() as folder:
            observed = Path(folder, "observed.yaml")
            observed.write_text("\n---\n".join(json.dumps(item) for item in found if item))
            done = subprocess.run(
                [self.binary, "render", "-", "-o", "json", "--now", "2026-11-24"]
                + ["--flavour", self.flavour, "--observed", str(observed)],
                input=json.dumps(self.document()), stdout=subprocess.PIPE, text=True, check=True,
            )
        return {item["metadata"]["annotations"][KEY]: item for item in json.loads(done.stdout)[1:]}

    def apply(self, item: Json) -> Json:
        if is_served(item):
            return self.api.apply(item, f"apiextensions.crossplane.io/composed/{self.name}")
        metadata = item["metadata"]
        annotations = {"crossplane.io/external-name": metadata["name"], **metadata["annotations"]}
        conditions = [{"type": kind, "status": "True"} for kind in ("Synced", "Ready")]
        report = self.subject.reports.get(item["kind"], {})
        return {
            **item,
            "metadata": {**metadata, "annotations": annotations, "uid": f"uid-{metadata['name']}"},
            "status": {"atProvider": report, "conditions": conditions},
        }

    def reconcile(self) -> dict[str, Json]:
        """Does what Crossplane does when it looks at a claim. Returns what is wanted."""
        wanted = self.render()
        for key in self.living.keys() - wanted.keys():
            gone = self.living.pop(key)
            if is_served(gone):
                self.api.delete(gone)
        for key, item in wanted.items():
            self.living[key] = self.apply(item)
        return wanted

    def settle(self) -> None:
        """Reconciles until nothing changes any more."""
        before: dict[str, Json] = {}
        for _ in range(10):
            wanted = self.reconcile()
            if wanted == before:
                return
            before = wanted
            self.wait_for_passwords()
        raise TimeoutError(f"{self.name} does not settle")

    def password(self, key: str, entry: str = "password") -> str | None:
        secret = self.api.read(self.living[key]) if key in self.living else None
        encoded = (secret or {}).get("data", {}).get(entry)
        value = encoded and base64.b64decode(encoded).decode()
        return json.loads(value)["password"] if value and value.startswith("{") else value

    def wait_for_passwords(self) -> None:
        for login in self.subject.logins:
            if login.filler in self.living:
                wait_for(f"a password in {login.born} of {self.name}", lambda: self.password(login.born))

    def holders(self) -> dict[str, str]:
        """Every password that there is, by the key of the Secret that holds it."""
        places = [place for login in self.subject.logins for place in login.holders.items()]
        return {key: password for key, entry in places if (password := self.password(key, entry))}

    def in_use(self) -> dict[str, str]:
        """Settles. Returns what every login's holders have in common."""
        self.settle()
        holders = self.holders()
        passwords = {}
        for login in self.subject.logins:
            if len({holders.get(key, key) for key in login.holders}) != 1:
                raise RuntimeError(f"{', '.join(login.holders)} do not hold one password")
            passwords[login.born] = holders[login.born]
        return passwords

    def delete(self) -> None:
        for item in self.living.values():
            if is_served(item):
                self.api.delete(item)
        self.living.clear()


def fits(password: str) -> bool:
    """Whether a password is as documented, and a broker takes it."""
    return re.fullmatch("[A-Za-z0-9]{32}", password) is not None and len(set(password)) >= 4


def is_filled_once(claim: Claim, tally: Tally) -> None:
    wanted = claim.reconcile()
    claim.wait_for_passwords()
    born = claim.holders()
    for login in claim.subject.logins:
        asked, secret = wanted[login.born], claim.api.read(claim.living[login.born])
        tally.expect(fits(born.get(login.born, "")), f"{login.born}: 32 letters and digits")
        tally.expect(
            secret["data"].keys() == asked.get("data", {}).keys() | {"password"}
            and asked.get("data", {}).items() <= secret["data"].items(),
            f"{login.born}: other entries are kept",
        )
        tally.expect(
            all(
                asked["metadata"].get(field, {}).items() <= secret["metadata"][field].items()
                for field in ("labels", "annotations")
            ),
            f"{login.born}: labels and annotations are kept, by which it is known",
        )
        tally.expect("ownerReferences" not in secret["metadata"], f"{login.born}: belongs to no ExternalSecret")
        claim.api.make_look(claim.living[login.filler], secret)
    tally.expect(claim.holders() == born, "nothing rotates while the ExternalSecrets exist")
    for item in wanted.values():
        claim.apply(item)
    for login in claim.subject.logins:
        claim.api.make_look(claim.living[login.filler], claim.living[login.born])
    tally.expect(claim.holders() == born, "the first render applied again changes nothing")

    fillers = {key: claim.living[key] for login in claim.subject.logins for key in (login.filler, login.generator)}
    wanted = claim.reconcile()
    tally.expect(not fillers.keys() & wanted.keys(), "what fills the Secrets is not wanted any more")
    tally.expect(not any(map(claim.api.read, fillers.values())), "what filled the Secrets is gone")
    tally.expect(born.items() <= claim.holders().items(), "the Secrets keep their passwords without it")

    tally.expect(claim.in_use() == born, "every copy is of the password that was born")
    secret = claim.api.read(claim.living[claim.subject.credentials])
    tally.expect(secret["data"].keys() == claim.subject.entries, "the credentials have the documented entries")
    tally.expect(claim.in_use() == born, "applying again changes no password")
    for change in claim.subject.changes:
        claim.parameters.update(change)
        tally.expect(claim.in_use() == born, f"changing {', '.join(change)} changes no password")


def survives_a_filler_that_went_too_early(claim: Claim, tally: Tally) -> None:
    wanted = claim.render()
    generators = {login.generator for login in claim.subject.logins}
    for key, item in wanted.items():
        if key not in generators:
            claim.living[key] = claim.apply(item)
    for login in claim.subject.logins:
        filler = claim.living[login.filler]
        wait_for("External Secrets to look", lambda: claim.api.looks(filler))
        claim.api.delete(filler)
    tally.expect(not claim.holders(), "without a generator nothing is filled")
    born = claim.in_use()
    tally.expect(all(map(fits, born.values())), "ExternalSecrets deleted before they filled anything come back and do")
    tally.expect(claim.in_use() == born, "and once is enough")


def survives_a_filler_made_again_at_once(claim: Claim, tally: Tally) -> None:
    wanted = claim.reconcile()
    claim.wait_for_passwords()
    for login in claim.subject.logins:
        claim.api.delete(claim.living[login.filler])
        claim.living[login.filler] = claim.apply(wanted[login.filler])
        claim.api.make_look(claim.living[login.filler], claim.living[login.born])
    seen = claim.holders()
    tally.expect(claim.in_use() == seen, "of ExternalSecrets made again before anybody was told, the last one counts")


def survives_a_filler_made_again_later(claim: Claim, tally: Tally) -> None:
    """The Secret that was filled wins: it is sealed."""
    first = claim.render()
    fillers = [first[key] for login in claim.subject.logins for key in (login.generator, login.filler)]
    used = claim.in_use()
    before = claim.holders()
    for filler in fillers:
        claim.api.apply(filler, "somebody")
    for login in claim.subject.logins:
        claim.api.make_look(first[login.filler], first[login.born])
        status = claim.api.read(first[login.filler])["status"]
        refusal = [item["message"] for item in status["conditions"] if item["status"] == "False"]
        tally.expect(bool(refusal), f"{login.filler}: made again, says {', '.join(refusal) or 'nothing'}")
    tally.expect(claim.holders() == before, "ExternalSecrets made again overwrite nothing")
    tally.expect(claim.in_use() == used, "rendering and applying again leaves the password in use")
    for login in claim.subject.logins:
        claim.api.make_look(first[login.filler], first[login.born])
    tally.expect(claim.holders() == before, "and External Secrets does not fight for it")
    for filler in fillers:
        claim.api.delete(filler)
    tally.expect(claim.in_use() == used, "deleting them once more changes nothing")


# The copy that names a user of a shared cluster: a team must not be able to name another's.
SEALED_COPIES = {"event-stream-scram-login"}


def heals_altered_secrets(claim: Claim, tally: Tally) -> None:
    """Of a Secret and its copies, the one that cannot be altered wins."""
    used = claim.in_use()
    for login in claim.subject.logins:
        for key, entry in login.holders.items():
            password = "0" * 32
            value = password if entry == "password" else json.dumps({"username": "somebody", "password": password})
            altered = claim.api.alters(claim.living[key], {"stringData": {entry: value}})
            if key == login.born or key in SEALED_COPIES:
                tally.expect(not altered, f"{key}: cannot be altered")
            else:
                tally.expect(altered and claim.in_use() == used, f"{key}: altered, gets the password in use again")


def survives_lost_secrets(claim: Claim, tally: Tally) -> None:
    used = claim.in_use()
    for login in claim.subject.logins:
        for lost in login.holders:
            claim.api.delete(claim.living[lost])
            tally.expect(claim.in_use() == used, f"{lost}: deleted, it comes back with the password in use")


def ends(claim: Claim, tally: Tally) -> None:
    claim.reconcile()
    claim.wait_for_passwords()
    namespace = claim.living[claim.subject.logins[0].born]["metadata"]["namespace"]
    claim.delete()
    tally.expect(True, "deleted while it is being filled, everything goes")
    claim.in_use()
    claim.delete()
    tally.expect(True, "deleted later, everything goes")
    left = [item for item in claim.api.leftovers(namespace) if claim.name in item]
    tally.expect(not left, f"nothing is left: {', '.join(left) or 'nothing'}")


PROOFS = [
    is_filled_once,
    survives_a_filler_that_went_too_early,
    survives_a_filler_made_again_at_once,
    survives_a_filler_made_again_later,
    heals_altered_secrets,
    survives_lost_secrets,
    ends,
]


def main(binary: str, server: str, authority: str, token: str, metrics: str) -> None:
    api = Api(server, authority, token, metrics)
    for namespace in ("team-orders", "platform-secrets"):
        api.ask("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    tally = Tally()
    for subject in SUBJECTS:
        for flavour in ("namespaced", "claims"):
            for number, proof in enumerate(PROOFS):
                print(f"-- {subject.kind}, {flavour}: {proof.__name__.replace('_', ' ')}", flush=True)
                claim = Claim(binary, api, subject, flavour, f"{flavour}-{number}")
                try:
                    proof(claim, tally)
                except (RuntimeError, TimeoutError, subprocess.CalledProcessError) as error:
                    tally.expect(False, f"{error}")
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
