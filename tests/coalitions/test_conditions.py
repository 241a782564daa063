"""Labels that a condition names: what mediator, auditor and a curious platform make of them.

Line of the table "who learns what": labels that a condition names.
"""

from __future__ import annotations

import hashlib
import json
from itertools import product
from types import SimpleNamespace

import pytest

from cleanroom.agent import jobs, selection
from cleanroom.errors import PolicyRefusal
from cleanroom.queries.activating import Activating
from protocols.limits import WHERE_BYTES
from tests.cleanroom.queries.harness import Answer, ask, audience

PEOPLE = [f"p{number}" for number in range(8)]
GRANT = ({"party": "brand", "kind": "activation", "purposes": ["spring"], "minimum": 1},)


def asked(tier: str, template: str = "overlap", **more: str) -> Answer:
    """Ask about the people of a tier of four; every other person has it."""
    tiers = {"tier": [tier, "plain"] * 4}
    brand = audience(PEOPLE, tiers, domains={"tier": ["bronze", "silver"]})
    parameters = {"where": [f"brand.tier = '{tier}'"], **more}
    return ask(template, parameters, brand, audience(PEOPLE), grants=GRANT)


def held(answer: Answer) -> bytes:
    """Return all that a mediator holds of a question: statements, messages, dictionaries, job."""
    desk = answer.desk
    said = [desk.said, list(desk.dictionaries.values()), answer.brand.document.to_json()]
    return json.dumps(said, default=str).encode() + b"".join(desk.blobs.values())


def size_of(answer: Answer) -> int:
    return len(answer.brand.document.sealed)


NAMES = ("gold", "a customer of more than ten years, and of every season")


def test_the_mediator_reads_no_label_and_no_length_of_one():
    answers = [asked(name) for name in NAMES]
    assert len({size_of(answer) for answer in answers}) == 1
    assert all(
        name.encode() not in held(answer) for name, answer in zip(NAMES, answers, strict=True)
    )


def test_without_the_filling_it_tells_labels_by_their_length(monkeypatch):
    monkeypatch.setattr(jobs, "_filled", lambda text: text)
    assert len({size_of(asked(name)) for name in NAMES}) == 2


def guessed(answer: Answer) -> list[tuple[int, ...]]:
    """Return which labels pass, as an auditor that reads the log can guess: all that fit."""
    upload = answer.desk.uploads("job.approve")["brand"]["messages"]["where"]
    labels = len(answer.brand.question.brand.label("tier").domain)
    found = []
    for kept in product((0, 1), repeat=labels):
        rows = b"".join(bytes([one]) + bytes(WHERE_BYTES - 1) for one in kept)
        chunk = hashlib.sha256(rows).digest()
        salted = hashlib.sha256(bytes.fromhex(upload["salt"]) + chunk).hexdigest()
        found += [kept] if salted == upload["commitment"] else []
    return found


def test_the_auditor_cannot_guess_which_labels_pass():
    assert guessed(asked("gold")) == []


def test_without_random_bits_it_reads_them_off_the_log(monkeypatch):
    monkeypatch.setattr(selection, "secrets", SimpleNamespace(token_bytes=bytes))
    (kept,) = guessed(asked("gold"))
    assert sum(kept) == 1


def fish(answer: Answer) -> set[bytes]:
    """Return whom a platform knows to have the label that it asked for."""
    order, table = answer.platform.dataset.order(), answer.platform.dataset.table()
    return {table.people[table.person[row]] for row in order[answer.release.matched].tolist()}


def asked_by_the_platform(monkeypatch: pytest.MonkeyPatch) -> Answer:
    honest = jobs.draft

    def draft(room, fields, parameters):
        document, private = honest(room, fields, parameters)
        return document.model_copy(update={"submitter": "platform"}), private

    monkeypatch.setattr(jobs, "draft", draft)
    # Whose question it is decides alone; the brand opens the conditions as ever.
    monkeypatch.setattr(jobs.LocalJob, "private", lambda _job: PRIVATE)
    return asked("gold", "activation", purpose="spring")


PRIVATE = {"conditions": [{"column": "brand.tier", "test": "in", "values": ["gold"]}]}


def test_a_platform_that_activates_cannot_ask_whose_label_is_which(monkeypatch):
    with pytest.raises(PolicyRefusal) as refused:
        asked_by_the_platform(monkeypatch)
    assert refused.value.rule == "activation-where"


def test_without_the_rule_it_names_everybody_of_a_tier(monkeypatch):
    honest = Activating.plan

    def lax(template, question):
        document = question.job.model_copy(update={"submitter": "brand"})
        return honest(template, type(question)(document, *_rest(question)))

    def _rest(question):
        return question.agreement, question.brand, question.platform

    monkeypatch.setattr(Activating, "plan", lax)
    assert fish(asked_by_the_platform(monkeypatch)) == {b"p0", b"p2", b"p4", b"p6"}
