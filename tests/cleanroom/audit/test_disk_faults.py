"""What was acknowledged is in the log, whatever the disk does and whenever the server dies."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleanroom.agent import logs
from cleanroom.audit import verify_bundle
from cleanroom.documents.agreement import Agreement
from cleanroom.mediator.bootstrap import DATABASE_FILE, initialise
from tests.api.party import World, world
from tests.cleanroom.audit.disk import Server, Writer, strace_is_missing, write_side_by_side
from tests.cleanroom.audit.test_mediator import Reader, memory
from tests.waits import PATIENCE

STATEMENTS = 12


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[World, Server, list[Writer]]]:
    """A room of three, made by a healthy mediator, and its server."""
    if reason := strace_is_missing():
        pytest.skip(reason)
    with world(tmp_path / "mediator") as made:
        made.open_room()
        made.mediator.context.store.close()
        server = Server(made.home)
        yield made, server, [Writer(one, server) for one in (made.brand, made.platform)]
        server.stop()


def check(made: World, server: Server, writers: list[Writer]) -> int:
    """Start without faults, repeat what has no answer yet and hold the log against everybody."""
    assert server.start()
    write_side_by_side(writers, 1)
    server.stop()
    with sqlite3.connect(made.home / DATABASE_FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    made.reopen()
    reader = Reader(made.brand)
    note = reader.checkpoint(made.room)
    memories = [memory(writer.party, note) for writer in writers]
    agreement = Agreement.from_json(made.agreement)
    bundle = logs.collect(reader, made.room, agreement, memories)  # type: ignore[arg-type]
    report = verify_bundle(bundle, room=made.room, demand=("brand", "platform"))
    said = [one["statement"] for one in map(json.loads, bundle.leaves()) if one["statement"]]
    for writer in writers:
        own = [one for one in said if one["statement"]["party"] == writer.party.name]
        # Its signature of the room comes first; then each statement once, in its order.
        assert own[1:] == [one.to_json() for one in writer.acknowledged]
    made.mediator.context.store.close()
    return report.size


def suffer(server: Server, writers: list[Writer], *faults: str) -> bool:
    """Write under faults and, if the server lives, at once after them; return whether it died."""
    if server.start(faults):
        write_side_by_side(writers, STATEMENTS)
    died = not server.alive()
    if not died:
        server.heal()
        before, refused = said(writers), sum(writer.refused for writer in writers)
        write_side_by_side(writers, 2)
        assert said(writers) >= before + 2 * len(writers)
        assert sum(writer.refused for writer in writers) == refused
    server.stop()
    assert not any(writer.given_up for writer in writers)
    return died


def said(writers: list[Writer]) -> int:
    return sum(len(writer.acknowledged) for writer in writers)


def test_a_disk_that_fails_now_and_then_loses_nothing(scene):
    made, server, writers = scene
    assert not suffer(server, writers, "pwrite64:error=ENOSPC:when=60+291")
    assert sum(writer.refused for writer in writers) > 0
    seen = sum(writer.refused for writer in writers)
    assert not suffer(server, writers, "fdatasync,fsync:error=EIO:when=2+5")
    assert sum(writer.refused for writer in writers) > seen
    acknowledged = said(writers)
    assert check(made, server, writers) >= 3 + acknowledged > 3


def test_a_server_that_cannot_write_ends_at_its_start_with_a_sentence(tmp_path):
    if reason := strace_is_missing():
        pytest.skip(reason)
    initialise(tmp_path / "mediator", "log.test")
    server = Server(tmp_path / "mediator")
    assert not server.start(["pwrite64:error=ENOSPC:when=1+1"])
    assert server.process.wait(PATIENCE) == 1
    text = (tmp_path / "server.log").read_text()
    assert "SQLITE_FULL" in text and "Traceback" not in text


def test_a_server_that_dies_while_it_writes_loses_nothing(scene):
    made, server, writers = scene
    # Calls are counted for each thread; some dozens of writes come to one commit.
    for fault in ("pwrite64:signal=KILL:when=25", "fdatasync:signal=KILL:when=2"):
        died = suffer(server, writers, fault)
        assert died
    check(made, server, writers)


@pytest.mark.slow
def test_twenty_rounds_of_faults_and_deaths_lose_nothing(scene):
    made, server, writers = scene
    dice = random.Random(12)
    deaths = 0
    for _ in range(20):
        call = dice.choice(("pwrite64", "fdatasync,fsync"))
        # More writes than one commit has: otherwise no attempt could come through.
        often = dice.randrange(150, 300) if call == "pwrite64" else dice.randrange(3, 9)
        error = f"error={dice.choice(('ENOSPC', 'EIO'))}:when={dice.randrange(20, 60)}+{often}"
        end = f"signal=KILL:when={dice.randrange(1, 60 if call == 'pwrite64' else 6)}"
        deaths += suffer(server, writers, f"{call}:{dice.choice((error, end))}")
    assert deaths > 2
    size = check(made, server, writers)
    refused, broken = sum(w.refused for w in writers), sum(w.broken for w in writers)
    print(f"{size} entries, {server.starts} starts, {deaths} deaths, {refused + broken} unanswered")
