"""Large alignments in parts: a run killed anywhere goes on with what is missing, with new secrets.

Parts are made of some rows here, so that a mediator in this process carries several of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from cleanroom.agent import (
    aligned_people,
    aligned_rows,
    alignment_parts,
    alignments,
    datasets,
    leftovers,
    tables,
    uploads,
)
from cleanroom.agent.datasets import local
from cleanroom.agent.relay import Relay
from cleanroom.agent.rooms import Room
from cleanroom.errors import CleanroomError, InvalidInput
from protocols.alignment import Frame, parts
from protocols.alignment.ot import participant as ot_participant
from protocols.errors import InvalidMessageError
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries.harness import audience
from tests.cleanroom.queries.room import spec_of, table_of

BRAND = [f"p{number}" for number in range(60)]
PLATFORM = [f"p{number}" for number in range(30, 80)]
BOTH = 30
PARTS = 2


class Killed(BaseException):
    """End a process between two steps: nothing of it is tidied up."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_ROWS", 64 // PARTS)
    monkeypatch.setattr(alignment_parts, "AT_ONCE", 16)
    monkeypatch.setattr(tables, "PER_BLOCK", 16)
    monkeypatch.setattr(aligned_rows, "ORDERED", 16)
    monkeypatch.setattr(alignments, "POLL", 0.01)
    monkeypatch.setattr(alignments, "LONG_POLL", 1)


@dataclass
class Meeting:
    """Two parties with an alignment that was proposed, and what they said in each attempt."""

    rooms: dict[str, Room]
    identity: str
    said: dict[tuple[str, int], list[tuple[str, bytes]]] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def of(self, party: str) -> alignments.LocalAlignment:
        return alignments.find(self.rooms[party], self.identity)

    def files(self, party: str) -> set[str]:
        return {file.name for file in self.of(party).folder.iterdir()}

    def attempt(self, killed: dict[str, int]) -> list[BaseException | None]:
        """Run both sides; one that is killed has others notice it, as its agent's next start does.

        ``killed`` says before which of its steps a party's process ends.
        """
        self.steps = dict.fromkeys(self.rooms, 0)
        self.killed = killed
        before = self.rooms["acme"].client.alignment(self.identity)["attempt"]
        with ThreadPoolExecutor(2) as pool:
            runs: dict[str, Future[None]] = {
                name: pool.submit(alignments.run, self.of(name)) for name in self.rooms
            }
            for name in killed:
                assert isinstance(runs[name].exception(), Killed)
            if killed:
                alignments.give_up(self.of(min(killed)), before)
            return [run.exception() for run in runs.values()]

    def step(self, room: Room) -> None:
        """Count a step of a party, and end it there if it is to be killed."""
        name = room.own.name
        if self.steps[name] == self.killed.get(name):
            raise Killed
        self.steps[name] += 1

    def common(self) -> int:
        """Return how many people both sides hold one T of; no side holds one twice."""
        found = [
            self.of(name).secrets_of(self.of(name).own_datasets[0]) for name in ("acme", "telco")
        ]
        one, other = ({row.tobytes() for row in rows} for rows in found)
        assert [len(one), len(other)] == [len(BRAND), len(PLATFORM)]
        for number in range(30, 60):
            assert (found[0][number] == found[1][number - 30]).all()
        return len(one & other)


def meet(place: Place, patch: pytest.MonkeyPatch, profile: str = "dh") -> Meeting:
    """Let two parties upload, and propose an alignment whose every step may be the last."""
    own = place.propose()
    made = {"acme": own, "telco": place.sign(own.identity)}
    ids = [
        datasets.upload(room, "data", spec_of(audience(people)), table_of(audience(people)))
        for room, people in zip(made.values(), (BRAND, PLATFORM), strict=True)
    ]
    proposed = alignments.propose(own, (ids[0],), (ids[1],), profile)
    found = Meeting(made, proposed.identity)
    send, keep = Relay.send, alignment_parts._keep
    rows = aligned_rows.send_blocks

    def sends(relay: Any, frames: Iterable[Frame]) -> None:
        key = relay.alignment.room.own.name, relay.attempt
        for frame in frames:
            found.step(relay.alignment.room)
            found.said.setdefault(key, []).append((frame.step, frame.payload))
            send(relay, [frame])

    def keeps(alignment: Any, *rest: Any) -> None:
        found.step(alignment.room)
        keep(alignment, *rest)
        found.step(alignment.room)

    def sends_rows(client: Any, path: str, shape: Any, blocks: Any, **more: Any) -> Any:
        (room,) = (one for one in found.rooms.values() if one.client is client)
        found.step(room)
        found.tokens.setdefault(room.own.name, []).append(np.concatenate([*blocks]))
        sent = rows(client, path, shape, found.tokens[room.own.name][-1:], **more)
        found.step(room)
        return sent

    patch.setattr(Relay, "send", sends)
    patch.setattr(alignment_parts, "_keep", keeps)
    patch.setattr(aligned_rows, "send_blocks", sends_rows)
    return found


STEPS, SENDING = 11, 8
"""Claims, two frames and two sides of keeping for each part, two sides of sending tokens."""


@pytest.mark.parametrize(
    ("party", "step"), [*(("acme", step) for step in range(STEPS)), ("telco", 3), ("telco", 4)]
)
def test_a_run_killed_at_any_step_goes_on_with_what_is_missing(
    meeting: Place, monkeypatch: pytest.MonkeyPatch, party: str, step: int
) -> None:
    made = meet(meeting, monkeypatch)
    first = made.attempt({party: step})
    assert sum(isinstance(error, Killed) for error in first) == 1
    kept = {name: {one for one in made.files(name) if one[:5] == "part-"} for name in made.rooms}
    done = kept["acme"] & kept["telco"]
    for name in made.rooms:
        # Nothing is written down with which a part could be gone on with.
        others = made.files(name) - kept[name]
        assert {one.partition("-")[0] for one in others} <= {
            *("attempt", "lock", "period.json", "secrets", "sending", "spooled", "rows", "order")
        }
    assert made.attempt({}) == [None, None]
    assert made.common() == BOTH
    for name in made.rooms:
        again = [step for step, _ in made.said[name, 2]]
        assert again == ["parts", *(PARTS - len(done)) * ["blinded", "evaluated"]]
        texts = [text for key, said in made.said.items() for how, text in said if how != "parts"]
        assert len(set(texts)) == len(texts)
        assert not [one for one in made.files(name) if one[:5] == "part-"]


def test_tokens_of_two_attempts_do_not_tell_padding_from_people(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = meet(meeting, monkeypatch)
    made.attempt(dict.fromkeys(made.rooms, STEPS - 1))  # tokens are sent, nothing is signed
    assert made.attempt({}) == [None, None]
    assert made.common() == BOTH
    # Rows keep their places, and padding has other tokens each time: people must have, too.
    first, second = made.tokens["acme"]
    assert len(first) == len(second) > len(BRAND)
    assert not (first == second).all(axis=1).any()


def test_the_last_step_is_the_last(meeting: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    made = meet(meeting, monkeypatch)
    assert made.attempt({}) == [None, None]
    assert set(made.steps.values()) == {STEPS}
    assert made.common() == BOTH
    assert made.rooms["acme"].client.alignment(made.identity)["state"] == "READY"


def test_two_halves_of_different_attempts_are_not_one_part(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = meet(meeting, monkeypatch)
    keeping = 3
    made.attempt({"telco": keeping})  # acme keeps the first part, telco does not
    made.attempt({"acme": keeping})  # the other way round, with other secrets
    assert {"part-0"} == made.files("acme") & made.files("telco") & {"part-0", "part-1"}
    assert made.attempt({}) == [None, None]
    assert [step for step, _ in made.said["acme", 3]].count("blinded") == PARTS
    assert made.common() == BOTH


@pytest.mark.parametrize("narrow", [1 << 24, 64])
def test_ot_runs_in_parts_too_by_either_code(
    meeting: Place, monkeypatch: pytest.MonkeyPatch, narrow: int
) -> None:
    monkeypatch.setattr(ot_participant, "NARROW_ROWS", narrow)
    made = meet(meeting, monkeypatch, "ot")
    assert made.attempt({}) == [None, None]
    assert made.common() == BOTH
    hellos = [text for said in made.said.values() for step, text in said if step == "hello"]
    assert len(set(hellos)) == len(hellos) == 2 * PARTS


def test_an_attempt_is_made_once_whatever_is_done(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = meet(meeting, monkeypatch)
    made.attempt({"acme": 4})
    spoken = len(made.said["acme", 1])
    alignment = made.of("acme")
    with pytest.raises(CleanroomError, match="attempt 1 was already made"):
        alignments._begin(alignment, 1)
    assert len(made.said["acme", 1]) == spoken


def test_parts_go_when_a_version_is_taken_back(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = meet(meeting, monkeypatch)
    made.attempt({"acme": SENDING})
    own = made.of("acme")
    assert "part-0" in made.files("acme")
    leftovers.forget_datasets(own.room, own.own_datasets)
    assert not [one for one in made.files("acme") if one[:5] == "part-" or one[:7] == "secrets"]


def test_a_part_of_other_people_is_refused(meeting: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    made = meet(meeting, monkeypatch)
    made.attempt({"acme": SENDING})
    alignment = made.of("acme")
    vault, file = alignment.room.home.vault, alignment.folder / "part-1"
    held = vault.read_arrays(file)
    vault.write_arrays(file, **{**held, "secrets": held["secrets"][:-1]})
    members = np.concatenate([np.full(len(held["secrets"]), 1, dtype=np.uint16)])
    with pytest.raises(InvalidInput, match="Part 1 of the alignment holds other people"):
        list(alignment_parts._in_order(alignment, members))


def test_claims_of_another_length_or_twice_are_refused() -> None:
    claims = alignment_parts.Claims([bytes(32), b"1" * 32, b"2" * 32])
    (own,) = claims.start()
    for payload in (b"", own.payload[:-1], own.payload + b"0"):
        with pytest.raises(InvalidMessageError, match="which parts it has"):
            claims.receive(alignment_parts.Frame("parts", 0, payload))
    assert not claims.finished
    peers = alignment_parts.Frame("parts", 0, bytes(32) + b"1" * 32 + b"3" * 32)
    assert list(claims.receive(peers)) == []
    assert claims.missing() == [0, 2]
    with pytest.raises(InvalidMessageError, match="which parts it has"):
        claims.receive(peers)


def test_tokens_are_those_of_the_rows_however_few_are_held(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = meet(meeting, monkeypatch)
    assert made.attempt({}) == [None, None]
    alignment = made.of("acme")
    dataset = local(alignment.room, alignment.own_datasets[0])
    scope = [bytes(16), bytes(16), bytes(16)]
    drawn = [[*aligned_rows._tokens(alignment, dataset, scope)] for _ in range(2)]
    assert len(drawn[0]) > 1
    one, other = (np.concatenate(blocks) for blocks in drawn)
    monkeypatch.setattr(aligned_rows, "ORDERED", 1 << 20)
    (whole,) = aligned_rows._tokens(alignment, dataset, scope)
    is_real = dataset.order() < len(BRAND)
    np.testing.assert_array_equal(one[is_real], whole[is_real])
    # Padding is drawn anew each time.
    assert not (one[~is_real] == other[~is_real]).all(axis=1).any()
    assert len(np.unique(one, axis=0)) == len(one)


def test_an_order_in_blocks_has_every_row_once_and_nothing_of_the_files(tmp_path: Any) -> None:
    blocks = [*uploads._random_blocks(200_000, tmp_path, 30_000)]
    assert max(map(len, blocks)) < 30_000
    order = np.concatenate(blocks)
    np.testing.assert_array_equal(np.sort(order), np.arange(200_000))
    deviations = np.sqrt(len(order))
    assert abs(np.corrcoef(order, np.arange(len(order)))[0, 1]) * deviations < 10
    rises = np.count_nonzero(np.diff(order) > 0)
    assert abs(rises - len(order) / 2) < 10 * deviations / np.sqrt(12)
    assert not [*tmp_path.iterdir()]


def test_people_come_in_blocks_of_one_dataset_and_of_several(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aligned_people, "AT_ONCE", 16)
    made = meet(meeting, monkeypatch)
    one = local(made.rooms["acme"], made.of("acme").own_datasets[0])
    alone = aligned_people.Entrants([one])
    assert len(alone) == len(BRAND)
    assert [person for block in alone.blocks() for person in block] == list(alone.whole())

    several = aligned_people.Entrants(
        [one, local(made.rooms["telco"], made.of("telco").own_datasets[0])]
    )
    assert len(several) == 80
    assert sum(len(block) for block in several.blocks()) == 80
    found = np.arange(80 * 32, dtype=np.uint8).reshape(80, 32)
    divided = dict(several.divided(alignment_parts.Blocks(found.dtype, found.shape, [found])))
    assert [len(rows) for rows in divided.values()] == [len(BRAND), len(PLATFORM)]


@pytest.mark.parametrize("per_chunk", [1, 7, 50, 300])
def test_rows_that_come_in_blocks_are_cut_into_the_chunks_of_one_array(per_chunk: int) -> None:
    rows = np.arange(100 * 3, dtype=np.uint16).astype(np.uint8).reshape(100, 3)
    for ends in ([], [0, 0, 13, 14, 64, 100], [*range(1, 100)]):
        chunks = [*uploads._cut(np.split(rows, ends), per_chunk)]
        assert b"".join(chunks) == rows.tobytes()
        assert {len(chunk) for chunk in chunks[:-1]} <= {3 * per_chunk}
        assert 0 < len(chunks[-1]) <= 3 * per_chunk
