"""The page on live rooms, typed as it stands: mediator, cards, agreement, the end.

What needs the agents is in ``end_to_end/test_live_room.py``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleanroom.cli.root import app
from cleanroom.cli.run import run
from tests.test_docs import DOCS, blocks, command_lines

PAGE = (DOCS / "how-to" / "run-a-live-room.md").read_text("utf-8")
PLATFORM = {"acme": "telco", "--role brand": "--role platform"}
PATIENCE = 60.0


def typed(section: int) -> list[str]:
    """Return the commands of a section of the page, without what is said beside them."""
    text = PAGE.split(f"\n## {section}. ")[1].split("\n## ")[0]
    return [line.split("  #")[0].rstrip() for line in command_lines(text)]


def server(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "api.server", *arguments], check=True, timeout=PATIENCE)


class Desk:
    """Two parties at one keyboard."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: object) -> None:
        self.url = url
        self._environment = monkeypatch
        self._capsys = capsys

    def type(self, line: str, home: str = "acme") -> str:
        """Run a line of the page as a party; return what it prints."""
        self._environment.setenv("CLEANROOM_HOME", f"./{home}")
        self._environment.setenv("CLEANROOM_PASSPHRASE", f"passphrase of {home}")
        words = shlex.split(line.replace("https://rooms.example", self.url))
        assert words[0] == "cleanroom"
        code = run(app, words[1:])
        shown = self._capsys.readouterr()  # type: ignore[attr-defined]
        assert code == 0, shown.err
        return str(shown.out)


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    """Section 1: the mediator, on a free port."""
    monkeypatch.chdir(tmp_path)
    init, serve = (shlex.split(line)[1:] for line in typed(1))
    server(*init)
    serve[serve.index("--port") + 1] = "0"
    ready = tmp_path / "ready"
    process = subprocess.Popen(
        [sys.executable, "-m", "api.server", *serve, "--ready-file", str(ready)],
        env={name: value for name, value in os.environ.items() if name != "CLEANROOM_HOME"},
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + PATIENCE
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        yield Desk(ready.read_text().strip(), monkeypatch, capsys)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def meet(desk: Desk) -> None:
    """Section 2: homes, cards, admission."""
    create, admit = typed(2)
    desk.type(create)
    for mine, theirs in PLATFORM.items():
        create = create.replace(mine, theirs)
    desk.type(create, "telco")
    for home, card in (("acme", "acme-card.json"), ("telco", "platform-card.json")):
        shutil.copy(Path(home) / "card.json", card)
        server(*shlex.split(admit.replace("acme-card.json", card))[1:])
    assert "acme (brand)" in desk.type("cleanroom party show")
    assert "FAILED" not in desk.type("cleanroom doctor")


def test_the_page_can_be_typed(desk: Desk) -> None:
    meet(desk)
    Path("room.toml").write_text(blocks(PAGE, "toml")[0], "utf-8")
    Path("brand.csv").write_text("email,tier,spend\na@x.example,gold,1\n", "utf-8")
    Path("users.csv").write_text("email,age_band\na@x.example,25-34\n", "utf-8")
    propose, look, show, sign = typed(3)
    room = desk.type(propose).strip()
    assert re.fullmatch(r"[0-9a-f]{32}", room)
    for home in ("acme", "telco"):
        listed = desk.type(look, home)
        assert room in listed
        assert "PROPOSED" in listed
    shown = desk.type(show.replace("ROOM", room), "telco")
    assert "acme/crm" in shown
    assert "discrete Gaussian" in shown
    assert desk.type(sign.replace("ROOM", room), "telco").strip() == "ACTIVE"
    close = typed(8)[-1]
    desk.type(close)
    assert "CLOSED" in desk.type(look)
