"""Put files in place whole or not at all, whoever else can write to the folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from cleanroom.errors import FULL, Conflict, InvalidInput


@contextmanager
def replacing(path: Path, mode: int = 0o600, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Yield a file to write; it takes the path's place at the end, or leaves no trace.

    The file aside has a name that nobody can guess, and is never one that was there: an export
    into a folder that others may write to must not go through a link of theirs.  ``durable``
    returns only once the bytes and the name are on disk.
    """
    fresh = path.with_name(f".{os.urandom(12).hex()}.part")
    with _naming(path, fresh):
        yield from _replacing(path, fresh, mode, durable)


def _replacing(path: Path, fresh: Path, mode: int, durable: bool) -> Iterator[BinaryIO]:
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        fresh.replace(path)
        if durable:
            # A rename that power takes back would draw noise anew.
            flush_folder(path.parent)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


@contextmanager
def _naming(path: Path, fresh: Path | None = None) -> Iterator[None]:
    """Let a full disk be told by a path that somebody knows: a file aside has no such name."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL and error.filename in (None, str(fresh)):
            error.filename = str(path)
        raise


def write_file(path: Path, data: bytes | memoryview, mode: int = 0o600) -> None:
    """Write a file whole or not at all, durable when this returns."""
    make_folder(path.parent)
    with replacing(path, mode) as file:
        file.write(data)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file that one process at a time adds to; durable when this returns."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    with _naming(path), os.fdopen(os.open(path, flags, 0o600), "ab+") as file:
        # A line that a power cut tore apart must not take the next one with it.
        torn = file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n"
        file.write((b"\n" if torn else b"") + line + b"\n")
        file.flush()
        os.fsync(file.fileno())


def refuse_to_replace(path: Path, overwrite: bool) -> None:
    """Raise ``InvalidInput`` for a file that is there already, unless it may be replaced."""
    if path.exists() and not overwrite:
        raise replaces(path.name)


def replaces(name: str) -> InvalidInput:
    """Return the refusal to take the place of what is there."""
    return InvalidInput(f"{name} already exists.", remedy="Give --overwrite to replace it.")


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def flush_folder(folder: Path) -> None:
    """Put a folder's entries on disk: a new name is not, however durable the file is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Tell whether somebody holds a lock file: another process, or another part of this one."""
    try:
        with held(path, "held") if path.exists() else nullcontext():
            return False
    except Conflict:
        return True


@contextmanager
def held(
    path: Path, busy: str | None = None, *, remedy: str | None = None, shared: bool = False
) -> Iterator[None]:
    """Hold a lock file while inside; where another process does, refuse with ``busy`` or wait.

    ``shared`` keeps out only who holds it alone.  The system lets go of it when the process ends,
    however it ends.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(descriptor, how | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            raise Conflict(str(busy), rule="home-in-use", remedy=remedy) from None
        yield
    finally:
        os.close(descriptor)
