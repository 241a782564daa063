"""Nights and weeks of a room: refreshed, aligned, people erased, asked by a standing question."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.backup import backup
from cleanroom.agent import alerts, asking, datasets, lines, rooms, standing
from cleanroom.agent.standing import Standing
from cleanroom.documents.dataset import Manifest
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.agent.test_erasure import erase, holding, marks_of
from tests.cleanroom.agent.test_lines import open_room, verify, write

ROWS, NIGHTS, NIGHTS_A_WEEK, CHANGED = 100, 3, 2, 2
DAY = 86_400
WINDOW = 12
"""Bytes that two versions never share by chance: of some 10^5 places each, once in 10^18 tries."""

GONE = {0: ("person-57", "person-61"), 1: ("person-73",)}
"""Who asks to be erased, by night; the platform knows all three."""

USERS = [f"person-{number},{'old' if number % 2 else 'young'}" for number in range(50, 50 + ROWS)]


def nightly(night: int) -> list[str]:
    """Return the brand's file of a night: a hundredth or so of it is new, as much is gone."""
    first = night * CHANGED
    return [
        f"person-{number},{'gold' if number % 3 else 'silver'},{number % 90}"
        for number in range(first, first + ROWS)
    ]


def truth(night: int, gone: set[str]) -> int:
    """Return how many people both know, without those who were erased."""
    known = {line.partition(",")[0] for line in USERS}
    own = {line.partition(",")[0] for line in nightly(night)}
    return len(own & known - gone)


def weekly(room: rooms.Room) -> Standing:
    first = int(time.time()) + 120
    every = NIGHTS_A_WEEK * DAY
    times = {"first": first, "every": every, "until": first + (NIGHTS - 1) * DAY}
    fields = {
        "name": "weekly",
        "template": "overlap",
        "brand": {"party": "acme", "name": "crm"},
        "platform": {"party": "telco", "name": "users"},
        "receiver": "brand",
        "rho": None,
    }
    return standing.declare(room, fields, {}, times)


def windows(files: list[Path]) -> set[bytes]:
    """Return every stretch of bytes in some files that could be told from others."""
    found: set[bytes] = set()
    for data in (file.read_bytes() for file in files):
        found.update(data[at : at + WINDOW] for at in range(len(data) - WINDOW + 1))
    # A run of few different bytes is padding: it says nothing of whose it is.
    return {one for one in found if len(set(one)) > WINDOW // 2}


def standing_for(room: rooms.Room, who: tuple[str, ...]) -> list[bytes]:
    """Return what stands for people on any side, in every version that is there now."""
    there = {one["id"] for one in room.client.datasets(room.identity) if one["state"] == "READY"}
    marks: list[bytes] = []
    for item in room.client.alignments(room.identity):
        (brand,) = item["document"]["brand_datasets"]
        if item["state"] == "READY" and brand in there:
            marks += marks_of(datasets.local(room, brand), item["id"], who)
    return marks


class Held:
    """All that the mediator ever held of each version of the brand's dataset, kept aside."""

    def __init__(self, mediator: Path) -> None:
        self._blobs = mediator / "blobs"
        self._seen: dict[str, set[bytes]] = {}
        self._read: set[tuple[str, Path]] = set()

    def look(self, room: rooms.Room) -> None:
        """Read rows, tokens and relayed messages of every version that is there now."""
        for item in room.client.datasets(room.identity):
            if item["manifest"]["name"] != "crm":
                continue
            joined = [
                one["id"]
                for one in room.client.alignments(room.identity)
                if item["id"] in one["document"]["brand_datasets"]
            ]
            files = [
                file
                for file in self._blobs.rglob("*")
                if file.is_file()
                and (f"/{item['id']}/" in str(file) or any(one in str(file) for one in joined))
                # A platform's own version is joined again and again; it is not what is compared.
                and not self._of_platform(str(file), item["id"])
                and "dictionary" not in file.name
            ]
            # A file is never written twice: what was read of it stays true.
            files = [file for file in files if (item["id"], file) not in self._read]
            self._read |= {(item["id"], file) for file in files}
            manifest = Manifest.from_json(item["manifest"])
            labels = {one.encode() for column in manifest.labels for one in column.domain}
            self._seen.setdefault(item["id"], set()).update(windows(files) | labels)

    @staticmethod
    def _of_platform(file: str, brand: str) -> bool:
        return "/platform/" in file or ("/rows/" in file and brand not in file)

    def linked(self) -> list[tuple[str, str, bytes]]:
        """Return what two versions have in common."""
        return [
            (one, other, next(iter(both)))
            for one, other in itertools.combinations(self._seen, 2)
            if (both := self._seen[one] & self._seen[other])
        ]

    @property
    def sizes(self) -> list[int]:
        """Return how much was seen of each version."""
        return [len(one) for one in self._seen.values()]


def test_nights_and_weeks_of_a_room(meeting: Place, tmp_path: Path, clock: SimpleNamespace) -> None:
    described = write(tmp_path, crm=nightly(0), users=USERS)
    policy: dict[str, Any] = {"noise": "discrete-gaussian", "rho_per_release": 0.05}
    parties = open_room(
        meeting, described, **policy, rho_budget=0.1, realign=True, approval="manual"
    )
    acme, telco = parties["acme"], parties["telco"]
    made = weekly(acme)
    standing.approve(standing.find(telco, made.identity))
    said = tmp_path / "said.txt"
    tell = alerts.Alert(command=("/bin/sh", "-c", f"cat >> {said}; echo >> {said}"))
    alerts.keep(acme, made.document.digest(), tell)
    held, gone, marks = Held(tmp_path / "mediator"), set[str](), list[bytes]()
    for night in range(NIGHTS):
        clock.by = night * DAY
        write(tmp_path, crm=nightly(night), users=USERS)
        lines.refresh(acme, "crm")
        meeting.work()
        held.look(acme)
        if night in GONE:
            gone |= {*GONE[night]}
            marks += standing_for(acme, GONE[night])
            erase(acme, str(night), GONE[night])
            meeting.work()
            held.look(acme)
        if night % NIGHTS_A_WEEK == 0:
            clock.by = night * DAY + 180
            meeting.work()
            while meeting.mediator.worker().run_once():
                meeting.work()
            run = night // NIGHTS_A_WEEK
            job = standing.find(acme, made.identity).asked[run]
            total = asking.read_result(acme, job)["total"]
            # Seven standard deviations: beyond them once in 10^11 runs.
            assert abs(total["people"] - truth(night, gone)) <= 7 * total["people_sd"]
            assert total["people_sd"] < 10
    found = standing.find(acme, made.identity)
    assert (sorted(found.asked), found.missed(time.time())) == ([0, 1], [])
    runs = [json.loads(line) for line in said.read_text().splitlines()]
    assert [one["run"] for one in runs] == [1, 2]
    budget = acme.client.budget(acme.identity)
    assert budget["spent_ever"] == pytest.approx(0.1)
    verify(parties)
    assert len(held.sizes) == NIGHTS + len(GONE) + 1 and min(held.sizes) > 1000
    assert held.linked() == []
    backup(tmp_path / "mediator", tmp_path / "backup")
    names = {mark for mark in marks if any(one.encode() in mark for one in gone)}
    theirs, sources = meeting.homes["telco"].path, ("crm.csv", "users.csv")
    left = holding(tmp_path, meeting.homes, marks)
    assert not [
        (file, mark)
        for file, mark in left
        if (mark not in names or theirs not in file.parents) and file.name not in sources
    ]
