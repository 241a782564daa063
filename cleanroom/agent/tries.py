"""Count the tries of every piece of work, on disk: what kills the process has been tried too."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cleanroom.agent.home import Home, read_json, write_json
from cleanroom.errors import FULL, CleanroomError, Unreachable
from cleanroom.files import held

GIVE_UP = 10
"""Tries of one piece of work after which the agent tells the others that it gives up."""

MOST_REMEMBERED = 1000
"""Pieces of work that are counted at a time; the mediator names them, and could name any number."""


@dataclass(frozen=True)
class Tries:
    """Remember how often each piece of work was begun and not finished."""

    home: Home

    def begin(self, work: str) -> int:
        """Count one more try; return how many there were before."""
        with self._locked():
            known = self._read()
            before = known.pop(work, 0)
            others = dict(list(known.items())[1 - MOST_REMEMBERED :])
            self._write({**others, work: before + 1})
        return before

    def forget(self, work: str) -> None:
        """Start from nothing: the work is done, or was never really tried."""
        with self._locked():
            known = self._read()
            if known.pop(work, None) is not None:
                self._write(known)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Read and write in one: two agents of one home count the tries of both."""
        with held(self.home.path / "tries.lock"):
            yield

    def _read(self) -> dict[str, int]:
        file = self.home.path / "tries.json"
        return read_json(file, dict[str, int]) if file.exists() else {}

    def _write(self, known: dict[str, int]) -> None:
        write_json(self.home.path / "tries.json", known)


class GaveUp(CleanroomError):  # noqa: N818 - names say what happened, not "Error"
    """Say that this party's agent has tried a piece of work often enough."""

    rule = "agent-gave-up"


NO_ROOM: Final = FULL | {errno.EROFS}
"""What the system says where a disk is full, or closed to writing."""


def is_no_try(error: Exception) -> bool:
    """Tell what says nothing of the work: a mediator that does not answer, a disk that is full."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return isinstance(error, Unreachable) and getattr(error, "problem", None) is None
