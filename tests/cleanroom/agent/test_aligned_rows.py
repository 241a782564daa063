"""Rows that are sent once more for a further alignment: the right answers, whatever is killed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import numpy as np
import pytest

from api.check import check
from cleanroom.agent import (
    aligned_rows,
    alignments,
    approval,
    datasets,
    jobs,
    results,
    row_values,
)
from cleanroom.agent.datasets import local
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.rooms import Room
from cleanroom.audit import bundle as bundles
from cleanroom.audit import verify_audit_bundle
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.mediator.replay import replay
from tests.cleanroom.agent import conftest
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries.harness import Measure, audience
from tests.cleanroom.queries.room import Signed, sign_room, silent

BRAND = [f"p{number}" for number in range(90)]
PLATFORM = [f"p{number}" for number in range(30, 130)]
AGES = [("young", "old")[number % 2] for number in range(len(PLATFORM))]
DATA = {
    "acme": audience(BRAND, measures={"spend": Measure(list(range(90)), max=100)}),
    "telco": audience(PLATFORM, {"age": AGES}),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "ROUNDS", 3)


def answer(meeting: Place, parties: dict[str, Room], **parameters: list[str]) -> dict:
    """Ask the newest alignment; return people, and sums if they are asked for, by age."""
    job = meeting.ask(parties["acme"], "overlap", parameters)
    assert parties["acme"].client.job(job)["state"] == "AWAITING_APPROVAL", "asked before"
    for room in parties.values():
        approval.approve(jobs.load(room, job))
    assert meeting.mediator.worker().run_once()
    if jobs.load(parties["acme"], job).lattice is not None:
        row_values.open_sums(jobs.load(parties["acme"], job))
        assert meeting.mediator.worker().run_once()
    found = results.receive(jobs.load(parties["acme"], job))
    assert found is not None
    return {
        group["key"].get("platform.age"): (group["people"], group.get("sums", {}).get("spend"))
        for group in found["groups"]
    }


def expected(ages: tuple[str, ...], sums: bool) -> dict:
    both = [(number, AGES[number - 30] if ages else None) for number in range(30, 90)]
    return {
        age: (sum(a == age for _, a in both), sum(n for n, a in both if a == age) if sums else None)
        for age in ages or (None,)
    }


@pytest.mark.parametrize("encryption", ["paillier", "lattice"])
def test_every_alignment_gives_the_same_answers_whichever_is_asked(
    meeting: Place, encryption: str
) -> None:
    policy = meeting.agreement().policy.model_copy(update={"rows": (encryption,)})
    parties = meeting.talk(DATA, policy=policy)
    own = parties["acme"]
    by_age = {"group_by": ["platform.age"]}
    both = ("young", "old")
    found = answer(meeting, parties, measures=["spend"], **by_age)
    assert found == expected(both, sums=True)
    for asked, wanted in (
        ({"measures": ["spend"]}, expected((), sums=True)),
        (by_age, expected(both, sums=False)),
    ):
        known = own.client.alignments(own.identity)[0]["document"]
        named = tuple(known["brand_datasets"]), tuple(known["platform_datasets"])
        alignments.propose(own, *named, "dh")
        meeting.work()
        assert own.client.alignments(own.identity)[-1]["state"] == "READY"
        assert answer(meeting, parties, **asked) == wanted
    newest = own.client.jobs(own.identity)[-1]["id"]
    orders = [
        aligned_rows.order(alignments.find(own, item["id"]), local(own, named[0][0]))
        for item in own.client.alignments(own.identity)
    ]
    assert len({order.tobytes() for order in orders}) == 3
    assert all(sorted(order) == sorted(orders[0]) for order in orders)
    # The log with rows that were sent once more verifies, and the mediator's home holds to it.
    log = bundle_of(own.client, own.agreement, [])
    verify_audit_bundle(log)
    assert replay(meeting.mediator.context, bundles.parse(log).leaves(), newest)
    assert check(meeting.app.extensions["mediator"].context.blobs.path("x").parents[1])
    # What was acknowledged is not kept: another attempt would take another order.
    assert not [
        file for file in own.folder.rglob("*") if file.name.startswith(("rows-", "spooled-"))
    ]


def signed() -> Signed:
    return sign_room(
        "overlap", dict(zip(("brand", "platform"), DATA.values(), strict=True)), (), {}, {}
    )


def another(made: Signed, nonce: str = "1") -> alignments.LocalAlignment:
    """Return one more alignment of the same datasets, as the brand runs it."""
    room = made.rooms["brand"]
    document = AlignmentDocument.from_json(made.desk.alignments[made.alignment])
    later = document.model_copy(update={"nonce": nonce * 32})
    return alignments.LocalAlignment(room, later)


def sent(made: Signed, alignment: alignments.LocalAlignment) -> bytes:
    (dataset,) = alignment.own_datasets
    return made.desk.whole(f"/v1/alignments/{alignment.identity}/rows/{dataset}", "brand")


def send(made: Signed, alignment: alignments.LocalAlignment) -> bytes:
    """Send the brand's rows; return what arrived."""
    own = local(alignment.room, alignment.own_datasets[0])
    upload = aligned_rows.send_rows_of(alignment, own, None, silent)
    assert upload is not None
    return sent(made, alignment)


def killed(step: Callable[[], object]) -> None:
    """Let a process die in the middle of a step, where a test placed ``os._exit``."""
    if (child := os.fork()) == 0:
        step()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_after_a_kill_while_rows_are_sent_the_very_same_rows_are_sent(monkeypatch):
    """Two orders or two encryptions of one attempt could be held against each other."""
    made = signed()
    alignment = another(made)
    own = local(alignment.room, alignment.own_datasets[0])
    with monkeypatch.context() as patch:
        patch.setattr(aligned_rows, "send_rows", lambda *_, **__: os._exit(1))
        killed(lambda: aligned_rows.send_rows_of(alignment, own, None, silent))
    spooled = (alignment.folder / f"rows-{own.manifest.identity()}").read_bytes()
    order = aligned_rows.order(alignment, own)
    assert send(made, alignment) == spooled
    assert send(made, alignment) == spooled
    assert np.array_equal(aligned_rows.order(alignment, own), order)
    assert not np.array_equal(order, own.order())


def test_after_a_kill_while_rows_are_made_all_is_made_anew(monkeypatch):
    """A half-written spool, or an order that fits no spool, never leaves the home."""
    made = signed()
    alignment = another(made)
    own = local(alignment.room, alignment.own_datasets[0])
    with monkeypatch.context() as patch:
        patch.setattr(datasets, "flush_spool", lambda _: os._exit(1))
        killed(lambda: aligned_rows.send_rows_of(alignment, own, None, silent))
    half = aligned_rows.order(alignment, own)
    rows = send(made, alignment)
    whole = aligned_rows.order(alignment, own)
    assert not np.array_equal(half, whole)
    width = own.row_width
    key = alignment.room.paillier()
    opened = key.decrypt_many(
        [int.from_bytes(rows[at : at + width], "big") for at in range(0, len(rows), width)]
    )
    values = datasets.row_values(own.table(), own.manifest.rows)[whole]
    assert opened == [int(one) + (int(spend) << 128) for one, spend in values]


def test_two_attempts_of_one_home_do_not_send_at_the_same_time(monkeypatch):
    """One would send its tokens in its order, with the rows of the other."""
    made = signed()
    alignment = another(made)
    inside, most = [0], [0]

    def sends(*_: Any) -> tuple[dict, dict]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.05)
        inside[0] -= 1
        return {}, {}

    monkeypatch.setattr(alignments, "_send", sends)
    body = {"alignment": alignment.identity, "attempt": 1, "transcript": "0" * 64}
    alignments.make_folder(alignment.folder)
    threads = [
        Thread(target=alignments._finish, args=(alignment, body, None, silent)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_the_uploaded_order_serves_one_alignment_for_ever():
    made = signed()
    room = made.rooms["brand"]
    own = local(room, made.datasets["brand"])
    first = alignments.LocalAlignment(
        room, AlignmentDocument.from_json(made.desk.alignments[made.alignment])
    )
    for _ in range(2):
        assert aligned_rows.send_rows_of(first, own, None, silent) is None
    later = [another(made, nonce) for nonce in "123"]
    rows = [send(made, alignment) for alignment in later]
    assert len(set(rows)) == 3
    aligned_rows.forget_spool(later[0], own)
    assert send(made, later[0]) not in rows
    assert aligned_rows.send_rows_of(first, own, None, silent) is None


def test_a_home_of_an_earlier_version_knows_by_its_secrets_that_an_order_was_shown():
    made = signed()
    own = local(made.rooms["brand"], made.datasets["brand"])
    (own.folder / aligned_rows.ORDER_OF).unlink()
    later = another(made)
    assert send(made, later)
    # Nor is it given to the first one any more: what was sent then is not known to be all.
    assert not aligned_rows._has_uploaded_order(
        alignments.LocalAlignment(
            made.rooms["brand"], AlignmentDocument.from_json(made.desk.alignments[made.alignment])
        ),
        own,
    )


def test_two_processes_do_not_both_take_the_uploaded_order(monkeypatch):
    made = signed()
    own = local(made.rooms["brand"], made.datasets["brand"])
    (own.folder / aligned_rows.ORDER_OF).unlink()
    for file in own.folder.parents[1].glob("alignments/*/secrets-*"):
        file.unlink()
    real, pipes, children = aligned_rows.write_json, [], []

    def slowly(*arguments: Any) -> None:
        time.sleep(0.2)
        real(*arguments)

    monkeypatch.setattr(aligned_rows, "write_json", slowly)
    for nonce in "123":
        read, write = os.pipe()
        if (child := os.fork()) == 0:
            taken = aligned_rows._has_uploaded_order(another(made, nonce), own)
            os.write(write, b"%d" % taken)
            os._exit(0)
        pipes.append(read)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert sorted(os.read(pipe, 1) for pipe in pipes) == [b"0", b"0", b"1"]


def test_a_further_alignment_activates_the_people_of_its_own_order():
    """The mediator names places; read in another alignment's order they would be others."""
    made = signed()
    room = made.rooms["platform"]
    document = AlignmentDocument.from_json(made.desk.alignments[made.alignment])
    later = alignments.LocalAlignment(room, document.model_copy(update={"nonce": "1" * 32}))
    own = local(room, made.datasets["platform"])
    assert aligned_rows.send_rows_of(later, own, None, silent) is not None
    first = alignments.LocalAlignment(room, document)
    orders = [aligned_rows.order(one, own) for one in (first, later)]
    assert np.array_equal(orders[0], own.order())
    assert not np.array_equal(*orders)
