"""Live through nights and weeks of a room with the real programs, and check all that was promised.

    python -m benchmarks.nights --rows 100000 --nights 30 --out nights.json
    python -m benchmarks.nights --rows 300 --nights 8

Real: the mediator's program, both agents, ``dataset refresh`` every night, ``person erase`` for
three people one after the other, a standing question every seven days; two homes with vaults,
Paillier keys of a rehearsal, signed requests.  The clock of all of them is moved together (see
``moved_clock``).  Every night 1 % of the brand's people are others.

Checked: each answer against the true number (seven standard deviations); the budget against what
was announced; the log; that no word of eight bytes is in what the mediator held of two versions
of the brand's data; that no one who was erased is in a file of either side, a table of the
mediator, or its backup.  What the platform's own file says stays its own.  It ends with 1 if one
does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

CLOCK = Path(__file__).parent / "moved_clock"
DAY, WEEK = 86_400, 7 * 86_400
PATIENCE_SECONDS = 3600
ROOM = """
[room]
name = "nights"
rehearsal = true
templates = ["overlap"]
[policy]
k_min = 10
rho_per_release = 0.05
rho_budget = {budget}
paillier_bits = 1024
alignments_max = 1000
realign = true
alignment = ["ot"]
expires = {expires}
[datasets.brand.crm]
file = "crm.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
labels = ["tier"]
domains = {{ tier = ["gold", "silver"] }}
[datasets.platform.users]
file = "users.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--nights", type=int, default=8)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if "MOVED_CLOCK" not in os.environ:
        raise SystemExit(_again())
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder), options.rows, options.nights)
    print(json.dumps(report, indent=1))
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n")
    raise SystemExit(0 if report["holds"] else 1)


def _again() -> int:
    """Run this once more under a clock that can be moved."""
    with tempfile.TemporaryDirectory() as folder:
        clock = Path(folder) / "clock"
        clock.write_bytes(struct.pack("d", 0.0))
        path = os.pathsep.join([str(CLOCK), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = os.environ | {"MOVED_CLOCK": str(clock), "PYTHONPATH": path}
        command = [sys.executable, "-m", "benchmarks.nights", *sys.argv[1:]]
        return subprocess.run(command, env=environment, check=False).returncode


def move(seconds: float) -> None:
    """Set how far all clocks are ahead."""
    with Path(os.environ["MOVED_CLOCK"]).open("r+b") as file:
        file.write(struct.pack("d", seconds))


def people(first: int, rows: int) -> list[str]:
    return [f"person-{number}" for number in range(first, first + rows)]


def write(folder: Path, night: int, rows: int) -> set[str]:
    """Write the brand's file of a night; return its people."""
    own = people(night * max(1, rows // 100), rows)
    lines = [f"{one},{'gold' if place % 3 else 'silver'}" for place, one in enumerate(own)]
    (folder / "crm.csv").write_text("\n".join(["id,tier", *lines]) + "\n")
    return set(own)


def wait(until: Callable[[], Any]) -> Any:
    """Return what comes true, looking again and again."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found := until():
            return found
        time.sleep(0.5)
    raise SystemExit("nothing happened for too long")


class Held:
    """The words of eight bytes that the mediator ever held of each version of the brand's data."""

    def __init__(self, mediator: Path) -> None:
        self._blobs = mediator / "blobs"
        self._words: dict[str, np.ndarray] = {}

    def look(self, room: Any) -> None:
        from tests.cleanroom.agent.test_nights import Held as Small

        joined = room.client.alignments(room.identity)
        for item in room.client.datasets(room.identity):
            if item["manifest"]["name"] != "crm":
                continue
            names = [item["id"]] + [
                one["id"] for one in joined if item["id"] in one["document"]["brand_datasets"]
            ]
            files = [
                file
                for file in self._blobs.rglob("*")
                if file.is_file()
                and any(name in str(file) for name in names)
                and not Small._of_platform(str(file), item["id"])
                and "dictionary" not in file.name
            ]
            found = [self._words.get(item["id"], np.zeros(0, np.uint64)), *map(words, files)]
            self._words[item["id"]] = np.unique(np.concatenate(found))

    def linked(self) -> int:
        """Return how many words two versions have in common."""
        every = np.concatenate(list(self._words.values()))
        return len(every) - len(np.unique(every))

    @property
    def sizes(self) -> list[int]:
        return [len(one) for one in self._words.values()]


def words(file: Path) -> np.ndarray:
    """Return the words of a file, from every fourth byte on, that could be told from others."""
    try:
        data = np.frombuffer(file.read_bytes(), np.uint8)
    except FileNotFoundError:  # passed on and deleted meanwhile
        return np.zeros(0, np.uint64)
    found = [np.zeros(0, np.uint64)]
    for start in (0, 4):
        whole = (len(data) - start) // 8 * 8
        if whole <= 0:
            continue
        rows = np.sort(data[start : start + whole].reshape(-1, 8), axis=1)
        telling = (np.diff(rows, axis=1) > 0).sum(axis=1) >= 4
        found.append(data[start : start + whole].copy().view(np.uint64)[telling])
    return np.concatenate(found)


def run(folder: Path, rows: int, nights: int) -> dict[str, Any]:
    from api.backup import backup
    from cleanroom.agent import asking, standing
    from cleanroom.agent.room_file import RoomFile
    from cleanroom.audit import verify_audit_bundle
    from cleanroom.workbench import rehearse
    from cleanroom.workbench.program import anew
    from tests.cleanroom.agent.test_erasure import holding
    from tests.cleanroom.agent.test_nights import standing_for

    weeks = (nights - 1) // 7 + 1
    began = time.monotonic()
    expires = int(time.time()) + (nights + 30) * DAY
    text = ROOM.format(budget=round(0.05 * weeks, 2), expires=expires)
    (folder / "room.toml").write_text(text)
    users = people(rows // 2, rows)
    (folder / "users.csv").write_text("\n".join(["id", *users]) + "\n")
    write(folder, 0, rows)
    leaving = {nights * part // 4: users[rows // 8 * part] for part in (1, 2, 3)}
    gone, marks, answers = set[str](), list[bytes](), list[dict[str, Any]]()
    described = RoomFile.read(folder / "room.toml")
    with rehearse.stoppable(), ExitStack() as stack:
        sides = rehearse.start(stack, folder)
        signed = rehearse.sign_room(described, sides)
        agents = [stack.enter_context(rehearse.agent(side)) for side in sides.values()]
        rehearse.upload(described, folder / "room.toml", sides, lambda _text: None, anew)
        room, side = signed["brand"], sides["brand"]
        asking.align(room, ["crm"], ["users"])
        held = Held(folder / "mediator")
        made = weekly(room, weeks)
        wait(lambda: standing.find(signed["platform"], made.identity).state == "ACTIVE")
        for night in range(nights):
            move(night * DAY)
            own = write(folder, night, rows)
            program(side, "dataset", "refresh", "crm")
            aligned(room)
            held.look(room)
            if night in leaving:
                who = leaving[night]
                marks += standing_for(room, (who,))
                gone.add(who)
                program(
                    side, "person", "erase", "-", "--yes", "--request", f"night-{night}", given=who
                )
                aligned(room)
                held.look(room)
            if night % 7 == 0:
                move(night * DAY + DAY // 2 + 180)
                job = wait(lambda n=night: standing.find(room, made.identity).asked.get(n // 7))
                asking.wait(room, job)
                total = asking.read_result(room, job)["total"]
                truth = len((own & set(users)) - gone)
                off = abs(total["people"] - truth)
                answers.append({"night": night, "people": total["people"], "truth": truth,
                                "right": off <= 7 * total["people_sd"]})  # fmt: skip
            print(f"night {night + 1} of {nights}", file=sys.stderr)
        found = standing.find(room, made.identity)
        spent = room.client.budget(room.identity)["spent_ever"]
        report = verify_audit_bundle(rehearse.bundle(list(signed.values())))
        del agents
    backup(folder / "mediator", folder / "backup")
    homes = {name: one.home for name, one in sides.items()}
    own_names = {mark for mark in marks if any(one.encode() in mark for one in gone)}
    left = [
        (str(file.relative_to(folder)), mark.hex()[:16])
        for file, mark in holding(folder, homes, marks)
        if mark not in own_names or homes["platform"].path not in file.parents
    ]
    checks = {
        "answers within their noise": len(answers) == weeks and all(a["right"] for a in answers),
        "no run was missed": found.missed(time.time()) == [],
        "budget as announced": abs(spent - 0.05 * weeks) < 1e-9,
        "log verified": report.size > 0,
        "versions that were looked at": len(held.sizes) >= nights + len(leaving),
        "nothing links two versions": min(held.sizes) > rows // 2 and held.linked() == 0,
        "the erased are nowhere": len(marks) >= 6 * len(leaving) and not left,
    }
    return {
        "rows": rows, "nights": nights, "erased": len(gone), "answers": answers,
        "entries": report.size, "words": sum(held.sizes), "left": left[:5],
        "seconds": round(time.monotonic() - began), "checks": checks, "holds": all(checks.values()),
    }  # fmt: skip


def program(side: Any, *arguments: str, given: str = "") -> None:
    """Run a party's command as it is typed."""
    command = [sys.executable, "-m", "cleanroom.cli", *arguments]
    done = subprocess.run(
        command, env=side.environment(), input=given, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr[-500:]}")


def weekly(room: Any, weeks: int) -> Any:
    from cleanroom.agent import standing

    first = int(time.time()) + DAY // 2
    times = {"first": first, "every": WEEK, "until": first + (weeks - 1) * WEEK}
    fields = {
        "name": "weekly", "template": "overlap", "receiver": "brand", "rho": None,
        "brand": {"party": "brand", "name": "crm"},
        "platform": {"party": "platform", "name": "users"},
    }  # fmt: skip
    return standing.declare(room, fields, {}, times)


def aligned(room: Any) -> None:
    """Wait until the newest version is aligned."""
    from cleanroom.agent import datasets, lines

    newest = datasets.by_name(room, "brand", "crm")["id"]

    def done() -> bool:
        return lines.newest_aligned(room, ("brand", "crm"), ("platform", "users")).brand == newest

    wait(lambda: _quiet(done))


def _quiet(look: Callable[[], bool]) -> bool:
    from cleanroom.errors import Unaligned

    try:
        return look()
    except Unaligned:
        return False


if __name__ == "__main__":
    main()
