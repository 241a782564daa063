"""Write an example into a folder: the parties' files, rooms that ask about them, the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanroom.demo import platforms, rooms, truth
from cleanroom.demo.names import make_addresses
from cleanroom.demo.sheets import Desk
from cleanroom.demo.world import make_world
from cleanroom.errors import InvalidInput

MARK = ".cleanroom-example"
"""A file that stands in every folder of made-up files, which may therefore be replaced."""

PEOPLE, USERS = 20_000, 60_000
"""Customers and users of an example of the usual size."""


@dataclass(frozen=True)
class ExampleFiles:
    """Name what was written.

    ``every`` and ``platforms``, the room of a brand and two platforms, are None if only the short
    room was asked for.
    """

    folder: Path
    room: Path
    private: Path
    every: Path | None
    platforms: Path | None
    truth: Path
    tables: tuple[Path, ...]

    @property
    def all(self) -> tuple[Path, ...]:
        """Return every file."""
        rest = [file for file in (self.every, self.platforms) if file]
        return (*self.tables, self.room, self.private, *rest, self.truth)


def make_example(
    out: Path, people: int = PEOPLE, users: int = USERS, seed: int = 1, quick: bool = False
) -> ExampleFiles:
    """Make up a skin-care brand and two platforms, and write them into a folder.

    The same numbers give the same files, byte for byte.  ``quick`` leaves out what the short room
    does not read: all events, the second platform, and the rooms that ask about them.  Files of an
    earlier example are replaced.  Raises ``InvalidInput`` for sizes out of range or a folder that
    cannot be made.
    """
    world = make_world(people, users, seed)
    random = np.random.default_rng([seed, 1])
    desk = Desk(world, make_addresses(world.people.people, random), random)
    sheets = desk.audiences() if quick else desk.audiences() + desk.others()
    known = platforms.known_people(world, seed)
    if not quick:
        touches = platforms.second_touches(world, known, seed)
        sheets += [
            desk.second_platform(np.flatnonzero(known)),
            desk.touches("weibo-touches.csv", touches),
        ]
    claim(out)
    for sheet in sheets:
        sheet.write(out, random)
    every = None if quick else rooms.every_room(world.people.matched)
    answers = truth.overlaps(world) if quick else truth.everything(world)
    document = truth.describe(world, seed, sheets, answers)
    if not quick:
        document["two_platforms"] = platforms.describe(world, known, touches)
    return ExampleFiles(
        folder=out,
        room=_write(out / "room.toml", rooms.overlap_room(rooms.NOISELESS)),
        private=_write(out / "room-private.toml", rooms.overlap_room(rooms.PRIVATE)),
        every=_write(out / "room-all.toml", every) if every else None,
        platforms=None if quick else _write(out / "room-platforms.toml", rooms.platforms_room()),
        truth=_write(out / "truth.json", json.dumps(document, indent=1) + "\n"),
        tables=tuple(out / sheet.name for sheet in sheets),
    )


def claim(folder: Path) -> None:
    """Make a folder for made-up files, or take one that was made for them before.

    Raises ``InvalidInput`` for a folder with anything else in it: writing there could replace
    somebody's own files.
    """
    mark = folder / MARK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not mark.exists() and any(folder.iterdir()):
            raise InvalidInput(
                f"{folder} holds files that no example wrote, and some might be replaced.",
                remedy="Name an empty or a new folder.",
            )
        mark.touch()
    except OSError as error:
        raise InvalidInput(f"The folder {folder} cannot be made: {error.strerror}.") from None


def _write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path
