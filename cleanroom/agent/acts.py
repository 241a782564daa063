"""Who did what in this party's console: a file of its home, which nobody else is shown.

One line of JSON each, when something begins and when it has ended.  The room's log names parties
alone: it cannot be shortened and every member reads it, so it is not a place for names of people.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from cleanroom.errors import InvalidInput
from cleanroom.files import append_line, held

FILE: Final = "acts.jsonl"
_LOCK: Final = "acts.lock"

Outcome = Literal["begun", "done", "refused", "failed"]


@dataclass(frozen=True)
class Act:
    """One thing that one person did; ``request`` is the same where it begins and where it ends.

    ``subject`` is who it is at the provider, empty for whoever held the home's own key.  ``about``
    names the room, the question and the button.
    """

    who: str
    subject: str
    act: str
    outcome: Outcome
    request: str
    about: dict[str, str] = field(default_factory=dict)
    time: str = ""


def note(home: Path, act: Act) -> None:
    """Write an act down; it is on disk when this returns, or an ``OSError`` says that it is not."""
    when = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    line = json.dumps({**asdict(act), "time": when})
    with held(home / _LOCK):
        append_line(home / FILE, line.encode())


def acts(home: Path) -> Iterator[Act]:
    """Yield every act, the oldest first; raise ``InvalidInput`` for a line that is none."""
    file = home / FILE
    if not file.exists():
        return
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield Act(**json.loads(line))
            except (ValueError, TypeError):
                raise InvalidInput(
                    "This line does not record an action.", file=FILE, row=number
                ) from None
