"""Look up what this party received before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cleanroom.agent.jobs import LocalJob
from cleanroom.errors import PolicyRefusal


def earlier_result(job: LocalJob, name: str) -> Mapping[str, Any]:
    """Return the newest result of a name on the same two datasets.

    Raises ``PolicyRefusal`` if this party received none.
    """
    room, document = job.room, job.document
    for item in reversed(room.client.jobs(room.identity)):
        asked = item["job"]
        same = (asked["brand"], asked["platform"]) == (document.brand, document.platform)
        file = room.home.folder(room.identity, "jobs", str(item["id"])) / "result"
        if same and asked["name"] == name and file.exists():
            found: dict[str, Any] = json.loads(room.home.vault.read(file))
            return found
    raise PolicyRefusal(f"{room.own.name} has no result {name} of these datasets", "unknown-result")
