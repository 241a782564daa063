"""Serve, ask and withdraw with the real program on a real port."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from api.wsgi import serve
from cleanroom.agent.home import write_address
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.serving.ask import Asker, Label
from cleanroom.agent.serving.publish import publish
from cleanroom.cli.run import run
from cleanroom.cli.serving import app
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meet
from tests.cleanroom.agent.serving_scene import Scene
from tests.waits import PATIENCE, told, wait_for


class Served(Place):
    """A place whose mediator listens on loopback."""

    url = ""

    def client(self, name: str) -> Client:
        return Client(Transport(self.url, self.homes[name].signing))


@contextmanager
def program(scene: Scene, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``cleanroom serve``; yield it and its address."""
    ready = folder / secrets.token_hex(4)
    started = subprocess.Popen(
        [
            *(sys.executable, "-m", "cleanroom.cli", "serve", "--grant", "0", "--port", "0"),
            *("--home", str(scene.brand.home.path), "--ready-file", str(ready)),
            *("--processes", "2", "--through-mediator"),
        ],
        env={**os.environ, "CLEANROOM_PASSPHRASE": PASSPHRASE},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started, told(ready, started)
    finally:
        started.kill()
        started.communicate(timeout=PATIENCE)


def stands(thread: Path) -> bool:
    return (thread / "stat").read_text().rpartition(") ")[2][0] == "T"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    place = Served(**vars(meet(tmp_path)))
    server = serve(place.app, place.mediator.context.settings, "127.0.0.1", 0)
    Thread(target=server.run, daemon=True).start()
    place.url = f"http://127.0.0.1:{server.effective_port}"
    for home in place.homes.values():
        write_address(home.path, place.url)
    made = Scene.open(place)
    publish(made.brand, 0)
    yield made
    server.close()


def test_the_program_answers_stops_cleanly_and_refuses_what_was_withdrawn(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    with program(scene, tmp_path) as (started, url):
        asker = Asker(scene.platform, 0, url, timeout=PATIENCE)
        asker.refresh()
        assert asker.ask(["P0000x", "P0001x", "P0002x"]) == [
            Label("gold"),
            Label("silver"),
            Label(None),
        ]
        passed = Asker(scene.platform, 0, None, timeout=60.0)
        passed.refresh()
        assert passed.ask(["P0001x", "P0002x"]) == [Label("silver"), Label(None)]
        passed.close()
        (other,) = map(
            int, Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
        )
        second = Asker(scene.platform, 0, url, timeout=PATIENCE)
        started.send_signal(signal.SIGSTOP)
        wait_for(lambda: all(stands(one) for one in Path(f"/proc/{started.pid}/task").iterdir()))
        second.refresh()
        assert second.ask(["P0001x"]) == [Label("silver")], "the other process answers alone"
        started.send_signal(signal.SIGCONT)
        second.close()
        home = str(scene.brand.home.path)
        assert run(app, ["stop", "--grant", "0", "--home", home, "--yes"]) == 0
        (refused,) = asker.ask(["P0000x"])
        assert (refused.answered, refused.problem) == (False, "serving-halted")
        asker.close()
        started.send_signal(signal.SIGTERM)
        assert started.wait(PATIENCE) == 0
        assert not Path(f"/proc/{other}").exists(), "no process outlives the first"
