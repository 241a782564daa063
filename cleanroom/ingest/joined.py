"""Put the files of one dataset together, or say why they do not belong together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path
from shutil import copyfileobj
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from cleanroom.errors import InvalidInput
from cleanroom.isolated.times import fields_of, parquet_file
from cleanroom.kinds import START, foreign

CHUNK: Final = 1 << 20
BATCH: Final = 1 << 16
"""Rows of a query that are held at once."""

_MARK: Final = b"\xef\xbb\xbf"


def put_together(files: Sequence[Path], path: Path) -> None:
    """Write the rows of all files into one; raise ``InvalidInput`` if they do not fit together."""
    if files[0].suffix.lower() == ".csv":
        _join_csv(files, path)
        return
    schema = schema_of(files[0])
    with pq.ParquetWriter(path, schema) as writer:
        for file in files:
            if not schema_of(file).equals(schema, check_metadata=True):
                raise other_columns(file.name, files[0].name)
            with parquet_file(str(file)) as part:
                for batch in part.iter_batches(BATCH):
                    # Of old times the footer alone tells that they are instants.
                    writer.write_batch(batch.cast(schema))


def _join_csv(files: Sequence[Path], path: Path) -> None:
    """Write the records of all files below the header of the first; lines count through them."""
    first = b""
    with path.open("wb") as whole:
        for file in files:
            bare = bare_header(file)
            with file.open("rb") as part:
                header = _header(part)
                if not first:
                    first = bare
                    whole.write(header)
                elif bare != first:
                    raise other_header(file.name, files[0].name)
                copyfileobj(part, whole, CHUNK)
                if whole.tell() and not _ends_line(file):
                    whole.write(b"\n")


def check_copies(files: Sequence[Path]) -> None:
    """Refuse two files with the very same rows: one was saved twice, and would count twice."""
    sizes: dict[int, list[Path]] = {}
    for file in files:
        sizes.setdefault(file.stat().st_size, []).append(file)
    for same in sizes.values():
        first: dict[bytes, Path] = {}
        for file in same if len(same) > 1 else ():
            digest = digest_of(file)
            if digest in first and has_rows(file):
                raise saved_twice(file.name, first[digest].name)
            first.setdefault(digest, file)


def digest_of(file: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with file.open("rb") as content:
        return file_digest(content, "sha256").digest()


def has_rows(file: Path) -> bool:
    """Tell whether a Parquet file has a row, or a CSV file anything below its header."""
    if file.suffix.lower() != ".csv":
        return bool(pq.read_metadata(file).num_rows)
    with file.open("rb") as content:
        return len(_header(content)) < file.stat().st_size


def schema_of(file: Path) -> pa.Schema:
    """Return the columns of a Parquet file."""
    try:
        with parquet_file(str(file)) as opened:
            return fields_of(opened)
    except (pa.ArrowException, OSError) as fault:
        raise InvalidInput(f"This is not a Parquet file: {fault}.", file=file.name) from None


def bare_header(file: Path) -> bytes:
    """Return the header of a CSV file without its marks; refuse what is packed or no text."""
    with file.open("rb") as part:
        start = part.read(START)
        part.seek(0)
        header = _header(part)
    kind = foreign(start)
    if kind is not None:
        raise InvalidInput(f"The file is {kind.what}.", file=file.name, remedy=kind.remedy)
    if not start:
        raise InvalidInput(
            "This part has no bytes, not even a header.",
            file=file.name,
            remedy="Spark writes such a part where it has no rows: remove it if the job ended "
            "well, else export again.",
        )
    if start.split(b"\n", 1)[0].count(b'"') % 2:
        raise InvalidInput(
            "Its header spans several lines.",
            file=file.name,
            remedy="Combine such files yourself.",
        )
    return header.removeprefix(_MARK).rstrip(b"\r\n")


def other_header(file: str, first: str) -> InvalidInput:
    """Return the refusal of a file that does not begin as the first one does."""
    return InvalidInput(
        f"It begins with a different header from {first}.",
        file=file,
        remedy="Export all with the same columns in the same order, or name those that belong "
        "together.",
    )


def other_columns(file: str, first: str) -> InvalidInput:
    """Return the refusal of a Parquet file whose schema is not that of the first one."""
    return InvalidInput(
        f"It has different columns or types from {first}.",
        file=file,
        remedy=(
            "Write all files with one schema, or use a query: SELECT * FROM"
            " read_parquet('folder/*.parquet', union_by_name = true)."
        ),
    )


def saved_twice(file: str, first: str) -> InvalidInput:
    """Return the refusal of a file that is another one once more."""
    return InvalidInput(
        f"It holds the very same bytes as {first}: its rows would count twice.",
        file=file,
        remedy="Remove one of them.",
    )


def _header(part: Any) -> bytes:
    """Read the header, with the line before it that names the delimiter, as Excel takes it."""
    header: bytes = part.readline()
    named = header.removeprefix(_MARK).lower().startswith(b"sep=")
    return header + (part.readline() if named else b"")


def lines_of(file: Path) -> tuple[int, int]:
    """Return how many lines a CSV file has when it is put together, and how many its header has.

    A line ends with a line feed, a carriage return or both, as the reader of records counts them.
    """
    with file.open("rb") as content:
        header = _header(content)
        content.seek(0)
        count, open_line, before = 0, False, b""
        while block := content.read(CHUNK):
            ends = block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
            count += ends - (before == b"\r" and block[:1] == b"\n")
            before = block[-1:]
            open_line = before not in b"\r\n"
    return count + open_line, header.count(b"\n")


def _ends_line(file: Path) -> bool:
    with file.open("rb") as part:
        if not part.seek(0, os.SEEK_END):
            return True
        part.seek(-1, os.SEEK_END)
        return part.read(1) in b"\r\n"
