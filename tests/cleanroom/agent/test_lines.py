"""A dataset that changes: refreshed from its source, aligned by the agents, asked about by name."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cleanroom.agent import alignment_count, alignments, asking, datasets, jobs, lines, rooms
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.agent.room_file import RoomFile, terms_of
from cleanroom.audit import verify_audit_bundle
from cleanroom.documents.agreement import Policy
from cleanroom.errors import InvalidInput, PeerFault, PolicyRefusal
from cleanroom.ingest import read_table
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries.room import FOREVER

HOUR = 3600
TEXT = """
[room]
name = "spring"
rehearsal = true
[datasets.acme.crm]
file = "crm.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
labels = ["tier"]
domains = { tier = ["gold", "silver"] }
measures = { spend = { column = "spend", max = 100 } }
[datasets.telco.users]
file = "users.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
labels = ["age"]
domains = { age = ["old", "young"] }
[[jobs]]
name = "q"
template = "overlap"
brand = "crm"
platform = "users"
"""
CRM = [f"person-{number},{'gold' if number % 3 else 'silver'},{number}" for number in range(12)]
USERS = [f"person-{number},{'old' if number % 2 else 'young'}" for number in range(4, 20)]


def write(folder: Path, crm: list[str] = CRM, users: list[str] = USERS) -> RoomFile:
    (folder / "crm.csv").write_text("\n".join(["id,tier,spend", *crm]) + "\n")
    (folder / "users.csv").write_text("\n".join(["id,age", *users]) + "\n")
    (folder / "room.toml").write_text(TEXT)
    return RoomFile.read(folder / "room.toml")


def open_room(
    meeting: Place, described: RoomFile, purposes: tuple[str, ...] = (), **changes: Any
) -> dict[str, rooms.Room]:
    cards = tuple(home.card for home in meeting.homes.values())
    terms = [
        terms_of(card, name, spec) for card in cards for name, spec in described.specs(card).items()
    ]
    said: dict[str, Any] = {"noise": "none", "k_min": 1, "paillier_bits": 512, "alignment": ("dh",)}
    policy = Policy.model_validate({**said, "expires": FOREVER, **changes})
    opened = {"acme": meeting.propose(datasets=tuple(terms), policy=policy, purposes=purposes)}
    opened["telco"] = meeting.sign(opened["acme"].identity)
    for room in opened.values():
        for name, spec in described.specs(room.own).items():
            datasets.upload(room, name, spec, read_table(spec, described.path(spec)))
            lines.remember(room, name, described.folder / "room.toml")
    asking_align(meeting, opened["acme"])
    return opened


def asking_align(meeting: Place, room: rooms.Room) -> None:
    newest = [
        str(datasets.by_name(room, *line)["id"]) for line in (("acme", "crm"), ("telco", "users"))
    ]
    alignments.propose(room, (newest[0],), (newest[1],), "dh")
    meeting.work()


def verify(parties: dict[str, rooms.Room]) -> None:
    room = parties["acme"]
    memories = [memory_of(one.home, one.identity) for one in parties.values()]
    verify_audit_bundle(bundle_of(room.client, room.agreement, memories))


def asked(room: rooms.Room, described: RoomFile) -> tuple[str, list[str]]:
    told: list[str] = []
    return asking.submit(room, described, "q", told.append), told


def people(meeting: Place, room: rooms.Room, job: str) -> int:
    meeting.work()
    assert meeting.mediator.worker().run_once()
    meeting.work()
    return int(asking.read_result(room, job)["total"]["people"])


def test_a_refresh_is_aligned_by_the_agents_and_asked_about_by_name(
    meeting: Place, tmp_path: Path
) -> None:
    described = write(tmp_path)
    parties = open_room(meeting, described, realign=True)
    room = parties["acme"]
    job, told = asked(room, described)
    assert told[0] == "q: about acme/crm version 1 and telco/users version 1."
    assert people(meeting, room, job) == 8
    write(tmp_path, crm=CRM[:6])
    made = lines.refresh(room, "crm")
    assert made.manifest.version == 2
    # Until both sides have aligned it, the newest aligned version is asked about.
    assert asked(room, described)[0] == job
    meeting.work()
    job, told = asked(room, described)
    assert told[0] == "q: about acme/crm version 2 and telco/users version 1."
    assert people(meeting, room, job) == 2
    lines.refresh(parties["telco"], "users")
    meeting.work()
    shown = jobs.load(room, asked(room, described)[0])
    assert (shown.question.brand.version, shown.question.platform.version) == (2, 2)
    assert len(room.client.alignments(room.identity)) == 3
    verify(parties)


def test_without_the_agreement_s_word_agents_align_nothing_by_themselves(
    meeting: Place, tmp_path: Path
) -> None:
    described = write(tmp_path)
    parties = open_room(meeting, described)
    room = parties["acme"]
    lines.refresh(room, "crm")
    meeting.work()
    found = room.client.alignments(room.identity)
    assert len(found) == 1
    with pytest.raises(PolicyRefusal, match="nothing by themselves"):
        lines.renew(room, found[0]["id"])
    with pytest.raises(InvalidInput, match="not aligned yet.*cleanroom align crm users"):
        asked(room, described)


def test_the_same_versions_are_aligned_once_whatever_the_mediator_shows(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = write(tmp_path)
    room = open_room(meeting, described, realign=True)["acme"]
    (first,) = room.client.alignments(room.identity)
    assert not lines.renew(room, first["id"])
    lines.refresh(room, "crm")
    with ThreadPoolExecutor(4) as pool:  # an agent and a console, say
        done = list(pool.map(lambda _: lines.renew(room, first["id"]), range(4)))
    assert sum(done) == 1
    assert len(room.client.alignments(room.identity)) == 2
    # A mediator that hides the second one gets no third.
    monkeypatch.setattr(type(room.client), "alignments", lambda *_: [first])
    assert not lines.renew(room, first["id"])


def test_only_the_brand_s_agent_is_told_and_nobody_beyond_the_cap(
    meeting: Place, tmp_path: Path
) -> None:
    described = write(tmp_path)
    parties = open_room(meeting, described, realign=True, alignments_max=1)
    lines.refresh(parties["acme"], "crm")
    for room in parties.values():
        assert room.client.work(0)["alignments"] == []
    with pytest.raises(PolicyRefusal, match="allows 1 alignments"):
        lines.renew(parties["acme"], parties["acme"].client.alignments(room.identity)[0]["id"])


def test_alignments_are_bounded_in_each_period_by_mediator_agents_and_verifier(
    meeting: Place, tmp_path: Path, clock: SimpleNamespace
) -> None:
    described = write(tmp_path)
    periods = {"period": HOUR, "period_start": int(time.time()) - 60, "rho_lifetime": 4.0}
    parties = open_room(meeting, described, realign=True, alignments_max=2, **periods)
    room = parties["acme"]
    for version in (2, 3):
        lines.refresh(room, "crm")
        meeting.work()
        shown = jobs.load(room, asked(room, described)[0])
        assert shown.question.brand.version == 2  # the third waits for the next period
        assert version in (2, 3)
    for one in parties.values():
        with pytest.raises(PolicyRefusal, match="2 alignments in a period"):
            alignment_count.check(one, one.agreement.facing(one.own.name)[0].name)
    clock.by = HOUR
    meeting.work()
    assert jobs.load(room, asked(room, described)[0]).question.brand.version == 3
    clock.by = 0
    peers = {name: one.agreement.facing(name)[0].name for name, one in parties.items()}
    counted = [alignment_count.check(one, peers[name]) for name, one in parties.items()]
    assert counted == [1, 1]
    verify(parties)


def test_a_refresh_that_was_killed_goes_on_or_is_withdrawn(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = write(tmp_path)
    parties = open_room(meeting, described, realign=True)
    room = parties["acme"]

    def states() -> list[tuple[int, str]]:
        own = room.client.datasets(room.identity)
        return [
            (one["manifest"]["version"], one["state"])
            for one in own
            if one["manifest"]["name"] == "crm"
        ]

    def killed() -> None:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(datasets, "send_rows", _interrupt)
            lines.refresh(room, "crm")

    killed()
    assert states() == [(1, "READY"), (2, "UPLOADING")]
    assert lines.refresh(room, "crm").manifest.version == 2  # the very same rows
    killed()
    write(tmp_path, crm=CRM[1:])
    assert lines.refresh(room, "crm").manifest.version == 4
    assert states() == [(1, "READY"), (2, "READY"), (3, "WITHDRAWN"), (4, "READY")]
    meeting.work()
    verify(parties)


def _interrupt(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_line_without_a_source_or_that_its_file_forgot_is_refused(
    meeting: Place, tmp_path: Path
) -> None:
    room = open_room(meeting, write(tmp_path))["acme"]
    with pytest.raises(InvalidInput, match="never uploaded from here"):
        lines.refresh(room, "orders")
    file = tmp_path / "room.toml"
    file.write_text(TEXT[: TEXT.index("[datasets.acme")] + TEXT[TEXT.index("[datasets.telco") :])
    file.write_text(file.read_text().partition("[[jobs]]")[0])
    with pytest.raises(InvalidInput, match="no longer describes a dataset crm"):
        lines.refresh(room, "crm")


def test_a_dataset_under_another_s_identifier_is_no_version(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = open_room(meeting, write(tmp_path), realign=True)["acme"]
    shown = room.client.datasets(room.identity)
    shown[0]["manifest"]["version"] = 9
    monkeypatch.setattr(type(room.client), "datasets", lambda *_: shown)
    with pytest.raises(PeerFault, match="different dataset"):
        lines.newest_aligned(room, ("acme", "crm"), ("telco", "users"))


# --- what links versions


def windows(data: bytes) -> set[bytes]:
    """Return every run of eight bytes."""
    return {data[start : start + 8] for start in range(len(data) - 7)}


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a JSON value, keys among them."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def _opened(file: Path) -> bytes:
    """Return a file's bytes; a dictionary's without the names of its fields and columns."""
    if file.name != "dictionary":
        return file.read_bytes()
    entries = json.loads(file.read_bytes())["entries"]
    return "|".join(f"{one['pseudonym']}|{one['sealed']}" for one in entries).encode()


def held(home: Path, dataset: str) -> tuple[set[bytes], set[str]]:
    """Return what a mediator holds of one version: bytes of its files, texts of its rows."""
    database = sqlite3.connect(home / "mediator.sqlite")
    files = b"|".join(
        _opened(file)
        for file in sorted((home / "blobs").rglob("*"))
        if file.is_file() and dataset in str(file)
    )
    (manifest,) = database.execute("SELECT manifest FROM datasets WHERE id = ?", (dataset,))
    rows = [json.loads(manifest[0])]
    for table in ("chunks", "uploads"):
        found = database.execute(f"SELECT * FROM {table} WHERE stream LIKE ?", (f"%{dataset}%",))
        rows += [[str(cell) for cell in row] for row in found]
    return windows(files), {one for one in texts(rows) if len(one) >= 8}


def test_nothing_that_the_mediator_holds_links_two_versions_of_the_very_same_rows(
    meeting: Place, tmp_path: Path
) -> None:
    parties = open_room(meeting, write(tmp_path), realign=True)
    room = parties["acme"]
    first = datasets.by_name(room, "acme", "crm")["id"]
    second = lines.refresh(room, "crm").manifest.identity()
    meeting.work()
    home = next(file.parent for file in tmp_path.rglob("mediator.sqlite"))
    (bytes_first, said_first), (bytes_second, said_second) = held(home, first), held(home, second)
    assert len(bytes_first) > 1000 and len(bytes_second) > 1000 and len(said_first) > 5
    assert not bytes_first & bytes_second
    named = {"identifier_profile", "measures", "encryption", "tokens", "decimals", "audience"}
    assert said_first & said_second <= named | {"platform", "minimum", "maximum"}
