"""A program of the receiver's own machine is told of a run: that one, once, and as little."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cleanroom.agent import alerts
from cleanroom.agent.alerts import Alert
from cleanroom.agent.home import Home
from cleanroom.documents.standing import Run
from cleanroom.errors import InvalidInput

RESULT = {"status": "SUCCESS", "total": {"people": 812}, "groups": []}
DIGEST = "ab" * 32


@pytest.fixture
def job(tmp_path: Path) -> Any:
    """A run of a standing question, as far as it is looked at here."""
    home = Home.create(tmp_path / "acme", "a passphrase", "acme", "brand", "http://127.0.0.1:9")
    folder = home.room("0" * 32)
    folder.mkdir(parents=True)
    room = SimpleNamespace(home=home, folder=folder, identity="0" * 32)
    document = SimpleNamespace(standing=Run(standing=DIGEST, run=1), name="weekly.2")
    return SimpleNamespace(room=room, document=document, identity="1" * 32)


def script(folder: Path, text: str) -> tuple[str, ...]:
    file = folder / "tell.py"
    file.write_text(text)
    return (sys.executable, str(file), str(folder / "told"))


SAVE = """
import os, sys
open(sys.argv[1], "a").write(sys.stdin.read() + repr(dict(os.environ)))
"""


def called(job: Any, result: dict[str, Any] | None = RESULT) -> list[str]:
    """Let a run be answered and wait for what is called; return what the agent tells."""
    told: list[str] = []
    thread = alerts.answered(job, result, told.append)
    if thread is not None:
        thread.join()
    return told


def test_a_command_is_told_which_run_it_is_and_no_number(
    job: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", "a passphrase")
    alerts.keep(job.room, DIGEST, Alert(command=script(tmp_path, SAVE)))
    assert called(job) == []
    told = (tmp_path / "told").read_text()
    about, _ = json.JSONDecoder().raw_decode(told)
    assert about == {
        "room": "0" * 32, "standing": DIGEST[:32], "name": "weekly.2", "run": 2, "job": "1" * 32,
    }  # fmt: skip
    assert "passphrase" not in told and "812" not in told
    alerts.keep(job.room, DIGEST, Alert(command=script(tmp_path, SAVE), answer=True))
    assert called(job) == []
    assert '"people": 812' in (tmp_path / "told").read_text()


@pytest.mark.parametrize(("when", "calls"), [("total.people < 1000", 1), ("total.people>812", 0)])
def test_an_alert_calls_if_its_condition_holds(
    job: Any, tmp_path: Path, when: str, calls: int
) -> None:
    alerts.keep(job.room, DIGEST, Alert(command=script(tmp_path, SAVE), when=when))
    assert called(job) == []
    assert (tmp_path / "told").exists() == bool(calls)


def test_what_is_wrong_is_told_here_and_nothing_is_called(job: Any, tmp_path: Path) -> None:
    alerts.keep(job.room, DIGEST, Alert(command=script(tmp_path, SAVE), when="total.spend < 1"))
    assert called(job) == ["on result of weekly.2: The answer has no number called total.spend."]
    assert not (tmp_path / "told").exists()
    alerts.keep(job.room, DIGEST, Alert(command=script(tmp_path, "raise SystemExit(3)")))
    assert called(job) == ["on result of weekly.2: The command ended with 3."]
    assert called(job, None) == []
    job.document.standing = Run(standing="cd" * 32, run=0)
    assert alerts.answered(job, RESULT, print) is None
    alerts.keep(job.room, DIGEST, None)
    assert alerts.of(job.room, DIGEST) is None


@pytest.mark.parametrize(
    "hook",
    [
        "http://example.com/x", "http://localhost/x", "https://127.0.0.1/x", "ftp://127.0.0.1/x",
        "http://127.0.0.1.example.com/", "http://10.0.0.1/", "http://[::]/", "127.0.0.1",
    ],
)  # fmt: skip
def test_nothing_is_sent_to_another_machine(job: Any, hook: str) -> None:
    with pytest.raises(InvalidInput, match="is not on this machine"):
        alerts.keep(job.room, DIGEST, Alert(hook=hook))


def test_an_address_here_is_posted_to_and_no_redirect_is_followed(
    job: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204 if self.path == "/run" else 302)
            self.send_header("location", "/run")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        alerts.keep(job.room, DIGEST, Alert(hook=f"{address}/run"))
        assert called(job) == [] and json.loads(got[0])["run"] == 2
        alerts.keep(job.room, DIGEST, Alert(hook=f"{address}/elsewhere"))
        assert called(job) == ["on result of weekly.2: The address answered 302."]
        assert len(got) == 2
        server.shutdown()


@pytest.mark.parametrize(
    "alert",
    [Alert(), Alert(command=("tell",)), Alert(command=("/no/such",)), Alert(command=("/tmp",)),
     Alert(hook="http://127.0.0.1/", command=("/bin/sh",)),
     Alert(hook="http://127.0.0.1/", when="total.people = 3")],
)  # fmt: skip
def test_what_cannot_be_called_is_refused_when_it_is_kept(job: Any, alert: Alert) -> None:
    with pytest.raises(InvalidInput):
        alerts.keep(job.room, DIGEST, alert)


def test_who_has_no_passphrase_plants_no_command(job: Any, tmp_path: Path) -> None:
    """The file is authenticated: another one in its place is not read."""
    alerts.keep(job.room, DIGEST, Alert(command=script(tmp_path, SAVE)))
    (job.room.folder / alerts.FILE).write_bytes(b"\0" * 200)
    (told,) = called(job)
    assert "was changed" in told and not (tmp_path / "told").exists()
