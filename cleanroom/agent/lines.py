"""Follow datasets that change: a line of versions, its source, and the newest that are aligned.

A dataset's name is the line; versions share nothing else.  Every refresh makes a new version of
whatever the source holds, changed or not: whether a file changed is nobody else's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from cleanroom.agent import alignment_count, alignments, datasets
from cleanroom.agent.datasets import LocalDataset
from cleanroom.agent.home import read_json, write_json
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.agent.uploads import Progress, silent
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import (
    CleanroomError,
    InvalidInput,
    PeerFault,
    Unaligned,
    Unreachable,
    refuse_unless,
)
from cleanroom.files import held, make_folder
from cleanroom.ingest import Table
from cleanroom.ingest.engines import Read, read_here
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.room.standing import Joined, newest_joined
from cleanroom.room.states import AlignmentState, DatasetState

Line = tuple[str, str]
"""A party and the name of its dataset."""


# --- the source of a line


def remember(room: Room, name: str, file: Path) -> None:
    """Write down which room file a dataset was uploaded from."""
    write_json(room.folder / "sources.json", {**_sources(room), name: str(file.resolve())})


def refresh(
    room: Room,
    name: str,
    executor: Executor | None = None,
    progress: Progress = silent,
    read: Read = read_here,
) -> LocalDataset:
    """Read a line's source again and send it as the next version.

    A refresh that was killed is gone on with if the source still holds the same rows; otherwise
    what it left at the mediator is withdrawn.

    Raises ``InvalidInput`` if nothing was uploaded under the name, or its source is gone.
    """
    file = source(room, name)
    if file is None:
        raise InvalidInput(
            f"{name} was never uploaded from here.", remedy="Run: cleanroom dataset upload"
        )
    described = RoomFile.read(file)
    spec = described.specs(room.own).get(name)
    if spec is None:
        raise InvalidInput(f"{file} no longer describes a dataset {name}.")
    with held(room.folder / "refresh.lock"):
        table = read(spec, described.folder, executor)
        table.report.check()
        return _send(room, name, spec, table, executor, progress)


def send(
    room: Room,
    name: str,
    spec: DatasetSpec,
    table: Table,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> LocalDataset:
    """Send rows as the next version of a line, or as its first; as ``refresh`` does."""
    with held(room.folder / "refresh.lock"):
        return _send(room, name, spec, table, executor, progress)


def _send(
    room: Room,
    name: str,
    spec: DatasetSpec,
    table: Table,
    executor: Executor | None,
    progress: Progress,
) -> LocalDataset:
    identity = datasets.upload(room, name, spec, table, executor, progress)
    made = datasets.local(room, identity)
    _withdraw_unfinished(room, made.manifest)
    return made


def source(room: Room, name: str) -> Path | None:
    """Return the room file that a dataset was uploaded from; None if it never was from here."""
    found = _sources(room).get(name)
    return Path(found) if found else None


def newest_version(room: Room, name: str) -> int | None:
    """Return the newest version of an own line that is ready; None if there is none."""
    found = newest(versions(room)).get((room.own.name, name))
    return found.version if found else None


def newest(shown: Iterable[tuple[Manifest, str]]) -> dict[Line, Manifest]:
    """Return the newest ready version of every line that has one."""
    ready = (one for one, state in shown if state == DatasetState.READY)
    return {_line(one): one for one in sorted(ready, key=lambda one: one.version)}


def _sources(room: Room) -> dict[str, str]:
    file = room.folder / "sources.json"
    return read_json(file, dict[str, str]) if file.exists() else {}


def _withdraw_unfinished(room: Room, newer: Manifest) -> None:
    for manifest, state in versions(room):
        same = (manifest.party, manifest.name) == (newer.party, newer.name)
        if same and state == DatasetState.UPLOADING and manifest.version < newer.version:
            datasets.withdraw(room, manifest.identity())


# --- what is aligned


def newest_aligned(room: Room, brand: Line, platform: Line) -> Joined:
    """Return the newest versions of two lines that one alignment joins, and that alignment.

    Raises ``Unaligned`` if none does.
    """
    ready = {
        one.identity(): (_line(one), one.version)
        for one, state in versions(room)
        if state == DatasetState.READY
    }
    joined = (
        # By its own identifier, whatever the mediator lists it under.
        AlignmentDocument.from_json(item["document"])
        for item in room.client.alignments(room.identity)
        if item["state"] == AlignmentState.READY
    )
    found = newest_joined(ready, joined, (brand, platform))
    if found is None:
        raise Unaligned(".".join(brand), ".".join(platform))
    return found


def renew(room: Room, identity: str) -> bool:
    """Propose to align the newest versions of what an alignment joined; tell whether it was done.

    It is done once for the same versions, whatever the mediator shows, so a list of people is
    tried no oftener than there are versions.

    Raises ``PolicyRefusal`` unless the agreement lets agents do that.
    """
    policy = room.agreement.policy
    refuse_unless(policy.realign, "the room's agents align nothing by themselves", "no-realign")
    folder = room.folder / "lines"
    make_folder(folder)
    with held(folder / "lock"):
        joined = alignments.find(room, identity)
        document = joined.document
        shown = versions(room)
        brand = _newest(shown, document.brand_datasets)
        platform = _newest(shown, document.platform_datasets)
        target = [*brand, *platform]
        file = folder / "tried.json"
        tried = read_json(file, list[list[str]]) if file.exists() else []
        known = [
            [*one.brand_datasets, *one.platform_datasets]
            for one in (
                AlignmentDocument.from_json(item["document"])
                for item in room.client.alignments(room.identity)
            )
        ]
        if target in tried or target in known:
            return False
        alignment_count.check(room, joined.peer.name)
        try:
            alignments.propose(room, brand, platform, document.profile)
        except Unreachable:
            raise
        except CleanroomError:
            write_json(folder / "tried.json", [*tried, target])
            raise
        write_json(folder / "tried.json", [*tried, target])
        return True


def _newest(versions: Sequence[tuple[Manifest, str]], named: Iterable[str]) -> tuple[str, ...]:
    """Return the newest ready version of each line that some versions are of, in their order."""
    lines = {one.identity(): _line(one) for one, _ in versions}
    ready = newest(versions)
    found = []
    for identity in named:
        if identity not in lines:
            raise PeerFault("The mediator shows an alignment of unknown datasets.")
        if lines[identity] not in ready:
            raise InvalidInput(f"{lines[identity][1]} has no version that is ready.")
        found.append(ready[lines[identity]].identity())
    return tuple(found)


def _line(manifest: Manifest) -> Line:
    return manifest.party, manifest.name


def versions(room: Room) -> list[tuple[Manifest, str]]:
    """Return all dataset versions of a room; ``PeerFault`` for one under another's identifier."""
    return [_version(item) for item in room.client.datasets(room.identity)]


def _version(item: Mapping[str, Any]) -> tuple[Manifest, str]:
    manifest = Manifest.from_json(item["manifest"])
    if manifest.identity() != item["id"]:
        raise PeerFault("The mediator shows a different dataset under this identifier.")
    return manifest, str(item["state"])
