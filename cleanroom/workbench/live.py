"""Work with a live room of one party from Python: upload, align, ask."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from cleanroom.agent import asking, datasets, delegations, erased, erasure, lines
from cleanroom.agent.amendments import settle
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room, pick_room
from cleanroom.ingest import Table, read_table
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import remarks
from cleanroom.system import workers
from cleanroom.words.inert import plain
from cleanroom.workbench.amendments import Amending
from cleanroom.workbench.asked import Questions, Tell
from cleanroom.workbench.described import Described
from cleanroom.workbench.frames import as_files, at_hand


def tell_lines(text: str) -> None:
    """Tell how far things are on standard error, which a notebook shows below its cell."""
    sys.stderr.write(f"{plain(text)}\n")


@contextmanager
def described(sections: Mapping[str, Mapping[str, Described]], **others: Any) -> Iterator[RoomFile]:
    """Yield the room file that dataframes stand in for, as long as they can be read as files.

    ``sections`` has datasets by party and name.  Raises ``InvalidInput`` as a file's reader does.
    """
    flat = {(party, name): one for party, of in sections.items() for name, one in of.items()}
    with as_files({f"{party}.{name}": one.data for (party, name), one in flat.items()}) as files:
        found: dict[str, dict[str, Any]] = {party: {} for party in sections}
        for (party, name), one in flat.items():
            found[party][name] = {"file": str(files[f"{party}.{name}"]), **one.section}
        yield RoomFile.of({"datasets": found, **others}, Path("dataframes"))


@contextmanager
def pool() -> Iterator[Executor | None]:
    """Give processes for the heavy arithmetic, or None where they would do more than that.

    A process of a pool runs the caller's script once more; a notebook has none.
    """
    if hasattr(sys.modules["__main__"], "__file__"):
        yield None
        return
    with workers() as executor:
        yield executor


def read(name: str, spec: DatasetSpec, file: Path, executor: Executor | None, tell: Tell) -> Table:
    """Validate one file, and tell what is in it and what was left out."""
    table = read_table(spec, file, executor)
    tell(f"{name}: usable rows {table.rows:,}, people {table.people_count:,}")
    for line in remarks(table.report, "en"):
        tell(f"{name}: {line}")
    return table


class LiveRoom(Questions, Amending):
    """A room that this party has signed; close it, or use it in a ``with``."""

    def __init__(self, room: Room, frames: str, tell: Tell) -> None:
        super().__init__({room.role: room}, room.role, frames, tell)
        self._room = room

    @property
    def name(self) -> str:
        """Return the room's name."""
        return self._room.agreement.name

    def datasets(self) -> list[dict[str, Any]]:
        """List the datasets of the room, of both parties."""
        return [
            {"id": item["id"], "state": item["state"], **item["manifest"]}
            for item in self._room.client.datasets(self._room.identity)
        ]

    def upload(self, name: str, data: Described) -> str:
        """Hash and encrypt a dataframe on this machine and send it as a dataset of the room.

        Returns its identifier.  Raises ``InvalidInput`` with the row or the column for what
        cannot be taken, ``PolicyRefusal`` for what the agreement does not allow.
        """
        role = self._room.role
        rehearsed = {"name": "upload", "rehearsal": self._room.agreement.rehearsal}
        with described({role: {name: data}}, room=rehearsed) as file:
            spec = file.datasets[role][name]
            with pool() as executor:
                table = read(name, spec, file.path(spec), executor, self.tell)
                return datasets.upload(self._room, name, spec, table, executor)

    def refresh(self, name: str) -> str:
        """Read an own dataset's source again and send it as the next version; return that."""
        with pool() as executor:
            return lines.refresh(self._room, name, executor).manifest.identity()

    def align(self, brand: list[str], platform: list[str], profile: str | None = None) -> str:
        """Align the newest versions of datasets, wait for it, return the alignment's identifier."""
        return asking.align(self._room, brand, platform, profile, self.tell)

    def delegate(
        self,
        agency: str,
        datasets: Sequence[str],
        templates: Sequence[str],
        rho: float,
        until: datetime,
    ) -> str:
        """Let an agency ask in this brand's place until a time; return what names the delegation.

        Datasets are named ``crm`` or ``douyin.users``; nothing is delegated that is not named.
        """
        ends = int(until.timestamp())
        made = delegations.draft(self._room, agency, datasets, templates, rho, ends)
        return delegations.grant(self._room, made)

    def delegations(self) -> list[dict[str, Any]]:
        """List what brands of the room delegated, what they took back among it."""
        return [
            {"id": one.identity, "revoked": one.revoked, "left": one.left, **one.document.to_json()}
            for one in delegations.listed(self._room)
        ]

    def revoke(self, delegation: str) -> None:
        """Take a delegation back, for good."""
        delegations.revoke(self._room, delegation)

    def close(self) -> None:
        """Close the connection to the mediator."""
        self._room.client.close()

    def __repr__(self) -> str:
        return f"<Room {self.name}, {self.role}>"


def erase(
    home: Path | str,
    people: Sequence[str],
    request: str,
    *,
    profiles: Sequence[str] = (),
    region: str | None = None,
    passphrase: str | None = None,
    tell: Tell = tell_lines,
) -> dict[str, Any]:
    """Erase people by identifiers from all data of a party, in all its rooms; return what was done.

    The same request is done once, and gone on with where it stopped.  ``profiles`` say what the
    identifiers are; left out, any of those of the party's datasets.
    """
    opened = _open(home, passphrase)
    client = Client(Transport(opened.mediator, opened.signing))
    try:
        known = profiles or sorted(erasure.profiles(opened, client))
        found = erased.read(people, "people", region, known)
        with pool() as executor:
            asked = erasure.Request(request, found)
            return erasure.erase(opened, client, asked, executor, tell=tell)
    finally:
        client.close()


def _open(home: Path | str, passphrase: str | None) -> Home:
    phrase = passphrase or os.environ.get("CLEANROOM_PASSPHRASE") or getpass.getpass("Passphrase: ")
    return Home.open(Path(home), phrase)


def connect(
    home: Path | str,
    room: str | None = None,
    *,
    passphrase: str | None = None,
    frames: str | None = None,
    tell: Tell = tell_lines,
) -> LiveRoom:
    """Open a room of a party's home, by identifier or name, or the only one.

    The passphrase is the environment's ``CLEANROOM_PASSPHRASE``, or asked for.  ``frames`` says
    which library answers are returned in, by default the one that is imported already.  The
    party's agent runs beside this: it answers, and this asks.
    """
    opened = _open(home, passphrase)
    client = Client(Transport(opened.mediator, opened.signing))
    try:
        return LiveRoom(settle(pick_room(opened, client, room)), frames or at_hand(), tell)
    except BaseException:
        client.close()
        raise
