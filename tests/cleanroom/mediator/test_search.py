"""Finding entries of a log by their marks and by text, against reading all of it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from cleanroom.mediator import log
from cleanroom.mediator import search as searching
from cleanroom.mediator.bootstrap import DATABASE_FILE, initialise, open_mediator
from cleanroom.mediator.context import Context
from cleanroom.mediator.search import Wanted, search

ROOM = "a" * 32
JOBS = [f"{number:032x}" for number in range(5)]
KINDS = ("job.release", "result.read", "audit.read", "request")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mediator")
    initialise(folder, "mediator.example")
    context = open_mediator(folder).context
    with context.store.write("room") as transaction:
        for number in range(300):
            log.append(
                transaction,
                context,
                ROOM if number % 7 else "b" * 32,
                kind=KINDS[number % 4],
                actor=("acme", "telco", "mediator")[number % 3],
                outcome="refused" if number % 11 == 0 else "accepted",
                detail=f"Number {number}",
                facts={"job": JOBS[number % 5]} if number % 2 else {},
            )
    return folder


def naive(context: Context, wanted: Wanted, before: int) -> list[int]:
    with context.store.read() as transaction:
        leaves = log.entries(transaction, ROOM, 0, before)
    found = []
    for leaf in leaves:
        entry = json.loads(leaf)
        if (
            (not wanted.kind or entry["kind"].startswith(wanted.kind))
            and wanted.party in ("", entry["actor"])
            and wanted.outcome in ("", entry["outcome"])
            and wanted.job in ("", entry["facts"].get("job"))
            and wanted.text.lower() in leaf.decode().lower()
        ):
            found.append(entry["index"])
    return found[::-1]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(kind="job.release"),
        Wanted(kind="result"),
        Wanted(kind="no.such.kind"),
        Wanted(party="telco"),
        Wanted(outcome="refused"),
        Wanted(kind="audit.read", party="acme", outcome="accepted"),
        Wanted(job=JOBS[3]),
        Wanted(text="NUMBER 2"),
        Wanted(text="number 2", party="acme"),
        Wanted(text="nobody said this"),
        Wanted(text=JOBS[1]),
        Wanted(text="f" * 32),
    ],
    ids=str,
)
@pytest.mark.parametrize("limit", [1, 10, 1000])
def test_a_search_finds_what_reading_everything_finds(home, wanted, limit, monkeypatch):
    monkeypatch.setattr(searching, "AT_ONCE", 16)
    context = open_mediator(home).context
    before: int | None = 200
    numbers: list[int] = []
    with context.store.read() as transaction:
        while before is not None:
            found = search(transaction, ROOM, wanted, before, limit)
            assert len(found.leaves) <= limit
            numbers += [json.loads(leaf)["index"] for leaf in found.leaves]
            assert found.next is None or found.next < before
            before = found.next
    assert numbers == naive(context, wanted, 200)


def test_a_text_is_looked_for_in_a_window_at_a_time(home, monkeypatch):
    monkeypatch.setattr(searching, "WINDOW", 50)
    monkeypatch.setattr(searching, "AT_ONCE", 20)
    context = open_mediator(home).context
    with context.store.read() as transaction:
        first = search(transaction, ROOM, Wanted(text="nobody said this"), 200, 10)
    assert first.leaves == [] and first.next == 140


def test_the_entries_of_an_older_database_are_marked_when_it_is_opened(home):
    before = open_mediator(home).context
    with before.store.read() as transaction:
        marks = transaction.find("marks", order="number", room=ROOM)
    database = sqlite3.connect(home / DATABASE_FILE)
    database.execute("DROP TABLE marks")
    database.execute("DELETE FROM _sqlite_migrations WHERE name = '0004_marks_of_entries'")
    database.commit()
    database.close()
    with open_mediator(home).context.store.read() as transaction:
        assert transaction.find("marks", order="number", room=ROOM) == marks
    assert {mark["job"] for mark in marks} == {"", *JOBS}
