"""Proves what package/cluster allows and refuses, on a real API server.

Everybody is impersonated: developers by Kubernetes' own roles `view` and `edit` in one namespace, and the
accounts that Crossplane, providers, External Secrets and Kubernetes' controllers have in a cluster.
"""

import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from tally import Tally

Json = Any

TEAM, OTHER, PLATFORM = "team-orders", "team-billing", "platform-secrets"
DOMAIN = "platform.example.com"
STORE = "aws-production"
TIMEOUT = 30.0

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"

CLAIMS = {
    "postgresqlinstances": "database",
    "redisinstances": "cache",
    "messagequeues": "messaging",
    "objectstores": "storage",
    "eventstreams": "streaming",
}

# How kinds are called in paths, where that is not their name in lower case with an s.
PLURALS = {"NetworkPolicy": "networkpolicies", "ValidatingAdmissionPolicy": "validatingadmissionpolicies"}

# The Secrets of platform and claims are told apart by these.
OWNED = f"cache.{DOMAIN}/v1alpha1"
CONNECTION = "connection.crossplane.io/v1alpha1"


@dataclass(frozen=True)
class Who:
    """Somebody who asks."""

    name: str
    groups: tuple[str, ...] = ()

    @staticmethod
    def account(namespace: str, name: str) -> "Who":
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        return Who(f"system:serviceaccount:{namespace}:{name}", groups)


ADMINISTRATOR = Who("administrator", ("system:masters", "system:authenticated"))
VIEWER = Who("viola", ("orders-viewers", "system:authenticated"))
DEVELOPER = Who("dora", ("orders-developers", "system:authenticated"))
LEADER = Who("leo", ("orders-leaders", "system:authenticated"))
# May write everything of External Secrets in every namespace, but was not given the platform's stores.
SECRETS_TEAM = Who("sam", ("system:authenticated",))
CROSSPLANE = Who.account("crossplane-system", "crossplane")
CARRIER = Who.account("crossplane-system", "provider-kubernetes")
PROVIDER = Who.account("crossplane-system", "provider-aws-elasticache-0123456789ab")
OPERATOR = Who.account("external-secrets", "external-secrets")
COLLECTOR = Who.account("kube-system", "generic-garbage-collector")
EMPTIER = Who.account("kube-system", "namespace-controller")


class Refused(RuntimeError):
    """The API server does not do what it is asked."""


class Api:
    """A real API server, asked by whomever."""

    def __init__(self, server: str, authority: str, token: str) -> None:
        self.server = server
        self.context = ssl.create_default_context(cafile=authority)
        self.token = token

    def ask(self, who: Who, method: str, path: str, body: Json = None, form: str = "application/json") -> Json:
        request = urllib.request.Request(self.server + path, None if body is None else json.dumps(body).encode())
        request.method = method
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", form)
        if who is not ADMINISTRATOR:
            request.add_header("Impersonate-User", who.name)
            # This client sends no header twice. The server adds `system:authenticated` itself.
            request.add_header("Impersonate-Group", who.groups[0])
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error)["message"]) from error

    @staticmethod
    def path(item: Json, whole: bool = True) -> str:
        version, metadata = item["apiVersion"], item["metadata"]
        plural = PLURALS.get(item["kind"], f"{item['kind'].lower()}s")
        namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
        name = f"/{metadata['name']}" if whole else ""
        return f"/{'apis' if '/' in version else 'api'}/{version}{namespace}/{plural}{name}"

    def create(self, who: Who, item: Json) -> Json:
        return self.ask(who, "POST", self.path(item, whole=False), item)

    def change(self, who: Who, item: Json, change: Json) -> Json:
        return self.ask(who, "PATCH", self.path(item), change, MERGE)

    def delete(self, who: Who, item: Json) -> Json:
        return self.ask(who, "DELETE", self.path(item))

    def exists(self, item: Json) -> bool:
        try:
            self.ask(ADMINISTRATOR, "GET", self.path(item))
        except Refused:
            return False
        return True

    def may(self, who: Who, verb: str, resource: str, group: str = "", namespace: str | None = TEAM,
            subresource: str = "", name: str = "") -> bool:
        attributes = {"verb": verb, "group": group, "resource": resource, "subresource": subresource, "name": name}
        if namespace:
            attributes["namespace"] = namespace
        spec = {"user": who.name, "groups": list(who.groups), "resourceAttributes": attributes}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        return self.ask(ADMINISTRATOR, "POST", path, review)["status"]["allowed"]


def wait_for(what: str, look: Callable[[], bool]) -> None:
    end = time.monotonic() + TIMEOUT
    while not look():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.05)


def kubectl(*words: str, text: str | None = None) -> tuple[int, str]:
    done = subprocess.run(["kubectl", *words], input=text, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def refusal(act: Callable[[], Json]) -> str:
    """The sentence of a policy, the whole answer of anybody else, or nothing."""
    try:
        act()
    except Refused as refused:
        return str(refused).split(" denied request: ", 1)[-1]
    return ""


def item(version: str, kind: str, name: str, namespace: str | None = TEAM, **rest: Json) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def external(name: str, namespace: str = TEAM, **spec: Json) -> Json:
    return item("external-secrets.io/v1", "ExternalSecret", name, namespace, spec=spec)


def shared(name: str = STORE) -> Json:
    return {"kind": "ClusterSecretStore", "name": name}


def claim(name: str) -> Json:
    selector = {"matchLabels": {"provider": "aws", "environment": "production"}}
    spec = {"parameters": {"size": "medium", "version": "7"}, "crossplane": {"compositionSelector": selector}}
    return item(OWNED, "RedisInstance", name, spec=spec)


def the_base_builds_and_applies(api: Api, tally: Tally) -> None:
    """Namespaces first, which are no part of it."""
    for namespace in (TEAM, OTHER):
        api.create(ADMINISTRATOR, item("v1", "Namespace", namespace, None))
    code, built = kubectl("kustomize", "package/cluster")
    tally.expect(code == 0, "kubectl kustomize builds package/cluster")
    objects = built.count("\nkind: ") + built.startswith("kind: ")
    tally.equal(built.count("app.kubernetes.io/part-of: function-self-service"), objects, "every object is labelled")
    strict = ("apply", "--server-side", "--validate=strict")
    code, told = kubectl(*strict, "--dry-run=server", "--kustomize", "package/cluster")
    tally.expect(code != 0 and f'namespaces "{PLATFORM}" not found' in told, "without the platform's namespace it says so")
    code, told = kubectl(*strict, "--filename", "package/cluster/examples/namespace.yaml")
    tally.equal(code, 0, f"the platform's namespace: {told}")
    code, told = kubectl(*strict, "--kustomize", "package/cluster")
    tally.equal((code, told.count("serverside-applied")), (0, objects), "all of the base applies, with strict validation")
    if code:
        print(told)
    for folder in ("package/cluster/examples", "package/install"):
        code, told = kubectl(*strict, "--dry-run=server", "--filename", folder)
        tally.equal(code, 0, f"{folder} applies, with strict validation")
        if code:
            print(told)
    code, told = kubectl(*strict, "--kustomize", "package/cluster")
    tally.equal(code, 0, "and again")
    subjects = [("viewers", VIEWER, "view"), ("developers", DEVELOPER, "edit"), ("leaders", LEADER, "admin")]
    for name, who, role in subjects:
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
        group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": who.groups[0]}
        binding = {"roleRef": reference, "subjects": [group]}
        api.create(ADMINISTRATOR, item("rbac.authorization.k8s.io/v1", "RoleBinding", name, **binding))
    rules = [
        {"apiGroups": ["external-secrets.io", "generators.external-secrets.io"], "resources": ["*"], "verbs": ["get", "create", "update", "patch"]},
    ]
    broad = item("rbac.authorization.k8s.io/v1", "ClusterRole", "secrets-team", None, rules=rules)
    api.create(ADMINISTRATOR, broad)
    bind(api, "secrets-team", {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": SECRETS_TEAM.name})
    # As Crossplane's rbac-manager gives it to every provider.
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}]
    api.create(ADMINISTRATOR, item("rbac.authorization.k8s.io/v1", "ClusterRole", "provider", None, rules=rules))
    bind(api, "provider", {"kind": "ServiceAccount", "namespace": "crossplane-system", "name": PROVIDER.name.split(":")[-1]})
    wait_for("roles to be put together", lambda: api.may(LEADER, "create", "redisinstances", f"cache.{DOMAIN}"))
    wait_for("Crossplane's role", lambda: api.may(CROSSPLANE, "create", "vhosts", "rabbitmq.com"))


def bind(api: Api, role: str, subject: Json) -> None:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    binding = {"roleRef": reference, "subjects": [subject]}
    api.create(ADMINISTRATOR, item("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", role, None, **binding))


def policies_are_well_typed(api: Api, tally: Tally) -> None:
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    checked = lambda: api.ask(ADMINISTRATOR, "GET", path)["items"]
    wait_for("policies to be checked", lambda: all("typeChecking" in each.get("status", {}) for each in checked()))
    for policy in checked():
        name, spec = policy["metadata"]["name"], policy["spec"]
        tally.equal(policy["status"]["typeChecking"], {}, f"{name}: no expression is of a wrong type")
        tally.equal(spec["failurePolicy"], "Fail", f"{name}: fails closed")


def developers_have_claims_and_nothing_else(api: Api, tally: Tally) -> None:
    read, write = ("get", "list", "watch"), ("create", "update", "patch", "delete")
    for plural, group in CLAIMS.items():
        group = f"{group}.{DOMAIN}"
        may = lambda who, verb, **rest: api.may(who, verb, plural, group, **rest)
        tally.expect(all(may(VIEWER, verb) for verb in read), f"view: reads {plural}")
        tally.expect(not any(may(VIEWER, verb) for verb in write), f"view: writes no {plural}")
        for who, role in ((DEVELOPER, "edit"), (LEADER, "admin")):
            tally.expect(all(may(who, verb) for verb in read + write), f"{role}: reads and writes {plural}")
            tally.expect(not may(who, "deletecollection"), f"{role}: does not delete all {plural} at once")
            tally.expect(not may(who, "update", subresource="status"), f"{role}: writes no status of {plural}")
            tally.expect(not any(may(who, verb, namespace=OTHER) for verb in read + write),
                         f"{role}: has no {plural} of other namespaces")
        tally.expect(not any(api.may(who, verb, f"x{plural}", group, namespace=None)
                             for who in (VIEWER, DEVELOPER, LEADER) for verb in read + write),
                     f"nobody has the composite resources of the claims flavour, x{plural}")
    for group, resource in [
        ("elasticache.aws.m.upbound.io", "replicationgroups"),
        ("postgresql.sql.m.crossplane.io", "roles"),
        ("topic.kafka.m.crossplane.io", "topics"),
        ("kubernetes.m.crossplane.io", "objects"),
        ("rabbitmq.com", "users"),
        ("rabbitmq.com", "permissions"),
        ("aws.m.upbound.io", "providerconfigs"),
        ("apiextensions.crossplane.io", "compositions"),
        ("external-secrets.io", "clusterexternalsecrets"),
        ("pkg.crossplane.io", "functions"),
    ]:
        tally.expect(not any(api.may(who, verb, resource, group)
                             for who in (VIEWER, DEVELOPER, LEADER) for verb in read + write),
                     f"neither view nor edit nor admin has {resource}.{group}")
    for who, role in ((DEVELOPER, "edit"), (LEADER, "admin")):
        tally.expect(not api.may(who, "use", "clustersecretstores", "external-secrets.io", namespace=None, name=STORE),
                     f"{role}: may not use the platform's secret store")
    for who, secrets in ((VIEWER, False), (DEVELOPER, True)):
        tally.equal(api.may(who, "get", "secrets"), secrets, f"{who.name} reads Secrets: {secrets}")
    tally.expect(not api.may(LEADER, "get", "secrets", namespace=PLATFORM), "nobody reads the platform's Secrets")
    for verb, expected in (("create", "yes"), ("deletecollection", "no")):
        what = f"redisinstances.cache.{DOMAIN}"
        code, told = kubectl("auth", "can-i", verb, what, "-n", TEAM, f"--as={DEVELOPER.name}",
                             f"--as-group={DEVELOPER.groups[0]}")
        tally.equal(told.splitlines()[-1], expected, f"kubectl auth can-i {verb} {what}")


def developers_make_change_and_delete_claims(api: Api, tally: Tally) -> None:
    mine = claim("sessions")
    tally.equal(refusal(lambda: api.create(DEVELOPER, mine)), "", "edit: makes a claim")
    larger = {"spec": {"parameters": {"size": "large"}}}
    tally.equal(refusal(lambda: api.change(DEVELOPER, mine, larger)), "", "edit: changes it")
    told = refusal(lambda: api.change(VIEWER, mine, larger))
    tally.expect('"viola" cannot patch resource "redisinstances"' in told, f"view: does not: {told}")
    tally.equal(refusal(lambda: api.delete(DEVELOPER, mine)), "", "edit: deletes it")
    group = item("elasticache.aws.m.upbound.io/v1beta1", "ReplicationGroup", "mine", spec={"forProvider": {}})
    told = refusal(lambda: api.create(DEVELOPER, group))
    tally.expect("cannot create resource" in told, f"edit: makes no managed resource: {told}")


def accounts_have_what_they_need(api: Api, tally: Tally) -> None:
    compose = ("get", "list", "watch", "create", "update", "patch", "delete")
    for group, resources in [
        ("external-secrets.io", ["externalsecrets"]),
        ("generators.external-secrets.io", ["passwords"]),
        ("rabbitmq.com", ["vhosts", "users", "permissions"]),
        # By roles of its own.
        ("", ["secrets", "serviceaccounts"]),
    ]:
        for resource in resources:
            for namespace in (TEAM, PLATFORM):
                tally.expect(all(api.may(CROSSPLANE, verb, resource, group, namespace) for verb in compose),
                             f"Crossplane composes {resource} in {namespace}")
            tally.expect(all(api.may(CROSSPLANE, verb, resource, group, None) for verb in ("list", "watch")),
                         f"Crossplane watches {resource}")
    for resource, group in [("pushsecrets", "external-secrets.io"), ("clustersecretstores", "external-secrets.io"),
                            ("queues", "rabbitmq.com"), ("namespaces", ""), ("pods", ""), ("roles", "rbac.authorization.k8s.io")]:
        tally.expect(not any(api.may(CROSSPLANE, verb, resource, group, None) for verb in compose),
                     f"Crossplane does nothing with {resource}")
    for who in (CROSSPLANE, CARRIER):
        may_use = lambda store: api.may(who, "use", "clustersecretstores", "external-secrets.io", None, name=store)
        tally.equal((may_use(STORE), may_use("vault")), (True, False), f"{who.name} may use the platform's store alone")
    carry = ("get", "create", "patch", "delete")
    may = lambda verb, resource, group, namespace: api.may(CARRIER, verb, resource, group, namespace)
    tally.expect(all(may(verb, "externalsecrets", "external-secrets.io", PLATFORM) for verb in carry),
                 "provider-kubernetes carries ExternalSecrets into the platform's namespace")
    tally.expect(not any(may(verb, "externalsecrets", "external-secrets.io", TEAM) for verb in carry),
                 "and into no other")
    tally.expect(all(may(verb, "clusterproviderconfigs", "postgresql.sql.m.crossplane.io", None) for verb in carry),
                 "provider-kubernetes carries configurations of provider-sql")
    tally.expect(not any(may(verb, resource, group, None) for verb in carry for resource, group in [
        ("clusterproviderconfigs", "aws.m.upbound.io"), ("clusterroles", "rbac.authorization.k8s.io"),
        ("clustersecretstores", "external-secrets.io")]), "and of nobody else")


STORE_REFUSED = (
    f"The secret store {STORE} is for the platform alone. Use a SecretStore of your own namespace, or contact "
    "platform-team."
)
LABELS_REFUSED = (
    "Labels could choose the platform's secret stores. Name the ClusterSecretStore instead of selecting it by labels."
)


def the_platforms_store_is_the_platforms(api: Api, tally: Tally) -> None:
    entry = {"secretKey": "password", "remoteRef": {"key": "rds!db-1", "property": "password"}}
    own = {"kind": "SecretStore", "name": STORE}
    reads = {"secretStoreRef": shared(), "data": [entry]}
    from_entry = {"secretStoreRef": own, "data": [{**entry, "sourceRef": {"storeRef": shared()}}]}
    find = {"find": {"name": {"regexp": ".*"}}, "sourceRef": {"storeRef": shared()}}
    push = {"selector": {"secret": {"name": "mine"}}, "secretStoreRefs": [shared()]}
    chosen = {**push, "secretStoreRefs": [{"kind": "ClusterSecretStore", "labelSelector": {"matchLabels": {"a": "b"}}}]}

    def push_secret(spec: Json) -> Json:
        return item("external-secrets.io/v1alpha1", "PushSecret", "push", spec=spec)

    for what, asked, sentence in [
        ("as its store", external("whole", **reads), STORE_REFUSED),
        ("for an entry", external("entry", **from_entry), STORE_REFUSED),
        ("to find whatever there is", external("find", dataFrom=[find]), STORE_REFUSED),
        ("to write to", push_secret(push), STORE_REFUSED),
        ("by labels", push_secret(chosen), LABELS_REFUSED),
    ]:
        for who in (DEVELOPER, LEADER):
            told = refusal(lambda asked=asked, who=who: api.create(who, asked))
            tally.equal(told, sentence, f"{who.name} does not ask for the platform's store {what}")
    code, told = kubectl("apply", "--filename", "-", f"--as={DEVELOPER.name}", f"--as-group={DEVELOPER.groups[0]}",
                         text=json.dumps(external("whole", **reads)))
    tally.expect(code != 0 and told.endswith(STORE_REFUSED), "kubectl shows the sentence")

    # What is anybody's.
    for name, store in (("own", own), ("other", shared("vault"))):
        mine = external(name, secretStoreRef=store, data=[entry])
        tally.equal(refusal(lambda mine=mine: api.create(DEVELOPER, mine)), "", f"edit: asks for {store['kind']} {store['name']}")
    generated = {"dataFrom": [{"sourceRef": {"generatorRef": {
        "apiVersion": "generators.external-secrets.io/v1alpha1", "kind": "Password", "name": "any"}}}]}
    tally.equal(refusal(lambda: api.create(DEVELOPER, external("generated", **generated))), "", "edit: generates passwords")
    tally.equal(refusal(lambda: api.create(DEVELOPER, push_secret({**push, "secretStoreRefs": [own]}))), "",
                "edit: writes to a store of the namespace")
    told = refusal(lambda: api.change(DEVELOPER, external("own"), {"spec": {"secretStoreRef": shared()}}))
    tally.equal(told, STORE_REFUSED, "edit: does not turn to the platform's store later")

    # Cluster-wide rights on External Secrets are not enough either.
    spread = {"externalSecretSpec": reads, "namespaceSelectors": [{"matchLabels": {"kubernetes.io/metadata.name": TEAM}}]}
    cluster = item("external-secrets.io/v1", "ClusterExternalSecret", "spread", None, spec=spread)
    tally.equal(refusal(lambda: api.create(SECRETS_TEAM, cluster)), STORE_REFUSED, "nor by a ClusterExternalSecret")
    pushed = {"pushSecretSpec": push}
    cluster = item("external-secrets.io/v1alpha1", "ClusterPushSecret", "spread", None, spec=pushed)
    tally.equal(refusal(lambda: api.create(SECRETS_TEAM, cluster)), STORE_REFUSED, "nor by a ClusterPushSecret")
    tally.equal(refusal(lambda: api.create(OPERATOR, external("whole", **reads))), STORE_REFUSED,
                "nor does External Secrets spread it by itself")

    # The platform.
    for who, namespace in ((CROSSPLANE, TEAM), (CROSSPLANE, PLATFORM), (CARRIER, PLATFORM), (ADMINISTRATOR, PLATFORM)):
        asked = external(who.name.split(":")[-1], namespace, **reads)
        tally.equal(refusal(lambda asked=asked, who=who: api.create(who, asked)), "", f"{who.name} does, in {namespace}")
    living = external("crossplane", **reads)
    force = {"metadata": {"annotations": {"force-sync": "1"}}}
    for who in (OPERATOR, ADMINISTRATOR):
        tally.equal(refusal(lambda who=who: api.change(who, living, force)), "", f"{who.name} touches what was admitted")
    for who in (OPERATOR, SECRETS_TEAM):
        told = refusal(lambda who=who: api.change(who, living, {"spec": {"data": [{**entry, "secretKey": "other"}]}}))
        tally.equal(told, STORE_REFUSED, f"{who.name} does not make more of it")
    tally.equal(refusal(lambda: api.change(CROSSPLANE, living, {"spec": {"refreshInterval": "5m"}})), "", "Crossplane does")


def stores_say_whose_identity_they_use(api: Api, tally: Tally) -> None:
    def store(aws: Json | None) -> Json:
        vault = {"vault": {"server": "https://vault.example.com", "path": "kv", "auth": {"tokenSecretRef": {"name": "t"}}}}
        aws = {"aws": {"service": "SecretsManager", "region": "eu-west-1", **aws}} if aws is not None else vault
        return item("external-secrets.io/v1", "SecretStore", "mine", spec={"provider": aws})

    def generator(kind: str, **spec: Json) -> Json:
        return item("generators.external-secrets.io/v1alpha1", kind, "mine", spec={"region": "eu-west-1", **spec})

    def sentence(kind: str) -> str:
        return (f"{kind} mine does not say whose identity of AWS it uses. Set auth.jwt.serviceAccountRef to a "
                "ServiceAccount of your namespace.")

    mine = {"jwt": {"serviceAccountRef": {"name": "mine"}}}
    keys = {"secretRef": {"accessKeyIDSecretRef": {"name": "k", "key": "i"}, "secretAccessKeySecretRef": {"name": "k", "key": "s"}}}
    for what, asked in [
        ("nobody's", store({})),
        ("nobody's, to become a role", store({"role": "arn:aws:iam::111122223333:role/any"})),
        ("nobody's, in empty words", store({"auth": {}})),
        ("a token's of nobody", store({"auth": {"jwt": {}}})),
        ("nobody's", generator("STSSessionToken")),
        ("nobody's", generator("ECRAuthorizationToken")),
    ]:
        # Kubernetes' edit has no STSSessionToken, as External Secrets' chart would have it.
        who = SECRETS_TEAM if asked["kind"] == "STSSessionToken" else DEVELOPER
        told = refusal(lambda asked=asked, who=who: api.create(who, asked))
        tally.equal(told, sentence(asked["kind"]), f"{who.name} makes no {asked['kind']} with {what} identity")
    for what, asked in [
        ("a ServiceAccount's", store({"auth": mine})),
        ("a key's", store({"auth": keys})),
        ("another provider's", store(None)),
        ("a ServiceAccount's", generator("ECRAuthorizationToken", auth=mine)),
    ]:
        tally.equal(refusal(lambda asked=asked: api.create(DEVELOPER, asked)), "", f"edit: makes a {asked['kind']} with {what}")
        if asked["kind"] == "SecretStore":
            api.delete(DEVELOPER, asked)
    api.create(DEVELOPER, store({"auth": mine}))
    told = refusal(lambda: api.change(DEVELOPER, store({}), {"spec": {"provider": {"aws": {"auth": None}}}}))
    tally.equal(told, sentence("SecretStore"), "edit: does not take the identity out later")
    tally.equal(refusal(lambda: api.create(ADMINISTRATOR, {**store({}), "metadata": {"name": "any", "namespace": TEAM}})),
                "", "an administrator may do without")


def kept(kind: str, name: str) -> str:
    return f"{kind} {name} belongs to a claim, and Crossplane keeps it as the claim wants it. Change or delete the claim instead."


def composed_objects_are_the_claims(api: Api, tally: Tally) -> None:
    owner = api.create(DEVELOPER, claim("orders"))
    owners = [{"apiVersion": OWNED, "kind": "RedisInstance", "name": "orders", "uid": owner["metadata"]["uid"],
               "controller": True, "blockOwnerDeletion": True}]

    def owned(thing: Json, by: Json = owners) -> Json:
        return {**thing, "metadata": {**thing["metadata"], "ownerReferences": by}}

    def secret(name: str, **rest: Json) -> Json:
        return item("v1", "Secret", name, stringData={"password": "p"}, **rest)

    token = owned(secret("orders-token"))
    api.create(CROSSPLANE, token)
    group = {"apiVersion": "elasticache.aws.m.upbound.io/v1beta1", "kind": "ReplicationGroup", "name": "orders"}
    managed = item(group["apiVersion"], group["kind"], "orders", spec={"forProvider": {"region": "eu-west-1", "description": "d"}})
    uid = api.create(ADMINISTRATOR, managed)["metadata"]["uid"]
    connection = owned(secret("orders-connection", type=CONNECTION), [{**group, "uid": uid, "controller": True}])
    api.create(PROVIDER, connection)
    filler = owned(external("orders-token-password", dataFrom=[]))
    api.create(CROSSPLANE, filler)
    generator = owned(item("generators.external-secrets.io/v1alpha1", "Password", "orders-generator",
                           spec={"length": 32, "noUpper": False, "allowRepeat": True}))
    api.create(CROSSPLANE, generator)

    change = {"metadata": {"annotations": {"example.com/mine": "yes"}}}
    disown = {"metadata": {"ownerReferences": None}}
    for thing in (token, connection, filler, generator):
        kind, name = thing["kind"], thing["metadata"]["name"]
        for who in (DEVELOPER, LEADER):
            for what, act in [
                ("change", lambda thing=thing, who=who: api.change(who, thing, change)),
                ("disown", lambda thing=thing, who=who: api.change(who, thing, disown)),
                ("delete", lambda thing=thing, who=who: api.delete(who, thing)),
            ]:
                tally.equal(refusal(act), kept(kind, name), f"{who.name} does not {what} {kind} {name}")
    everything = lambda who: api.ask(who, "DELETE", f"/api/v1/namespaces/{TEAM}/secrets")
    told = refusal(lambda: everything(DEVELOPER))
    tally.expect(told.endswith("Change or delete the claim instead."), f"nor all Secrets at once: {told}")
    tally.equal(refusal(lambda: api.ask(DEVELOPER, "GET", api.path(token))), "", "but edit reads them: no policy can refuse that")

    mine = secret("mine")
    tally.equal(refusal(lambda: api.create(DEVELOPER, mine)), "", "edit: makes Secrets")
    tally.equal(refusal(lambda: api.change(DEVELOPER, mine, change)), "", "edit: changes them")
    plain = secret("plain", type=CONNECTION)
    api.create(DEVELOPER, plain)
    for thing in (mine, plain):
        tally.equal(refusal(lambda thing=thing: api.delete(DEVELOPER, thing)), "", f"edit: deletes {thing['metadata']['name']}")

    for who, thing in [(CROSSPLANE, token), (PROVIDER, token), (OPERATOR, token), (COLLECTOR, token), (ADMINISTRATOR, token),
                       (PROVIDER, connection), (OPERATOR, filler), (CROSSPLANE, filler), (CROSSPLANE, generator)]:
        tally.equal(refusal(lambda who=who, thing=thing: api.change(who, thing, change)), "",
                    f"{who.name} changes {thing['metadata']['name']}")
    for who, thing in [(CROSSPLANE, token), (COLLECTOR, token), (EMPTIER, token), (ADMINISTRATOR, token), (PROVIDER, connection)]:
        tally.equal(refusal(lambda who=who, thing=thing: api.delete(who, thing)), "",
                    f"{who.name} deletes {thing['metadata']['name']}")
        api.create(ADMINISTRATOR, thing)

    api.delete(DEVELOPER, claim("orders"))
    wait_for("the claim's Secrets to go", lambda: not any(map(api.exists, (token, filler, generator))))
    tally.expect(True, "deleting the claim deletes what was composed")
    tally.expect(api.exists(connection), "and nothing that is somebody else's")
    api.delete(ADMINISTRATOR, item("v1", "Namespace", TEAM, None))
    wait_for("the namespace to go", lambda: not api.exists(item("v1", "Namespace", TEAM, None)))
    tally.expect(True, "deleting the namespace ends")


PROOFS = [
    the_base_builds_and_applies,
    policies_are_well_typed,
    developers_have_claims_and_nothing_else,
    developers_make_change_and_delete_claims,
    accounts_have_what_they_need,
    the_platforms_store_is_the_platforms,
    stores_say_whose_identity_they_use,
    composed_objects_are_the_claims,
]


def main(server: str, authority: str, token: str) -> None:
    api, tally = Api(server, authority, token), Tally()
    for proof in PROOFS:
        print(f"-- {proof.__name__.replace('_', ' ')}", flush=True)
        try:
            proof(api, tally)
        except (Refused, TimeoutError) as error:
            tally.expect(False, f"{error}")
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
