"""What a party's console works with: the party's home, its connection, and work under way."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

from flask import current_app, g, request

from api.console.files import Files
from api.console.frame import language
from api.console.work import Tasks
from cleanroom.agent.amendments import settle
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.jobs import shown_document
from cleanroom.agent.kept import away, reading, told
from cleanroom.agent.rooms import AWAY, Room, kept_rooms, known, listed, open_room
from cleanroom.errors import NotFound, Unreachable
from cleanroom.identifier import is_identifier
from cleanroom.report.charts import budget_picture
from cleanroom.room.states import JOB, JobState

MOST_DRAFTS = 20
"""Agreements that are kept until they are signed; an older one is made again from its file."""

NOTHING: Final[dict[str, Any]] = {"jobs": [], "rooms": []}

MOST_PICTURES = 200
"""Pictures that are kept, some tens of kilobytes each."""


class JobPages:
    """Keep the pages of a room's jobs that cannot change any more, so that lists are quick."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._settled: dict[str, dict[str | None, JobPage]] = {}

    def listing(self, client: Client, room: str) -> list[dict[str, Any]]:
        """Return all jobs of a room, the oldest first; one thread asks for what is not known."""
        with self._lock:
            settled = self._settled.setdefault(room, {})
            found: list[dict[str, Any]] = []
            cursor: str | None = None
            while True:
                items, following = settled.get(cursor) or client.jobs_page(room, cursor)
                found += items
                if following is None:
                    return found
                if all(map(_over, items)):
                    settled[cursor] = items, following
                cursor = following


JobPage = tuple[list[dict[str, Any]], str | None]
"""Jobs, and where the next page starts, None if there is none."""


class Pictures:
    """Keep the pictures that were drawn last, by what they show: drawing takes time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn: dict[str, str] = {}

    def get(self, shown: Any, draw: Callable[[], str]) -> str:
        """Return the picture of a JSON value, drawn if it is not there; one is drawn at a time."""
        key = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
        found = self._drawn.get(key)
        if found is not None:
            return found
        with self._lock:
            if key not in self._drawn:
                while len(self._drawn) >= MOST_PICTURES:
                    del self._drawn[next(iter(self._drawn))]
                self._drawn[key] = draw()
            return self._drawn[key]

    def warm_up(self) -> None:
        """Draw something nobody sees: the first picture of a process takes a second longer."""
        with self._lock:
            budget_picture([], 1.0)


def _over(item: dict[str, Any]) -> bool:
    return not JOB[JobState(item["state"])]


@dataclass
class Desk:
    """Serve one party; pages find it with ``desk()``."""

    home: Home
    transport: Transport
    client: Client
    files: Files
    tasks: Tasks = field(default_factory=Tasks)
    data: Tasks = field(default_factory=Tasks)
    """Reading and sending files takes minutes: no approval waits for it."""
    drafts: dict[str, Any] = field(default_factory=dict)
    """Agreements by identifier that were shown and not proposed yet."""
    pages: JobPages = field(default_factory=JobPages)
    pictures: Pictures = field(default_factory=Pictures)

    def keep_draft(self, identity: str, draft: Any) -> None:
        """Keep what was shown until it is proposed; of too many the oldest goes."""
        while len(self.drafts) >= MOST_DRAFTS:
            del self.drafts[next(iter(self.drafts))]
        self.drafts[identity] = draft

    def room(self, room: str) -> Room:
        """Return a room that this party signed; ``NotFound`` for any other."""
        if room not in {one["id"] for one in known(self.home)}:
            raise NotFound("You have not signed such a room.")
        held: dict[str, Room] = g.setdefault("rooms", {})
        if room not in held:
            found = settle(open_room(self.home, self.client, room))
            # Whoever opens a page waits for it; what a form begins goes on behind the page.
            held[room] = reading(found, patient=request.method != "GET")
        return held[room]

    def away(self) -> str | None:
        """Return one line if the page at hand shows what is kept at home, and why."""
        errors = map(away, g.get("rooms", {}).values())
        return told(next(filter(None, errors), g.get("away")), language())

    def jobs(self, room: str) -> list[dict[str, Any]]:
        """Return all jobs of a room, the newest first."""
        return self.pages.listing(self.room(room).client, room)[::-1]

    def latest(self, room: str) -> Iterator[dict[str, Any]]:
        """Yield the jobs of a room from the newest on, asking for as many as are looked at."""
        client, cursor = self.room(room).client, None
        while True:
            items, cursor = client.jobs_page(room, cursor, order="newest")
            yield from items
            if cursor is None:
                return

    def job(self, room: str, job: str) -> dict[str, Any]:
        """Return a job of that room; ``NotFound`` if it is another room's.

        Its document is the one of that identifier; what else the item says, the mediator says.
        """
        if not is_identifier(job):
            raise NotFound("There is no such question in this room.")
        item = self.room(room).client.job(job)
        shown_document(item, job)
        if item["room"] != room:
            raise NotFound("There is no such question in this room.")
        return item

    def close(self) -> None:
        """Stop what goes on in the background; it can be gone on with later."""
        for tasks in (self.tasks, self.data):
            tasks.close()

    def waiting(self) -> dict[str, Any]:
        """Return what waits for this party, without waiting for it: nothing if nobody says."""
        try:
            return self.client.hurried().work(0)
        except AWAY as error:
            g.away = error
            return NOTHING

    def listed(self) -> list[dict[str, Any]]:
        """Return the rooms that name this party, and those that its home keeps."""
        if isinstance(g.get("away"), Unreachable):
            return kept_rooms(self.home)
        return listed(self.home, self.client)


def desk() -> Desk:
    """Return the desk that this application serves."""
    return cast(Desk, current_app.extensions["desk"])
