"""A bell is heard in other processes of this machine too; output fits any encoding."""

from __future__ import annotations

import io
import json
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import typer

from api.program import main_of
from cleanroom.cli.run import run
from cleanroom.system import ThreadBell
from tests.waits import PATIENCE


def test_a_bell_is_heard_in_the_process_at_the_other_end() -> None:
    ends = socket.socketpair()
    bells = ThreadBell(), ThreadBell()
    for bell, own in zip(bells, ends, strict=True):
        bell.link(own)
    followers = [
        threading.Thread(target=bell.follow, args=(own,))
        for bell, own in zip(bells, ends, strict=True)
    ]
    for follower in followers:
        follower.start()
    heard = [bell.heard() for bell in bells]
    bells[0].ring()
    assert bells[1].wait(PATIENCE, heard[1])
    assert bells[1].heard() == heard[1] + 1
    assert bells[0].heard() == heard[0] + 1  # what is heard is not rung back
    ends[1].shutdown(socket.SHUT_RDWR)
    for follower in followers:
        follower.join(PATIENCE)
        assert not follower.is_alive()
    for one in ends:
        one.close()
    bells[0].ring()  # nobody is there any more


def test_rings_that_nobody_reads_keep_nobody() -> None:
    ours, theirs = socket.socketpair()
    bell = ThreadBell()
    bell.link(ours)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    for _ in range(5000):
        bell.ring()
    assert bell.heard() == 5000
    for one in (ours, theirs):
        one.close()


TEXT = "人群 é 😀 caf\udce9"


def of_the_service(say: Callable[[], None]) -> None:
    main_of(say)


def of_a_party(say: Callable[[], None]) -> None:
    app = typer.Typer()
    app.command()(say)
    assert run(app, []) == 0


@pytest.mark.parametrize("program", [of_the_service, of_a_party])
@pytest.mark.parametrize("encoding", ["ascii", "gb18030", "utf-8"])
def test_what_an_encoding_cannot_write_is_escaped_and_json_stays_json(
    monkeypatch: pytest.MonkeyPatch, program: Any, encoding: str
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    program(lambda: print(json.dumps(TEXT, ensure_ascii=False), flush=True))
    assert json.loads(out.buffer.getvalue().decode(encoding)) == TEXT  # type: ignore[attr-defined]
