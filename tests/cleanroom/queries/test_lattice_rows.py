"""Under lattice rows every template answers what it answers under Paillier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cleanroom.agent import row_values
from cleanroom.engine import masked
from cleanroom.errors import PeerFault, PolicyRefusal
from cleanroom.queries.plan import Made
from cleanroom.room import encryption
from cleanroom.room.encryption import LatticeShape, of_job
from protocols.limits import LATTICE_DEGREE
from tests.cleanroom.queries.harness import Measure, ask, audience, by_key

LATTICE = {"rows": ["lattice"]}
BOTH = {"rows": ["paillier", "lattice"]}


def people(count: int) -> list[str]:
    return [f"person-{number}" for number in range(count)]


SPEND = [100 * number - 700 for number in range(30)]


def crm() -> object:
    return audience(people(30), measures={"spend": Measure(SPEND, 5000, -5000, 2)})


def users() -> object:
    ages = ["old", "young", "mid"]
    return audience(people(40)[10:], labels={"age": [ages[n % 3] for n in range(30)]})


@pytest.mark.parametrize("receiver", ["brand", "platform"])
@pytest.mark.parametrize("noise", ["none", "discrete-gaussian"])
def test_an_audience_is_summed_by_group_whoever_receives(receiver, noise):
    asked = ("overlap", {"group_by": ["platform.age"], "measures": ["spend"]}, crm(), users())
    policy = {**LATTICE, "noise": noise}
    if noise != "none":
        policy |= {"rho_per_release": 100.0, "rho_budget": 1000.0}
    answer = ask(*asked, receiver=receiver, **policy)
    assert answer.receiver.lattice.keys == 1
    groups = by_key(answer.result["groups"], "platform.age")
    if noise == "none":
        truth = by_key(ask(*asked, receiver=receiver).result["groups"], "platform.age")
        assert {k: (g["people"], g["sums"]) for k, g in groups.items()} == {
            k: (g["people"], g["sums"]) for k, g in truth.items()
        }


QUESTION = ("overlap", {"group_by": ["platform.age"], "measures": ["spend"]})


@pytest.fixture(scope="module")
def asked():
    return ask(*QUESTION, crm(), users(), **LATTICE).brand


def test_a_question_does_not_have_its_owner_spool_more_than_a_disk_holds(asked, monkeypatch):
    rows = asked.question.manifest("brand").rows
    monkeypatch.setattr(encryption, "MOST_BYTES", asked.lattice.bytes(rows))
    assert of_job(asked.question, asked.plan) == "lattice"
    monkeypatch.setattr(encryption, "MOST_BYTES", asked.lattice.bytes(rows) - 1)
    with pytest.raises(PolicyRefusal, match="fewer groups or measures") as refusal:
        of_job(asked.question, asked.plan)
    assert refusal.value.rule == "too-many-values"


def test_the_largest_file_of_a_room_is_summed_by_many_groups_but_not_by_all():
    assert LatticeShape(1, 770).bytes(20_000_000) <= encryption.MOST_BYTES
    assert LatticeShape(1, 4096).bytes(20_000_000) > 5 * encryption.MOST_BYTES


@pytest.mark.parametrize(
    ("allowed", "found"), [(("paillier", "lattice"), "paillier"), (("lattice",), None)]
)
def test_rows_made_for_a_job_are_paillier_rows_where_a_lattice_takes_too_much(
    asked, monkeypatch, allowed, found
):
    agreement = asked.question.agreement
    policy = agreement.policy.model_copy(update={"rows": allowed})
    question = replace(asked.question, agreement=agreement.model_copy(update={"policy": policy}))
    plan = replace(asked.plan, source="job", made=Made(brand=2 * LATTICE_DEGREE, platform=1))
    assert of_job(question, plan) == "lattice"
    monkeypatch.setattr(encryption, "MOST_BYTES", 1000)
    if found:
        assert of_job(question, plan) == found
    else:
        with pytest.raises(PolicyRefusal):
            of_job(question, plan)


def test_the_values_of_one_key_are_read_when_its_turn_comes():
    read = []

    def part(start, end):
        read.append((start, end))
        return np.zeros((end - start, encryption.POLYNOMIAL_BYTES), np.uint8)

    shares = np.zeros((2 * 3, encryption.POLYNOMIAL_BYTES), np.uint8)
    seeds = np.arange(2 * 2 * 16, dtype=np.uint8).reshape(-1, 16)
    found = iter(masked.read_values([b"one", b"two"], 3, 2 * LATTICE_DEGREE, shares, seeds, part))
    assert read == []
    next(found)
    assert read == [(0, 6)]
    next(found)
    assert read == [(0, 6), (6, 12)]


@pytest.mark.parametrize("chunk", [b"", b"x" * 1000], ids=["empty", "full"])
def test_an_agent_reads_no_more_of_a_message_than_a_job_has(asked, monkeypatch, chunk):
    """The mediator says that there are chunks without end."""
    read = []
    shown = asked.room.client.job(asked.identity)
    item = {"kind": "base", "side": "platform", "upload": {"chunks": 10**12}}
    monkeypatch.setattr(
        asked.room.client, "job", lambda _: shown | {"messages": [item]}, raising=False
    )

    def job_message(*asked):
        read.append(asked)
        return chunk

    monkeypatch.setattr(asked.room.client, "job_message", job_message)
    with pytest.raises(PeerFault, match="longer message base"):
        asked.read_message("base", 4500)
    assert len(read) <= 5


def test_the_keys_of_a_job_are_gone_once_they_opened_its_sums():
    answer = ask(*QUESTION, crm(), users(), **LATTICE)
    assert (answer.brand.folder / row_values.RETURNED).exists()
    assert not (answer.brand.folder / row_values.ROOTS).exists()
    row_values.open_sums(answer.brand)  # what was returned is returned again
    (answer.brand.folder / row_values.RETURNED).unlink()
    with pytest.raises(PeerFault, match="sent no values"):
        row_values.open_sums(answer.brand)


@pytest.mark.parametrize(("state", "kept"), [("STARTED", True), ("FAILED", False)])
def test_the_keys_of_a_job_that_ended_unopened_go_with_the_next(monkeypatch, state, kept):
    job = ask(*QUESTION, crm(), users(), **LATTICE).brand
    earlier = job.folder.parent / ("e" * 32) / row_values.ROOTS
    job.room.home.vault.write_arrays(earlier, rows=np.zeros((1, 32), np.uint8))
    monkeypatch.setattr(job.room.client, "job", lambda identity: {"state": state})
    row_values.make(job, np.zeros((1, 1), dtype=np.int64))
    assert earlier.exists() is kept
