"""The log of the real mediator: verified, tampered with in its database, computed again."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import logs
from cleanroom.agent.logs import ask_entry, ask_growth
from cleanroom.audit import verify_bundle
from cleanroom.audit.bundle import Bundle
from cleanroom.audit.memory import Memory, PartyMemory, sign_memory
from cleanroom.audit.proofs import check_entry
from cleanroom.audit.witness import Witness
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure, InvalidInput
from cleanroom.mediator.bootstrap import DATABASE_FILE
from cleanroom.mediator.replay import replay
from protocols import checkpoint as notes
from tests.api import story
from tests.api.party import Party, World, world

DATABASE_EDITS = (120, pytest.param(1000, marks=pytest.mark.slow))


@dataclass
class Reader:
    """Ask the mediator as a member, with the methods that the client has."""

    party: Party

    def checkpoint(self, room: str) -> str:
        return self.party.get(f"/v1/audit/checkpoint?room={room}").get_data(as_text=True)

    def entries(self, room: str, start: int, limit: int) -> list[dict[str, Any]]:
        path = f"/v1/audit/entries?room={room}&from={start}&limit={limit}"
        return self.party.get(path).get_json()["entries"]

    def consistency(self, room: str, first: int, second: int) -> list[str]:
        path = f"/v1/audit/proofs/consistency?room={room}&first={first}&second={second}"
        return self.party.get(path).get_json()["proof"]

    def inclusion(self, room: str, index: int, size: int) -> list[str]:
        path = f"/v1/audit/proofs/inclusion?room={room}&index={index}&size={size}"
        return self.party.get(path).get_json()["proof"]


def memory(party: Party, note: str | None = None) -> PartyMemory:
    remembered = Memory(
        room=party.room,
        party=party.name,
        sequence=party.sequence,
        previous=party.previous,
        checkpoint=note,
    )
    return sign_memory(remembered, party.key)


def bundle_of(room: World, party: Party) -> Bundle:
    note = Reader(party).checkpoint(room.room)
    memories = [memory(one, note) for one in (room.brand, room.platform)]
    agreement = Agreement.from_json(room.agreement)
    return logs.collect(Reader(party), room.room, agreement, memories)  # type: ignore[arg-type]


@contextmanager
def answered(folder: Path) -> Iterator[World]:
    """A room with a job that ended well, a refusal, and a head that was vouched for."""
    with world(folder) as made:
        made.open_room()
        job = story.started(made)
        assert made.mediator.worker().run_once()
        head = made.brand.get(f"/v1/jobs/{job}").get_json()
        made.brand.get(f"/v1/jobs/{job}/result?part=release")
        made.brand.get(f"/v1/jobs/{job}/result?part=people")
        body = {"job": job, "release": head["release"]}
        made.brand.must_say(f"/v1/jobs/{job}/receipt", "job.receipt", body)
        refused = made.platform.say("/v1/jobs", "job.submit", {"job": {"name": "unknown"}})
        assert refused.status_code >= 400
        note = Reader(made.platform).checkpoint(made.room)
        signed = notes.cosign(note, "platform", made.platform.key, 1)
        made.platform.must_say("/v1/audit/cosign", "audit.cosign", {"checkpoint": signed})
        yield made


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Iterator[World]:
    with answered(tmp_path_factory.mktemp("mediator")) as made:
        yield made


def test_the_log_of_the_real_mediator_verifies(room):
    report = verify_bundle(bundle_of(room, room.brand), room=room.room)
    found = " ".join(step.found for step in report.steps)
    assert "1 SUCCESS" in found
    assert "platform" in next(s.found for s in report.steps if "vouched" in s.title)


def test_every_look_of_the_auditor_is_an_entry(room):
    before = verify_bundle(bundle_of(room, room.brand)).size
    looked = bundle_of(room, room.auditor)
    after = bundle_of(room, room.brand)
    reads = [leaf for leaf in list(after.leaves())[before:] if b'"audit.read"' in leaf]
    assert len(reads) >= 2
    assert verify_bundle(looked).size > before


def test_proofs_of_the_mediator_hold(room, tmp_path):
    agreement, reader = Agreement.from_json(room.agreement), Reader(room.platform)
    first = reader.checkpoint(room.room)
    assert check_entry(ask_entry(reader, agreement, 5)).size >= 5  # type: ignore[arg-type]
    room.platform.must_say("/v1/audit/cosign", "audit.cosign", {"checkpoint": first})
    witness = Witness(tmp_path)

    def prove(small: int, large: int) -> list[str]:
        return reader.consistency(room.room, small, large)

    witness.accept(agreement, first, prove)
    head = witness.see(agreement, lambda: reader.checkpoint(room.room), prove)
    assert head.size > notes.parse(first)[0].size
    second = witness.note() or ""
    assert ask_growth(reader, agreement, first, second)["proof"]  # type: ignore[arg-type]


@pytest.mark.parametrize("edits", DATABASE_EDITS)
def test_random_edits_of_the_database_are_all_caught(room, edits):
    """A byte of an entry changed, an entry removed, two exchanged: below the mediator's back."""
    honest = bundle_of(room, room.brand)
    verify_bundle(honest)
    dice = random.Random(34)
    caught = 0
    with sqlite3.connect(room.home / DATABASE_FILE) as database:
        for number in range(edits):
            edit(database, room.room, dice, number % 3)
            rows = database.execute(
                "SELECT leaf FROM entries WHERE room = ? ORDER BY number", (room.room,)
            )
            leaves = [leaf for (leaf,) in rows]
            spoilt = Bundle(
                honest.room, honest.agreement, honest.checkpoint, honest.memories, leaves.copy
            )
            with pytest.raises(AuditFailure):
                verify_bundle(spoilt)
            caught += 1
            database.rollback()
    print(f"{caught} edits of the database caught")
    assert caught == edits
    assert verify_bundle(bundle_of(room, room.brand)).size == len(list(honest.leaves()))


def edit(database: sqlite3.Connection, room: str, dice: random.Random, kind: int) -> None:
    found = database.execute("SELECT number, leaf FROM entries WHERE room = ?", (room,)).fetchall()
    number, leaf = dice.choice(found)
    change = "UPDATE entries SET leaf = ? WHERE room = ? AND number = ?"
    if kind == 0:
        place = dice.randrange(len(leaf))
        other = leaf[:place] + bytes([leaf[place] ^ 1 << dice.randrange(7)]) + leaf[place + 1 :]
        database.execute(change, (other, room, number))
    elif kind == 1:
        database.execute("DELETE FROM entries WHERE room = ? AND number = ?", (room, number))
    else:
        second, other = dice.choice([item for item in found if item[0] != number])
        database.execute(change, (other, room, number))
        database.execute(change, (leaf, room, second))


def test_a_job_is_computed_again(room):
    found = replay(room.mediator.context, bundle_of(room, room.brand).leaves(), "overlap-by-age")
    assert found["groups"] == 2
    assert found["commitments"] == 4
    with pytest.raises(InvalidInput, match="0 jobs"):
        replay(room.mediator.context, bundle_of(room, room.brand).leaves(), "unknown")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ("alignments/*/tokens/1/platform/*/*/*", "not those that were committed to"),
        ("datasets/*/rows/*", "not those that were committed to"),
        ("jobs/*/release/*/people", "The stored people are not those in the log"),
    ],
)
def test_rows_that_were_changed_since_are_found(room, files, reason):
    file = next(Path(room.home / "blobs").glob(files))
    kept = file.read_bytes()
    log = bundle_of(room, room.brand)
    try:
        file.write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
        with pytest.raises(AuditFailure, match=reason):
            replay(room.mediator.context, log.leaves(), "overlap-by-age")
    finally:
        file.write_bytes(kept)


def test_after_a_withdrawal_the_log_still_verifies_and_the_rows_are_gone(tmp_path):
    with answered(tmp_path / "mediator") as room:
        listed = room.brand.get(f"/v1/datasets?room={room.room}").get_json()["items"]
        own = next(item["id"] for item in listed if item["manifest"]["party"] == "brand")
        room.brand.must_say(f"/v1/datasets/{own}/withdraw", "dataset.withdraw", {"dataset": own})
        log = bundle_of(room, room.brand)
        verify_bundle(log)
        with pytest.raises(InvalidInput, match="are gone"):
            replay(room.mediator.context, log.leaves(), "overlap-by-age")
