"""The folder of room files and data on this machine: chosen by name, never sent by a form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from cleanroom.agent.room_file import RoomFile
from cleanroom.errors import InvalidInput, NotFound
from cleanroom.ingest.spec import DatasetSpec

FOLDER = "files"
"""The folder of a home that holds them, unless the console is told another."""


@dataclass(frozen=True)
class Files:
    """Find room files, and the data that they name, in one folder."""

    folder: Path

    def names(self) -> list[str]:
        """List the room files by name."""
        return sorted(path.name for path in self.folder.glob("*.toml") if path.is_file())

    def path(self, name: str) -> Path:
        """Return where a room file lies; raise ``NotFound`` for a name that is not listed."""
        if name not in self.names():
            raise NotFound("There is no such room file in the folder of this console.")
        return self.folder / name

    def read(self, name: str) -> RoomFile:
        """Read a room file; raise ``NotFound`` for a name that is not listed."""
        return RoomFile.read(self.path(name))

    def data(self, described: RoomFile, spec: DatasetSpec) -> Path:
        """Return where a dataset's file lies.

        Raises ``InvalidInput`` if it would lie outside the folder: a room file comes from others
        as often as not, and nothing else of this machine is read on its word.
        """
        named = PurePath(spec.file)
        if named.is_absolute() or ".." in named.parts:
            raise InvalidInput(
                f"{spec.file} lies outside the folder {self.folder}.",
                remedy="Move it there, or use: cleanroom dataset upload",
            )
        return described.path(spec)
