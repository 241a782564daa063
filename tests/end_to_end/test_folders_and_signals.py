"""What a rehearsal leaves alone, and what it leaves behind when it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import PASSPHRASE, cleanroom
from tests.end_to_end.stranger import job, write_room, write_stranger
from tests.hostile.staff import descendants
from tests.waits import PATIENCE, wait_for


@pytest.mark.parametrize("words", [("demo",), ("example", "make")], ids=" ".join)
def test_files_that_no_example_wrote_are_left_alone(tmp_path: Path, words: tuple[str, ...]) -> None:
    for folder in ("data", "run"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my-customers.csv").write_text("precious")
    (tmp_path / "room.toml").write_text("mine")
    done = cleanroom(*words, "--out", str(tmp_path), "--people", "64", "--users", "200")
    assert done.returncode == 2
    assert "no example wrote" in done.stderr
    assert (tmp_path / "data" / "my-customers.csv").read_text() == "precious"
    assert (tmp_path / "room.toml").read_text() == "mine"


def test_an_example_of_few_people_is_made_twice(tmp_path: Path) -> None:
    made = ("example", "make", "--out", str(tmp_path / "new"), "--people", "64", "--users", "200")
    for _ in range(2):
        done = cleanroom(*made)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_rehearsal_that_is_stopped_leaves_nothing_running(tmp_path: Path, number: int) -> None:
    write_stranger(tmp_path, 3)
    file = write_room(tmp_path, job("in-all"), 'k_min = 1\nnoise = "none"')
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "cleanroom.cli", "simulate", str(file), "--out", str(out)],
        env={**os.environ, "CLEANROOM_PASSPHRASE": PASSPHRASE},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A test run in the background of a script ignores the interrupt, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,  # noqa: PLW1509
    )
    wait_for((out / "brand" / "agent.log").exists, process)
    started = descendants(process.pid)
    assert started, "nothing was running"
    process.send_signal(number)
    assert process.wait(PATIENCE) == 130
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))
    assert not (out / "brand").exists() and not (out / "mediator").exists()
