"""Two processes of one home at once: a command beside a console, or two agents."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from cleanroom.agent import approval, jobs
from cleanroom.agent.tries import Tries
from tests.cleanroom.queries.room import Measure, Signed, audience, sign_room

PEOPLE = [f"person{number}" for number in range(40)]


def at_once(work: Callable[[int], None], processes: int = 2) -> None:
    """Run the same work in several processes that start together."""
    reading, writing = os.pipe()
    children = []
    for number in range(processes):
        child = os.fork()
        if child == 0:
            failed = 1
            try:
                os.close(writing)
                os.read(reading, 1)  # ends when the parent closes its side
                work(number)
                failed = 0
            finally:
                os._exit(failed)
        children.append(child)
    os.close(writing)
    os.close(reading)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * processes


def asked() -> tuple[Signed, jobs.LocalJob]:
    brand = audience(PEOPLE, measures={"spend": Measure([100] * len(PEOPLE), 9, decimals=2)})
    sides = {"brand": brand, "platform": audience(PEOPLE)}
    signed = sign_room("overlap", sides, (), None, {})
    fields = {
        "name": "question",
        "template": "overlap",
        "alignment": signed.alignment,
        "receiver": "platform",
        "rho": None,
        **signed.datasets,
    }
    return signed, jobs.write_job(signed.rooms["platform"], fields, {"measures": ["spend"]})


def test_two_approvals_at_once_send_the_masks_that_are_kept(tmp_path: Path, monkeypatch):
    """With masks of one process at home and those of another sent, no answer could be read."""
    signed, job = asked()
    draw = approval.masks_for_peer

    def slowly(*arguments):
        drawn = draw(*arguments)
        time.sleep(1)  # both processes have looked for kept masks by then
        return drawn

    monkeypatch.setattr(approval, "masks_for_peer", slowly)

    def approve(number: int) -> None:
        approval.approve(job)
        sent = signed.desk.whole(f"{job.path}/messages/masks", "platform")
        (tmp_path / str(number)).write_bytes(sent)

    at_once(approve)
    first, second = (tmp_path / "0").read_bytes(), (tmp_path / "1").read_bytes()
    assert first == second
    assert first == job.kept("masks").tobytes()


def test_two_agents_count_every_try():
    signed, _ = asked()
    tries = Tries(signed.rooms["brand"].home)

    def count(number: int) -> None:
        for step in range(40):
            tries.begin("both")
            tries.begin(f"own {number}")
            if step % 2:
                tries.forget(f"own {number}")

    at_once(count)
    assert tries.begin("both") == 80
    assert tries.begin("own 0") == tries.begin("own 1") == 0
