"""Start the child process that reads a file, and take its rows without trusting it.

A malformed file or a compression bomb ends the child; here it is one clear error.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from cleanroom.errors import InvalidInput
from cleanroom.ingest.concerns.countries_of_shops import PLACES
from cleanroom.ingest.concerns.described import NOTED
from cleanroom.ingest.concerns.orders import NUMBER_OF_ORDER, ORDER
from cleanroom.ingest.concerns.undone import FIRST, STAMPS
from cleanroom.ingest.identifiers.nothing import AROUND, LABELS, WORDS
from cleanroom.ingest.identifiers.totals import ANYWHERE, CELLS, FIRST_CELL, SELDOM
from cleanroom.ingest.positions import Positions
from cleanroom.isolated import REFUSED, record_of
from cleanroom.isolated.filters import KEPT
from cleanroom.isolated.items import MARK
from cleanroom.isolated.orders import Again
from cleanroom.isolated.rows_of_nothing import BLANK
from cleanroom.isolated.text import Spoilt
from cleanroom.isolated.unread import Counts
from cleanroom.kinds import START, foreign

_ROOT = Path(__file__).parents[2]
_CHILD = ("-m", "cleanroom.isolated")
_KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZDIR")
_NOTHING = sorted(WORDS)
_NO_VALUE = sorted({*LABELS, "-", "--", "---", "\u2013", "\u2014"})
_TYPES = (pa.string(), pa.timestamp("us", tz="UTC"))


def _other(kind: pa.DataType, kinds: tuple[pa.DataType, ...]) -> bool:
    return kind not in kinds


@dataclass(frozen=True)
class Limits:
    """Bound what one file may cost.

    ``memory`` (bytes of address space) and ``seconds`` (of processor time, plus one per MiB of
    the file) bind the child; ``rows`` and ``decoded`` (bytes) bind what it may hand over: a few
    kilobytes of Parquet can stand for billions of rows.
    """

    memory: int = 3 << 30
    seconds: int = 60
    rows: int = 200_000_000
    decoded: int = 16 << 30


@dataclass
class Source:
    """Read one CSV or Parquet file; the kind is seen from its first bytes, not from its name.

    ``columns[0]`` holds the identifiers: a floating-point column of them is refused, and so is
    a column of ``time`` in floats of fewer than 64 bits, which are minutes off.
    """

    path: Path
    columns: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    time: str | None = None
    written: bool = False
    """Whether the times are declared to be in a format."""
    keep: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By column the values of which a row has to have one, or it is left out."""
    phone: str | None = None
    """The column of telephone numbers of which some are read as a declared region's."""
    numbers: tuple[str, ...] = ()
    """The columns that are added up."""
    people: tuple[str, ...] = ()
    """The columns that identify people."""
    labels: tuple[str, ...] = ()
    """The columns that are labels."""
    read: tuple[str, ...] = ()
    """The columns that are labels, or of the filter."""
    key: str = ""
    """The column of keys."""
    needed: tuple[str, ...] = ()
    """The columns of which the first row of an order has one."""
    in_utc: bool = False
    """Whether local times are declared to be those of UTC."""
    skipped: list[int] = field(default_factory=list, init=False)
    """Records with a wrong number of fields, known after the last batch."""

    totals: list[int] = field(default_factory=list, init=False)
    """Records left out as totals by their first cell, known after the last batch."""
    odd: tuple[int, tuple[int, ...]] = field(default=(0, ()), init=False)
    """How many records hold what look like rows, and the first lines of such."""
    unread: dict[str, tuple[int, int]] = field(default_factory=dict, init=False)
    """By unread column the cells that are a total, and the first record with one."""
    owners: dict[str, dict[str, list[int]]] = field(default_factory=dict, init=False)
    """By unread column and such a cell, check sums of two identifiers at most beside it."""
    seldom: dict[str, tuple[int, int]] = field(default_factory=dict, init=False)
    """The same of cells that are one unless most cells of the column are."""
    shifted: tuple[int, list[int]] = field(default_factory=lambda: (0, []), init=False)
    """How many records have cells that stand beside their columns, and the first of them."""
    cut: int = field(default=0, init=False)
    """The last record if the file probably ends within it, known after the last batch; else 0."""
    marked: int = field(default=0, init=False)
    """The last record if the file ends with Ctrl-Z, known after the last batch; else 0."""
    doubled: bool = field(default=False, init=False)
    """Whether lines end with two carriage returns and a line feed."""
    spoilt: Spoilt = field(default_factory=Spoilt, init=False)
    """The records with cells that are not UTF-8."""
    others: dict[str, Counts | None] = field(default_factory=dict, init=False)
    """By unread column, in their order, what its few values are; None where they are many."""
    split: dict[str, Counts | None] = field(default_factory=dict, init=False)
    """The same of the columns in ``read``."""
    filled: dict[str, tuple[int, int]] = field(default_factory=dict, init=False)
    """By unread column of times or amounts of an undoing the cells with one, and the first."""
    noted: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict, init=False)
    """By kind and unread column the cells that say so of their rows, and the first record."""
    abroad: dict[str, Counts] = field(default_factory=dict, init=False)
    """By column of countries what it is beside numbers that do not say theirs."""
    orders: dict[str, dict[str, Again]] = field(default_factory=dict, init=False)
    """By unread column of orders, and one of ``numbers``, how often rows have it again."""
    single: bool = field(default=False, init=False)
    """Whether an unread column has another value in every row that was looked at first."""
    kept: Positions = field(default_factory=Positions, init=False)
    """Which rows the filter kept."""
    out: dict[str, int] = field(default_factory=dict, init=False)
    """By column of the filter the rows that it left out, where none before it did."""
    left: dict[str, Counts | None] = field(default_factory=dict, init=False)
    """By column of the filter the values that left rows out."""
    met: dict[str, list[str]] = field(default_factory=dict, init=False)
    """By column of the filter those of its values that occur."""
    below: int = field(default=0, init=False)
    """The first record below a blank line, known after the last batch; 0 if there is none."""

    def __post_init__(self) -> None:
        try:
            found = self.path.stat()
            # Opening a named pipe would wait for its writer.
            if not stat.S_ISREG(found.st_mode):
                raise self._error("This is not a file.")
            with self.path.open("rb") as file:
                start = file.read(START)
        except OSError as fault:
            raise self._error(f"The file cannot be opened: {fault.strerror}.") from None
        self.parquet = start.startswith(b"PAR1")
        kind = None if self.parquet else foreign(start)
        if kind is not None:
            raise self._error(f"The file is {kind.what}.", remedy=kind.remedy)
        self._seen = (found.st_size, found.st_mtime_ns)

    def batches(self) -> Generator[pa.RecordBatch, None, None]:
        """Yield the wanted columns as text (or instants), in the file's order, nulls allowed.

        Raises ``InvalidInput`` when the file is refused, breaks the reader or passes a limit.
        """
        with tempfile.TemporaryFile() as report:
            wanted: dict[str, Any] = {"columns": self.columns, "identifier": self.columns[0]}
            wanted |= {"time": self.time, "written": self.written, "in_utc": self.in_utc}
            totals = {"pattern": FIRST_CELL, "around": AROUND, "words": CELLS, "nothing": _NOTHING}
            totals |= {"anywhere": ANYWHERE, "perhaps": SELDOM}
            wanted["keep"] = {"wanted": self.keep, "nothing": _NO_VALUE, "around": AROUND}
            wanted["unread"] = {"stamps": STAMPS, "first": FIRST, "nothing": _NOTHING}
            wanted["unread"] |= {"phone": self.phone or "", "places": PLACES, "read": self.read}
            wanted["unread"] |= {"notes": NOTED}
            wanted["orders"] = {"pattern": ORDER, "numbers": self.numbers, "people": self.people}
            wanted["orders"] |= {"labels": self.labels, "time": self.time or "", "key": self.key}
            wanted["items"] = {"pattern": NUMBER_OF_ORDER, "key": self.key, "needed": self.needed}
            child = self._start(wanted | {"totals": totals}, report)
            try:
                whole = yield from self._checked(child)
                ending = self._finish(child, report)
                if not whole:
                    raise self._error("The reader's answer is not well-formed.")
                self.skipped = sorted(ending["skipped"])
                self.totals = sorted(ending["odd"]["totals"])
                self.unread, self.seldom = ending["odd"]["unread"], ending["odd"]["seldom"]
                self.owners, self.below = ending["odd"]["owners"], ending["odd"]["below"]
                self.cut, self.marked = ending["odd"]["cut"], ending["odd"]["marked"]
                self.doubled = ending["odd"]["doubled"]
                self.spoilt = Spoilt(**ending["odd"]["spoilt"])
                self.others, self.filled = ending["values"], ending["filled"]
                read = [name for name in self.read if name in self.others]
                self.split = {name: self.others.pop(name) for name in read}
                self.noted = ending["noted"]
                self.abroad, self.orders = ending["abroad"], ending["orders"]
                self.single = ending["single"]
                self.out, self.left, self.met = ending["out"], ending["left"], ending["met"]
                self.shifted = ending["odd"]["shifted"]
                self.odd = (ending["odd"]["rows"], tuple(ending["odd"]["lines"]))
            finally:
                child.kill()
                child.wait()

    def first(self, columns: tuple[str, ...]) -> list[list[str]]:
        """Return the first cells of columns that may not have been asked for, empty for none.

        They are read anew, in a child of their own; no column has cells if one cannot be read.
        """
        batches = Source(self.path, columns, self.limits).batches()
        try:
            batch = next(batches, None)
        except InvalidInput:
            batch = None
        batches.close()
        if batch is None:
            return [[] for _ in columns]
        return [[cell or "" for cell in batch.column(name).to_pylist()] for name in columns]

    def locate(self, records: list[int]) -> dict[int, int]:
        """Return where records stand: the first line of each in CSV, the row itself in Parquet."""
        if self.parquet or not records:
            return {record: record for record in records}
        found = self.path.stat()
        if (found.st_size, found.st_mtime_ns) != self._seen:
            raise self._error("The file changed while it was read.")
        with tempfile.TemporaryFile() as report:
            child = self._start({"records": records}, report)
            answer = child.stdout.read() if child.stdout is not None else b""
            self._finish(child, report)
        return dict(zip(records, json.loads(answer), strict=True))

    def places(self, rows: list[int]) -> dict[int, int]:
        """Return where rows stand that are counted from 0 as ``batches`` gave them."""
        if self.parquet:
            return {row: self.kept.row(row) + 1 for row in rows}
        away = [*self.skipped, *self.totals]
        records = {row: record_of(self.kept.row(row), away) for row in rows}
        lines = self.locate(sorted(set(records.values())))
        return {row: lines[record] for row, record in records.items()}

    def first_below(self) -> int | None:
        """Return the first row below a blank line, counted from 0 as ``batches`` gave them."""
        away = sum(record < self.below for record in (*self.skipped, *self.totals))
        return self.kept.before(self.below - 2 - away) if self.below else None

    def _start(self, request: dict[str, Any], report: IO[bytes]) -> subprocess.Popen[bytes]:
        seconds = self.limits.seconds + (self._seen[0] >> 20)
        request |= {"path": str(self.path), "memory": self.limits.memory, "seconds": seconds}
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        # Other pools reserve address space far beyond their use, which the limit would forbid.
        environment |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
        folders = (str(_ROOT), environment.get("PYTHONPATH"))
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, folders))
        child = subprocess.Popen(
            [sys.executable, "-P", *_CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=report,
            pipesize=1 << 20,
            env=environment,
        )
        if child.stdin is not None:
            child.stdin.write(json.dumps(request).encode())
            child.stdin.close()
        return child

    def _checked(self, child: subprocess.Popen[bytes]) -> Generator[pa.RecordBatch, None, bool]:
        rows = size = 0
        try:
            reader = pa.ipc.open_stream(child.stdout)
            self._check_schema(reader.schema)
            for batch in reader:
                batch.validate(full=True)
                rows += batch.num_rows
                size += batch.nbytes
                self._check_size(rows, size)
                yield self._kept_of(batch) if self.keep else batch
        except (pa.ArrowException, OSError):
            return False  # how the child ended says why
        finally:
            if child.stdout is not None:
                child.stdout.close()
        return True

    def _kept_of(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows of a batch that its last column says are kept."""
        kept, rest = batch.column(batch.num_columns - 1), range(batch.num_columns - 1)
        self.kept.add(kept.to_numpy(zero_copy_only=False))
        return batch.select(rest).filter(kept)

    def _check_size(self, rows: int, size: int) -> None:
        if rows > self.limits.rows:
            raise self._error(f"The file holds more than {self.limits.rows:,} rows.")
        if size > self.limits.decoded:
            raise self._error(f"The file unpacks to more than {self.limits.decoded:,} bytes.")

    def _check_schema(self, schema: pa.Schema) -> None:
        behind = schema.names[len(self.columns) :]
        marks = [name for name in behind if name.startswith(MARK)][:1]
        marks += [BLANK] if BLANK in behind else []
        marks += [KEPT] if self.keep else []
        names = [*self.columns, *marks]
        kinds = [_TYPES] * len(self.columns) + [(pa.bool_(),)] * len(marks)
        if schema.names != names or any(map(_other, schema.types, kinds)):
            raise self._error("The reader answered with other columns.")

    def _finish(self, child: subprocess.Popen[bytes], report: IO[bytes]) -> dict[str, Any]:
        """Return what the child said at its end; raise if it refused the file or died of it."""
        code = child.wait()
        report.seek(0)
        said = report.read(1 << 20)
        try:
            document: dict[str, Any] = json.loads(said or b"{}")
        except ValueError:
            code = -1
        if code not in (0, REFUSED):
            raise self._error(
                "Reading the file took too much memory or time, or broke the reader.",
                remedy="It is damaged or far larger than it looks; nothing was sent.",
            )
        if code == REFUSED:
            place = {name: document.get(name) for name in ("row", "column", "remedy")}
            raise self._error(document["sentence"], **place)
        return document

    def _error(self, sentence: str, **place: Any) -> InvalidInput:
        return InvalidInput(sentence, file=self.path.name, **place)
