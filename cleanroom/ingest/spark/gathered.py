"""Join what the workers found in the parts of a dataset into the table of one file.

Parts come in their order.  Rows count through all of them, and so do lines, as in one file.  What
a worker sends is checked like any other input: it may be another version, or not be one at all.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleanroom.errors import InvalidInput
from cleanroom.ingest.concerns.thousands import Thousands
from cleanroom.ingest.joined import other_columns, other_header, saved_twice
from cleanroom.ingest.reader import Collector
from cleanroom.ingest.settle import settle
from cleanroom.ingest.source import Source
from cleanroom.ingest.spark.parts import Message, rules, schema_of
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.ingest.table import Table
from cleanroom.ingest.tally import EXAMPLES
from cleanroom.isolated.orders import later
from cleanroom.isolated.records import AGAIN, owned
from cleanroom.isolated.text import Spoilt
from cleanroom.isolated.unread import Counts, counted
from cleanroom.scratch import Scratch

Lookup = Callable[[dict[int, list[int]]], Iterable[Message]]
"""Asks workers on which lines records of parts start."""

Integers = npt.NDArray[np.int64]


@dataclass
class Parts(Source):
    """Know of all parts together what a ``Source`` knows of one file."""

    lookup: Lookup | None = None
    _starts: list[int] = field(default_factory=list, init=False)
    _lines: list[int] = field(default_factory=lambda: [0], init=False)
    """The lines before each part that do not belong to a header, and one more at the end."""
    _records: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.parquet = False

    def absorb(self, document: Mapping[str, Any], lines: int) -> None:
        """Add what is known of the next part at its end, which has so many lines."""
        before, above = self._records, self._lines[-1]
        self._starts.append(before)
        self._lines.append(above + lines)
        self._records += document["rows"]
        ending = document["ending"]
        if ending is None:
            return
        self.parquet = bool(ending["parquet"])
        left_out = self.kept.left_out
        self.kept.absorb(ending["kept"])
        self._records += self.kept.left_out - left_out
        self.skipped += [before + record for record in ending["skipped"]]
        self.totals += [before + record for record in ending["totals"]]
        self._records += len(ending["skipped"]) + len(ending["totals"])
        rows, odd = ending["odd"]
        kept = (*self.odd[1], *(above + line for line in odd))
        self.odd = (self.odd[0] + rows, kept[:EXAMPLES])
        for kind, told in (("unread", self.unread), ("seldom", self.seldom)):
            for name, (cells, record) in ending[kind].items():
                count, first = told.get(name, (0, 0))
                told[name] = (count + cells, first or before + record)
        for name, words in ending["owners"].items():
            owners = self.owners.setdefault(name, {})
            owners |= {word: owned(owners.get(word, ()), sums) for word, sums in words.items()}
        rows, records = ending["shifted"]
        kept = (*self.shifted[1], *(before + record for record in records))
        self.shifted = (self.shifted[0] + rows, list(kept[:EXAMPLES]))
        self.cut = self.cut or (ending["cut"] and before + ending["cut"])
        self.marked = ending["marked"] and before + ending["marked"]
        self.single = self.single or bool(ending["single"])
        self.doubled = self.doubled or bool(ending["doubled"])
        self.spoilt.absorb(Spoilt(**ending["spoilt"]), before)
        self.below = self.below or (ending["below"] and before + ending["below"])
        for name, values in ending["met"].items():
            self.met[name] = sorted({*self.met.get(name, ()), *values})
        for name, rows in ending["out"].items():
            self.out[name] = self.out.get(name, 0) + int(rows)
        _add(self.left, ending["left"], 0)
        _add(self.others, ending["others"], before)
        _add(self.split, ending["split"], before)
        for column, words in ending["abroad"].items():
            seen = self.abroad.setdefault(column, {})
            for word, (cells, record) in words.items():
                count, first = seen.get(word, (0, before + record))
                seen[word] = (count + cells, first)
        for kind, columns in ending["noted"].items():
            noted = self.noted.setdefault(kind, {})
            for name, (cells, record) in columns.items():
                count, first = noted.get(name, (0, before + record))
                noted[name] = (count + cells, first)
        for name, (cells, record) in ending["filled"].items():
            count, first = self.filled.get(name, (0, before + record))
            self.filled[name] = (count + cells, first)

        for column, numbers in ending["orders"].items():
            known = self.orders.setdefault(column, {})
            known |= {name: later(known.get(name), one, before) for name, one in numbers.items()}

    def first(self, columns: tuple[str, ...]) -> list[list[str]]:
        """Return no cells: workers alone have the file."""
        return [[] for _ in columns]

    def locate(self, records: list[int]) -> dict[int, int]:
        """Return where records stand: the line in all parts together, or the row itself."""
        if self.parquet or self.lookup is None or not records:
            return {record: record for record in records}
        wanted: dict[int, dict[int, int]] = {}
        for record in records:
            part = max(0, bisect_right(self._starts, max(0, record - 2)) - 1)
            wanted.setdefault(part, {})[record - self._starts[part]] = record
        found = {}
        asked = {part: sorted(wanted[part]) for part in sorted(wanted)}
        for message in self.lookup(asked):
            lines = _read(message, self.path.name)["lines"]
            for own, line in zip(asked[message.part], lines, strict=True):
                found[wanted[message.part][own]] = self._lines[message.part] + line
        return found


def _add(known: dict[str, Counts | None], more: Mapping[str, Counts | None], before: int) -> None:
    """Add, column by column, what a part's cells are whose records stand behind ``before``."""
    for name, values in more.items():
        items = None if values is None else values.items()
        found = ((value, rows, before + first) for value, (rows, first) in items or ())
        known[name] = None if items is None else counted(known.get(name, {}), found)


@dataclass
class Gatherer:
    """Take the messages of all parts in their order, and make the table of them.

    ``names`` are those of the files, where parts are files.
    """

    spec: DatasetSpec
    name: str
    names: tuple[str, ...] = ()
    lookup: Lookup | None = None
    _aside: Scratch = field(default_factory=Scratch, init=False)
    """What was said of rows of the part whose end is still to come."""
    _rows: list[int] = field(default_factory=list, init=False)
    _digests: dict[str, int] = field(default_factory=dict, init=False)
    _columns: str | None = field(default=None, init=False)
    _part: int = field(default=-1, init=False)

    def __post_init__(self) -> None:
        self._collector = Collector(self.spec, 0, None, aside=True)
        self._source = Parts(Path(self.name), self.spec.columns, lookup=self.lookup)

    def table(self, messages: Iterable[Message]) -> Table:
        """Return the table; whatever forbids taking it stands in its report.

        Raises ``InvalidInput`` for what a worker refused, and for answers that are not its.
        """
        for message in messages:
            with well_formed(self.name):
                self._take(message)
        parts = self._part + 1
        if self._rows or (self.names and parts != len(self.names)):
            raise InvalidInput("Not all parts were answered for.", file=self.name)
        kept = self._collector.collected
        if not kept.rows:
            raise InvalidInput(
                "The file has no rows below its header.", file=self.name, remedy=AGAIN
            )
        return settle(self.spec, self._source, kept, self._collector.labels)

    def _take(self, message: Message) -> None:
        if message.rows is not None:
            self._rows.append(self._aside.write(message.rows))
            return
        if message.part <= self._part or (self.names and message.part != self._part + 1):
            raise ValueError("parts come in their order")
        self._part = message.part
        document = _read(message, self.name)
        lines = self._fit(document["fit"]) if "fit" in document else 0
        self._absorb(document)
        self._source.absorb(document, lines)
        self._rows.clear()
        self._aside.close()
        self._aside = Scratch()

    def _fit(self, fit: Mapping[str, Any]) -> int:
        """Refuse a file that does not belong to those before it; return its lines."""
        name, first = self.names[self._part], self.names[0]
        if self._columns is None:
            self._columns = fit["columns"]
        elif fit["columns"] != self._columns:
            raise (other_header if name.lower().endswith(".csv") else other_columns)(name, first)
        if fit["has_rows"] and self._digests.setdefault(fit["digest"], self._part) != self._part:
            raise saved_twice(name, self.names[self._digests[fit["digest"]]])
        return int(fit["lines"])

    def _absorb(self, document: Mapping[str, Any]) -> None:
        kept, before = self._collector.collected, self._collector.collected.rows
        builders = self._collector.labels.items()
        moved = {name: one.absorb(document["labels"][name]) for name, one in builders}
        above = -1
        for number in self._rows:
            batch = self._decoded(self._aside.read(number), above, document["rows"])
            for place, values in enumerate(kept.values):
                values.append(batch.column(place))
            if self._collector.keeps_keys:
                kept.keys.append(batch.column("key"))
            index = batch.column("index").to_numpy()
            kept.index.append(before + index)
            above = int(index[-1]) if len(index) else above
            for one in self._collector.fields:
                column = batch.column(" ".join(one)).to_numpy()
                if one[0] == "label":
                    column = _moved(column, moved[one[1]])
                # A copy, for a view would hold the whole message.
                kind = np.uint8 if one[0] == "action" else column.dtype
                kept.fields.setdefault(one, []).append(np.array(column, kind))
        for tally, cells in zip(kept.cells, document["cells"], strict=True):
            tally.absorb(cells, before)
        kept.faulty.absorb(document["faulty"], before)
        kept.look.absorb(document["look"])
        for name, points in document["points"].items():
            kept.points[name].absorb(points, before)
        for name, signs in document["declared"].items():
            kept.declared.setdefault(name, Thousands(signs["mark"])).absorb(signs, before)
        kept.days.absorb(document["days"], before)
        if kept.midnights:
            kept.midnights.absorb(document["midnights"])
        kept.several.absorb(document["several"], before)
        kept.worded += [before + int(row) for row in document["worded"]]
        kept.rows += int(document["rows"])

    def _decoded(self, rows: bytearray, above: int, count: int) -> pa.RecordBatch:
        with pa.ipc.open_stream(rows) as stream:
            (batch,) = stream
        batch.validate(full=True)
        index = batch.column("index").to_numpy()
        if not batch.schema.equals(schema_of(self._collector)) or not _rises(index, above, count):
            raise ValueError("other columns than were asked for, or other rows")
        return batch


def _rises(index: Integers, above: int, below: int) -> bool:
    return bool((np.diff(index, prepend=above) > 0).all() and (index < below).all())


def _moved(codes: Integers, moved: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    if len(codes) and not 0 <= codes.min() <= codes.max() < len(moved):
        raise ValueError("a code of no label")
    return moved[codes]


@contextmanager
def well_formed(name: str) -> Iterator[None]:
    """Refuse what no worker says, whatever it breaks."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, pa.ArrowException):
        raise InvalidInput("A worker's answer is not well-formed.", file=name) from None


def _read(message: Message, name: str) -> dict[str, Any]:
    """Return what a worker said; raise ``InvalidInput`` for what it refused or could not do."""
    document: dict[str, Any] = json.loads(message.document or "")
    if document["rules"] != rules():
        raise InvalidInput(
            f"A worker has different versions from this machine: {_shown(document['rules'])}"
            f" there, {_shown(rules())} here.",
            file=name,
            remedy="Install the same versions on all workers.",
        )
    if "refusal" in document:
        raise InvalidInput(**document["refusal"])
    if "broken" in document:
        raise InvalidInput(
            f"A worker could not read a part of it: {document['broken']}.",
            file=name,
            remedy="Can every worker open the file, and write to its temporary folder?",
        )
    return document


def _shown(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
