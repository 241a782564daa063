"""Show the questions whose answers this home keeps, where the mediator is of no help.

It may know this party's keys no more, or not answer.  What is kept is what it showed when the
answer came: documents that carry their own names and signatures, and are checked again when read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cleanroom.agent.http import Client
from cleanroom.agent.http.answers import Shape, checked
from cleanroom.agent.rooms import AWAY, Room
from cleanroom.errors import CleanroomError, Unauthenticated, Unreachable
from cleanroom.report import Language
from cleanroom.room.states import JobState

if TYPE_CHECKING:
    from cleanroom.documents.job import JobDocument

SHOWN: Final = "shown"
"""Name in a job's folder: its question and its datasets as the mediator showed them."""


def keep(room: Room, document: JobDocument) -> None:
    """Keep a question for as long as its answer; what is kept already stays.

    Asked of the mediator before the answer is opened, so nothing that it sees hangs on numbers.
    """
    identity = document.identity()
    file = room.home.folder(room.identity, "jobs", identity) / SHOWN
    if file.exists():
        return
    datasets = room.folder / "datasets"
    others = [one for one in document.datasets if not (datasets / one).exists()]
    shown = {
        "job": {**room.client.job(identity), "state": JobState.SUCCESS},
        "datasets": [room.client.dataset(one) for one in others],
    }
    room.home.vault.write(file, json.dumps(shown).encode())


def reading(room: Room, patient: bool = True) -> Room:
    """Return a room whose questions are read at home once the mediator turns out to be away."""
    return replace(room, client=KeptClient(room, patient))


def away(room: Room) -> CleanroomError | None:
    """Return why a room shows what its home keeps; None as long as the mediator is asked."""
    return room.client.away if isinstance(room.client, KeptClient) else None


def told(error: CleanroomError | None, language: Language = "en") -> str | None:
    """Say in one line that what is shown is kept at home, and why; None if it is not."""
    if error is None:
        return None
    from cleanroom.report import word  # noqa: PLC0415 (said by few commands)

    return word(f"kept.{'key' if isinstance(error, Unauthenticated) else 'away'}", language)


class KeptClient(Client):
    """Ask the mediator until it is away, and from then on what the room's home keeps.

    ``away`` is why, None as long as it answers.  Nobody waits for what the home can show; what it
    cannot is tried for long, unless ``patient`` is False.
    """

    def __init__(self, room: Room, patient: bool = True) -> None:
        super().__init__(room.client.transport)
        self._patient = patient
        self.away: CleanroomError | None = None
        self._room = room

    def _get(self, path: str, shape: Shape, **query: Any) -> dict[str, Any]:
        if self.away is None:
            try:
                return self.hurried()._get(path, shape, **query)
            except AWAY as error:
                away = error
            found = self._kept(path, query)
            if found is None and self._patient and isinstance(away, Unreachable):
                return super()._get(path, shape, **query)
            self.away = away
        else:
            found = self._kept(path, query)
        if found is None:
            raise self.away
        return checked(shape, found)

    def _kept(self, path: str, query: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what the home keeps of a resource, None if nothing."""
        _, _, noun, *rest = path.split("/")
        room = self._room
        if path == f"/v1/rooms/{room.identity}":
            held = {"agreement": room.first.to_json(), "signatures": [], "amendments": []}
            return {"id": room.identity, "state": "KEPT", **held}
        kept = [] if noun not in ("jobs", "datasets") else _all(room)
        if noun == "jobs" and not rest:
            items = [one["job"] for one in kept]
            return {"items": items[::-1] if query.get("order") == "newest" else items}
        every = (one for each in kept for one in (each["job"], *each["datasets"]))
        return next((one for one in every if [one["id"]] == rest), None)


def _all(room: Room) -> list[dict[str, Any]]:
    """Return what was shown of every question whose answer is here, the oldest first."""
    folders = (room.folder / "jobs").glob(f"*/{SHOWN}")
    found = [
        json.loads(room.home.vault.read(file))
        for file in folders
        if (file.parent / "result").exists()
    ]
    return sorted(found, key=lambda one: (one["job"]["created"], one["job"]["id"]))
