"""Find earlier jobs, and look up what this party received of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cleanroom.agent.jobs import LocalJob, shown_document
from cleanroom.agent.rooms import Room
from cleanroom.errors import PolicyRefusal


def result_file(room: Room, job: str) -> Path:
    """Return where this party keeps its answer to a job, if it received one."""
    return room.home.folder(room.identity, "jobs", job) / "result"


def kept_result(room: Room, job: str) -> dict[str, Any] | None:
    """Return the answer that this party received to a job, or None."""
    file = result_file(room, job)
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(room.home.vault.read(file))
    return found


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
