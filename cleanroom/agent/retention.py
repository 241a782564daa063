"""Delete at home what was kept as long as the agreement says.

The agent goes by its own clock and by when the first file of a thing was written here.  It asks the
mediator nothing: one that named other times could have answers deleted, or rows kept.  Nobody is
told either: what is over stands in the log.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from cleanroom.agent import endings, erased, kept, leftovers, private
from cleanroom.agent.activation import SEGMENT
from cleanroom.agent.earlier import OPENED, READY, UNREADABLE
from cleanroom.agent.endings import OVER
from cleanroom.agent.home import write_json
from cleanroom.agent.rooms import Room
from cleanroom.files import held
from cleanroom.room.retention import begun

OF_A_VERSION: Final = ("manifest.json", "sealed.json", "lock")
"""What stays of a dataset version: its signed manifest, which names no person."""

OF_A_QUESTION: Final = (OVER, OPENED, READY, "lock")
"""What stays of a question: that it was opened, that rows were sent, that it is over."""

OF_AN_ANSWER: Final = (*OF_A_QUESTION, UNREADABLE, private.FILE, SEGMENT, kept.SHOWN, "result")
"""What stays of a question as long as its answer does."""


def forget_over(room: Room, now: float | None = None) -> list[str]:
    """Delete what is over in a room; return the folders of which something was deleted."""
    policy, at = room.agreement.policy, int(time.time() if now is None else now)
    if policy.retention is None:
        return []
    found = []
    for noun, steps in _STEPS.items():
        for folder in sorted((room.folder / noun).glob("*")):
            since = endings.written(folder)
            over = (step for term, step in steps if since <= (begun(policy, term, at) or 0))
            step = next(over, None)
            if step is not None and step(room, folder):
                found.append(folder.name)
    return found


def _forget_version(room: Room, folder: Path) -> bool:
    if not any(file.name not in OF_A_VERSION for file in folder.iterdir()):
        return False
    # Nobody is in the middle of making something of these rows.
    with erased.alone(room.home):
        room.chain.end("dataset.withdraw", {"dataset": folder.name})
        leftovers.forget_datasets(room, [folder.name])
        return _only(folder, OF_A_VERSION)


def _forget_alignment(_room: Room, folder: Path) -> bool:
    gone = [file for name in leftovers.OF_AN_ALIGNMENT for file in folder.glob(f"{name}-*")]
    for file in gone:
        file.unlink(missing_ok=True)
    return bool(gone)


def _forget_messages(_room: Room, folder: Path) -> bool:
    return _end(folder, OF_AN_ANSWER)


def _forget_answer(_room: Room, folder: Path) -> bool:
    return _end(folder, OF_A_QUESTION)


def _end(folder: Path, kept: tuple[str, ...]) -> bool:
    """Keep some files of a question, and that nothing is done for it any more.

    Noise that was sent once must never be drawn anew: so that is written down first.
    """
    with held(folder / "lock"):
        is_first = not (folder / OVER).exists()
        if is_first:
            write_json(folder / OVER, {})
        return _only(folder, kept) or is_first


def _only(folder: Path, kept: tuple[str, ...]) -> bool:
    gone = [file for file in folder.iterdir() if file.name not in kept]
    for file in gone:
        file.unlink(missing_ok=True)
    return bool(gone)


_STEPS: Final = {
    "datasets": (("datasets", _forget_version),),
    "alignments": (("alignments", _forget_alignment),),
    "jobs": (("answers", _forget_answer), ("messages", _forget_messages)),
}
"""By the folder of a room: what is over when, the last first, and what is done then."""
