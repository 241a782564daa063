"""What fails, and whether it fails, as an oracle: one row's value, one person's membership.

Line "aggregates" of the table "who learns what", and "mediator + one party".  Somebody writes what
one honest row turns into something unreadable, or not, and looks whether anybody complains.  As
nothing that others see depends on what the numbers turn out to be, there is nothing to look at;
with an agent or a mediator that complains, every value and every membership is read.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from cleanroom.agent import datasets, job_rows, loop, results
from cleanroom.agent.earlier import UNREADABLE
from cleanroom.documents.agreement import PartyRole
from cleanroom.engine import release as releasing
from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import match
from cleanroom.errors import PeerFault
from protocols.errors import InvalidMessageError, RemoteError
from protocols.limits import SLOT_BITS, SLOT_OFFSET, VALUE_LIMIT
from protocols.paillier import PrivateKey
from tests.cleanroom.queries import harness
from tests.cleanroom.queries.harness import Answer, Measure, ask, audience, events
from tests.cleanroom.queries.room import sign_room
from tests.coalitions.scene import Row, Scene, inputs_of, person, run

PEOPLE = [f"person{number}" for number in range(40)]
SPENT = [1 + 17 * number % 900 for number in range(40)]


def complain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an agent open what it is shown, again and again, and refuse what it cannot read."""

    def keep(_job: object, result: dict) -> None:
        if result["status"] == UNREADABLE:
            raise PeerFault(result["detail"])

    monkeypatch.setattr(results, "_open_first", lambda *_: None)
    monkeypatch.setattr(results, "kept_result", lambda *_: None)
    monkeypatch.setattr(results, "_keep", keep)
    monkeypatch.setattr(loop, "was_opened", lambda *_: False)


def told(job: harness.LocalJob, desk: harness.Desk) -> list[str]:
    """Let the receiver's agent open an answer; return the kinds of what it says then."""
    before = len(desk.said)
    try:
        results.receive(job)
    except (PeerFault, RemoteError) as error:
        loop.refuse(job.room, job.identity, error)
    return [kind for _, kind, _ in desk.said[before:]]


# The mediator alone: one row and a constant of its own, instead of a sum.


def uploaded_rows(answer: Answer) -> list[int]:
    """Return the ciphertexts that the brand uploaded, row by row."""
    dataset = answer.brand.dataset
    data = answer.desk.whole(f"/v1/datasets/{dataset.manifest.identity()}/chunks", "brand")
    rows = np.frombuffer(data, dtype=np.uint8).reshape(dataset.manifest.rows, -1)
    return [int.from_bytes(row.tobytes(), "big") for row in rows]


def at_least(answer: Answer, row: int, threshold: int) -> list[str]:
    """Release a row, moved so that it fits its slot only below a threshold; return what is told."""
    key = answer.brand.room.paillier().public
    moved = key.add_plain(row, (2 * SLOT_OFFSET - threshold) << SLOT_BITS)
    count = len(answer.desk.results["measures"]) // key.ciphertext_bytes
    sent = key.ciphertext_to_bytes(moved) * count
    answer.desk.results["measures"] = sent
    answer.desk.release["measures"] = hashlib.sha256(sent).hexdigest()
    return told(answer.receiver, answer.desk)


def read(answer: Answer, row: int) -> int | None:
    """Search for a row's value by what is told; None if two answers never differ."""
    low, high, seen = 0, 1024, set()
    while high - low > 1:
        middle = (low + high) // 2
        refused = "job.refuse" in at_least(answer, row, middle)
        seen.add(refused)
        low, high = (middle, high) if refused else (low, middle)
    return low if len(seen) > 1 else None


def asked() -> Answer:
    """Take an answer back to where it waits for its receiver, who owns the values."""
    spend = {"spend": Measure(SPENT, 1000)}
    answer = ask(
        "overlap", {"measures": ["spend"]}, audience(PEOPLE, measures=spend), audience(PEOPLE)
    )
    for name in ("result", results.OPENED):
        (answer.receiver.folder / name).unlink()
    return answer


def values_read(answer: Answer) -> list[int | None]:
    order = answer.brand.dataset.order()
    first = [int(np.flatnonzero(order == person)[0]) for person in range(3)]
    rows = uploaded_rows(answer)
    return [read(answer, rows[place]) for place in first]


def test_a_mediator_reads_no_row_from_what_a_receiver_says() -> None:
    answer = asked()
    assert values_read(answer) == [None, None, None]


def test_with_a_receiver_that_refuses_what_it_cannot_read_it_reads_every_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = asked()
    complain(monkeypatch)
    assert values_read(answer) == SPENT[:3]


# An owner of the values that does not receive: a value too large for its slot, for one person.


def said_with(monkeypatch: pytest.MonkeyPatch, matched: bool, defence: bool) -> list[str]:
    """Give one person thrice 2^61, who is in the platform's file or not; return what it says."""
    real = datasets.row_values

    def spoilt(table: harness.Any, rows: int) -> np.ndarray:
        values = real(table, rows)
        if len(table.measures):
            values[0, 1] = 3 * VALUE_LIMIT
        return values

    spend = {"spend": Measure(SPENT, 1000)}
    platform = PEOPLE if matched else PEOPLE[1:]
    with monkeypatch.context() as patch:
        patch.setattr(datasets, "row_values", spoilt)
        patch.setattr(PrivateKey, "_check_rows", lambda *_: None)
        sides = {"brand": audience(PEOPLE, measures=spend), "platform": audience(platform)}
        signed = sign_room("overlap", sides, (), {}, {})
        planned = harness.plan_jobs(signed, "overlap", {"measures": ["spend"]}, "platform", None)
        if not defence:
            complain(patch)
        received = planned["platform"]
        with suppress(RemoteError):
            harness.run(signed, planned, "platform")
        if not any(kind == "job.receipt" for _, kind, _ in signed.desk.said):
            told(received, signed.desk)
        return [kind for party, kind, _ in signed.desk.said if party == "platform"]


def test_an_owner_does_not_see_from_what_a_receiver_says_who_matched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [said_with(monkeypatch, matched, defence=True) for matched in (True, False)]
    assert said[0] == said[1]
    assert said[0][-1] == "job.receipt"


def test_with_a_receiver_that_refuses_what_it_cannot_read_it_sees_who_matched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [said_with(monkeypatch, matched, defence=False) for matched in (True, False)]
    assert [kinds[-1] for kinds in said] == ["job.refuse", "job.receipt"]


# A side that does not receive and seals the name of a group so that nobody can read it.


def said_of_names(monkeypatch: pytest.MonkeyPatch, matched: bool, defence: bool) -> list[str]:
    """Ask about ten people, or nine of them; no name of the platform's can be read."""
    brand = audience(PEOPLE[:10] if matched else [*PEOPLE[:9], "somebody else"])
    rows = events(PEOPLE[:10], [0] * 10, labels={"step": ["click"] * 10})
    read = results.fetch

    def read_names_first(job: harness.LocalJob, release: results.ReleaseDocument) -> object:
        names = results._Names(job, release)
        for group in release.groups:
            names.key(group.cell)
        return read(job, release)

    with monkeypatch.context() as patch:
        patch.setattr(
            job_rows, "_sealed_names",
            lambda _job, names: np.zeros((len(names), job_rows.NAME_BYTES), dtype=np.uint8),
        )  # fmt: skip
        if not defence:
            patch.setattr(results, "fetch", read_names_first)
        sides = {"brand": brand, "platform": rows}
        signed = sign_room("funnel", sides, (), {}, {"k_min": 10})
        planned = harness.plan_jobs(signed, "funnel", {"steps": ["click"]}, "brand", None)
        with suppress(RemoteError, PeerFault):
            harness.run(signed, planned, "brand")
        if not any(kind == "job.receipt" for _, kind, _ in signed.desk.said):
            told(planned["brand"], signed.desk)
        return [kind for party, kind, _ in signed.desk.said if party == "brand"]


def test_a_platform_does_not_see_from_names_that_nobody_can_read_what_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [said_of_names(monkeypatch, matched, defence=True) for matched in (True, False)]
    assert said[0] == said[1]
    assert said[0][-1] == "job.receipt"


def test_with_a_receiver_that_reads_names_before_it_opens_an_answer_it_sees_what_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [said_of_names(monkeypatch, matched, defence=False) for matched in (True, False)]
    assert [kinds[-1] for kinds in said] == ["job.refuse", "job.receipt"]


# A brand whose row carries two tokens of one person: the platform's rows match both, or none.


def with_two_tokens(is_there: bool) -> releasing.Inputs:
    """Return what the mediator computes from: a row of the brand with both tokens of one person."""
    others = [Row(person(number)) for number in range(3)]
    target = [Row(person("alone")), Row(person("node"))] if is_there else []
    padding = [Row(person("padding")), Row(person("more"))][len(target) :]
    scene = Scene(brand=[*others, Row(person("last"))], platform=[*others, *target, *padding])
    inputs = inputs_of(scene)
    spare = [person(f"spare {number}") for number in range(3)]
    tokens = [[row.token, other] for row, other in zip(others, spare, strict=True)]
    tokens.append([person("alone"), person("node")])
    joined = np.frombuffer(b"".join(sum(tokens, [])), dtype=np.uint8).reshape(-1, 2, 16)
    return replace(inputs, brand=replace(inputs.brand, tokens=joined))


def failing(brand: SideRows, platform: SideRows, receiver: PartyRole) -> object:
    """Match, and fail where a row matches twice, as if that were always somebody's fault."""
    known = {token.tobytes() for row in platform.tokens for token in row}
    for row in brand.tokens:
        if sum(token.tobytes() in known for token in row) > 1:
            raise InvalidMessageError("two tokens of one row match")
    return match(brand, platform, receiver)


def outcome(inputs: releasing.Inputs) -> str:
    """Return what everybody sees of the computation."""
    try:
        return f"{len(run(inputs).groups)} groups"
    except InvalidMessageError:
        return "failed"


def test_a_brand_with_two_tokens_of_a_person_does_not_see_whether_it_is_there() -> None:
    assert [outcome(with_two_tokens(is_there)) for is_there in (True, False)] == ["1 groups"] * 2


def test_where_two_matches_fail_the_job_it_sees_whether_the_person_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(releasing, "match", failing)
    seen = [outcome(with_two_tokens(is_there)) for is_there in (True, False)]
    assert seen == ["failed", "1 groups"]
