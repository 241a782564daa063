"""Delete what a home keeps of people's rows once nothing can use it any more."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Final

from cleanroom.agent import endings
from cleanroom.agent.datasets import SPOOLED
from cleanroom.agent.home import read_document
from cleanroom.agent.rooms import Room
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.serving import Publication
from cleanroom.errors import NotFound, Unauthenticated
from cleanroom.room.states import DatasetState

OF_A_DATASET = ("order", "rows", SPOOLED)
OF_AN_ALIGNMENT = ("secrets", "order", "rows", "spooled", "part")


def forget_datasets(room: Room, datasets: Collection[str]) -> None:
    """Delete order, encrypted rows and T of own versions that were taken back, and what is served.

    The tables stay for answers that were released, and so do the names of labels.  Parts that hold
    T of several datasets go with the first of them; an alignment under way runs such a part anew.
    """
    for file in (room.folder / "alignments").glob("*/part-*") if datasets else ():
        file.unlink(missing_ok=True)
    for dataset in datasets:
        folder = room.home.folder(room.identity, "datasets", dataset)
        for name in OF_A_DATASET:
            (folder / name).unlink(missing_ok=True)
        for name in OF_AN_ALIGNMENT:
            for file in (room.folder / "alignments").glob(f"*/{name}-{dataset}"):
                file.unlink(missing_ok=True)
    for file, publication in publications(room):
        if publication.dataset in datasets:
            rmtree(file.parent)


def publications(room: Room) -> list[tuple[Path, Publication]]:
    """Return what this home keeps of what it published for serving, with its file."""
    files = (room.folder / "serving").glob("*/publication.json")
    return [(file, read_document(file, Publication)) for file in files]


def forget_dead_alignments(room: Room) -> None:
    """Delete T of alignments of which one side has taken all its versions back.

    A mediator that calls a version withdrawn that is not can only have people align again.
    """
    gone = {
        item["id"]
        for item in room.client.datasets(room.identity)
        if item["state"] == DatasetState.WITHDRAWN
        or endings.ended(room.home, room.identity, "dataset", item["id"])
    }
    for item in room.client.alignments(room.identity):
        document = AlignmentDocument.from_json(item["document"])
        sides = (set(document.brand_datasets), set(document.platform_datasets))
        if not any(side <= gone for side in sides):
            continue
        folder = room.home.folder(room.identity, "alignments", document.identity())
        for name in OF_AN_ALIGNMENT:
            for file in folder.glob(f"{name}-*"):
                file.unlink(missing_ok=True)


REVOKED: Final = (
    "its keys were replaced and revoked, so nothing can be taken back at the mediator: ask its"
    " operator to delete what it still has of this room."
)


def is_revoked(room: Room) -> bool:
    """Tell whether the mediator takes nothing more under the replaced keys that a room rests on.

    Raises ``Unauthenticated`` if it does not take the present keys, either: whoever refuses
    everything has said nothing about the replaced ones.
    """
    with suppress(NotFound):
        try:
            room.client.room(room.identity)
        except Unauthenticated:
            if not room.home.kept:
                raise
            room.client.signing_as(room.home.present.signing).mediator()
            return True
    return False


def versions_at_home(room: Room) -> list[tuple[Manifest, str]]:
    """Return the own versions of which the home has a table, each taken for ready."""
    tables = (room.folder / "datasets").glob("*/table")
    manifests = (file.with_name("manifest.json") for file in tables)
    return [(read_document(file, Manifest), DatasetState.READY) for file in manifests]
