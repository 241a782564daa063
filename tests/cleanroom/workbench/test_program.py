"""Programs that are forks of one process: they share what was loaded, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cleanroom.workbench import program
from cleanroom.workbench.program import anew, forks, stop
from tests.waits import PATIENCE

DRAWS = "tests.cleanroom.workbench.draws"
LISTENS = "tests.cleanroom.workbench.listens"

SCRIPT = f"""
import os, sys
from pathlib import Path
from cleanroom.workbench import program
folder = Path(sys.argv[1])
program.LOADED = ("{DRAWS}",)
secret = os.environ.pop("SECRET")
with program.forks(3) as begin:
    logged = [begin("{DRAWS}", ["a b"], {{"TOLD": str(n)}}, folder / str(n)) for n in range(2)]
    assert [one.wait(60) for one in logged] == [3, 3], logged
    assert all(isinstance(one, program._Fork) for one in logged)
    heard = begin("{DRAWS}", [], {{"TOLD": "me"}}, None)
    said = heard.stderr.read()
    assert (heard.wait(60), said) == (3, "[] me\\n"), said
    beyond = begin("{DRAWS}", [], dict(os.environ), folder / "beyond")
    assert not isinstance(beyond, program._Fork)
    assert beyond.wait(60) == 3
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        print("no child is left")
with program.forks(2):
    pass
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("none that was nothing")
"""


def test_forks_draw_apart_and_say_what_new_programs_say(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out, (tmp_path / "error").open("w") as error:
        # Files, as after 2> on a command line: a fork that writes to a pipe instead cannot seek.
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path)],
            env={**os.environ, "SECRET": "s"},
            stdout=out,
            stderr=error,
            check=False,
            timeout=PATIENCE,
        )
    assert done.returncode == 0, (tmp_path / "error").read_text()
    assert (tmp_path / "out").read_text().splitlines() == [
        "no child is left",
        "none that was nothing",
    ]
    texts = [(tmp_path / name).read_text().splitlines() for name in ("0", "1", "beyond")]
    for lines, told in zip(texts, (["'a b'", "0"], ["'a b'", "1"], ["", "None"]), strict=True):
        said = f"[{told[0]}] {told[1]}"
        assert said in lines  # the environment is the one that was told, and no other
        lines.remove(said)
    assert [len(lines) for lines in texts] == [7, 7, 7]
    assert len({line for lines in texts for line in lines}) == 21


def test_where_threads_run_a_program_is_started_anew() -> None:
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        with forks() as begin:
            assert begin is anew
    finally:
        over.set()
        other.join()


def test_a_fork_ends_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also one that does not listen, after a while."""
    monkeypatch.setattr(program, "STOP_SECONDS", PATIENCE)
    script = (
        "import sys\nfrom cleanroom.workbench import program\nfrom pathlib import Path\n"
        "program.LOADED = ()\n"
        "with program.forks(2) as begin:\n"
        f"    for deaf, program.STOP_SECONDS in ('yes', 0.2), ('no', {PATIENCE}):\n"
        f"        one = begin('{LISTENS}', [], {{'DEAF': deaf}}, Path(sys.argv[1]) / deaf)\n"
        "        while 'ready' not in (Path(sys.argv[1]) / deaf).read_text(): pass\n"
        "        program.stop(one)\n"
        "        print(one.poll())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stdout.splitlines() == [str(-signal.SIGKILL), str(-signal.SIGTERM)], done.stderr
    new = anew(LISTENS, [], {**os.environ, "DEAF": "no"}, tmp_path / "new")
    while "ready" not in (tmp_path / "new").read_text():
        assert new.poll() is None
    stop(new)
    assert new.poll() == -signal.SIGTERM
