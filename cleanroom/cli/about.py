"""Find the job that a command is about: by its identifier in any room, or by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.cli.common import Folder, connect, kept_if_away, open_home
from cleanroom.errors import InvalidInput
from cleanroom.identifier import is_identifier

if TYPE_CHECKING:
    from cleanroom.agent.rooms import Room

JobArgument = Annotated[str, typer.Argument(help="The job's identifier, or its name in the room.")]


@contextmanager
def job_session(folder: Folder | None, room: str | None, job: str) -> Iterator[tuple[Room, str]]:
    """Open home, connection and the room of a job for one command; yield it with its identifier.

    An identifier needs no room: the home knows where it was asked, or else the mediator does.
    Raises ``InvalidInput`` if no room or no job fits, or more than one.
    """
    home = open_home(folder)
    from cleanroom.agent.rooms import known, open_room, pick_room

    client = connect(home)
    try:
        if room is None and is_identifier(job) and len(known(home)) > 1:
            rooms = (open_room(home, client, str(one["id"])) for one in known(home))
            found = next((one for one in rooms if _keeps(one, job)), None)
            signed = found or pick_room(home, client, str(client.job(job)["room"]))
        else:
            signed = pick_room(home, client, room)
        with kept_if_away(signed) as reading:
            yield reading, identifier_of(reading, job)
    finally:
        client.close()


def _keeps(room: Room, job: str) -> bool:
    return room.home.folder(room.identity, "jobs", job).exists()


def identifier_of(room: Room, job: str) -> str:
    """Return a job's identifier; its name counts as its document says it, whoever shows it."""
    if is_identifier(job):
        return job
    from cleanroom.agent.jobs import shown_document

    items = room.client.jobs(room.identity)
    named = [item["id"] for item in items if shown_document(item, str(item["id"])).name == job]
    if len(named) != 1:
        raise InvalidInput(
            f"{len(named)} jobs in {room.agreement.name} are called {job}.",
            remedy="See: cleanroom job list",
        )
    return str(named[0])
