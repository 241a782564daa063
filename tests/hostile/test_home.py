"""One server for a home, readers that stop nobody, and plain words for what is wrong."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cleanroom.errors import GO_ON, Conflict, InvalidInput
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.mediator.ports import Blobs
from cleanroom.mediator.store import sqlite
from cleanroom.mediator.store.sqlite import SqliteStore
from tests.api.party import World
from tests.waits import PATIENCE, told


def server(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.server", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[str]:
    ready = home.parent / "ready"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "api.server", "run", "--home", home, "--ready-file", ready,
         *arguments],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield told(ready, process)
    finally:
        process.kill()
        process.wait()


def test_a_second_server_of_a_home_is_refused_and_a_killed_one_forgotten(tmp_path: Path) -> None:
    home = tmp_path / "home"
    initialise(home, "log.test")
    with running(home):
        second = server("run", "--home", str(home))
        assert second.returncode == 2
        assert "A server is already running on" in second.stderr
        assert "Stop it first, with Ctrl-C or SIGTERM" in second.stderr
        # What only reads, or writes one row, goes on beside it.
        assert server("check", "--home", str(home)).returncode == 0
        assert server("parties", "--home", str(home)).returncode == 0
    with running(home):
        pass


def test_a_backup_is_not_served(room: World, tmp_path: Path) -> None:
    assert server("backup", str(tmp_path / "copy"), "--home", str(room.home)).returncode == 0
    done = server("run", "--home", str(tmp_path / "copy"))
    assert done.returncode == 2
    assert "is a backup" in done.stderr


def test_a_reader_that_stopped_keeps_nobody_from_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", PATIENCE)
    stopped, keeper = SqliteStore(tmp_path / "rows"), SqliteStore(tmp_path / "rows")
    with stopped.read() as old:
        assert old.count("logs") == 0
        with keeper.write("room") as transaction:
            transaction.insert("logs", room="a", size=0, latest=0)
        start = time.monotonic()
        keeper.checkpoint()
        assert time.monotonic() - start < PATIENCE / 2, "it waited for the reader"
        with keeper.write("room") as transaction:
            transaction.insert("logs", room="b", size=0, latest=0)
    keeper.checkpoint()
    assert (tmp_path / "rows-wal").stat().st_size == 0
    with keeper.read() as transaction:
        assert transaction.count("logs") == 2


def test_check_holds_no_transaction_while_it_hashes(
    room: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api import check as checks
    from tests.api import story

    story.align(room)
    seen: list[int] = []
    fault = checks._fault

    def look(blobs: Blobs, name: str, digest: str) -> str:
        room.brand.get("/v1/rooms/none")
        store = room.mediator.context.store
        store.checkpoint()  # type: ignore[attr-defined]
        seen.append((room.home / "mediator.sqlite-wal").stat().st_size)
        return fault(blobs, name, digest)

    monkeypatch.setattr(checks, "_fault", look)
    assert checks.check(room.home)
    assert seen
    assert set(seen) == {0}


@pytest.mark.parametrize(
    ("arguments", "environment", "text"),
    [
        (("init", "--origin", "UPPER CASE"), {}, "--origin is not of the form rooms.example."),
        (
            ("init", "--store", "mysql://database"),
            {},
            "--store is not of the form postgresql://USER@HOST/DATABASE.",
        ),
        (("init",), {"CLEANROOM_THREADS": "abc"}, "CLEANROOM_THREADS: "),
        (("init",), {"CLEANROOM_THREADS": "99999999"}, "CLEANROOM_THREADS: "),
        (("init",), {"CLEANROOM_REQUESTS_PER_SECOND": "1e400"}, "CLEANROOM_REQUESTS_PER_SECOND: "),
        (("run", "--port", "99999"), {}, "65535"),
    ],
)
def test_a_wrong_setting_is_named_and_leaves_nothing(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], text: str
) -> None:
    done = server(*arguments, "--home", str(tmp_path / "home"), **environment)
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    initialise(tmp_path / "home", "log.test")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = server("run", "--home", str(tmp_path / "home"), "--port", str(port))
    assert done.returncode == 2
    assert f"127.0.0.1, port {port}: Address already in use" in done.stderr
    again = server("run", "--home", str(tmp_path / "home"), "--host", "no.such.host.invalid")
    assert again.returncode == 2
    assert "no.such.host.invalid, port 0: " in again.stderr


def test_setting_that_is_wrong_at_the_start_is_named(tmp_path: Path) -> None:
    initialise(tmp_path / "home", "log.test")
    done = server("run", "--home", str(tmp_path / "home"), CLEANROOM_THREADS="1")
    assert done.returncode == 2
    assert done.stderr.startswith("CLEANROOM_THREADS: ")
    assert open_mediator(tmp_path / "home").access.parties() == []


def limited(most: int, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program whose files may have so many bytes: the disk is full in the middle of one."""
    return subprocess.run(
        [sys.executable, "-B", "-m", *command],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        env=os.environ | {"CLEANROOM_PASSPHRASE": "a long enough phrase"} | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("most", [0, 50], ids=["nothing", "half"])
def test_a_home_that_a_full_disk_left_half_made_is_made_again(tmp_path: Path, most: int) -> None:
    command = ("api.server", "init", "--home", str(tmp_path / "home"))
    done = limited(most, *command)
    assert done.returncode == 1 and done.stderr.endswith(f"File too large. {GO_ON}\n")
    assert server("key", "--home", str(tmp_path / "home")).stderr.startswith("There is no mediator")
    assert server(*command[1:]).returncode == 0
    assert open_mediator(tmp_path / "home").access.parties() == []


def test_a_party_is_told_of_a_full_disk_and_begins_again(tmp_path: Path) -> None:
    words = ["party", "init", "--home", str(tmp_path / "home"), "--name", "acme"]
    words += ["--role", "brand", "--mediator", "http://127.0.0.1:1"]
    done = limited(50, "cleanroom.cli", *words)
    assert done.returncode == 1
    assert done.stderr.startswith(str(tmp_path / "home")), "the full disk is named"
    assert done.stderr.endswith(f": File too large. {GO_ON}\n") and ".part" not in done.stderr
    told = limited(50, "cleanroom.cli", *words, CLEANROOM_LANGUAGE="zh").stderr
    assert "文件超出允许的大小。已完整写入的内容仍保留" in told
    assert limited(1 << 20, "cleanroom.cli", *words).returncode == 0


def test_a_home_is_not_made_over_what_is_left_of_another(tmp_path: Path) -> None:
    home = tmp_path / "home"
    initialise(home, "log.test")
    open_mediator(home).context.store.close()
    for name, text in (("mediator.key", ""), ("settings.json", "[]"), ("mediator.key", "zz")):
        kept = (home / name).read_bytes()
        (home / name).write_text(text)
        with pytest.raises(InvalidInput, match="damaged"):
            open_mediator(home)
        (home / name).write_bytes(kept)
    (home / "mediator.key").unlink()
    with pytest.raises(Conflict, match="already"):
        initialise(home, "log.test")
