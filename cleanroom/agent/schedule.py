"""Declare a standing question of a room file: the question, how often, until when."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Any

from cleanroom.agent import asking, standing
from cleanroom.agent.job_section import JobSection, StandingSection, plain
from cleanroom.agent.room_file import RoomFile, seconds
from cleanroom.agent.rooms import Room
from cleanroom.agent.standing import Standing
from cleanroom.documents.standing import MOST_RUNS
from cleanroom.errors import InvalidInput

DAY = 86_400


def of_file(described: RoomFile, name: str) -> StandingSection | None:
    """Return when a file says that one of its questions is asked; None if it is asked once."""
    found = [one for one in described.standing if one.job == name]
    if len(found) > 1:
        raise InvalidInput(f"The file has several [[standing]] for the job {name}.")
    return found[0] if found else None


def read(name: str, every: str, until: str, first: str | None = None) -> StandingSection:
    """Take a schedule as it is typed; raise ``InvalidInput`` for what is not a time."""
    start = None if first is None else _moment("first", first)
    return StandingSection(job=name, every=every, until=_moment("until", until), first=start)


def times(schedule: StandingSection, now: float) -> dict[str, int]:
    """Return a schedule in seconds; a date as the end means all of that day, in UTC.

    Raises ``InvalidInput`` that names the field.
    """
    until = plain(schedule.until)
    if not isinstance(schedule.until, datetime):
        until += DAY - 1
    first = int(now) if schedule.first is None else plain(schedule.first)
    try:
        every = seconds("every", schedule.every)
    except InvalidInput as error:
        text = error.sentence.removeprefix("every: ")
        raise InvalidInput(text, column="every", remedy=error.remedy) from None
    if until < first:
        raise InvalidInput("The end is before the first run.", column="until")
    if (until - first) // every >= MOST_RUNS:
        sentence = f"A standing question is asked {MOST_RUNS:,} times at most."
        raise InvalidInput(sentence, column="every")
    return {"first": first, "every": every, "until": until}


def declare(room: Room, section: JobSection, schedule: StandingSection) -> Standing:
    """Declare a question of a file as a standing one; this agrees to all of its runs.

    Raises as ``draft`` does.
    """
    return standing.declare(room, *_asked(room, section, schedule))


def draft(room: Room, section: JobSection, schedule: StandingSection) -> Standing:
    """Write what ``declare`` would; nothing is signed, sent or kept.

    Raises as ``standing.draft``, and ``InvalidInput`` for a question of a hub, or one that the
    other side has to ask.
    """
    return standing.draft(room, *_asked(room, section, schedule))


def _asked(
    room: Room, section: JobSection, schedule: StandingSection
) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
    """Return the fields, the parameters and the times of a standing question."""
    if section.others:
        raise InvalidInput(
            "A question of a hub cannot be a standing question.", remedy="Run: job submit"
        )
    asker = asking.submitter(room.agreement, section, room.own.name)
    if asker != room.role:
        raise InvalidInput(f"Only the {asker} can ask this question.")
    lines = asking.named(room.agreement, section, room.own.name)
    fields: dict[str, Any] = {
        "name": section.name,
        "template": section.template,
        "receiver": asking.receiver(room.agreement, section, room.own.name),
        "rho": section.rho,
        "purpose": section.purpose,
        **{side: {"party": party, "name": name} for side, (party, name) in lines.items()},
    }
    return fields, section.parameters(), times(schedule, time.time())


def _moment(field: str, text: str) -> date | datetime:
    try:
        whole_day = len(text) <= len("2026-06-01")
        return date.fromisoformat(text) if whole_day else datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"'{text}' is not a time.",
            column=field,
            remedy="Write 2026-06-01 or 2026-06-01T12:00:00Z.",
        ) from None
