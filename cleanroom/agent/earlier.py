"""Find earlier jobs, and look up what this party received of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cleanroom.agent.endings import is_over
from cleanroom.agent.jobs import LocalJob, shown_document
from cleanroom.agent.rooms import Room
from cleanroom.errors import InvalidInput, NotFound, PeerFault, PolicyRefusal

OPENED = "opened"
"""Name in a job's folder: the digest of the one release that this party opened, or is opening."""

READY = "rows-ready"
"""Name in a job's folder: how many rows this party made for the job."""

PAST = "The answer cannot be read any more: its agreed retention period is over."

UNREADABLE = "unreadable"
"""Name in a job's folder: why the answer that was opened held no numbers."""


def was_opened(room: Room, job: str) -> bool:
    """Tell whether this party began to open an answer; from then on it refuses no more."""
    return (result_file(room, job).parent / OPENED).exists()


def check_readable(room: Room, job: str) -> None:
    """Raise ``PeerFault`` if the answer to a job was opened and is not an answer."""
    file = result_file(room, job).parent / UNREADABLE
    if file.exists():
        others = " or ".join(
            one.name for one in room.agreement.members if one.has_data and one.role != room.role
        )
        detail = json.loads(room.home.vault.read(file))["detail"]
        raise PeerFault(
            f"The answer was opened but cannot be read ({detail}). {others} or the mediator did"
            " not follow the protocol; the receipt told neither of them so."
        )


def result_file(room: Room, job: str) -> Path:
    """Return where this party keeps its answer to a job, if it received one."""
    return room.home.folder(room.identity, "jobs", job) / "result"


def check_in_time(room: Room, job: str) -> None:
    """Raise ``NotFound`` once an answer was kept as long as is agreed, deleted yet or not."""
    file = result_file(room, job)
    if file.exists() and is_over(room.agreement.policy, file.parent):
        raise NotFound(PAST)


def kept_result(room: Room, job: str) -> dict[str, Any] | None:
    """Return the answer that this party received to a job, or None; none once its time is over."""
    file = result_file(room, job)
    if not file.exists() or is_over(room.agreement.policy, file.parent):
        return None
    found: dict[str, Any] = json.loads(room.home.vault.read(file))
    return found


MOVES: Final = ("start", "end")
"""Parameters by which the runs of one question differ."""


def check_one_question(room: Room, identities: Sequence[str]) -> None:
    """Raise ``InvalidInput`` if one of some jobs asked with other parameters than the first."""
    first, *others = (shown_document(room.client.job(one), one) for one in identities)
    for other in others:
        for name in sorted((first.parameters.keys() | other.parameters.keys()) - set(MOVES)):
            if first.parameters.get(name) != other.parameters.get(name):
                raise InvalidInput(
                    f"{other.name} was asked with a different {name} from {first.name}: answers"
                    " to different questions do not make a trend"
                )


def earlier_result(job: LocalJob, identity: str) -> Mapping[str, Any]:
    """Return the result of an earlier job on the same two datasets, by its identifier.

    Raises ``PolicyRefusal`` if this party received none, ``PeerFault`` if the mediator shows
    another question under that identifier.
    """
    room, document = job.room, job.document
    for item in room.client.jobs(room.identity):
        if item["id"] != identity:
            continue
        asked = shown_document(item, identity)
        same = (asked.brand, asked.platform) == (document.brand, document.platform)
        found = kept_result(room, identity) if same else None
        if found is not None:
            return found
    raise PolicyRefusal(
        f"{room.own.name} has no result {identity} of these datasets", "no-earlier-result"
    )
