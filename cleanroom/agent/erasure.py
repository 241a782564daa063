"""Let people leave every line of this party, in all its rooms, at once.

Who is in which file must show to nobody else, so an erasure does the same whoever is erased: all
versions are taken back, and each line gets a new one.  What is left to do stands in a journal: run
again after whatever happened, it goes on.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

from cleanroom.agent import endings, erased, job_rows, joining, leftovers, lines, rooms, to_erase
from cleanroom.agent.datasets import LocalDataset, Shape, local, send_version
from cleanroom.agent.home import Home, write_json
from cleanroom.agent.http import Client
from cleanroom.agent.logs import make_certificate
from cleanroom.agent.rooms import Room
from cleanroom.agent.serving import publish
from cleanroom.agent.tables import load_people, save_table
from cleanroom.agent.to_erase import Journal
from cleanroom.agent.uploads import Progress, silent
from cleanroom.audit import certificate
from cleanroom.documents.payloads import MOST_ERASED, erased_step
from cleanroom.errors import (
    CleanroomError,
    Conflict,
    InvalidInput,
    NotFound,
    PolicyRefusal,
    Unauthenticated,
)
from cleanroom.files import held, make_folder
from cleanroom.room.states import DatasetState, RoomState

Tell = Callable[[str], None]

BUSY = "another erasure is already running in this home"
UNKNOWN = "the mediator knows no such room."


@dataclass(frozen=True)
class Request:
    """What is asked for: a name of the caller's own, and what is hashed of each identifier."""

    name: str
    people: tuple[frozenset[bytes], ...]


def erase(
    home: Home,
    client: Client,
    request: Request,
    executor: Executor | None = None,
    progress: Progress = silent,
    tell: Tell = lambda _text: None,
) -> dict[str, Any]:
    """Erase people from everything that this party keeps and has sent; return what was done.

    A request is known by its name: again, it goes on where it stopped, or returns what was done.
    An earlier one that was not finished is finished first.

    Raises ``Conflict`` while another erasure runs, and what the first room refused that did.
    """
    with held(_file(home, "running"), BUSY):
        begun = _journal(home)
        if begun is not None and begun["request"] != request.name:
            tell(f"The erasure {begun['request']} was not finished; it is resumed first.")
            _finish(home, client, begun, executor, progress, tell)
            begun = None
        if begun is None:
            if _done(home, request.name).exists():
                return dict(json.loads(home.vault.read(_done(home, request.name))))
            begun = _begin(home, client, request)
        return _finish(home, client, begun, executor, progress, tell)


def found(home: Home, client: Client, request: Request) -> list[dict[str, Any]]:
    """Return, for this party's eyes, how many of a request's people the newest versions hold.

    Nothing is written, and nobody is told.
    """
    wanted = {one: number for number, forms in enumerate(request.people) for one in forms}
    listed = []
    for room in _rooms(home, client):
        is_revoked = leftovers.is_revoked(room)
        if not is_revoked and joining.notice(room):
            continue
        shown = leftovers.versions_at_home(room) if is_revoked else lines.versions(room)
        for name, identity in sorted(to_erase.newest(room, shown).items()):
            people = local(room, identity).people()
            hits = {wanted.get(erased.canonical(one)) for one in people} - {None}
            place = {"room": room.identity, "name": room.agreement.name, "dataset": name}
            listed.append({**place, "people": len(hits)})
    return listed


def profiles(home: Home, client: Client) -> set[str]:
    """Return the profiles of this party's datasets, as the agreements in force say them."""
    return {
        profile
        for room in _rooms(home, client)
        for terms in room.agreement.datasets
        if terms.party == room.own.name
        for profile in terms.profiles
    }


# --- what is left to do


def _begin(home: Home, client: Client, request: Request) -> Journal:
    """Keep the people out, then write down what is to be taken back."""
    with erased.alone(home):
        erased.add(home, [form for forms in request.people for form in forms])
        journal = {
            "request": request.name,
            "erasure": secrets.token_hex(16),
            "people": erased_step(len(request.people)),
            "rooms": {room.identity: to_erase.asked(room) for room in _rooms(home, client)},
        }
        _keep(home, journal)
    return journal


def _finish(
    home: Home,
    client: Client,
    journal: Journal,
    executor: Executor | None,
    progress: Progress,
    tell: Tell,
) -> dict[str, Any]:
    """Do what is left in every room; one that refuses does not keep the others waiting."""
    faults: list[CleanroomError] = []
    opened = [room for room in _rooms(home, client) if room.identity in journal["rooms"]]
    told = []
    with erased.alone(home):
        for room in opened:
            try:
                _take_back_there(room, journal)
                told.append(room)
            except CleanroomError as fault:
                tell(f"{room.agreement.name}: {fault}")
                faults.append(fault)
            _clean(room, journal["rooms"][room.identity])
    for room in told:
        entry = journal["rooms"][room.identity]
        if not entry["known"]:
            tell(f"{room.agreement.name}: {leftovers.REVOKED if entry.get('revoked') else UNKNOWN}")
            continue
        try:
            job_rows.forget_acknowledged(room)
            for name in entry["lines"]:
                _renew(room, entry, name, executor, progress, tell)
                _keep(home, journal)
            _serve_again(room, entry, tell)
            _certify(room, journal)
            _keep(home, journal)
        except CleanroomError as fault:
            tell(f"{room.agreement.name}: {fault}")
            faults.append(fault)
    if faults:
        raise faults[0]
    report = _report(opened, journal)
    home.vault.write(_done(home, journal["request"]), json.dumps(report).encode())
    _file(home, "open").unlink(missing_ok=True)
    return report


def _take_back_there(room: Room, journal: Journal) -> None:
    """Say that all versions are taken back, unless an amendment took this party away meanwhile."""
    entry = journal["rooms"][room.identity]
    try:
        if "unasked" in entry:
            found = to_erase.standing(room, entry["unasked"])
            journal["rooms"][room.identity] = {**found, "serving": entry["serving"]}
            _keep(room.home, journal)
        _take_back(room, journal)
    except NotFound:
        if not joining.notice(room):
            raise
        # With it everything of this party was taken back, and deleted.
        journal["rooms"][room.identity]["known"] = False
    except Unauthenticated:
        if not leftovers.is_revoked(room):
            raise
        journal["rooms"][room.identity].update(known=False, revoked=True, taken=[])


def _take_back(room: Room, journal: Journal) -> None:
    """Say that all versions are taken back; what was said before a crash is not said twice."""
    taken = journal["rooms"][room.identity]["taken"]
    if not taken:
        return
    # What was on its way when this party was stopped is sent first, so it shows in the states.
    room.chain.finish()
    states = {item["id"]: item["state"] for item in room.client.datasets(room.identity)}
    left = [one for one in taken if states.get(one) != DatasetState.WITHDRAWN]
    # A version whose agreed time ended meanwhile is gone by itself: no statement will name it.
    said = journal["rooms"][room.identity].setdefault("said", [])
    said += [one for one in left if one not in said]
    _keep(room.home, journal)
    for start in range(0, len(left), MOST_ERASED):
        body = {
            "erasure": journal["erasure"],
            "people": journal["people"],
            "datasets": left[start : start + MOST_ERASED],
        }
        room.chain.say("/v1/datasets/erase", "dataset.erase", body)


def _clean(room: Room, entry: Journal) -> None:
    """Blank who is kept out in every table at home, and delete what serves no version any more.

    Whatever the mediator says of a version, none from before serves again: one that it calls
    withdrawn, or whose room it does not know, it could show later as it was.
    """
    dropped = entry["dropped"]
    room.chain.end("dataset.erase", {"datasets": entry.get("held", [])})
    for folder in sorted((room.folder / "datasets").glob("*")):
        # Without a manifest: a try to upload that was killed before it had said anything.
        if folder.name in dropped or not (folder / "manifest.json").exists():
            rmtree(folder)
        else:
            _blank(local(room, folder.name))
    folders = (room.folder / "datasets").glob("*")
    leftovers.forget_datasets(room, [one.name for one in folders if _ended(room, one.name)])


def _blank(dataset: LocalDataset) -> None:
    vault, path = dataset.room.home.vault, dataset.folder / "table"
    if not path.exists():
        return  # kept as long as was agreed, and deleted since
    gone = erased.marked(dataset.room.home, load_people(vault, path))
    if gone.any():
        save_table(vault, path, erased.blanked(dataset.table(), gone))


def _ended(room: Room, dataset: str) -> bool:
    return endings.ended(room.home, room.identity, "dataset", dataset)


def _renew(
    room: Room,
    entry: Journal,
    name: str,
    executor: Executor | None,
    progress: Progress,
    tell: Tell,
) -> None:
    """Send a line's next version from the table at home, unless that was done."""
    if name in entry["made"] or not _is_open(room):
        return
    older = local(room, entry["lines"][name])
    with held(room.folder / "refresh.lock"):
        present = to_erase.newest(room, lines.versions(room)).get(name)
        if present is not None and present != older.manifest.identity():
            entry["made"][name] = present  # before a crash, or by a refresh meanwhile
            return
        if not (older.folder / "table").exists():
            tell(f"{room.agreement.name}: the agreed retention of {name} is over; refresh it.")
            entry["made"][name] = None
            return
        table = erased.compact(older.table())
        if not table.rows:
            tell(f"{room.agreement.name}: nobody is left in {name}; it has no version now.")
            entry["made"][name] = None
            return
        shape = Shape.of_version(older.manifest)
        entry["made"][name] = send_version(room, name, shape, table, executor, progress)


def _is_open(room: Room) -> bool:
    return rooms.state_of(room.client, room.agreement) == RoomState.ACTIVE


def _serve_again(room: Room, entry: Journal, tell: Tell) -> None:
    """Publish what was served; an audience that is too small now is served no more."""
    for place in entry["serving"]:
        if place in entry["served"] or not _is_open(room):
            continue
        try:
            publish.publish(room, place)
        except (PolicyRefusal, InvalidInput, Conflict) as refusal:
            tell(f"{room.agreement.name}: grant {place} is no longer served: {refusal}")
        entry["served"].append(place)


def _certify(room: Room, journal: Journal) -> None:
    """Keep the proof of what the mediator signed as deleted."""
    entry = journal["rooms"][room.identity]
    said = entry.get("said", entry["taken"])
    if not said or entry["certificate"]:
        return
    document = make_certificate(room.client, room.agreement, journal["erasure"], said)
    file = _file(room.home, "certificates") / f"{journal['erasure']}-{room.identity}.json"
    make_folder(file.parent)
    write_json(file, document)
    entry["certificate"] = str(file)


def _report(opened: Collection[Room], journal: Journal) -> dict[str, Any]:
    entries = journal["rooms"]
    return {
        "request": journal["request"],
        "erasure": journal["erasure"],
        "people_at_most": journal["people"],
        "rooms": [
            {
                "room": room.identity,
                "name": room.agreement.name,
                "revoked": entries[room.identity].get("revoked", False),
                "withdrawn": entries[room.identity]["taken"],
                "made": entries[room.identity]["made"],
                "aligned_by_agents": room.agreement.policy.realign,
                "certificate": entries[room.identity]["certificate"],
            }
            for room in opened
        ],
        "stays": certificate.STAYS,
    }


# --- files


def _rooms(home: Home, client: Client) -> Iterator[Room]:
    for one in rooms.known(home):
        yield rooms.open_room(home, client, one["id"])


def _file(home: Home, name: str) -> Path:
    folder = home.path / erased.FOLDER
    make_folder(folder)
    return folder / name


def _journal(home: Home) -> Journal | None:
    file = _file(home, "open")
    return dict(json.loads(home.vault.read(file))) if file.exists() else None


def _keep(home: Home, journal: Journal) -> None:
    home.vault.write(_file(home, "open"), json.dumps(journal).encode())


def _done(home: Home, request: str) -> Path:
    """Return where a request's report is kept, whatever the request is called."""
    return _file(home, "done") / hashlib.sha256(request.encode()).hexdigest()[:32]
