"""The folder of room files and data on this machine: chosen by name, never sent by a form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from cleanroom.agent.room_file import RoomFile
from cleanroom.documents.agreement import Card
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.files import make_folder, write_file
from cleanroom.ingest.spec import DatasetSpec


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
            raise NotFound("There is no such room file in this console's folder.")
        return self.folder / name

    def read(self, name: str) -> RoomFile:
        """Read a room file; raise ``NotFound`` for a name that is not listed."""
        return RoomFile.read(self.path(name))

    def data(self, described: RoomFile, spec: DatasetSpec) -> Path:
        """Return where a dataset's file lies.

        Raises ``InvalidInput`` if it would lie outside the folder: a room file comes from others
        as often as not, and nothing else of this machine is read on its word.
        """
        self._check_inside(spec.file)
        path = described.path(spec)
        if not spec.is_path or path.is_dir():
            raise InvalidInput(
                f"This console reads single files from its folder, not {spec.origin}.",
                remedy="Use the command line: cleanroom dataset upload",
            )
        return path

    def check(self, described: RoomFile, own: Card) -> None:
        """Raise ``InvalidInput`` if anything that a room file has read lies outside the folder."""
        named = [spec.file for spec in described.specs(own).values()]
        for text in (*named, *filter(None, [described.room.stage_rules])):
            self._check_inside(text)

    def _check_inside(self, text: str) -> None:
        named = PurePath(text)
        if named.is_absolute() or ".." in named.parts:
            raise InvalidInput(
                f"{text} lies outside the folder {self.folder}.",
                remedy="Move it there, or use the command line.",
            )

    def tables(self) -> list[str]:
        """List the files of data by name."""
        kinds = (".csv", ".parquet")
        return sorted(
            path.name
            for path in self.folder.glob("*")
            if path.is_file() and path.suffix.lower() in kinds
        )

    def add(self, name: str, text: str) -> RoomFile:
        """Write a new room file and read it back; one that cannot be read is not kept.

        Raises ``Conflict`` if there is a file of that name, ``InvalidInput`` as ``read`` does.
        """
        path = self.folder / name
        make_folder(self.folder)
        if path.exists():
            raise Conflict(f"There is already a file {name}.", rule="file-exists")
        write_file(path, text.encode())
        try:
            return RoomFile.read(path)
        except InvalidInput:
            path.unlink()
            raise
