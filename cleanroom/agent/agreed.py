"""Keep the standing questions that this party agreed to, and the jobs it approved as their runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cleanroom.agent.home import read_json, write_json
from cleanroom.agent.rooms import Room
from cleanroom.documents.standing import StandingDocument
from cleanroom.errors import CleanroomError, Unreachable
from cleanroom.files import held

FOLDER: Final = "standing"
AGREED: Final = "agreed.json"
SKIPPED: Final = "skipped.json"


@dataclass
class Kept:
    """A standing question that this party agreed to, and the job of each run that it approved."""

    document: StandingDocument
    jobs: dict[int, str]


@dataclass(frozen=True)
class _Agreed:
    document: StandingDocument
    runs: dict[int, str]


@contextmanager
def agreeing(room: Room, document: StandingDocument) -> Iterator[None]:
    """Keep a standing question as one whose runs are approved, before anybody is told.

    It is forgotten if the mediator refuses it.
    """
    digest = document.digest()
    with locked(room) as file:
        known = read(file)
        fresh = digest not in known
        write(file, known | {digest: known.get(digest, Kept(document, {}))})
    try:
        yield
    except CleanroomError as refusal:
        if fresh and not isinstance(refusal, Unreachable):
            with locked(room) as file:
                write(file, {name: one for name, one in read(file).items() if name != digest})
        raise


def read(file: Path) -> dict[str, Kept]:
    """Return what was agreed to, by digest."""
    kept = read_json(file, dict[str, _Agreed]) if file.exists() else {}
    return {digest: Kept(one.document, one.runs) for digest, one in kept.items()}


def write(file: Path, known: Mapping[str, Kept]) -> None:
    """Keep what was agreed to."""
    write_json(
        file,
        {
            digest: {
                "document": one.document.to_json(),
                "runs": {str(run): job for run, job in one.jobs.items()},
            }
            for digest, one in known.items()
        },
    )


def folder(room: Room, digest: str) -> Path:
    """Return where this party keeps what is its own of one standing question."""
    return room.folder / FOLDER / digest


@contextmanager
def locked(room: Room) -> Iterator[Path]:
    """Hold the file of what was agreed to; other processes of this home wait."""
    place = room.folder / FOLDER
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(place / "lock"):
        yield place / AGREED


def any_agreed(room: Room) -> bool:
    """Tell whether this party ever agreed to a standing question of the room."""
    return (room.folder / FOLDER / AGREED).exists()


def skipped(room: Room, digest: str) -> dict[int, str]:
    """Return the runs that this party's agent gave up by itself, each with the rule."""
    file = folder(room, digest) / SKIPPED
    kept: dict[int, str] = read_json(file, dict[int, str]) if file.exists() else {}
    return kept


def skip(room: Room, digest: str, run: int, rule: str) -> None:
    """Give a run up: this party's agent does not ask it again."""
    kept = {**skipped(room, digest), run: rule}
    write_json(folder(room, digest) / SKIPPED, {str(one): why for one, why in kept.items()})
