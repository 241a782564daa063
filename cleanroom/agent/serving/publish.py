"""Publish what is served under a grant: a fresh key, and a table that is noise without it."""

from __future__ import annotations

import hashlib
import secrets
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import endings, erased
from cleanroom.agent.amendments import settle
from cleanroom.agent.datasets import by_name, local
from cleanroom.agent.home import read_document, read_json, write_json
from cleanroom.agent.rooms import Room
from cleanroom.agent.serving.counts import Counts
from cleanroom.documents.serving import Publication, ServingTerms
from cleanroom.errors import Conflict, InvalidInput, PeerFault, PolicyRefusal
from cleanroom.files import held, make_folder, write_file
from cleanroom.ingest import Table as People
from cleanroom.queries.where import inside, parse
from cleanroom.room.serving import check_sides, granted
from protocols.voprf import ServerKey, Table

THREADS = 8


def question(room: str, message: bytes) -> bytes:
    """Return the function's input for a person: the protocol's message, bound to the room."""
    return b"cleanroom/serving/1" + bytes.fromhex(room) + message


def folder(room: Room, publication: str) -> Path:
    """Return where a publication of this party lies."""
    return room.folder / "serving" / publication


def counts_of(room: Room) -> Counts:
    """Return what this party's processes count together."""
    return Counts(room.folder / "serving" / "counts.sqlite")


def publish(room: Room, place: int) -> dict[str, Any]:
    """Publish the newest version of a grant's audience; return where serving stands then.

    Raises:
        NotFound: if the agreement has no such grant.
        PolicyRefusal: for an audience below the grant's least size, or a platform that has left;
            nothing is sent then.
        InvalidInput: for one that does not fit the declared size, or values that it cannot have.
    """
    with erased.steady(room.home):
        return _publish(room, place)


def _publish(room: Room, place: int) -> dict[str, Any]:
    room = settle(room)
    grant, terms = granted(room.agreement, place)
    check_sides(room.agreement, grant)
    dataset = by_name(room, grant.party, terms.audience)["id"]
    chosen, codes = select(local(room, dataset).table(), terms)
    if len(codes) < grant.minimum:
        raise PolicyRefusal(
            f"the audience is smaller than the {grant.minimum:,} people of the grant",
            rule="serving-floor",
        )
    if len(codes) > terms.entries:
        raise InvalidInput(f"The audience does not fit into a table of {terms.entries:,} people.")
    seed = secrets.token_bytes(32)
    key = ServerKey.derive(seed)
    with ThreadPoolExecutor(THREADS) as threads:
        outputs = key.outputs([question(room.identity, one) for one in chosen], threads)
    table = Table.build(outputs, codes, terms.entries, secrets.token_bytes).to_bytes()
    publication = Publication(
        room=room.identity,
        grant=place,
        number=1 + next((one["number"] for one in standing(room) if one["grant"] == place), 0),
        dataset=dataset,
        public_key=key.public.hex(),
        table=hashlib.sha256(table).hexdigest(),
        nonce=secrets.token_hex(16),
    )
    kept = folder(room, publication.identity())
    write_file(kept / "table", table)
    room.home.vault.write(kept / "seed", seed)
    write_json(kept / "publication.json", publication.to_json())
    body = {"publication": publication.to_json()}
    open_still = partial(endings.check, room.home, room.identity, (dataset,))
    answer = room.chain.say("/v1/serving", "serving.publish", body, check=open_still)
    check_newest(room, publication)
    _forget(room, place, publication.number - 1)
    return dict(answer["resource"])


def check_newest(room: Room, publication: Publication) -> None:
    """Remember a publication of this party's; ``Conflict`` if it published a later one before.

    A mediator that goes on showing an older one would have people served who were taken out.
    """
    file = room.folder / "serving" / f"newest-{publication.grant}.json"
    make_folder(file.parent)
    with held(file.with_suffix(".lock")):
        newest = read_json(file, _Newest).number if file.exists() else 0
        if publication.number < newest:
            raise Conflict(
                f"the mediator shows publication {publication.number}, not {newest}",
                rule="serving-number",
            )
        if publication.number > newest:
            write_json(file, {"number": publication.number})


@dataclass(frozen=True)
class _Newest:
    number: int


def _forget(room: Room, place: int, kept: int) -> None:
    """Delete the keys and tables of a grant's publications before one: nobody asks them any more.

    Whoever takes this home later cannot read with them what was recorded before.
    """
    for file in (room.folder / "serving").glob("*/publication.json"):
        publication = read_document(file, Publication)
        if publication.grant == place and publication.number < kept:
            rmtree(file.parent)


def select(table: People, terms: ServingTerms) -> tuple[Iterator[bytes], npt.NDArray[np.uint8]]:
    """Return the people that are served and the code of each one's label."""
    if terms.where:
        table = table.only(inside(parse(terms.where), "brand", table))
    if terms.label is None:
        return iter(table.people.take(table.person)), np.zeros(table.rows, dtype=np.uint8)
    label = table.labels[terms.label]
    missing = [value for value in terms.values if value not in label.domain]
    if missing:
        raise InvalidInput(f"{terms.audience} cannot have the label {missing[0]}.")
    code = np.array(
        [terms.values.index(v) if v in terms.values else -1 for v in label.domain], dtype=np.int16
    )
    codes = code[label.codes]
    rows = np.flatnonzero(codes >= 0)
    return iter(table.people.take(table.person[rows])), codes[rows].astype(np.uint8)


def stop(room: Room, place: int) -> dict[str, Any]:
    """Withdraw a grant of serving; this home's servers refuse questions at once."""
    granted(room.agreement, place)
    counts_of(room).halt(place, "serving-stopped")
    answer = room.chain.say("/v1/serving/stop", "serving.stop", {"grant": place})
    _forget(room, place, sys.maxsize)
    return dict(answer["resource"])


def standing(room: Room) -> list[dict[str, Any]]:
    """Return where serving stands at the mediator, grant by grant."""
    return room.client.serving(room.identity)


@dataclass(frozen=True)
class Announced:
    """What a room's mediator says of one grant, its publication verified under the brand's key."""

    publication: Publication
    identity: str
    terms: ServingTerms
    party: str
    profile: str
    closed: int | None
    stopped: bool
    waiting: tuple[dict[str, Any], ...]


def announced(room: Room, place: int) -> Announced | None:
    """Return how serving under a grant stands, None before the first publication.

    Raises ``PeerFault`` unless the brand signed the publication.
    """
    grant, terms = granted(room.agreement, place)
    found = next((one for one in standing(room) if one["grant"] == place), None)
    if found is None:
        return None
    try:
        said = found["statement"]["statement"]["body"]["publication"]
        publication = Publication.from_json(said)
    except (KeyError, TypeError, InvalidInput) as error:
        raise PeerFault("The mediator shows no publication.") from error
    room.check_said(
        found["statement"], "serving.publish", "publication", publication, (grant.party,)
    )
    if publication.grant != place or publication.room != room.identity:
        raise PeerFault("The mediator shows the publication of a different grant.")
    data = room.agreement.terms(grant.party, terms.audience)
    profile = data.identifier_profile if data else ""
    return Announced(
        publication,
        publication.identity(),
        terms,
        grant.party,
        profile,
        found["closed"],
        found["stopped"],
        tuple(found["waiting"]),
    )
