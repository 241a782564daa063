"""Labels that a condition names: what mediator, auditor and a curious platform make of them.

Line of the table "who learns what": labels that a condition names.
"""

from __future__ import annotations

import hashlib
import json
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from cleanroom.agent import approval, jobs, private, selection
from cleanroom.documents.agreement import SIDES
from cleanroom.errors import PolicyRefusal
from cleanroom.queries.activating import Activating
from protocols.limits import CELL_BYTES, WHERE_BYTES
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
    monkeypatch.setattr(private, "filled", lambda text: text)
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


STAGES = ["none", "A", "I", "P", "L"]


def staged() -> Answer:
    """Ask for stages, so that the two agents send the mediator a map of cells."""
    brand = audience(PEOPLE, {"stage": (STAGES * 2)[:8]}, domains={"stage": STAGES})
    platform = audience(PEOPLE, {"stage": (STAGES[::-1] * 2)[:8]}, domains={"stage": STAGES})
    asked = {"stage": {"brand": "stage", "platform": "stage"}, "sides": False}
    return ask("aipl", asked, brand, platform)


def right_map_fits(answer: Answer) -> bool:
    """Hold the right map of cells against the digest in the log, as one that tries all would."""
    rows = answer.desk.whole(f"{answer.brand.path}/messages/cells", "brand")
    cells = np.frombuffer(rows, np.uint8).reshape(-1, CELL_BYTES).copy()
    cells[:, 4:] = 0
    upload = answer.desk.uploads("job.approve")["brand"]["messages"]["cells"]
    chunk = hashlib.sha256(cells.tobytes()).digest()
    salted = hashlib.sha256(bytes.fromhex(upload["salt"]) + chunk).hexdigest()
    return salted == upload["commitment"]


def test_the_auditor_cannot_guess_which_labels_are_which_stage():
    answer = staged()
    sent = [answer.desk.whole(f"{answer.brand.path}/messages/cells", side) for side in SIDES]
    assert sent[0] and sent[0] == sent[1]
    assert not right_map_fits(answer)


def test_without_what_only_the_parties_can_make_it_reads_the_map_off_the_log(monkeypatch):
    zeros = SimpleNamespace(shake_256=lambda _: SimpleNamespace(digest=bytes))
    monkeypatch.setattr(approval, "hashlib", zeros)
    assert right_map_fits(staged())


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
