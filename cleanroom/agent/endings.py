"""Remember what this party ended, so that a mediator that forgets it revives nothing.

A room that it closed, a dataset that it withdrew, a delegation that it took back, a standing
question that it stopped and a question that it refused or took back stay ended for this home,
whatever the mediator shows, and even if it refused the statement.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cleanroom.agent.home import Home, read_json, write_json
from cleanroom.documents.agreement import Policy
from cleanroom.documents.delegation import Behalf
from cleanroom.documents.statement import Kind
from cleanroom.errors import refuse_unless
from cleanroom.room.retention import begun

_ENDED: dict[Kind, str] = {
    "room.close": "room",
    "delegation.revoke": "delegation",
    "dataset.withdraw": "dataset",
    "dataset.erase": "datasets",
    "job.refuse": "job",
    "job.cancel": "job",
    "standing.stop": "standing",
}
"""What each statement that ends something ends; its body holds the identifier, or several."""


def remember(home: Home, room: str, kind: Kind, body: Mapping[str, Any]) -> None:
    """Write down what a statement ends, durably, before it is sent.

    Only one process of a home may be here at a time: whoever holds the room's chain.
    """
    noun = _ENDED.get(kind)
    if noun is None:
        return
    held = room if noun == "room" else body[noun]
    named = held if isinstance(held, list) else [held]
    known = _read(home, room)
    names = [_name(noun.removesuffix("s"), str(one)) for one in named]
    if fresh := [name for name in names if name not in known]:
        write_json(_file(home, room), [*known, *fresh])


def check(
    home: Home,
    room: str,
    datasets: tuple[str, ...],
    job: str | None = None,
    behalf: Behalf | None = None,
    standing: str | None = None,
) -> None:
    """Raise ``PolicyRefusal`` if this party ended the room, one of its datasets, the job, the
    delegation under which it is asked or the standing question that it is a run of.
    """
    known = _read(home, room)
    named = [("room", room), *(("dataset", item) for item in datasets)]
    named += [("job", job)] if job is not None else []
    named += [("delegation", behalf.delegation)] if behalf is not None else []
    named += [("standing", standing)] if standing is not None else []
    for noun, identity in named:
        refuse_unless(
            _name(noun, identity) not in known,
            f"this party ended the {noun} {identity} itself",
            "ended-here",
        )


OVER: Final = "over.json"
"""Says in a job's folder that what was kept for it is deleted as agreed."""


def written(folder: Path) -> float:
    """Return when the first file of a folder was written."""
    return min((file.stat().st_mtime for file in folder.iterdir()), default=time.time())


def is_over(policy: Policy, folder: Path) -> bool:
    """Tell whether the answer in a job's folder was kept as long as is agreed.

    It is deleted within the hour (``retention``), and from now on nobody reads it.
    """
    latest = begun(policy, "answers", int(time.time()))
    return latest is not None and folder.is_dir() and written(folder) <= latest


def check_kept(folder: Path) -> None:
    """Raise ``PolicyRefusal`` if what this party had of a job was kept as long as is agreed.

    Noise that was sent once must not be drawn anew, whatever the mediator shows.
    """
    is_kept = not (folder / OVER).exists()
    refuse_unless(is_kept, "what was kept for the question is deleted", "retention")


def ended(home: Home, room: str, noun: str, identity: str) -> bool:
    """Tell whether this party ended a dataset, a job, a delegation or a standing question."""
    return _name(noun, identity) in _read(home, room)


def _name(noun: str, identity: str) -> str:
    return f"{noun} {identity}"


def _file(home: Home, room: str) -> Path:
    return home.room(room) / "ended.json"


def _read(home: Home, room: str) -> dict[str, None]:
    """Return what was ended; the file is read anew when it has grown, as it does alone."""
    file = _file(home, room)
    try:
        found = file.stat()
    except FileNotFoundError:
        return {}
    return _names(file, found.st_ino, found.st_size)


@lru_cache(16)
def _names(file: Path, _inode: int, _size: int) -> dict[str, None]:
    return dict.fromkeys(read_json(file, list[str]))
