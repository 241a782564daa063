"""Lattice rows in a room: what the step that opens masked sums tells their owner and the mediator.

The attacks on the mathematics stand in ``tests/protocols/test_lattice_attack.py``; here they go
through the engine and the agent.  Each fails, and succeeds once the defence is taken out.
"""

from __future__ import annotations

import hmac
import shutil
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from cleanroom.agent import results, row_values
from cleanroom.engine import masked
from cleanroom.engine.release import Inputs, as_rows
from cleanroom.errors import PeerFault
from protocols.lattice import SecretKey, encrypt, opening, read_masked
from protocols.lattice.sampler import PrivateStream
from protocols.secret import Secret
from tests.cleanroom.queries.harness import Answer, Measure, ask, audience
from tests.coalitions.scene import Row, Scene, inputs_of, person

ROOT = Secret(bytes(32))
CONTEXT = b"a job"
PEOPLE = 40


def marked(chosen: set[int], k: int = 1) -> Inputs:
    """Return a question whose brand marks row i with bit i, and whose chosen rows match."""
    scene = Scene(
        [Row(person(i), values=(1 << i, 0)) for i in range(PEOPLE)],
        [Row(person(i), cell=i % 2) for i in sorted(chosen)],
        cells=(1, 2),
        k=k,
    )
    made = inputs_of(replace(scene, brand=scene.brand[:1]))
    brand = inputs_of(replace(scene, value_side=None)).brand
    return replace(made, brand=brand)


def values(root: Secret = ROOT) -> masked.Values:
    key = SecretKey(root, CONTEXT, 1)
    plain = np.array([[1 << i] for i in range(PEOPLE)], dtype=np.int64)
    return [(key.public, blocks) for blocks in encrypt(key, plain, Random(3).randbytes)]


def made(chosen: set[int], k: int = 1, root: Secret = ROOT) -> masked.Masked:
    return masked.mask_release(marked(chosen, k), values(root), Random(4).randbytes)


def read_by_owner(sums: np.ndarray, root: Secret = ROOT) -> list[int]:
    return [x for (x,) in opening.open_masked(SecretKey(root, CONTEXT, 1), read_masked(sums, 1))]


def named(numbers: list[int]) -> set[int]:
    """Return the rows whose mark is in one of the numbers."""
    return {i for i in range(PEOPLE) for number in numbers if number >> i & 1}


CHOSEN = set(Random(9).sample(range(PEOPLE), 20))


def test_an_owner_that_marks_every_lattice_row_does_not_read_which_were_summed():
    seen = read_by_owner(made(CHOSEN).sums)
    assert len(seen) == 3
    halves = [bin(number % (1 << PEOPLE)).count("1") for number in seen]
    assert all(8 <= ones <= 32 for ones in halves), "bits of uniform numbers"
    assert named(seen[:1]) - CHOSEN


def test_without_the_mediators_masks_it_reads_every_row(monkeypatch):
    monkeypatch.setattr(opening, "random_below", lambda *_: 0)
    assert named(read_by_owner(made(CHOSEN).sums)) == CHOSEN


@pytest.mark.parametrize("k", [1, 1000])
def test_an_owner_sees_as_many_sums_whatever_passed_and_no_empty_one_stands_out(k):
    found = made(CHOSEN, k)
    assert bool(found.passed.groups) == (k == 1)
    assert found.sums.shape == (3, opening.masked_bytes(1))
    assert read_masked(found.sums, 1).a.any(axis=2).all()


@pytest.mark.parametrize("k", [1, 1000])
def test_without_an_encryption_of_zero_on_each_it_counts_what_passed(monkeypatch, k):
    def nothing(_stream, *shape):
        return np.zeros(shape, dtype=np.int8)

    found = values()
    monkeypatch.setattr(PrivateStream, "ternary", nothing)
    monkeypatch.setattr(PrivateStream, "errors", nothing)
    sent = masked.mask_release(marked(CHOSEN, k), found, Random(4).randbytes)
    shown = read_masked(sent.sums, 1).a.any(axis=(1, 2))
    assert shown.sum() == len(sent.passed.groups) == (2 if k == 1 else 0)


# A mediator chooses what the owner's agent opens.


def answered(receiver: str = "brand", **changes) -> Answer:
    names = [f"p{i}" for i in range(12)]
    brand = audience(names, measures={"spend": Measure(range(100, 112), 200)})
    platform = audience(names[4:], labels={"age": ["old", "young"] * 4})
    question = {"group_by": ["platform.age"], "measures": ["spend"], **changes}
    return ask("overlap", question, brand, platform, receiver=receiver, rows=["lattice"])


@pytest.fixture(scope="module")
def honest() -> Answer:
    """Return an answer whose owner can be taken back to before it had opened the sums."""
    really = row_values._open

    def opens(job, executor):
        shutil.copy(job.folder / row_values.ROOTS, job.folder / "before")
        return really(job, executor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_values, "_open", opens)
        return answered()


def crash(job) -> None:
    """Let the owner's agent have died before it kept what it returned."""
    (job.folder / row_values.RETURNED).unlink(missing_ok=True)
    shutil.copy(job.folder / "before", job.folder / row_values.ROOTS)


def ask_again(answer: Answer, change: bool) -> None:
    """Let the mediator hand out other masked sums after the first, the agent having forgotten
    what it returned, as after a crash."""
    job, desk = answer.brand, answer.desk
    path = (f"{job.path}/messages/masked-sums/0", "mediator")
    data = desk.blobs[path]
    crash(job)
    try:
        # A byte of B', where a residue stays below its prime whatever the byte is.
        at = len(data) - 4
        desk.blobs[path] = data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]
        row_values.open_sums(job)
    finally:
        desk.blobs[path] = data


def test_the_owners_agent_opens_one_set_of_sums_and_after_a_crash_the_same_again(honest):
    ask_again(honest, change=False)
    with pytest.raises(PeerFault, match="different masked sums"):
        ask_again(honest, change=True)


def test_without_the_memory_of_what_it_saw_the_mediator_has_it_open_whatever_it_likes(
    honest, monkeypatch
):
    monkeypatch.setattr(hmac, "compare_digest", lambda *_: True)
    ask_again(honest, change=True)


def test_more_sums_than_the_job_has_outputs_are_not_opened(honest):
    job, desk = honest.brand, honest.desk
    path = (f"{job.path}/messages/masked-sums/0", "mediator")
    crash(job)
    for data in (desk.blobs[path] * 2, desk.blobs[path][:-1], b""):
        kept, desk.blobs[path] = desk.blobs[path], data
        with pytest.raises(PeerFault, match="different number of sums|longer message"):
            row_values.open_sums(job)
        desk.blobs[path] = kept


def test_masked_sums_of_another_job_open_to_nothing_and_under_one_key_for_all_they_would():
    """The mediator takes the sums of one job to the owner as those of another."""
    root, of_another = (Secret(drawn.tobytes()) for drawn in row_values._random(2))
    sums = made(CHOSEN, root=root)
    truth = [
        (number - mask) % 2**64
        for number, (mask,) in zip(read_by_owner(sums.sums, root), sums.masks, strict=True)
    ]
    assert sum(truth) == sum(1 << i for i in CHOSEN)
    other = [
        (number - mask) % 2**64
        for number, (mask,) in zip(read_by_owner(sums.sums, of_another), sums.masks, strict=True)
    ]
    assert not set(other) & {*truth, 0}


# An owner returns something else than it opened.


def returns(number: int):
    """Return what stands for an agent that encrypts this number, whatever it opened."""
    return lambda key, *_: as_rows(key.public, key.encrypt_many([number] * 3, Random(5).randbytes))


def opens_when_it_may():
    """Return what opens an answer, but for the harness, which looks at it first."""
    really, looked = results.open_release, []

    def opens(*asked):
        looked.append(asked)
        return really(*asked) if len(looked) > 1 else None

    return opens


@pytest.mark.parametrize("number", [0, 1 << 500], ids=["zero", "beyond every slot"])
@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_whatever_an_owner_returns_others_see_what_they_always_see(monkeypatch, number, receiver):
    expected = statements(answered(receiver))
    monkeypatch.setattr(row_values, "open_masked_sums", returns(number))
    monkeypatch.setattr(results, "open_release", opens_when_it_may())
    found = answered(receiver)
    assert statements(found) == expected
    assert found.release.measures.shape[0] == 3
    if found.result is not None:
        assert found.result["total"]["sums"] != {"spend": TOTAL}


def statements(answer: Answer) -> list[str]:
    return [kind for _, kind, _ in answer.desk.said]


TOTAL = sum(range(104, 112))


def test_the_numbers_of_a_lattice_answer_are_those_of_the_rows(honest):
    total = honest.result["total"]
    assert (total["people"], total["sums"]["spend"]) == (8, TOTAL)
