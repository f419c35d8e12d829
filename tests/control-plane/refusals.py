"""What is refused: where, in which words, and that nothing comes of it."""

import re
import subprocess

from client import Json, Refused, condition
from steady import be_quiet, touch
from tries import TRIES, selector
from world import Claim, World

TOO_LARGE = "Maximum allowed size is large. Contact platform-team for exceptions."


def describe(claim: Claim) -> str:
    """What a developer sees."""
    group = claim.document["apiVersion"].split("/")[0]
    command = ["kubectl", "describe", f"{claim.kind}.{group}", claim.name, "--namespace", claim.namespace]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def what_is_too_large_is_refused_in_words(world: World) -> None:
    tally = world.tally
    claim = world.claim("RedisInstance", "too-large", "team-refused", size="xlarge")
    claim.apply()
    refused = claim.wait_for("Accepted", "False")
    tally.equal(refused["message"], TOO_LARGE, "the condition has the exact sentence")
    tally.equal(refused["reason"], "SizeAboveLimit", "its reason is the guardrail")
    world.wait("the event", lambda: any(TOO_LARGE in event for event in claim.events()), claim.events)
    page = describe(claim)
    conditions, _, events = page.partition("\nEvents:")
    tally.expect(
        re.search(rf"Message: +{re.escape(TOO_LARGE)}", conditions), "kubectl describe shows the condition", page
    )
    tally.expect(re.search(rf"Warning +SizeAboveLimit .* {re.escape(TOO_LARGE)}", events), "and the event", events)
    tally.equal(claim.references(), [], "nothing is composed")
    synced = condition(claim.composite(), "Synced").get("status")
    tally.equal(synced, "False", "Crossplane says so of the composite resource")
    if world.claims:
        tally.equal(claim.condition("Synced").get("status"), "True", "but not of the claim")
    tally.equal(
        claim.condition("CredentialsReady").get("reason"), "NotAccepted", "the credentials say why they do not come"
    )


def told(claim: Claim) -> Json:
    """The condition of ours that a refusal is none of the business of, and since when the composite resource has it.

    Crossplane stamps conditions with the generation, and gives a claim the time of its composite resource only when
    it is edited. Until then it may be an earlier one: a reconcile that reads an old copy puts old conditions back
    for a moment."""
    held = condition(claim.composite(), "CredentialsReady")
    shown = {**claim.condition("CredentialsReady"), "lastTransitionTime": held.get("lastTransitionTime")}
    return [{**each, "observedGeneration": None} for each in (held, shown)]


def a_refused_edit_changes_nothing(world: World) -> None:
    tally = world.tally
    claim = world.claim("RedisInstance", "edited", "team-refused", size="small")
    claim.apply()
    claim.settle()
    be_quiet(world)
    before, secret = claim.generations(), claim.secret()
    credentials = told(claim)
    claim.change(size="xlarge")
    claim.wait_for("Accepted", "False")
    for _ in range(3):
        touch(world, [claim])
    tally.equal(claim.generations(), before, "a refused edit leaves every composed object and its generation")
    tally.equal(told(claim), credentials, "and our other conditions")
    tally.equal(claim.condition("Ready").get("status"), "True", "and readiness")
    tally.equal(claim.secret(), secret, "and the credentials")
    claim.change(size="small")
    claim.wait_for("Accepted")
    tally.equal(claim.generations(), before, "taking it back changes nothing either")


def refusal(claim: Claim) -> str | None:
    """What the API server says against it, if anything, when asked as kubectl asks."""
    try:
        if claim.read():
            claim.apply()
        else:
            claim.author.create(claim.document, "?fieldValidation=Strict")
    except Refused as refused:
        return refused.message
    return None


def the_api_server_refuses_in_our_words(world: World) -> None:
    for one in TRIES:
        claim = world.claim(one.kind, "attempt", "team-refused")
        one.alter(claim.document, claim.machinery)
        told = refusal(claim)
        world.tally.expect(
            told and one.sentence in told, f"{one.title} is refused by the API server: {one.sentence}", told
        )
    fixed = world.claim("PostgreSQLInstance", "fixed-name", "team-refused", databaseName="orders")
    fixed.apply()
    fixed.settle()
    fixed.parameters["databaseName"] = "other"
    expected = 'databaseName cannot change from "orders" to "other" after creation. Set it back to "orders", or create'
    told = refusal(fixed)
    world.tally.expect(
        told and expected in told, f"a change of what is fixed is refused by the API server: {expected}", told
    )


def hostile_authors_get_nowhere(world: World) -> None:
    another_environment(world)
    another_composition(world)
    another_namespace(world)
    another_secret(world)
    taken_out_and_put_in(world)


def refused(world: World, claim: Claim, sentence: str, title: str) -> None:
    """The function refuses a new claim, and nothing comes of it."""
    claim.apply()
    claim.wait_for_text(sentence)
    world.tally.equal(claim.condition("Accepted")["status"], "False", f"{title} is refused: {sentence}")
    world.tally.equal(claim.references(), [], f"{title}: nothing is composed")


def another_environment(world: World) -> None:
    """A selector that is edited later: the Composition stays, so only the function can notice."""
    claim = world.claim("RedisInstance", "mover", "team-hostile")
    claim.apply()
    claim.settle()
    before = claim.generations()
    selector(claim.machinery)["environment"] = "production"
    sentence = 'Selector label environment is "production", but this claim is composed for "development".'
    claim.apply()
    claim.wait_for_text(sentence)
    world.tally.equal(claim.condition("Accepted")["status"], "False", f"an edited selector is refused: {sentence}")
    world.tally.equal(claim.generations(), before, "an edited selector changes nothing")


def another_composition(world: World) -> None:
    claim = world.claim("RedisInstance", "chooser", "team-hostile")
    claim.machinery["compositionRef"] = {"name": "redis-aws-production"}
    sentence = 'Selector label environment is "development", but this claim is composed for "production".'
    refused(world, claim, sentence, "a Composition chosen by hand")


def another_namespace(world: World) -> None:
    claim = world.claim("RedisInstance", "stranger", "web-shop")
    sentence = "Namespace web-shop may not use environment development."
    refused(world, claim, sentence, "an environment that is not the namespace's")


def another_secret(world: World) -> None:
    """The Secret of another claim keeps its owner and its content."""
    owner = world.claim("RedisInstance", "owner", "team-hostile")
    owner.apply()
    owner.settle()
    before = owner.secret()
    thief = world.claim("RedisInstance", "thief", "team-hostile")
    thief.document["spec"]["writeConnectionSecretToRef"] = {"name": owner.secret_name()}
    thief.apply()
    world.wait("Crossplane to refuse", lambda: "redis-credentials" in synced(thief), thief.story)
    world.tally.equal(owner.secret(), before, "another claim's Secret is left as it is")
    world.tally.equal(thief.condition("CredentialsReady")["status"], "False", "who names it gets no credentials")
    stranger = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "stripe-credentials", "namespace": "team-hostile"},
    }
    found = world.api.create({**stranger, "stringData": {"key": "value"}})
    robber = world.claim("RedisInstance", "robber", "team-hostile")
    robber.document["spec"]["writeConnectionSecretToRef"] = {"name": "stripe-credentials"}
    robber.apply()
    world.wait("Crossplane to refuse", lambda: "annotation" in synced(robber), robber.story)
    world.tally.equal(world.api.read(stranger), found, "a Secret that nobody composed is left as it is")
    robber.delete()
    world.wait(f"{robber} to be gone", robber.is_gone, robber.story)
    world.tally.equal(world.api.read(stranger), found, "nor does it go with the claim that named it")


def synced(claim: Claim) -> str:
    """What Crossplane complains of."""
    return condition(claim.composite(), "Synced").get("message", "")


def taken_out_and_put_in(world: World) -> None:
    """What is fixed, in two edits of which each might be allowed by itself, and the way back."""
    claim = world.claim("PostgreSQLInstance", "forgetful", "team-hostile", databaseName="orders")
    claim.apply()
    claim.settle()
    before = claim.generations()
    claim.change(databaseName=None)
    claim.wait_for_text('databaseName cannot change from "orders" to its default after creation.')
    claim.parameters["databaseName"] = "other"
    stays(world, claim, 'databaseName cannot change from "orders" to "other" after creation. Set it back to "orders"')
    claim.change(databaseName="orders")
    claim.wait_for("Accepted")
    secret = claim.secret_name()
    claim.document["spec"]["writeConnectionSecretToRef"] = {"name": "new-credentials"}
    stays(world, claim, f'writeConnectionSecretToRef.name cannot change from "{secret}" to "new-credentials"')
    claim.document["spec"]["writeConnectionSecretToRef"] = {"name": secret}
    claim.apply()
    claim.wait_for("Accepted")
    world.tally.equal(claim.generations(), before, "what is fixed, set back, has changed nothing")


def stays(world: World, claim: Claim, sentence: str) -> None:
    told = refusal(claim)
    world.tally.expect(told and sentence in told, f"what is fixed stays so: {sentence}", told)
