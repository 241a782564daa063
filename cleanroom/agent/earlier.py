"""Find earlier jobs, and look up what this party received of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cleanroom.agent.jobs import LocalJob, shown_document
from cleanroom.errors import PolicyRefusal


def earlier_result(job: LocalJob, identity: str) -> Mapping[str, Any]:
    """Return the result of an earlier job on the same two datasets, by its identifier.

    Raises ``PolicyRefusal`` if this party received none, ``PeerFault`` if the mediator shows
    another question under that identifier.
    """
    room, document = job.room, job.document
    file = room.home.folder(room.identity, "jobs", identity) / "result"
    for item in room.client.jobs(room.identity):
        if item["id"] != identity:
            continue
        asked = shown_document(item)
        same = (asked.brand, asked.platform) == (document.brand, document.platform)
        if same and file.exists():
            found: dict[str, Any] = json.loads(room.home.vault.read(file))
            return found
    raise PolicyRefusal(
        f"{room.own.name} has no result {identity} of these datasets", "unknown-result"
    )
