"""Blob files: written aside, flushed, renamed; so a name holds all of the bytes or none."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from cleanroom.files import flush_folder, make_folder, replacing
from cleanroom.mediator.ports import StorageFault

MOST_NAMED = 10_000
"""Folders at most that a process remembers to have flushed the names of."""

_NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")


def checked(name: str) -> str:
    """Return a blob's name.

    Names are made of identifiers by the service; one that could leave the folder is an error of the
    program, never of the peer.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a blob's name is made of small letters, digits and hyphens")
    return name


class FileBlobs:
    """Keep blobs below one folder that only its owner may enter."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._named: set[Path] = set()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Return where a file lies."""
        return self._root / checked(name)

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Put a whole file in place at once; ``durable`` flushes the file and its folder."""
        target = self.path(name)
        try:
            if not target.parent.is_dir():  # deleted, perhaps, since its name was flushed
                self._named.discard(target.parent)
                make_folder(target.parent)
            with replacing(target, durable=durable) as file:
                file.write(data)
            if durable:
                self._flush_names(target.parent)
        except OSError as error:
            raise StorageFault("the disk cannot be written now") from error

    def read(self, name: str) -> bytes:
        """Return a whole file; ``FileNotFoundError`` if there is none."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StorageFault("the disk cannot be read now") from error

    def delete(self, names: Sequence[str], *, folders: bool = True) -> None:  # noqa: ARG002
        """Remove files or whole folders; what is gone already is not an error."""
        for name in names:
            path = self.path(name)
            while path.is_dir():
                try:
                    shutil.rmtree(path)
                except OSError as error:  # another process deletes it too, or writes into it
                    if error.errno not in (errno.ENOENT, errno.ENOTEMPTY):
                        raise
            path.unlink(missing_ok=True)

    def _flush_names(self, folder: Path) -> None:
        """Put the name of a folder and of all above it on disk, once for each folder.

        Whatever this process did not flush by itself counts as not flushed: whoever made the
        folder may not have come to it yet.
        """
        if folder in self._named:
            return
        above = folder.parent
        while self._root in (above, *above.parents):
            flush_folder(above)
            above = above.parent
        if len(self._named) >= MOST_NAMED:
            self._named.clear()
        self._named.add(folder)
