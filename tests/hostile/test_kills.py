"""``kill -9`` at random moments of align, upload, match and decrypt: the answers are exact."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from cleanroom.agent.room_file import RoomFile
from cleanroom.audit import verify_audit_bundle
from cleanroom.mediator.bootstrap import initialise
from cleanroom.workbench.rehearse import ORIGIN, PARTIES, bundle
from tests.end_to_end.stranger import Stranger, job, write_room, write_stranger
from tests.hostile.staff import Reaper, Staff, descendants
from tests.waits import PATIENCE, wait_for

JOBS = job("by-age", ("platform.age_band",)) + job("for-platform", (), receiver="platform")


def rehearse(folder: Path, kills: int, seed: int, pause: tuple[float, float], rows: str) -> Staff:
    """Live through a whole room while its programs are killed; check every answer."""
    stranger = write_stranger(folder, seed)
    policy = 'k_min = 1\nnoise = "none"\nalignment = ["ot"]\nalignments_max = 1000\n'
    policy += f'rows = ["{rows}"]'
    file = write_room(folder, JOBS, policy)
    staff = Staff(folder, RoomFile.read(file), file)
    reaper = Reaper(staff, kills, seed, pause)
    try:
        room = staff.open()
        reaper.start()
        rounds = 0
        while rounds == 0 or len(staff.kills) < kills:
            staff.upload()
            staff.align(room)
            for section in staff.described.jobs:
                named = section.model_copy(update={"name": f"{section.name}-{rounds}"})
                check(staff.ask(named), stranger)
            rounds += 1
        reaper.over.set()
        reaper.join()
        staff.wait_for_mediator()
        verify_audit_bundle(bundle([staff.room(role) for role in PARTIES]))
        return staff
    finally:
        reaper.over.set()
        staff.close()


def check(found: dict, stranger: Stranger) -> None:
    groups = {group["key"].get("platform.age_band"): group for group in found["groups"]}
    common = stranger.common()
    for age, group in groups.items():
        people = [one for one in common if age is None or stranger.platform[one] == age]
        assert group["people"] == len(people)
        spent = sum((stranger.brand[one][1] for one in people), Decimal(0))
        assert Decimal(str(group["sums"]["spend"])) == spent
    assert found["total"]["people"] == len(common)


def test_three_kills_change_no_answer(tmp_path: Path) -> None:
    """Under a lattice, whose jobs have the most steps; the long run takes either."""
    staff = rehearse(tmp_path, kills=3, seed=7, pause=(0.5, 2.0), rows="lattice")
    assert len(staff.kills) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_twenty_kills_change_no_answer(tmp_path: Path, seed: int) -> None:
    """Five times twenty kills, each run with a room of its own."""
    rows = ("paillier", "lattice")[seed % 2]
    staff = rehearse(tmp_path, kills=20, seed=seed, pause=(0.2, 4.0), rows=rows)
    assert len(staff.kills) >= 20


def test_a_killed_mediator_leaves_no_process_behind(tmp_path: Path) -> None:
    write_stranger(tmp_path)
    file = write_room(tmp_path, JOBS)
    staff = Staff(tmp_path, RoomFile.read(file), file)
    initialise(tmp_path / "mediator", ORIGIN)
    staff.start("mediator")
    try:
        staff.wait_for_mediator()
        mediator = staff.processes["mediator"]
        wait_for(lambda: len(descendants(mediator.pid)) >= 2, mediator)
        below = descendants(mediator.pid)
        os.kill(mediator.pid, signal.SIGKILL)
        mediator.wait()
        wait_for(lambda: not any(alive(one) for one in below))
    finally:
        staff.close()


def test_a_worker_ends_with_a_server_that_was_gone_before_it_looked(tmp_path: Path) -> None:
    """And whoever became its parent since: it follows what the server held open."""
    initialise(tmp_path / "mediator", ORIGIN)
    command = [sys.executable, "-m", "api.worker", str(tmp_path / "mediator")]
    held, end = socket.socketpair()
    worker = subprocess.Popen(command, stdin=held, start_new_session=True)
    held.close()
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(5)
        end.close()
        assert worker.wait(PATIENCE) != 0
    finally:
        worker.kill()
        worker.wait()


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False
